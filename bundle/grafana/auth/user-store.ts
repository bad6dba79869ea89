// Users and sessions in one SQLite file. Sessions are kept by the hash of their token: whoever
// reads the file cannot log in with what it holds.
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { OperatingError } from '../../core/errors.ts';

export type Role = 'admin' | 'viewer';

export interface User {
  id: number;
  name: string;
  role: Role;
}

export interface UserStore {
  /** Differs between installations, so that two on one host keep their cookies apart. */
  readonly instanceId: string;
  isEmpty(): boolean;
  create(name: string, role: Role, passwordHash: string): User;
  /** The user called `name` and the password hash; undefined when there is none. */
  find(name: string): { user: User; passwordHash: string } | undefined;
  list(): User[];
  /** Removes the user and ends its sessions. */
  remove(userId: number): void;
  setPasswordHash(userId: number, passwordHash: string): void;
  /** Opens a session and returns its token, which is stored nowhere else. */
  openSession(userId: number): string;
  /** The user of a live session, whose end moves `sessionHours` into the future. */
  userOfSession(token: string): User | undefined;
  closeSession(token: string): void;
  /** Ends every session of the user but the one with `keepToken`. */
  closeOtherSessions(userId: number, keepToken: string): void;
  close(): void;
}

export interface UserStoreOptions {
  file: string;
  sessionHours: number;
  nowMs(): number;
}

const sessionsMaxPerUser = 50;
const touchSecondsMin = 60; // a session's end is written at most once a minute

const tables = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA foreign_keys = ON;
  CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS users (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE COLLATE NOCASE,
    role TEXT NOT NULL, password_hash TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS sessions (
    token_hash BLOB PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    seen_seconds INTEGER NOT NULL, ends_seconds INTEGER NOT NULL) STRICT;
`;

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest();

function openDatabase(file: string): DatabaseSync {
  try {
    mkdirSync(dirname(file), { recursive: true });
    const database = new DatabaseSync(file, { timeout: 5000 });
    database.exec(tables);
    chmodSync(file, 0o600);
    return database;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new OperatingError(
      'users-database',
      `cannot open the users database ${file}: ${reason}`,
      {
        cause: error,
      },
    );
  }
}

function instanceIdOf(database: DatabaseSync): string {
  const fresh = randomBytes(4).toString('hex');
  database.prepare("INSERT OR IGNORE INTO meta VALUES ('instance', ?)").run(fresh);
  const row = database.prepare("SELECT value FROM meta WHERE key = 'instance'").get();
  return String(row?.['value']);
}

const toUser = (row: Record<string, unknown>): User => ({
  id: Number(row['id']),
  name: String(row['name']),
  role: row['role'] === 'admin' ? 'admin' : 'viewer',
});

/** Opens the file, creating it with its tables when there is none; the caller closes it. */
export function openUserStore({ file, sessionHours, nowMs }: UserStoreOptions): UserStore {
  const database = openDatabase(file);
  const lifeSeconds = Math.round(sessionHours * 3600);
  const nowSeconds = (): number => Math.floor(nowMs() / 1000);
  const statement = {
    count: database.prepare('SELECT count(*) AS users FROM users'),
    create: database.prepare('INSERT INTO users (name, role, password_hash) VALUES (?, ?, ?)'),
    find: database.prepare('SELECT * FROM users WHERE name = ?'),
    list: database.prepare('SELECT * FROM users ORDER BY name'),
    remove: database.prepare('DELETE FROM users WHERE id = ?'),
    setHash: database.prepare('UPDATE users SET password_hash = ? WHERE id = ?'),
    open: database.prepare('INSERT INTO sessions VALUES (?, ?, ?, ?)'),
    purge: database.prepare('DELETE FROM sessions WHERE ends_seconds <= ?'),
    trim: database.prepare(`DELETE FROM sessions WHERE user_id = ? AND token_hash NOT IN (
      SELECT token_hash FROM sessions WHERE user_id = ? ORDER BY seen_seconds DESC LIMIT ?)`),
    session: database.prepare(`SELECT users.*, seen_seconds FROM sessions
      JOIN users ON users.id = user_id WHERE token_hash = ? AND ends_seconds > ?`),
    touch: database.prepare(
      'UPDATE sessions SET seen_seconds = ?, ends_seconds = ? WHERE token_hash = ?',
    ),
    closeOne: database.prepare('DELETE FROM sessions WHERE token_hash = ?'),
    closeOthers: database.prepare('DELETE FROM sessions WHERE user_id = ? AND token_hash <> ?'),
  };
  return {
    instanceId: instanceIdOf(database),
    isEmpty: () => Number(statement.count.get()?.['users']) === 0,
    create(name, role, passwordHash) {
      const { lastInsertRowid } = statement.create.run(name, role, passwordHash);
      return { id: Number(lastInsertRowid), name, role };
    },
    find(name) {
      const row = statement.find.get(name);
      if (row === undefined) return undefined;
      return { user: toUser(row), passwordHash: String(row['password_hash']) };
    },
    list: () => statement.list.all().map(toUser),
    remove: (userId) => void statement.remove.run(userId),
    setPasswordHash: (userId, passwordHash) => void statement.setHash.run(passwordHash, userId),
    openSession(userId) {
      const token = randomBytes(32).toString('base64url');
      const now = nowSeconds();
      statement.purge.run(now);
      statement.open.run(hashOf(token), userId, now, now + lifeSeconds);
      statement.trim.run(userId, userId, sessionsMaxPerUser);
      return token;
    },
    userOfSession(token) {
      const hash = hashOf(token);
      const now = nowSeconds();
      const row = statement.session.get(hash, now);
      if (row === undefined) return undefined;
      if (now - Number(row['seen_seconds']) >= touchSecondsMin)
        statement.touch.run(now, now + lifeSeconds, hash);
      return toUser(row);
    },
    closeSession: (token) => void statement.closeOne.run(hashOf(token)),
    closeOtherSessions: (userId, keepToken) =>
      void statement.closeOthers.run(userId, hashOf(keepToken)),
    close: () => database.close(),
  };
}
