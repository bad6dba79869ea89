// A person at the viewer: logs in, opens a dashboard and looks at a panel's plot.
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

export interface Look {
  /** Path of the browser. */
  chromium: string;
  url: string;
  password: string;
  /** Link text of the dashboard, and title of the panel. */
  dashboard: RegExp;
  panel: RegExp;
}

/** A line of a few points; two dots would be less. */
export const enoughPixels = 40;

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * Pixels of the panel's canvas that are coloured strongly enough to be a line (grid, axes and text are
 * grey). Fails when the page reports a script error.
 */
export async function drawnLinePixels(look: Look): Promise<number> {
  const browser = await chromium.launch({ executablePath: look.chromium, args: flags });
  try {
    const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(look.url);
    await page.getByLabel('User').fill('admin');
    await page.getByLabel('Password').fill(look.password);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('link', { name: look.dashboard }).first().click();
    await page.waitForURL(/\/d\//);
    await page.goto(`${page.url().replace(/\?.*/, '')}?from=now-5m&to=now&refresh=5s`);
    const panel = page
      .locator('section, article')
      .filter({ has: page.getByRole('heading', { name: look.panel }) })
      .filter({ has: page.locator('canvas') })
      .first();
    await panel.locator('canvas').first().waitFor();
    const count = async (): Promise<number> =>
      panel
        .locator('canvas')
        .first()
        .evaluate((element) => {
          const canvas = element as unknown as {
            width: number;
            height: number;
            getContext(kind: '2d'): {
              getImageData(x: number, y: number, w: number, h: number): { data: Uint8ClampedArray };
            };
          };
          const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
          let coloured = 0;
          for (let i = 0; i < data.length; i += 4) {
            const [red = 0, green = 0, blue = 0, alpha = 0] = data.subarray(i, i + 4);
            if (alpha > 128 && Math.max(red, green, blue) - Math.min(red, green, blue) > 60)
              coloured += 1;
          }
          return coloured;
        });
    let pixels = 0;
    for (let i = 0; i < 300 && pixels < enoughPixels; i++) {
      pixels = await count();
      if (pixels < enoughPixels) await page.waitForTimeout(100);
    }
    assert.deepEqual(errors, []);
    return pixels;
  } finally {
    await browser.close();
  }
}
