// What the browser tests share: one service, one browser, a fresh page and a small dashboard a test.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { nextFrame, startBrowser, watchForFaults } from './browser.ts';
import { startInstance, type TestInstance } from './dashboard-service.ts';
import {
  type AskedRequest,
  type ScriptedCarbonapi,
  startScriptedCarbonapi,
  usualScript,
} from './scripted-carbonapi.ts';

const small = {
  uid: 'small',
  title: 'Small <b>one</b>',
  schemaVersion: 16,
  version: 1,
  time: { from: 'now-1h', to: 'now' },
  templating: {
    list: [
      {
        name: 'host',
        type: 'custom',
        query: 'a.b,c,d',
        multi: true,
        includeAll: true,
        current: { value: 'c' },
      },
      { name: 'rendered', query: { queryType: 'Metric Name', target: 'top(x)', query: 'top(x)' } },
      { name: 'step', type: 'interval', query: '1m,5m', current: { value: '5m' } },
    ],
  },
  panels: [
    {
      id: 1,
      type: 'graph',
      title: 'Old graph of $host',
      gridPos: { x: 0, y: 0, w: 12, h: 8 },
      yaxes: [{ format: 'percent' }, {}],
      targets: [
        { refId: 'A', target: 'x.$host.cpu', hide: true },
        { refId: 'B', target: 'sum(#A, "$step")' },
      ],
    },
    {
      id: 2,
      type: 'heatmap',
      title: 'Unknown',
      gridPos: { x: 12, y: 0, w: 12, h: 8 },
      targets: [],
    },
    {
      id: 3,
      type: 'text',
      title: 'Words',
      gridPos: { x: 0, y: 8, w: 8, h: 6 },
      mode: 'markdown',
      content: '# Hello\n**bold** <script>window.hacked = 1</script> [x](javascript:alert(1))',
    },
    {
      id: 4,
      type: 'table',
      title: 'Figures',
      gridPos: { x: 8, y: 8, w: 8, h: 6 },
      fieldConfig: { defaults: { unit: 'ms' } },
      transformations: [{ id: 'reduce', options: { reducers: ['min', 'max'] } }],
      targets: [
        { refId: 'A', target: 't.one' },
        { refId: 'B', target: 't.two' },
      ],
    },
    {
      id: 5,
      type: 'bargauge',
      title: 'Bars',
      gridPos: { x: 16, y: 8, w: 8, h: 6 },
      fieldConfig: { defaults: { unit: 'percent' } },
      targets: [{ refId: 'A', target: 't.one' }],
    },
  ],
};

/** Bound anew before each test. */
export let carbonapi: ScriptedCarbonapi;
export let instance: TestInstance;
export let page: Page;
export let faults: string[];
let browser: Browser;

export const asked = (path = '/render'): AskedRequest[] =>
  carbonapi.asked.filter((one) => one.path === path);
export const targets = (): string[] =>
  asked().flatMap(({ parameters }) => parameters.getAll('target'));
/** Waits until carbonapi was asked for something that matches. */
export async function untilAsked(matches: (target: string) => boolean): Promise<void> {
  while (!targets().some(matches)) await nextFrame(page);
}
export async function untilCount(selector: string, count: number): Promise<void> {
  while ((await page.locator(selector).count()) !== count) await nextFrame(page);
}

/** Call it inside the describe of a file. */
export function useViewer(): void {
  before(async () => {
    carbonapi = await startScriptedCarbonapi();
    instance = await startInstance({ carbonapi: carbonapi.url, withViewer: true });
    browser = await startBrowser();
  });
  beforeEach(async () => {
    writeFileSync(join(instance.config.dashboardsDirectory, 'small.json'), JSON.stringify(small));
    carbonapi.asked.length = 0;
    carbonapi.script = usualScript;
    const context = await browser.newContext({
      viewport: { width: 1300, height: 900 },
      colorScheme: 'dark',
    });
    page = await context.newPage();
    page.setDefaultTimeout(15_000);
    faults = watchForFaults(page);
  });
  afterEach(() => page.context().close());
  after(async () => {
    await browser?.close();
    await instance.stop();
    await carbonapi.stop();
  });
}
