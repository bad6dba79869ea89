// The panel type table: series and their figures (with a "reduce" transformation), or values by time.
import { colorOf } from '../model/colors.ts';
import { mappingOf, thresholdColor } from '../model/field.ts';
import { asRecords, asText, asTexts, at } from '../model/json.ts';
import { alignSeries, calculate, calculationName } from '../model/series.ts';
import { formatTime } from '../model/time-range.ts';
import { formatValue } from '../model/units.ts';
import { fill, h } from '../ui/dom.ts';
import { type CreateRenderer, type DrawnSeries, drawnSeries, type PanelData } from './renderer.ts';
import { paintFigure } from './stat.ts';

interface Cell {
  text: string;
  sortKey: number | string;
  color?: string | undefined;
}

interface Table {
  heads: string[];
  rows: Cell[][];
}

const rowsMax = 500;

function figureCell(one: DrawnSeries, value: number | null): Cell {
  const text =
    mappingOf(one.field, value)?.text ?? formatValue(value, one.field.unit, one.field.decimals);
  const color = one.field.color === 'thresholds' ? thresholdColor(one.field, value) : undefined;
  return { text, sortKey: value ?? Number.NEGATIVE_INFINITY, color };
}

function reducedTable(drawn: DrawnSeries[], calculations: string[]): Table {
  return {
    heads: ['Name', ...calculations.map(calculationName)],
    rows: drawn.map((one) => [
      { text: one.name, sortKey: one.name },
      ...calculations.map((id) => figureCell(one, calculate(one.series.values, id))),
    ]),
  };
}

function timeTable(drawn: DrawnSeries[]): Table {
  const { times, columns } = alignSeries(drawn.map(({ series }) => series));
  const rows = times.map((seconds, index) => [
    { text: formatTime(seconds * 1000), sortKey: seconds },
    ...drawn.map((one, n) => figureCell(one, columns[n]?.[index] ?? null)),
  ]);
  return { heads: ['Time', ...drawn.map(({ name }) => name)], rows: rows.reverse() };
}

function tableOf(data: PanelData): Table {
  const reduce = asRecords(data.panel.json['transformations']).find(({ id }) => id === 'reduce');
  const drawn = drawnSeries(data);
  if (reduce === undefined) return timeTable(drawn);
  const reducers = asTexts(at(reduce, 'options', 'reducers'));
  return reducedTable(drawn, reducers.length > 0 ? reducers : ['lastNotNull']);
}

export const createTable: CreateRenderer = (host) => {
  const body = h('div', { class: 'table-frame', tabindex: 0, role: 'group' });
  host.element.append(body);
  let sortColumn = -1;
  let isDescending = true;
  let last: PanelData | undefined;

  function draw(): void {
    if (last === undefined) return;
    body.setAttribute('aria-label', asText(last.panel.title, 'Table'));
    const { heads, rows } = tableOf(last);
    if (sortColumn >= 0) {
      const sign = isDescending ? -1 : 1;
      rows.sort((a, b) => {
        const [first, second] = [a[sortColumn]?.sortKey ?? '', b[sortColumn]?.sortKey ?? ''];
        return sign * (first < second ? -1 : first > second ? 1 : 0);
      });
    }
    const head = heads.map((text, index) => {
      const direction = index !== sortColumn ? 'none' : isDescending ? 'descending' : 'ascending';
      const sortBy = (): void => {
        isDescending = index === sortColumn ? !isDescending : index > 0;
        sortColumn = index;
        draw();
        body.querySelectorAll<HTMLElement>('th button')[index]?.focus();
      };
      return h(
        'th',
        { scope: 'col', 'aria-sort': direction },
        h('button', { type: 'button', onclick: sortBy }, text),
      );
    });
    const lines = rows.slice(0, rowsMax).map((cells) =>
      h(
        'tr',
        {},
        ...cells.map((cell, index) => {
          const element = h(
            index === 0 ? 'th' : 'td',
            index === 0 ? { scope: 'row' } : {},
            cell.text,
          );
          if (cell.color !== undefined) paintFigure(element, colorOf(cell.color));
          return element;
        }),
      ),
    );
    const rest = rows.length - rowsMax;
    fill(
      body,
      h('table', {}, h('thead', {}, h('tr', {}, ...head)), h('tbody', {}, ...lines)),
      rest > 0 ? h('p', { class: 'hint' }, `and ${rest} more rows`) : null,
    );
  }

  return {
    update(data) {
      last = data;
      draw();
    },
    destroy: () => body.remove(),
  };
};
