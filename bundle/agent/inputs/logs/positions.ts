// How far each log file was read, kept over restarts.
import { readFileSync } from 'node:fs';
import { writeFileAtomic } from '../../../core/atomic-file.ts';
import { codeOf, messageOf } from '../../../core/errors.ts';
import type { Logger } from '../../../core/log.ts';
import type { Position } from './follow.ts';

export type Positions = Map<string, Position>;

const isPosition = (value: unknown): value is Position =>
  typeof value === 'object' &&
  value !== null &&
  ['device', 'inode', 'offset'].every((key) =>
    Number.isSafeInteger((value as Record<string, unknown>)[key]),
  );

/** A missing file gives none; a broken one too, and says so. */
export function loadPositions(file: string, log: Logger): Positions {
  try {
    const entries = Object.entries(
      JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>,
    );
    return new Map(entries.filter((entry): entry is [string, Position] => isPosition(entry[1])));
  } catch (error) {
    if (codeOf(error) !== 'ENOENT')
      log.warn(`log positions are lost: ${messageOf(error)}`, { file });
    return new Map();
  }
}

export async function savePositions(file: string, positions: Positions): Promise<void> {
  await writeFileAtomic(file, `${JSON.stringify(Object.fromEntries(positions))}\n`);
}
