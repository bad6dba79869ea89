// /debug/vars (JSON) and /metrics (Prometheus text): the service's own numbers; the request log.
import { type HttpRequest, jsonAnswer } from '../../core/http.ts';
import { version } from '../../core/version.ts';
import type { Api, Endpoint } from './api.ts';
import { knownFacts } from './facts.ts';
import { durationBoundsMs } from './statistics.ts';

function gauges(api: Api): Record<string, number> {
  const { statistics, storeFaults, admission, rendering, finding, renderCache, findCache } = api;
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return {
    uptime_seconds: Math.floor((Date.now() - statistics.startedMs) / 1000),
    memory_rss_bytes: rss,
    memory_heap_bytes: heapUsed,
    cpu_seconds_total: (user + system) / 1e6,
    series_read_total: statistics.series,
    points_read_total: statistics.points,
    store_requests_total: statistics.storeRequests,
    store_failures_total: storeFaults.failed,
    partial_answers_total: storeFaults.partial,
    slow_renders_total: statistics.slow,
    cancelled_requests_total: statistics.cancelled,
    renders_running: admission.running,
    renders_waiting: admission.waiting,
    renders_refused_total: admission.refused,
    points_held: api.readBudget.points,
    points_held_max: api.readBudget.pointsMax,
    points_refused_total: api.readBudget.refused,
    requests_joined_total: rendering.joined + finding.joined,
    render_cache_bytes: renderCache.bytes,
    render_cache_bytes_max: renderCache.bytesMax,
    render_cache_hits_total: renderCache.hits,
    render_cache_misses_total: renderCache.misses,
    find_cache_bytes: findCache.bytes,
    find_cache_bytes_max: findCache.bytesMax,
    find_cache_hits_total: findCache.hits,
    find_cache_misses_total: findCache.misses,
  };
}

export const variablesEndpoint = (api: Api): Endpoint => ({
  methods: ['GET'],
  handler: () =>
    jsonAnswer({
      version,
      ...gauges(api),
      duration_bounds_ms: durationBoundsMs,
      endpoints: Object.fromEntries(api.statistics.endpoints),
    }),
});

const prefix = 'carbonapi_';

function prometheusText(api: Api): string {
  const lines: string[] = [];
  for (const [name, value] of Object.entries(gauges(api))) {
    lines.push(`# TYPE ${prefix}${name} ${name.endsWith('_total') ? 'counter' : 'gauge'}`);
    lines.push(`${prefix}${name} ${value}`);
  }
  const requests: string[] = [`# TYPE ${prefix}requests_total counter`];
  const durations: string[] = [`# TYPE ${prefix}request_seconds histogram`];
  for (const [endpoint, row] of api.statistics.endpoints) {
    for (const [status, count] of Object.entries(row.statuses))
      requests.push(`${prefix}requests_total{endpoint="${endpoint}",status="${status}"} ${count}`);
    let below = 0;
    row.durations.forEach((count, index) => {
      below += count;
      const bound = durationBoundsMs[index];
      const limit = bound === undefined ? '+Inf' : String(bound / 1000);
      durations.push(
        `${prefix}request_seconds_bucket{endpoint="${endpoint}",le="${limit}"} ${below}`,
      );
    });
    durations.push(
      `${prefix}request_seconds_sum{endpoint="${endpoint}"} ${row.milliseconds / 1000}`,
      `${prefix}request_seconds_count{endpoint="${endpoint}"} ${row.requests}`,
    );
  }
  return `${[...lines, ...requests, ...durations].join('\n')}\n`;
}

export const prometheusEndpoint = (api: Api): Endpoint => ({
  methods: ['GET'],
  handler: () => ({
    headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
    body: prometheusText(api),
  }),
});

const header = (request: HttpRequest, name: string): string | undefined => {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(' ') : value;
};

const targetsShownMax = 5;
/** Of one text of a request in the log. */
const charactersShownMax = 500;

const shown = (text: string | null): string | undefined => text?.slice(0, charactersShownMax);

/** Counts a request that has been answered, and logs it when it was slow or all are to be logged. */
export function observe(api: Api, request: HttpRequest, status: number, ms: number): void {
  const facts = knownFacts(request);
  api.statistics.count(request.path, status, ms, facts);
  if (request.signal.aborted) api.statistics.cancelled++;
  const isSlow = request.path === '/render' && ms > api.config.slowQueryMs;
  if (isSlow) api.statistics.slow++;
  if (!isSlow && !api.config.requestLog) return;
  const targets = facts?.targets ?? request.parameters.getAll('target');
  const fields = {
    path: request.path,
    status,
    ms: Math.round(ms * 10) / 10,
    series: facts?.series,
    points: facts?.points,
    cached: facts?.cached,
    client: request.remoteAddress,
    query: shown(request.parameters.get('query')),
    targets: shown(targets.slice(0, targetsShownMax).map(shown).join(' ') || null),
    from: shown(request.parameters.get('from')),
    until: shown(request.parameters.get('until')),
    dashboard: header(request, 'x-dashboard-id') ?? header(request, 'x-dashboard-uid'),
    panel: header(request, 'x-panel-id'),
    organisation: header(request, 'x-grafana-org-id'),
  };
  if (isSlow) api.log.warn('slow render', fields);
  else api.log.info('request', fields);
}
