// color, alpha, lineWidth, dashed, drawAsInfinite, secondYAxis: how a series is drawn.
import type { Series } from '../../series.ts';
import { defineFunction } from '../define.ts';
import { tagged } from '../derive.ts';
import { formatG } from '../format-number.ts';
import { seriesList } from '../params.ts';
import { numberAsWritten } from '../written-argument.ts';

type Options = NonNullable<Series['options']>;

/** The series with drawing options added, and if given a new name and tags. */
function styled(
  series: Series,
  options: Options,
  tags: Record<string, string> = {},
  name = series.name,
): Series {
  return tagged(series, tags, { name, options: { ...series.options, ...options } });
}

export const color = defineFunction({
  name: 'color',
  perSeries: true,
  keepsPoints: true,
  group: 'Graph',
  params: [seriesList, { name: 'theColor', type: 'string', required: true }],
  description: 'Draws the series in a colour: a name or hexadecimal, `6464ff` or `6464ffaa`.',
  examples: ['color(app.errors.count, "red")'],
  evaluate: ({ seriesList, theColor }) =>
    seriesList.map((series) => styled(series, { color: theColor })),
});

export const alpha = defineFunction({
  name: 'alpha',
  perSeries: true,
  keepsPoints: true,
  group: 'Graph',
  params: [seriesList, { name: 'alpha', type: 'float', required: true }],
  description: 'Draws the series with an opacity between 0 and 1.',
  examples: ['alpha(app.errors.count, 0.5)'],
  evaluate: ({ seriesList, alpha }) => seriesList.map((series) => styled(series, { alpha })),
});

export const lineWidth = defineFunction({
  name: 'lineWidth',
  perSeries: true,
  keepsPoints: true,
  group: 'Graph',
  params: [seriesList, { name: 'width', type: 'float', required: true }],
  description: 'Draws the series with a line of so many pixels.',
  examples: ['lineWidth(app.errors.count, 5)'],
  evaluate: ({ seriesList, width }) =>
    seriesList.map((series) => styled(series, { lineWidth: width })),
});

export const dashed = defineFunction({
  name: 'dashed',
  perSeries: true,
  keepsPoints: true,
  group: 'Graph',
  params: [seriesList, { name: 'dashLength', type: 'integer', default: 5, acceptsOther: true }],
  description: 'Draws the series as a dashed line with dashes of `dashLength` pixels.',
  examples: ['dashed(app.errors.count, 3)'],
  evaluate: ({ seriesList, dashLength }, { call }) => {
    const tags = { dashed: numberAsWritten(call, 'dashLength', 1, dashLength) };
    return seriesList.map((series) => {
      const name = `dashed(${series.name}, ${formatG(dashLength)})`;
      return styled(series, { dashed: dashLength }, tags, name);
    });
  },
});

export const drawAsInfinite = defineFunction({
  name: 'drawAsInfinite',
  perSeries: true,
  keepsPoints: true,
  group: 'Graph',
  params: [seriesList],
  description: 'Draws a vertical line wherever the series is not zero; meant for events.',
  examples: ['drawAsInfinite(app.deployments)'],
  evaluate: ({ seriesList }) =>
    seriesList.map((series) =>
      styled(
        series,
        { drawAsInfinite: true },
        { drawAsInfinite: '1' },
        `drawAsInfinite(${series.name})`,
      ),
    ),
});

export const secondYAxis = defineFunction({
  name: 'secondYAxis',
  perSeries: true,
  keepsPoints: true,
  group: 'Graph',
  params: [seriesList],
  description: 'Draws the series by the scale on the right side.',
  examples: ['secondYAxis(app.errors.count)'],
  evaluate: ({ seriesList }) =>
    seriesList.map((series) =>
      styled(series, { secondYAxis: true }, { secondYAxis: '1' }, `secondYAxis(${series.name})`),
    ),
});
