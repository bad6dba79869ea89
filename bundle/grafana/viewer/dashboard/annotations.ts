// The events a dashboard marks in its graphs: Graphite's own events by tags, or the times at which a
// series is not zero.
import { getEvents, type MetricEvent, render, type Span } from '../api.ts';
import { interpolate, type Scope } from '../model/interpolate.ts';
import { asRecords, asText, asTexts, at, type Json } from '../model/json.ts';

const pointsMax = 100;
const eventsMax = 500;

export interface AnnotationRequest {
  dashboard: Json;
  scope: Scope;
  span: Span;
  signal: AbortSignal;
}

async function eventsOfSeries(target: string, request: AnnotationRequest): Promise<MetricEvent[]> {
  const { span, signal, dashboard } = request;
  const series = await render({
    ...span,
    targets: [target],
    maxDataPoints: pointsMax,
    dashboardUid: asText(dashboard['uid']),
    panelId: 0,
    signal,
  });
  return series.flatMap(({ name, times, values }) =>
    times.flatMap((seconds, index) =>
      values[index] ? [{ atMs: seconds * 1000, title: name, text: '', tags: [] }] : [],
    ),
  );
}

function eventsOf(annotation: Json, request: AnnotationRequest): Promise<MetricEvent[]> {
  const target = interpolate(
    asText(at(annotation, 'target', 'target') ?? annotation['target']),
    request.scope,
  );
  if (target !== '') return eventsOfSeries(target, request);
  const tags = asTexts(at(annotation, 'target', 'tags') ?? annotation['tags']).join(' ');
  return getEvents(request.span, interpolate(tags, request.scope), request.signal);
}

/** All events of the enabled annotations; one that cannot be had counts as none. */
export async function loadEvents(request: AnnotationRequest): Promise<MetricEvent[]> {
  const annotations = asRecords(at(request.dashboard, 'annotations', 'list')).filter(
    (one) =>
      one['enable'] !== false &&
      one['builtIn'] !== 1 &&
      asText(at(one, 'datasource', 'type'), 'graphite') === 'graphite',
  );
  const found = await Promise.all(
    annotations.map((one) => eventsOf(one, request).catch((): MetricEvent[] => [])),
  );
  return found.flat().slice(0, eventsMax);
}
