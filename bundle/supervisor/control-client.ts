// `dkm`'s side of the control socket. The working directory is the instance directory, because
// the socket is addressed relative to it.
import { request } from 'node:http';
import { codeOf, OperatingError } from '../core/errors.ts';
import { instancePaths } from './instance.ts';
import type { ErrorAnswer, SupervisorStatus } from './protocol.ts';

/** Sends one request; resolves to undefined when no supervisor runs. */
export function callSupervisor<T>(
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const call = request(
      { socketPath: instancePaths.controlSocket, method, path, agent: false },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('error', reject);
        response.on('end', () => {
          const value = JSON.parse(text) as T & Partial<ErrorAnswer>;
          if (response.statusCode === 200) resolve(value);
          else if (response.statusCode === 404) {
            reject(
              new OperatingError(
                'old-supervisor',
                'the running supervisor is of an older version that cannot do this: dkm restart',
              ),
            );
          } else reject(new OperatingError('refused', value.error ?? 'the supervisor refused'));
        });
      },
    );
    call.on('error', (error) => {
      const code = codeOf(error);
      if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ECONNRESET') resolve(undefined);
      else if (code === 'EACCES') {
        reject(
          new OperatingError(
            'not-owner',
            'only the owner of the instance may talk to its supervisor',
            {
              cause: error,
            },
          ),
        );
      } else reject(error);
    });
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** The supervisor's status, or undefined when it does not run. */
export const askStatus = (): Promise<SupervisorStatus | undefined> =>
  callSupervisor<SupervisorStatus>('GET', '/status');
