// A carbonserver that answers from a store in memory, and a bare TCP server for odd answers.
import { createServer, type Socket } from 'node:net';
import type { FetchedSeries } from '../../../bundle/carbonapi/backends/backend.ts';
import type { HttpHandler } from '../../../bundle/core/http.ts';
import { startHttpServer } from '../../../bundle/core/http.ts';
import { silentLogger } from '../../../bundle/core/log.ts';
import type { TlsFiles } from '../../../bundle/core/tls-files.ts';
import {
  decodeMultiFetchRequest,
  decodeMultiGlobRequest,
  decodeMultiMetricsInfoRequest,
  encodeListMetricsResponse,
  encodeMultiFetchResponse,
  encodeMultiGlobResponse,
  encodeMultiMetricsInfoResponse,
  writeMetricsInfo,
} from '../../../bundle/wire/carbonapi-v3.ts';
import { findResponseFormatNamed } from '../../../bundle/wire/find-response/index.ts';
import { ProtobufWriter } from '../../../bundle/wire/protobuf.ts';
import {
  encodeRenderResponse,
  renderResponseFormatNamed,
} from '../../../bundle/wire/render-response/index.ts';
import { MemoryBackend } from '../memory-backend.ts';

export interface FakeStore {
  url: string;
  backend: MemoryBackend;
  requests: string[];
  stop(): Promise<void>;
}

const toRendered = (each: FetchedSeries) => ({
  name: each.name,
  pathExpression: each.pathExpression,
  consolidationFunc: each.consolidate,
  startTime: each.start,
  stopTime: each.start + each.values.length * each.step,
  stepTime: each.step,
  xFilesFactor: 0,
  values: each.values,
  requestStartTime: 0,
  requestStopTime: 0,
});

/** Speaks carbonapi_v3_pb over HTTP, the other formats by their name, and graphite-web's tag addresses in JSON. */
export async function startFakeStore(now: () => number, tls?: TlsFiles): Promise<FakeStore> {
  const backend = new MemoryBackend(now);
  const requests: string[] = [];
  const protobuf = (body: Buffer) => ({
    headers: { 'content-type': 'application/x-carbonapi-v3-pb' },
    body,
  });
  const json = (value: unknown) => ({ body: JSON.stringify(value) });
  const handlers: Record<string, HttpHandler> = {
    '/render': async ({ body, parameters }) => {
      const format = renderResponseFormatNamed(parameters.get('format') ?? '');
      if (body.length === 0 && format !== undefined) {
        const { series } = await backend.fetch({
          paths: parameters.getAll('target'),
          window: { start: Number(parameters.get('from')), end: Number(parameters.get('until')) },
        });
        if (series.length === 0) return { status: 404, body: 'nothing\n' };
        return { body: encodeRenderResponse(format, series.map(toRendered)) };
      }
      const wanted = decodeMultiFetchRequest(body);
      const [first] = wanted;
      if (first === undefined) return { status: 400, body: 'no target\n' };
      const { series } = await backend.fetch({
        paths: wanted.map(({ name }) => name),
        window: { start: first.startTime, end: first.stopTime },
      });
      if (series.length === 0) return { status: 404, body: 'nothing\n' };
      return protobuf(encodeMultiFetchResponse(series.map(toRendered)));
    },
    '/metrics/find': async ({ body, parameters }) => {
      const format = findResponseFormatNamed(parameters.get('format') ?? '');
      const query = parameters.get('query');
      if (query !== null && format !== undefined) {
        const [glob] = await backend.find([query]);
        return { body: format.encode([{ name: query, matches: glob?.nodes ?? [] }]) };
      }
      const found = await backend.find(decodeMultiGlobRequest(body).metrics);
      return protobuf(
        encodeMultiGlobResponse(found.map(({ query, nodes }) => ({ name: query, matches: nodes }))),
      );
    },
    '/metrics/index.json': async () => json(await backend.list()),
    '/metrics/list': async () => protobuf(encodeListMetricsResponse(await backend.list())),
    '/info': async ({ body, parameters }) => {
      const target = parameters.get('target');
      const [name = ''] = target === null ? decodeMultiMetricsInfoRequest(body) : [target];
      const info = await backend.info(name);
      if (info === undefined) return { status: 404, body: 'nothing\n' };
      const { aggregationMethod, maxRetention, xFilesFactor, retentions } = info;
      const described = {
        name,
        consolidationFunc: aggregationMethod,
        maxRetention,
        xFilesFactor,
        retentions: retentions.map(({ secondsPerPoint, points }) => ({
          secondsPerPoint,
          numberOfPoints: points,
        })),
      };
      if (target === null) return protobuf(encodeMultiMetricsInfoResponse([described]));
      const writer = new ProtobufWriter();
      writeMetricsInfo(writer, described);
      return { headers: { 'content-type': 'application/x-protobuf' }, body: writer.finish() };
    },
    '/tags/findSeries': async ({ parameters }) =>
      json(await backend.tags.findSeries(parameters.getAll('expr'))),
    '/tags': async () => json((await backend.tags.tagNames({})).map((tag) => ({ tag }))),
    '/tags/autoComplete/values': async ({ parameters }) => {
      const values = await backend.tags.tagValues({
        tag: parameters.get('tag') ?? '',
        expressions: parameters.getAll('expr'),
        prefix: parameters.get('valuePrefix') ?? '',
      });
      return json(values.map(({ value }) => value));
    },
  };
  const service = await startHttpServer({
    name: 'fake store',
    address: { host: '127.0.0.1', port: 0 },
    log: silentLogger,
    bodyBytesMax: 1_000_000,
    ...(tls === undefined ? {} : { tls }),
    route: (_method, path) => {
      requests.push(path);
      return handlers[path];
    },
  });
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${service.address.port}`,
    backend,
    requests,
    stop: () => service.stop(),
  };
}

export interface BareServer {
  url: string;
  connections: number;
  stop(): Promise<void>;
}

/** Hands every connection to `serve`, which is free to break the protocol. */
export async function startBareServer(
  serve: (socket: Socket, connection: number) => void,
): Promise<BareServer> {
  const sockets = new Set<Socket>();
  const bare: BareServer = {
    url: '',
    connections: 0,
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    serve(socket, ++bare.connections);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  bare.url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  return bare;
}
