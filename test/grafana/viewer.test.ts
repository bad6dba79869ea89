import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  accessibilityFaults,
  coloredPixels,
  logInByForm,
  nextFrame,
  panel,
  skipReason,
  waitForDrawn,
} from './browser.ts';
import { usualScript, waves } from './scripted-carbonapi.ts';
import {
  asked,
  carbonapi,
  faults,
  instance,
  page,
  targets,
  untilAsked,
  useViewer,
} from './viewer-harness.ts';

describe('looking in a browser', { skip: skipReason }, () => {
  useViewer();

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
