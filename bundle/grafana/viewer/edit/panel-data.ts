// What stands behind a panel: the queries as they were sent and the answer, as a table and as CSV.
import type { Series } from '../model/series.ts';
import { alignSeries } from '../model/series.ts';
import { openDialog } from '../ui/dialog.ts';
import { h } from '../ui/dom.ts';
import { saveFile } from '../ui/save-file.ts';

export interface PanelDataOptions {
  title: string;
  targets: readonly string[];
  series: readonly Series[];
}

const rowsShown = 200;

/** A cell of CSV; text that a spreadsheet would run as a formula is quoted with an apostrophe. */
const cell = (text: string): string => {
  const safe = /^[=+@\t\r-]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

/** One row a time, one column a series; times as ISO text in UTC. */
export function toCsv(series: readonly Series[]): string {
  const { times, columns } = alignSeries(series);
  const lines = [['time', ...series.map(({ name }) => name)].map(cell).join(',')];
  times.forEach((seconds, index) => {
    const values = columns.map((column) => String(column[index] ?? ''));
    lines.push([new Date(seconds * 1000).toISOString(), ...values].join(','));
  });
  return `${lines.join('\n')}\n`;
}

export function showPanelData({ title, targets, series }: PanelDataOptions): void {
  const { times, columns } = alignSeries(series);
  const from = Math.max(0, times.length - rowsShown);
  const rows = times
    .slice(from)
    .map((seconds, index) =>
      h(
        'tr',
        {},
        h('th', { scope: 'row' }, new Date(seconds * 1000).toISOString().slice(0, 19)),
        ...columns.map((column) => h('td', {}, String(column[from + index] ?? ''))),
      ),
    );
  const heads = ['Time (UTC)', ...series.map(({ name }) => name)];
  openDialog({
    title: `Data of ${title || 'panel'}`,
    isWide: true,
    content: [
      h('pre', { class: 'code sent', tabindex: 0 }, targets.join('\n')),
      h(
        'div',
        { class: 'table-frame data', tabindex: 0, role: 'group', 'aria-label': 'Values' },
        h(
          'table',
          {},
          h('thead', {}, h('tr', {}, ...heads.map((text) => h('th', { scope: 'col' }, text)))),
          h('tbody', {}, ...rows.reverse()),
        ),
      ),
      h('p', { class: 'hint' }, `${series.length} series, ${times.length} times`),
    ],
    actions: [
      {
        text: 'Save as CSV',
        isMain: true,
        run: () => saveFile(`${title || 'panel'}.csv`, 'text/csv', toCsv(series)),
      },
    ],
  });
}
