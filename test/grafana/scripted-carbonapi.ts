// A carbonapi that answers what a test tells it to, and remembers what it was asked.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface AskedRequest {
  method: string;
  path: string;
  parameters: URLSearchParams;
  headers: IncomingMessage['headers'];
}

export interface ScriptedAnswer {
  status?: number;
  contentType?: string;
  body: string;
}

export type Script = (
  request: AskedRequest,
  response: ServerResponse,
) => ScriptedAnswer | Promise<ScriptedAnswer> | undefined;

export interface ScriptedCarbonapi {
  url: string;
  asked: AskedRequest[];
  /** Answers from now on; undefined as an answer leaves the request to the script. */
  script: Script;
  stop(): Promise<void>;
}

const json = (value: unknown): ScriptedAnswer => ({ body: JSON.stringify(value) });

/** A wave for every target, one series each; names as the target is written. */
export function waves(parameters: URLSearchParams, names?: string[]): ScriptedAnswer {
  const from = Number(parameters.get('from'));
  const until = Number(parameters.get('until'));
  const step = Math.max(10, Math.round((until - from) / 120 / 10) * 10);
  const series = parameters.getAll('target').flatMap((target, index) =>
    (names ?? [target]).map((name, n) => {
      const datapoints: [number, number][] = [];
      for (let at = Math.ceil(from / step) * step; at <= until; at += step)
        datapoints.push([50 + 30 * Math.sin(at / 600 + index + n), at]);
      return { target: name, tags: {}, datapoints };
    }),
  );
  return json(series);
}

const hosts = ['com.example.lab.db1', 'org.acme.web1'];

/** What a small installation would answer. */
export const usualScript: Script = ({ path, parameters }) => {
  if (path === '/render') return waves(parameters);
  if (path === '/metrics/expand')
    return json({ results: hosts.map((host) => `collectd.${host}.memory.memory.free`) });
  if (path === '/metrics/find')
    return json(
      hosts.map((text) => ({ text, id: text, leaf: 0, expandable: 1, allowChildren: 1 })),
    );
  return json([]);
};

async function readParameters(request: IncomingMessage): Promise<URLSearchParams> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const parameters = new URL(request.url ?? '/', 'http://x').searchParams;
  for (const [key, value] of new URLSearchParams(Buffer.concat(chunks).toString()))
    parameters.append(key, value);
  return parameters;
}

export async function startScriptedCarbonapi(): Promise<ScriptedCarbonapi> {
  const asked: AskedRequest[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const parameters = await readParameters(request);
      const path = new URL(request.url ?? '/', 'http://x').pathname;
      const one = { method: request.method ?? '', path, parameters, headers: request.headers };
      asked.push(one);
      const answer = await api.script(one, response);
      if (answer === undefined) return;
      response.writeHead(answer.status ?? 200, {
        'content-type': answer.contentType ?? 'application/json',
      });
      response.end(answer.body);
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const api: ScriptedCarbonapi = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    script: usualScript,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return api;
}
