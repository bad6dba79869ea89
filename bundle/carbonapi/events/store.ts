// Events (deployments, outages, notes) in SQLite: the one file of carbonapi that knows the database.
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';

export interface Event {
  id: number;
  /** Unix seconds. */
  when: number;
  what: string;
  data: string;
  tags: string[];
}

export interface EventQuery {
  /** Unix seconds, both included. */
  from?: number;
  until?: number;
  tags?: readonly string[];
  /** Whether all tags must be there (default) or any. */
  set?: 'intersection' | 'union';
  limit: number;
}

interface Row {
  id: number;
  at: number;
  what: string;
  data: string;
  tags: string;
}

// Tags are kept as one text with a space on both sides of each, so that a tag is found as a substring.
const joined = (tags: readonly string[]): string => ` ${tags.join(' ')} `;

function toEvent(row: Row): Event {
  const tags = row.tags.trim() === '' ? [] : row.tags.trim().split(' ');
  return { id: row.id, when: row.at, what: row.what, data: row.data, tags };
}

/** Opens (and creates) the event database; ":memory:" keeps it in memory. */
export class EventStore {
  readonly #database: DatabaseSync;
  readonly #insert: StatementSync;

  constructor(file: string) {
    if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true });
    this.#database = new DatabaseSync(file);
    this.#database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = NORMAL;
      CREATE TABLE IF NOT EXISTS events (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at REAL NOT NULL, what TEXT NOT NULL, data TEXT NOT NULL, tags TEXT NOT NULL);
      CREATE INDEX IF NOT EXISTS events_at ON events (at);
    `);
    this.#insert = this.#database.prepare(
      'INSERT INTO events (at, what, data, tags) VALUES (?, ?, ?, ?)',
    );
  }

  add({ when, what, data, tags }: Omit<Event, 'id'>): number {
    return Number(this.#insert.run(when, what, data, joined(tags)).lastInsertRowid);
  }

  get(id: number): Event | undefined {
    const row = this.#database.prepare('SELECT * FROM events WHERE id = ?').get(id);
    return row === undefined ? undefined : toEvent(row as unknown as Row);
  }

  /** Whether there was such an event. */
  delete(id: number): boolean {
    return this.#database.prepare('DELETE FROM events WHERE id = ?').run(id).changes > 0;
  }

  /** Matching events, oldest first; at most `limit`, the newest ones. */
  find({ from, until, tags = [], set = 'intersection', limit }: EventQuery): Event[] {
    const conditions: string[] = [];
    const values: (string | number)[] = [];
    if (from !== undefined) {
      conditions.push('at >= ?');
      values.push(from);
    }
    if (until !== undefined) {
      conditions.push('at <= ?');
      values.push(until);
    }
    if (tags.length > 0) {
      // A comma parts tags as well, although they are shown as one.
      const each = tags.map(() => "instr(replace(tags, ',', ' '), ?) > 0");
      conditions.push(`(${each.join(set === 'union' ? ' OR ' : ' AND ')})`);
      values.push(...tags.map((tag) => joined([tag])));
    }
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
    const rows = this.#database
      .prepare(`SELECT * FROM events ${where} ORDER BY at DESC, id DESC LIMIT ?`)
      .all(...values, limit);
    return rows.map((row) => toEvent(row as unknown as Row)).reverse();
  }

  stop(): void {
    this.#database.close();
  }
}
