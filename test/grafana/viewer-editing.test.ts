import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, test } from 'node:test';
import { accessibilityFaults, logInByForm, panel, skipReason, waitForDrawn } from './browser.ts';
import { faults, instance, page, untilAsked, untilCount, useViewer } from './viewer-harness.ts';

describe('editing in a browser', { skip: skipReason }, () => {
  useViewer();
  afterEach(() => assert.deepEqual(faults, [], 'the console stays empty'));

  test('a panel is edited, saved to its file, and the file opens again', async () => {
    await logInByForm(page, instance.url, 'd/small');
    await waitForDrawn(page, 'Old graph of c');
    await page.hover(panel('Old graph of c'));
    await page.click(`${panel('Old graph of c')} .panel-menu`);
    await page.click('.menu-item >> text=Edit');
    await page.fill('dialog .query:nth-child(2) textarea', 'scale(#A, 2)');
    await page.getByLabel('Title', { exact: true }).fill('Renamed');
    await waitForDrawn(page, 'Renamed'); // in the preview
    assert.equal(await page.locator(panel('Renamed')).count(), 1);
    assert.equal(await page.locator(`.panel-grid ${panel('Renamed')}`).count(), 0);
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
});
