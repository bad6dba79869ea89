// Headless Chromium for tests, and what tests ask of a page.
import { accessSync, constants, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, chromium, type Page } from 'playwright-core';
import { adminPassword } from './dashboard-service.ts';

const executablePath = '/usr/bin/chromium';

function isThere(): boolean {
  try {
    accessSync(executablePath, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Why browser tests are skipped, or false. */
export const skipReason: string | false = isThere()
  ? false
  : `there is no ${executablePath} (Debian's package chromium)`;

export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** Messages of the page's console and script errors; a page without faults has none. */
export function watchForFaults(page: Page): string[] {
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  return faults;
}

export async function logInByForm(page: Page, url: string, path = ''): Promise<void> {
  await page.goto(`${url}/${path}`);
  await page.fill('input[name=password]', adminPassword);
  await page.click('button[type=submit]');
  await page.waitForSelector('.top-bar');
}

export const panel = (title: string): string => `.panel[aria-label="${title}"]`;

/** Resolves once the panel shows a drawing. */
export async function waitForDrawn(page: Page, title: string): Promise<void> {
  await page.waitForSelector(`${panel(title)}[data-state=drawn]`);
}

/**
 * Pixels of the plot of a panel that are colored like no axis, grid or text: the lines. Counted on
 * the canvas itself.
 */
export async function coloredPixels(page: Page, title: string): Promise<number> {
  // Text, because the tests are checked without the browser's types.
  const count = await page.evaluate(`(() => {
    const canvas = document.querySelector(${JSON.stringify(`${panel(title)} canvas`)});
    if (canvas === null) return 0;
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let count = 0;
    for (let at = 0; at < data.length; at += 4) {
      const color = data.subarray(at, at + 3);
      if (data[at + 3] > 200 && Math.max(...color) - Math.min(...color) > 60) count += 1;
    }
    return count;
  })()`);
  return Number(count);
}

/** Resolves once the browser has drawn. */
export const nextFrame = (page: Page): Promise<unknown> =>
  page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');

const axeSource = readFileSync(
  createRequire(import.meta.url).resolve('axe-core/axe.min.js'),
  'utf8',
);

interface Violation {
  id: string;
  impact: string;
  nodes: { html: string; failureSummary: string }[];
}

/** Serious and critical faults of accessibility, as lines of text. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  await page.evaluate(axeSource);
  const violations = (await page.evaluate(`axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'],
  }).then((result) => result.violations)`)) as Violation[];
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`);
}
