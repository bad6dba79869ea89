// One HTTP request to a door of the instance.
import { request } from 'node:http';
import { request as requestSecurely } from 'node:https';
import { tlsOptions } from './door-tls.ts';
import { type Door, reachableHost } from './doors.ts';

const answerMs = 5000;

/** The body of the answer; rejects for a status of 300 and more, and when nothing answers. */
export function askHttp(
  door: Door,
  options: { method: string; path: string; body?: string },
): Promise<string> {
  const { method, path, body } = options;
  const { token } = door.access;
  return new Promise((resolve, reject) => {
    const call = (door.secure ? requestSecurely : request)(
      {
        ...(door.secure ? tlsOptions(door) : {}),
        host: reachableHost(door.address),
        port: door.address.port,
        method,
        path,
        timeout: answerMs,
        agent: false,
        headers: {
          'content-type': 'text/plain',
          ...(door.guarded && token !== undefined ? { authorization: `Bearer ${token}` } : {}),
        },
      },
      (response) => {
        const status = response.statusCode ?? 500;
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('error', reject);
        response.on('end', () => {
          if (status < 300) resolve(text);
          else reject(new Error(`HTTP ${status}: ${text.slice(0, 200).trim()}`));
        });
      },
    );
    call.once('timeout', () => call.destroy(new Error('no answer')));
    call.once('error', reject);
    call.end(body);
  });
}
