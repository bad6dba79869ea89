// carbonserver: the store's reading side over HTTP, for carbonapi, graphite-web and dkmadmin. Paths
// and formats are those of go-carbon's carbonserver; README.md lists them.
import { join, resolve } from 'node:path';
import { type Clock, systemClock } from '../../core/clock.ts';
import {
  type HttpHandler,
  type HttpService,
  jsonAnswer,
  startHttpServer,
  textAnswer,
} from '../../core/http.ts';
import type { ListenAddress } from '../../core/listen-address.ts';
import type { Logger } from '../../core/log.ts';
import { metricToPath } from '../../whisper/index.ts';
import type { SetMetadata } from '../metadata.ts';
import type { SearchableIndex } from '../metric-index/index.ts';
import type { MetricReader } from '../store.ts';
import { administrationHandlers } from './administration.ts';
import { capabilitiesHandler } from './capabilities.ts';
import {
  type CarbonserverContext,
  type CarbonserverLimits,
  type CarbonserverStatistics,
  defaultCarbonserverLimits,
} from './context.ts';
import { findHandler } from './find.ts';
import { infoHandler } from './info.ts';
import { detailsHandler, indexJsonHandler, listHandler, listQueryHandler } from './list.ts';
import { renderHandler } from './render.ts';
import { tagsRoute } from './tags.ts';

export {
  type CarbonserverLimits,
  type CarbonserverStatistics,
  defaultCarbonserverLimits,
} from './context.ts';

export interface CarbonserverOptions {
  address: ListenAddress;
  reader: MetricReader;
  index: SearchableIndex;
  log: Logger;
  /** Where the whisper files are, for sizes and times of files. */
  whisperDirectory: string;
  /** As in metricToPath. */
  hashTagged?: boolean;
  limits?: Partial<CarbonserverLimits>;
  clock?: Clock;
  /** Compares the index with the disk; what /forcescan starts. */
  rescan?(): Promise<unknown>;
  /** Absent where no files are written. */
  setMetadata?: SetMetadata;
  /** What /admin/info shows beside the index. */
  information?(): Record<string, unknown>;
}

export interface CarbonserverService extends HttpService {
  readonly statistics: CarbonserverStatistics;
}

/** Listens and serves; resolves once the port answers. */
export async function startCarbonserver(
  options: CarbonserverOptions,
): Promise<CarbonserverService> {
  const { index, clock = systemClock } = options;
  const statistics: CarbonserverStatistics = {
    find_requests: 0,
    find_errors: 0,
    find_zero: 0,
    render_requests: 0,
    render_errors: 0,
    info_requests: 0,
    list_requests: 0,
    details_requests: 0,
    tags_requests: 0,
    metrics_returned: 0,
    points_returned: 0,
    metrics_unreadable: 0,
  };
  const context: CarbonserverContext = {
    reader: options.reader,
    index,
    log: options.log,
    limits: { ...defaultCarbonserverLimits, ...options.limits },
    statistics,
    nowSeconds: () => Math.floor(clock() / 1000),
  };
  const fileOf = (metric: string): string | undefined => {
    try {
      return join(
        options.whisperDirectory,
        metricToPath(metric, { hashTagged: options.hashTagged ?? true }),
      );
    } catch {
      return undefined; // the name cannot have a file
    }
  };
  const files = { directory: options.whisperDirectory, fileOf };
  const handlers: Record<string, HttpHandler> = {
    ...administrationHandlers(context, options.setMetadata),
    '/metrics/find': findHandler(context),
    '/render': renderHandler(context),
    '/info': infoHandler(context),
    '/metrics/list': listHandler(context),
    '/metrics/index.json': indexJsonHandler(context),
    '/metrics/details': detailsHandler(context, files),
    '/metrics/list_query': listQueryHandler(context, files),
    '/_internal/capabilities': capabilitiesHandler(),
    '/forcescan': rescanHandler(options),
    '/admin/info': () =>
      jsonAnswer({
        whisperDirectory: resolve(options.whisperDirectory),
        metrics: index.size,
        tagged: index.taggedSize,
        indexBytes: index.memoryBytes,
        ...statistics,
        ...options.information?.(),
      }),
    '/robots.txt': () => textAnswer('User-agent: *\nDisallow: /\n'),
    '/health': () => textAnswer('ok\n'),
  };
  const tags = tagsRoute(context);
  const service = await startHttpServer({
    name: 'carbonserver',
    address: options.address,
    route: (_method, path) => (Object.hasOwn(handlers, path) ? handlers[path] : tags(path)),
    log: options.log,
    bodyBytesMax: context.limits.bodyBytesMax,
  });
  return { ...service, statistics };
}

function rescanHandler({ rescan, log }: CarbonserverOptions): HttpHandler {
  let running = false;
  return () => {
    if (rescan === undefined) return textAnswer('this index is not kept from a directory\n', 501);
    if (running) return textAnswer('a scan is under way already\n', 429);
    running = true;
    rescan()
      .catch((error: unknown) => log.error(`the scan failed: ${String(error)}`))
      .finally(() => {
        running = false;
      });
    return textAnswer('scanning\n', 202);
  };
}
