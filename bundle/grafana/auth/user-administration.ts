// Adding and removing users, for those who may.
import { type HttpAnswer, HttpError, jsonAnswer } from '../../core/http.ts';
import type { Logger } from '../../core/log.ts';
import { hashPassword, passwordCharactersMax, passwordCharactersMin } from './password.ts';
import type { UserStore } from './user-store.ts';

const usersMax = 1000;

/** Adds `{name, password, role}`; a bad one is refused with the reason. */
export async function addUser(
  users: UserStore,
  body: Record<string, unknown>,
  log: Logger,
): Promise<HttpAnswer> {
  const { name, password, role } = body;
  const refuse = (message: string): HttpAnswer => jsonAnswer({ message }, 400);
  if (typeof name !== 'string' || !/^[\w.@-]{1,64}$/.test(name))
    return refuse('a user name has 1 to 64 letters, digits, or . _ @ -');
  if (role !== 'admin' && role !== 'viewer') return refuse('the role is admin or viewer');
  const length = typeof password === 'string' ? password.length : 0;
  if (length < passwordCharactersMin || length > passwordCharactersMax)
    return refuse(`a password has ${passwordCharactersMin} to ${passwordCharactersMax} characters`);
  if (users.list().length >= usersMax) return refuse(`there are ${usersMax} users already`);
  const hash = await hashPassword(password as string);
  // Asked after the hash: two requests at once must not both pass.
  if (users.find(name) !== undefined) return refuse(`there is a user ${name} already`);
  const user = users.create(name, role, hash);
  log.info('user added', { user: name, role });
  return jsonAnswer(user);
}

/** Removes a user other than the one who asks, so that somebody is always left to log in. */
export function removeUser(
  users: UserStore,
  id: number,
  ownId: number | undefined,
  log: Logger,
): HttpAnswer {
  if (id === ownId) return jsonAnswer({ message: 'nobody can remove themselves' }, 400);
  const user = users.list().find((one) => one.id === id);
  if (user === undefined) throw new HttpError(404, 'there is no such user');
  users.remove(id);
  log.info('user removed', { user: user.name });
  return jsonAnswer({ status: 'success' });
}
