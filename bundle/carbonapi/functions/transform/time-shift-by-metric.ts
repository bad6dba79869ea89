// timeShiftByMetric (carbonapi): series of older versions moved to where the newest one is.
import { OperatingError } from '../../../core/errors.ts';
import type { Series } from '../../series.ts';
import { defineFunction } from '../define.ts';
import { derive } from '../derive.ts';
import { seriesList } from '../params.ts';

interface Mark {
  /** Last node of the mark's path, "65_4". */
  version: string;
  major: number;
  minor: number;
  /** Index of its last point. */
  position: number;
}

function lastPoint(values: Float64Array): number {
  let index = values.length - 1;
  while (index >= 0 && Number.isNaN(values[index])) index--;
  return index;
}

const pathOf = (series: Series): string[] => (series.tags['name'] ?? series.name).split('.');

/** The newest mark of each major version, newest version first. */
function latestMarks(list: readonly Series[]): Mark[] {
  const marks = list.flatMap((series): Mark[] => {
    const version = pathOf(series).at(-1) ?? '';
    const parts = /(\d+)_(\d+)/.exec(version);
    const position = lastPoint(series.values);
    if (parts === null || position < 0) return [];
    return [{ version, major: Number(parts[1]), minor: Number(parts[2]), position }];
  });
  marks.sort((a, b) => b.major - a.major || b.minor - a.minor);
  return marks.filter((mark, index) => mark.major !== marks[index - 1]?.major);
}

function checkLists(list: Series[], marks: Series[]): void {
  const [first] = list;
  if (first === undefined || list.length < 2 || marks.length < 2) {
    throw new OperatingError(
      'bad-argument',
      `timeShiftByMetric: it needs 2 series and 2 marks or more, not ${list.length} and ${marks.length}`,
    );
  }
  const odd = [...list, ...marks].find(({ values }) => values.length !== first.values.length);
  if (odd !== undefined) {
    throw new OperatingError(
      'bad-argument',
      `timeShiftByMetric: ${odd.name} has not as many points as ${first.name}`,
    );
  }
}

export const timeShiftByMetric = defineFunction({
  name: 'timeShiftByMetric',
  carbonapiOnly: true,
  group: 'Transform',
  params: [
    seriesList,
    { name: 'markSource', type: 'seriesList', required: true },
    { name: 'versionRankIndex', type: 'integer', required: true },
  ],
  description:
    'For comparing releases: `markSource` are series whose last node is a version like `65_4` ' +
    'and whose last point says when it came out. Each series, whose node `versionRankIndex` is a ' +
    'version, is moved in time so that its release falls on the newest one.',
  examples: ['timeShiftByMetric(app.*.errors, releases.*, 1)'],
  evaluate: ({ seriesList, markSource, versionRankIndex }) => {
    checkLists(seriesList, markSource);
    const marks = latestMarks(markSource);
    const [newest] = marks;
    if (newest === undefined || marks.length < 2) {
      throw new OperatingError(
        'bad-argument',
        `timeShiftByMetric: marks must show 2 major versions or more, not ${marks.length}`,
      );
    }
    const step = seriesList[0]?.step ?? 1;
    return seriesList.flatMap((series) => {
      const version = pathOf(series)[versionRankIndex];
      if (version === undefined) return [];
      const mark =
        marks.find((each) => each.version === version) ??
        marks.find((each) => each.version.startsWith(version));
      if (mark === undefined) return [];
      const offset = (newest.position - mark.position) * step;
      const shifted = derive(series, `timeShiftByMetric(${series.name})`, series.values);
      return [{ ...shifted, start: series.start + offset, end: series.end + offset }];
    });
  },
});
