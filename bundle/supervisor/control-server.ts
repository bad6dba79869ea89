// The supervisor's side of the control socket. The socket lies in a directory only the owner may
// enter: whoever reaches it runs the services.
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { messageOf, OperatingError } from '../core/errors.ts';
import { type ServiceName, serviceNamed } from '../services.ts';
import { instancePaths } from './instance.ts';
import type { ServicesRequest, ShutdownRequest } from './protocol.ts';
import type { Supervisor } from './supervisor.ts';

const bodyBytesMax = 64 * 1024;

export interface ControlActions {
  supervisor: Supervisor;
  /** Every service of the installation, in start order. */
  services: readonly ServiceName[];
  reopenLogs(names: readonly ServiceName[]): void;
  shutdown(exitCode: number): void;
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > bodyBytesMax)
      throw new OperatingError('bad-request', 'the request is too long');
  }
  return text === '' ? {} : (JSON.parse(text) as unknown);
}

function chooseServices(actions: ControlActions, request: Partial<ServicesRequest>): ServiceName[] {
  const given = request.services ?? [];
  if (given.length === 0) return [...actions.services];
  return given.map((text) => {
    const name = serviceNamed(text);
    if (name === undefined || !actions.services.includes(name)) {
      throw new OperatingError(
        'no-service',
        `this installation has no service "${text}" (it has ${actions.services.join(', ')})`,
      );
    }
    return name;
  });
}

/** Listens on the control socket; resolves when it does. The result closes it again. */
export function serveControl(actions: ControlActions): Promise<() => void> {
  const { supervisor } = actions;
  // One action after the other: a stop must not meet a start half-way.
  let queue: Promise<unknown> = Promise.resolve();
  const inTurn = (action: () => Promise<void>): Promise<void> => {
    const result = queue.then(action);
    queue = result.catch(() => {});
    return result;
  };
  const handlers: Record<string, (body: unknown) => Promise<unknown>> = {
    'GET /status': async () => supervisor.status(),
    'POST /start': async (body) => {
      const chosen = chooseServices(actions, body as ServicesRequest);
      await inTurn(() => supervisor.start(chosen));
    },
    'POST /stop': async (body) => {
      const chosen = chooseServices(actions, body as ServicesRequest);
      await inTurn(() => supervisor.stop(chosen));
    },
    'POST /restart': async (body) => {
      const chosen = chooseServices(actions, body as ServicesRequest);
      await inTurn(() => supervisor.restart(chosen));
    },
    'POST /reload': async (body) =>
      supervisor.signal(chooseServices(actions, body as ServicesRequest), 'SIGHUP'),
    'POST /reopenlogs': async (body) =>
      actions.reopenLogs(chooseServices(actions, body as ServicesRequest)),
    'POST /shutdown': async (body) =>
      actions.shutdown(Number((body as Partial<ShutdownRequest>).exitCode ?? 0)),
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const send = (status: number, value: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(value));
    };
    try {
      const handler = handlers[`${request.method} ${request.url}`];
      if (handler === undefined) return send(404, { error: 'this supervisor cannot do that' });
      send(200, (await handler(await readJson(request))) ?? {});
    } catch (error) {
      send(error instanceof OperatingError ? 400 : 500, { error: messageOf(error) });
    }
  };

  mkdirSync(instancePaths.controlDirectory, { recursive: true, mode: 0o700 });
  chmodSync(instancePaths.controlDirectory, 0o700);
  rmSync(instancePaths.controlSocket, { force: true });
  const server = createServer((request, response) => void answer(request, response));
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(instancePaths.controlSocket, () => {
      chmodSync(instancePaths.controlSocket, 0o600);
      resolve(() => {
        server.close();
        server.closeAllConnections();
      });
    });
  });
}
