import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import {
  accessibilityFaults,
  coloredPixels,
  logInByForm,
  nextFrame,
  panel,
  skipReason,
  startBrowser,
  waitForDrawn,
  watchForFaults,
} from './browser.ts';
import { startInstance, type TestInstance } from './dashboard-service.ts';
import {
  type ScriptedCarbonapi,
  startScriptedCarbonapi,
  usualScript,
  waves,
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

describe('the viewer in a browser', { skip: skipReason }, () => {
  let carbonapi: ScriptedCarbonapi;
  let instance: TestInstance;
  let browser: Browser;
  let page: Page;
  let faults: string[];
  const asked = (path = '/render') => carbonapi.asked.filter((one) => one.path === path);
  const targets = (): string[] => asked().flatMap(({ parameters }) => parameters.getAll('target'));
  /** Waits until carbonapi was asked for something that matches. */
  async function untilAsked(matches: (target: string) => boolean): Promise<void> {
    while (!targets().some(matches)) await nextFrame(page);
  }
  async function untilCount(selector: string, count: number): Promise<void> {
    while ((await page.locator(selector).count()) !== count) await nextFrame(page);
  }

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

  test('login, list, search, dashboard with drawn lines, and no fault in the console', async () => {
    await logInByForm(page, instance.url);
    await page.waitForSelector('.dashboard-card');
    await page.fill('input[type=search]', 'all hosts');
    await page.keyboard.press('Enter');
    await waitForDrawn(page, 'Average CPU usage');
    assert.match(page.url(), /\/d\/collectd\?/);
    assert.ok((await coloredPixels(page, 'Average CPU usage')) > 300);
    assert.deepEqual(faults, []);
  });

  test('a wrong password is told and the page stays', async () => {
    await page.goto(instance.url);
    await page.fill('input[name=password]', 'wrong');
    await page.click('button[type=submit]');
    await page.waitForSelector('.complaint:not([hidden])');
    assert.match((await page.textContent('.complaint')) ?? '', /wrong/);
  });

  test('a link to a dashboard is followed after the login', async () => {
    await logInByForm(page, instance.url, 'd/small?from=now-3h&to=now');
    await page.waitForSelector('.panel');
    assert.equal(await page.textContent('.dashboard-title'), 'Small <b>one</b>');
    assert.match((await page.textContent('.time-button')) ?? '', /Last 3 hours/);
  });

  test('an old graph is drawn: hidden query, reference, variables', async () => {
    await logInByForm(page, instance.url, 'd/small');
    await waitForDrawn(page, 'Old graph of c');
    assert.ok(targets().includes('sum(x.c.cpu, "5min")'));
    assert.ok(!targets().includes('x.c.cpu'), 'the hidden query is not sent by itself');
    assert.ok((await coloredPixels(page, 'Old graph of c')) > 100);
  });

  test('several values of a variable go out as braces and into the address', async () => {
    await logInByForm(page, instance.url, 'd/small');
    await waitForDrawn(page, 'Old graph of c');
    await page.click('.variable .button[aria-label^="host"]');
    await page.click('.option-list >> text="a.b"');
    await page.click('.variable-box >> text=Apply');
    await untilAsked((target) => target === 'sum(x.{a.b,c}.cpu, "5min")');
    assert.match(page.url(), /var-host=a\.b&var-host=c/);
    await page.goBack();
    await page.waitForSelector(panel('Old graph of c'));
  });

  test('a variable can offer the names of rendered series', async () => {
    await logInByForm(page, instance.url, 'd/small');
    await page.waitForSelector('.variable .button[aria-label="rendered: top(x)"]');
  });

  test('events are marked in the graphs and told in the tooltip', async () => {
    carbonapi.script = (request, response) =>
      request.path === '/events/get_data'
        ? {
            body: JSON.stringify([
              { when: Date.now() / 1000 - 1800, what: 'deploy 7', data: 'by ci', tags: ['deploy'] },
            ]),
          }
        : usualScript(request, response);
    await logInByForm(page, instance.url, 'd/collectd');
    await waitForDrawn(page, 'Average CPU usage');
    const box = await page.locator(`${panel('Average CPU usage')} .u-over`).boundingBox();
    assert.ok(box !== null);
    await page.mouse.move(box.x + box.width / 2, box.y + 40);
    await page.waitForSelector('.tooltip-event >> text=deploy 7: by ci');
  });

  test('dashboards of one kind link to each other and keep the time', async () => {
    await logInByForm(page, instance.url, 'd/collectd?from=now-3h&to=now');
    await page.hover('.link-bar >> text=System: one host');
    await page.click('.link-bar >> text=System: one host');
    await page.waitForURL(/\/d\/collectd-host\?/);
    await page.waitForSelector('.time-button >> text=Last 3 hours');
  });

  test('hosts at any depth are found and can be chosen', async () => {
    await logInByForm(page, instance.url, 'd/collectd');
    await waitForDrawn(page, 'Average CPU usage');
    assert.equal(
      asked('/metrics/expand')[0]?.parameters.get('query'),
      'collectd.**.memory.memory.free',
    );
    assert.ok(targets().some((target) => target.includes('collectd.**.memory.percent.used')));
    await page.click('.variable .button');
    await page.click('.option-list >> text="org.acme.web1"');
    await page.click('.variable-box >> text=Apply');
    await untilAsked((target) => target.includes('collectd.org.acme.web1.memory.percent.used'));
  });

  test('dragging over a graph zooms everything, going back undoes it', async () => {
    await logInByForm(page, instance.url, 'd/small');
    await waitForDrawn(page, 'Old graph of c');
    const box = await page.locator(`${panel('Old graph of c')} .u-over`).boundingBox();
    assert.ok(box !== null);
    await page.mouse.move(box.x + box.width * 0.25, box.y + 20);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.75, box.y + 30, { steps: 4 });
    await page.mouse.up();
    await page.waitForURL(/from=\d{13}/);
    const parameters = new URL(page.url()).searchParams;
    const minutes = (Number(parameters.get('to')) - Number(parameters.get('from'))) / 60_000;
    assert.ok(minutes > 27 && minutes < 33, `${minutes} minutes of 60`);
    await page.goBack();
    await page.waitForSelector('.time-button >> text=Last 1 hour');
  });

  test('the tooltip shows time, name and value; other graphs share the crosshair', async () => {
    await logInByForm(page, instance.url, 'd/collectd');
    await waitForDrawn(page, 'Average CPU usage');
    await waitForDrawn(page, 'RAM usage (%)');
    await page.hover(`${panel('Average CPU usage')} .u-over`);
    const tooltip = `${panel('Average CPU usage')} .tooltip`;
    await page.waitForSelector(`${tooltip}:not([hidden])`);
    assert.match((await page.textContent(tooltip)) ?? '', /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d.*%$/);
    const other = await page.locator(`${panel('RAM usage (%)')} .u-cursor-x`).getAttribute('style');
    assert.match(other ?? '', /translate/);
    await page.mouse.move(5, 5);
    await page.waitForSelector(tooltip, { state: 'hidden' });
  });

  test('values can be read with the keyboard', async () => {
    await logInByForm(page, instance.url, 'd/small');
    await waitForDrawn(page, 'Old graph of c');
    await page.focus(`${panel('Old graph of c')} .plot`);
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await page.waitForSelector(`${panel('Old graph of c')} .tooltip:not([hidden])`);
    await page.keyboard.press('Escape');
    await page.waitForSelector(`${panel('Old graph of c')} .tooltip`, { state: 'hidden' });
  });

  test('the legend shows one series alone and all again', async () => {
    carbonapi.script = (request, response) =>
      request.path === '/render'
        ? waves(request.parameters, ['first', 'second'])
        : usualScript(request, response);
    await logInByForm(page, instance.url, 'd/small');
    await waitForDrawn(page, 'Old graph of c');
    const both = await coloredPixels(page, 'Old graph of c');
    const button = page.locator(`${panel('Old graph of c')} .legend button`).first();
    await button.click();
    assert.ok((await coloredPixels(page, 'Old graph of c')) < both);
    assert.equal(await page.locator('.legend li.off').count(), 1);
    await page
      .locator(`${panel('Old graph of c')} .legend button`)
      .first()
      .click();
    assert.equal(await page.locator('.legend li.off').count(), 0);
  });

  test('names are text, also hostile ones', async () => {
    const hostile = '<img src=x onerror="window.hacked=1">';
    carbonapi.script = (request, response) =>
      request.path === '/render'
        ? waves(request.parameters, [hostile])
        : usualScript(request, response);
    await logInByForm(page, instance.url, 'd/small');
    await waitForDrawn(page, 'Old graph of c');
    assert.equal(await page.textContent(`${panel('Old graph of c')} .legend-text`), hostile);
    await page.hover(`${panel('Old graph of c')} .u-over`);
    await page.waitForSelector('.tooltip:not([hidden])');
    assert.match(
      (await page.textContent(panel('Words'))) ?? '',
      /<script>window.hacked = 1<\/script>/,
    );
    assert.equal(await page.locator(`${panel('Words')} a`).count(), 0, 'no link to a script');
    assert.equal(await page.evaluate('window.hacked'), undefined);
    assert.deepEqual(faults, []);
  });

  test('tables and bars show figures in their unit', async () => {
    await logInByForm(page, instance.url, 'd/small');
    await waitForDrawn(page, 'Figures');
    const head = await page.locator(`${panel('Figures')} thead th`).allTextContents();
    assert.deepEqual(head, ['Name', 'Min', 'Max']);
    assert.match((await page.textContent(`${panel('Figures')} tbody tr`)) ?? '', /t\.one.* ms/);
    await page.click(`${panel('Figures')} thead button >> text=Max`);
    assert.equal(
      await page.getAttribute(`${panel('Figures')} thead th:nth-child(3)`, 'aria-sort'),
      'descending',
    );
    assert.match((await page.textContent(panel('Bars'))) ?? '', /t\.one.*%/);
  });

  test('what cannot be drawn says why', async () => {
    await logInByForm(page, instance.url, 'd/small');
    const reason = (title: string): string => `${panel(title)} .panel-message:not([hidden])`;
    await page.waitForSelector(reason('Unknown'));
    assert.match((await page.textContent(reason('Unknown'))) ?? '', /"heatmap" are not drawn/);
    carbonapi.script = () => ({
      status: 400,
      contentType: 'text/plain',
      body: 'unknown function "sun"',
    });
    await page.keyboard.press('r');
    await page.waitForSelector(`${panel('Old graph of c')}[data-state=error]`);
    assert.match(
      (await page.textContent(reason('Old graph of c'))) ?? '',
      /unknown function "sun"/,
    );
    carbonapi.script = () => ({ body: '[]' });
    await page.keyboard.press('r');
    await page.waitForSelector(`${panel('Old graph of c')}[data-state=empty]`);
    assert.match(
      (await page.textContent(reason('Old graph of c'))) ?? '',
      /No series match the query: sum\(x\.c\.cpu/,
    );
    carbonapi.script = () => ({ body: '[{"target":"a","datapoints":[[null,1]]}]' });
    await page.keyboard.press('r');
    await page.waitForSelector(`${reason('Old graph of c')} >> text=no values in this time range`);
  });

  test('a slow answer does not overwrite a newer one', async () => {
    let release: (() => void) | undefined;
    await logInByForm(page, instance.url, 'd/small');
    await waitForDrawn(page, 'Old graph of c');
    carbonapi.script = (request, response) => {
      if (request.path !== '/render' || !request.parameters.get('target')?.startsWith('sum'))
        return usualScript(request, response);
      return new Promise((resolve) => {
        release ??= () => resolve(waves(request.parameters, ['stale']));
      });
    };
    await page.keyboard.press('r');
    while (release === undefined) await nextFrame(page);
    carbonapi.script = (request, response) =>
      request.path === '/render'
        ? waves(request.parameters, ['fresh'])
        : usualScript(request, response);
    await page.keyboard.press('r');
    await page.waitForSelector(`${panel('Old graph of c')} .legend-text >> text=fresh`);
    release();
    await nextFrame(page);
    assert.equal(await page.textContent(`${panel('Old graph of c')} .legend-text`), 'fresh');
  });

  test('a panel is edited, saved to its file, and the file opens again', async () => {
    await logInByForm(page, instance.url, 'd/small');
    await waitForDrawn(page, 'Old graph of c');
    await page.hover(panel('Old graph of c'));
    await page.click(`${panel('Old graph of c')} .panel-menu`);
    await page.click('.menu-item >> text=Edit');
    await page.fill('dialog .query:nth-child(2) textarea', 'scale(#A, 2)');
    await page.getByLabel('Title', { exact: true }).fill('Renamed');
    await page.click('dialog >> text=Apply');
    await untilAsked((target) => target === 'scale(x.c.cpu, 2)');
    await page.click('.editor .button.main');
    await page.waitForSelector('.note >> text=Saved to dashboards/small.json');
    const saved = JSON.parse(
      readFileSync(join(instance.config.dashboardsDirectory, 'small.json'), 'utf8'),
    );
    assert.equal(saved.version, 2);
    assert.equal(saved.panels[0].title, 'Renamed');
    assert.equal(saved.panels[0].type, 'timeseries');
    assert.equal(saved.panels[0].targets[1].target, 'scale(#A, 2)');
    await page.reload();
    await waitForDrawn(page, 'Renamed');
  });

  test('a panel is added, duplicated and removed', async () => {
    await logInByForm(page, instance.url, 'd/small');
    await waitForDrawn(page, 'Old graph of c');
    await page.click('[aria-label="Edit dashboard"]');
    await page.click('.menu-item >> text=Add a panel');
    await page.fill('dialog .query textarea', 'new.metric');
    await page.click('dialog >> text=Apply');
    await waitForDrawn(page, 'New panel');
    await page.hover(panel('New panel'));
    await page.click(`${panel('New panel')} .panel-menu`);
    await page.click('.menu-item >> text=Duplicate');
    await untilCount(panel('New panel'), 2);
    await page.locator(panel('New panel')).first().hover();
    await page
      .locator(`${panel('New panel')} .panel-menu`)
      .first()
      .click();
    await page.click('.menu-item >> text=Remove');
    await untilCount(panel('New panel'), 1);
  });

  test('a panel is moved and sized with the pointer', async () => {
    await logInByForm(page, instance.url, 'd/small');
    await waitForDrawn(page, 'Bars');
    const drag = async (selector: string, dx: number, dy: number): Promise<void> => {
      const box = await page.locator(selector).boundingBox();
      assert.ok(box !== null);
      await page.mouse.move(box.x + 6, box.y + 8);
      await page.mouse.down();
      await page.mouse.move(box.x + 6 + dx, box.y + 8 + dy, { steps: 5 });
      await page.mouse.up();
    };
    await page.hover(panel('Bars'));
    await drag(`${panel('Bars')} .resize-corner`, 0, 76);
    await drag(`${panel('Figures')} .panel-head`, -430, 0);
    await page.click('.editor .button.main');
    await page.waitForSelector('.note >> text=Saved');
    const file = join(instance.config.dashboardsDirectory, 'small.json');
    const { panels } = JSON.parse(readFileSync(file, 'utf8'));
    const gridOf = (title: string) =>
      panels.find((one: { title: string }) => one.title === title).gridPos;
    assert.deepEqual(gridOf('Bars'), { x: 16, y: 8, w: 8, h: 8 });
    assert.deepEqual(gridOf('Figures'), { x: 0, y: 8, w: 8, h: 6 });
    assert.deepEqual(gridOf('Words'), { x: 0, y: 14, w: 8, h: 6 });
  });

  test('queries and values behind a panel can be seen and saved', async () => {
    await logInByForm(page, instance.url, 'd/small');
    await waitForDrawn(page, 'Old graph of c');
    await page.hover(panel('Old graph of c'));
    await page.click(`${panel('Old graph of c')} .panel-menu`);
    await page.click('.menu-item >> text=Queries and data');
    assert.equal(await page.textContent('dialog .sent'), 'sum(x.c.cpu, "5min")');
    const download = page.waitForEvent('download');
    await page.click('dialog >> text=Save as CSV');
    const text = readFileSync(await (await download).path(), 'utf8');
    assert.match(text, /^time,"sum\(x\.c\.cpu, ""5min""\)"\n\d{4}-.*Z,\d+/);
  });

  test('an admin makes a viewer, who gets no tools to change anything', async () => {
    await logInByForm(page, instance.url);
    await page.click('[aria-label="User admin"]');
    await page.click('.menu-item >> text=Users');
    await page.getByLabel('Name', { exact: true }).fill('eve');
    await page.getByLabel('Password', { exact: true }).fill('password-of-eve');
    await page.click('dialog >> text=Add user');
    await page.waitForSelector('.user-list >> text=eve');
    assert.deepEqual(await accessibilityFaults(page), []);
    await page.click('dialog [aria-label="Close"]');
    await page.click('[aria-label="User admin"]');
    await page.click('.menu-item >> text=Log out');
    await page.fill('input[name=user]', 'eve');
    await page.fill('input[name=password]', 'password-of-eve');
    await page.click('button[type=submit]');
    await page.waitForSelector('.dashboard-card');
    assert.equal(await page.locator('button >> text=Import').count(), 0);
    await page.goto(`${instance.url}/d/small`);
    await waitForDrawn(page, 'Old graph of c');
    assert.equal(await page.locator('[aria-label="Edit dashboard"], .resize-corner').count(), 0);
  });

  test('import converts an old dashboard, export gives the same document', async () => {
    await logInByForm(page, instance.url);
    await page.click('button >> text=Import');
    const old = {
      title: 'Imported',
      rows: [
        {
          height: 200,
          panels: [{ type: 'graph', title: 'G', span: 12, targets: [{ target: 'i.m' }] }],
        },
      ],
      __inputs: [],
    };
    await page.fill('dialog textarea', JSON.stringify(old));
    await page.click('dialog >> button >> text=Import');
    await waitForDrawn(page, 'G');
    await page.click('[aria-label="Edit dashboard"]');
    const download = page.waitForEvent('download');
    await page.click('.menu-item >> text=Export as JSON');
    const exported = JSON.parse(readFileSync(await (await download).path(), 'utf8'));
    const stored = JSON.parse(
      readFileSync(join(instance.config.dashboardsDirectory, 'imported.json'), 'utf8'),
    );
    assert.deepEqual(exported, stored);
    assert.equal(stored.panels[0].type, 'timeseries');
    assert.ok(!('__inputs' in stored));
  });

  test('refresh by itself asks again', async () => {
    await logInByForm(page, instance.url, 'd/small?refresh=1s');
    await waitForDrawn(page, 'Old graph of c');
    const before = targets().length;
    while (targets().length <= before) await nextFrame(page);
  });

  test('the theme changes, the choice stays', async () => {
    await logInByForm(page, instance.url, 'd/small');
    await waitForDrawn(page, 'Old graph of c');
    const ground = () =>
      page.evaluate("getComputedStyle(document.querySelector('.panel')).backgroundColor");
    const dark = await ground();
    await page.click('[aria-label="Use the light theme"]');
    assert.notEqual(await ground(), dark);
    await page.reload();
    await waitForDrawn(page, 'Old graph of c');
    assert.notEqual(await ground(), dark);
    assert.ok((await coloredPixels(page, 'Old graph of c')) > 100);
  });

  test('a phone shows everything without scrolling sideways', async () => {
    await page.setViewportSize({ width: 390, height: 800 });
    await logInByForm(page, instance.url, 'd/collectd');
    await waitForDrawn(page, 'CPU, mean');
    const width = await page.evaluate('document.documentElement.scrollWidth');
    assert.ok(Number(width) <= 390, `${width} wide`);
  });

  for (const theme of ['dark', 'light'] as const) {
    test(`no serious fault of accessibility in the ${theme} theme`, async () => {
      await page.emulateMedia({ colorScheme: theme });
      await page.goto(instance.url);
      await page.waitForSelector('.login-form');
      assert.deepEqual(await accessibilityFaults(page), [], 'login');
      await logInByForm(page, instance.url);
      await page.waitForSelector('.dashboard-card');
      assert.deepEqual(await accessibilityFaults(page), [], 'list');
      await page.goto(`${instance.url}/d/collectd-host`);
      await waitForDrawn(page, 'CPU by state');
      assert.deepEqual(await accessibilityFaults(page), [], 'dashboard');
      await page.goto(`${instance.url}/d/small`);
      await waitForDrawn(page, 'Figures');
      await page.click('.variable .button');
      assert.deepEqual(await accessibilityFaults(page), [], 'small, variable open');
      await page.keyboard.press('Escape');
      await page.click('.time-button');
      assert.deepEqual(await accessibilityFaults(page), [], 'time range open');
      await page.keyboard.press('Escape');
      await page.hover(panel('Old graph of c'));
      await page.click(`${panel('Old graph of c')} .panel-menu`);
      await page.click('.menu-item >> text=Edit');
      assert.deepEqual(await accessibilityFaults(page), [], 'panel editor');
    });
  }
});
