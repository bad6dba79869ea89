// Who is asking, and the requests that change that: login, logout, change of password.
import { readFileSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeFileAtomic } from '../../core/atomic-file.ts';
import { codeOf, messageOf, OperatingError } from '../../core/errors.ts';
import { type HttpAnswer, HttpError, type HttpRequest, jsonAnswer } from '../../core/http.ts';
import type { Logger } from '../../core/log.ts';
import { cookieValue, setCookie } from './cookies.ts';
import { createLoginLimiter } from './login-limiter.ts';
import {
  decoyHash,
  generatePassword,
  hashPassword,
  passwordCharactersMax,
  passwordCharactersMin,
  verifyPassword,
} from './password.ts';
import type { User, UserStore } from './user-store.ts';

export const adminName = 'admin';

export interface AuthenticationOptions {
  users: UserStore;
  sessionHours: number;
  cookiePath: string;
  cookieSecure: boolean;
  adminPasswordFile: string;
  log: Logger;
  nowMs(): number;
}

export interface Authentication {
  /** The user behind the request's session cookie, or undefined. */
  userOf(request: HttpRequest): User | undefined;
  login(request: HttpRequest): Promise<HttpAnswer>;
  logout(request: HttpRequest): HttpAnswer;
  changePassword(request: HttpRequest): Promise<HttpAnswer>;
}

const loginsAtOnceMax = 4; // each costs 32 MB while its hash is computed

/** The body as a JSON object of strings; another content type is refused (forms cannot send it). */
function stringsIn(request: HttpRequest): Record<string, string> {
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? ''))
    throw new HttpError(415, 'send application/json');
  let value: unknown;
  try {
    value = JSON.parse(request.body.toString('utf8'));
  } catch {
    throw new HttpError(400, 'the body is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new HttpError(400, 'the body is not a JSON object');
  const entries = Object.entries(value).filter((entry) => typeof entry[1] === 'string');
  return Object.fromEntries(entries) as Record<string, string>;
}

/**
 * Creates the user admin when there are no users: with the password the installer left in `file`,
 * else with a fresh one that is written there.
 */
export async function createFirstUser(users: UserStore, file: string, log: Logger): Promise<void> {
  if (!users.isEmpty()) return;
  let password = '';
  try {
    password = readFileSync(file, 'utf8').trim();
  } catch (error) {
    if (codeOf(error) !== 'ENOENT')
      throw new OperatingError('admin-password', `cannot read ${file}: ${messageOf(error)}`, {
        cause: error,
      });
  }
  if (password === '') {
    password = generatePassword();
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFileAtomic(file, `${password}\n`, 0o600);
  }
  users.create(adminName, 'admin', await hashPassword(password));
  log.info('created the user admin', { passwordFile: file });
}

export function createAuthentication(options: AuthenticationOptions): Authentication {
  const { users, log } = options;
  const cookieName = `dkumonitor_${users.instanceId}`;
  const limiter = createLoginLimiter(options.nowMs);
  // An unknown user costs the same time as a wrong password.
  const decoy = decoyHash();
  let loginsAtOnce = 0;

  const tokenOf = (request: HttpRequest): string =>
    cookieValue(request.headers.cookie, cookieName) ?? '';
  const cookie = (token: string, maxAgeSeconds: number): Record<string, string> => ({
    'set-cookie': setCookie(cookieName, token, {
      path: options.cookiePath,
      maxAgeSeconds,
      secure: options.cookieSecure,
    }),
  });
  const userOf = (request: HttpRequest): User | undefined => {
    const token = tokenOf(request);
    return token === '' ? undefined : users.userOfSession(token);
  };

  /** Checks name and password under the limiter; an answer when it refuses. */
  async function check(
    request: HttpRequest,
    name: string,
    password: string,
  ): Promise<User | HttpAnswer> {
    const address = request.remoteAddress;
    const wait = limiter.waitSeconds(address, name);
    if (wait > 0 || loginsAtOnce >= loginsAtOnceMax) {
      const answer = jsonAnswer(
        { message: `too many attempts: try again in ${Math.max(1, wait)} s` },
        429,
      );
      return {
        ...answer,
        headers: { ...answer.headers, 'retry-after': String(Math.max(1, wait)) },
      };
    }
    const found = users.find(name);
    loginsAtOnce += 1;
    // Counted before the hash is known: parallel guesses must not slip past the limit.
    limiter.failed(address, name);
    try {
      const right = await verifyPassword(
        password.slice(0, passwordCharactersMax + 1),
        found?.passwordHash ?? decoy,
      );
      if (right && found !== undefined) {
        limiter.succeeded(address, name);
        return found.user;
      }
    } finally {
      loginsAtOnce -= 1;
    }
    log.warn('login refused', { user: name.slice(0, 64), address });
    return jsonAnswer({ message: 'user name or password is wrong' }, 401);
  }

  const maxAgeSeconds = Math.round(options.sessionHours * 3600);
  return {
    userOf,
    async login(request) {
      const { user = '', password = '' } = stringsIn(request);
      const result = await check(request, user, password);
      if ('body' in result) return result;
      const token = users.openSession(result.id);
      log.info('login', { user: result.name, address: request.remoteAddress });
      const answer = jsonAnswer({ message: 'logged in', user: result.name, role: result.role });
      return { ...answer, headers: { ...answer.headers, ...cookie(token, maxAgeSeconds) } };
    },
    logout(request) {
      users.closeSession(tokenOf(request));
      const answer = jsonAnswer({ message: 'logged out' });
      return { ...answer, headers: { ...answer.headers, ...cookie('', 0) } };
    },
    async changePassword(request) {
      const user = userOf(request);
      if (user === undefined) throw new HttpError(401, 'log in first');
      const { oldPassword = '', newPassword = '' } = stringsIn(request);
      const length = newPassword.length;
      if (length < passwordCharactersMin || length > passwordCharactersMax) {
        const range = `${passwordCharactersMin} to ${passwordCharactersMax}`;
        return jsonAnswer({ message: `the new password must have ${range} characters` }, 400);
      }
      const result = await check(request, user.name, oldPassword);
      if ('body' in result)
        return result.status === 401
          ? jsonAnswer({ message: 'the present password is wrong' }, 400)
          : result;
      users.setPasswordHash(user.id, await hashPassword(newPassword));
      users.closeOtherSessions(user.id, tokenOf(request));
      // What the file says is no longer true, and a password nobody uses is worth nothing there.
      if (user.name === adminName) rmSync(options.adminPasswordFile, { force: true });
      log.info('password changed', { user: user.name });
      return jsonAnswer({ message: 'password changed' });
    },
  };
}
