// What `dkmadmin metric` did, kept so that it can be undone: a directory a batch in storage/trash,
// with a manifest written before the first file moves and the removed files below it.
//
//   storage/trash/<time>-<kind>/manifest.json   {version, kind, at, moves: [{metric, from, to, becomes}]}
//   storage/trash/<time>-<kind>/whisper/…       removed files, laid out as they were
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { writeFileAtomicSync } from '../../bundle/core/atomic-file.ts';
import { codeOf, messageOf, OperatingError } from '../../bundle/core/errors.ts';
import {
  adoptOwner,
  closeWhisper,
  fillGaps,
  formatRetentions,
  mergeInto,
  openWhisper,
} from '../../bundle/whisper/index.ts';

const manifestVersion = 1;
const manifestName = 'manifest.json';

/** One file's way; paths are absolute in memory, relative to the storage directory on disk. */
export interface Move {
  metric: string;
  from: string;
  to: string;
  /** The series it is afterwards; absent when it is in the trash. */
  becomes?: string;
}

export interface Batch {
  id: string;
  kind: string;
  /** ISO 8601. */
  at: string;
  moves: Move[];
}

interface Manifest extends Omit<Batch, 'id'> {
  version: number;
}

/** The file of a whisper path once it is in the trash. */
export const trashedFile = (trash: string, id: string, relative: string): string =>
  join(trash, id, 'whisper', relative);

/** A name for a new batch; one a second is enough for a person. */
export function newBatchId(trash: string, kind: string, now: Date): string {
  const stamp = now.toISOString().slice(0, 19).replaceAll(':', '-');
  let id = `${stamp}-${kind}`;
  for (let again = 2; existsSync(join(trash, id)); again++) id = `${stamp}-${kind}-${again}`;
  return id;
}

/** Writes down what is about to happen. Nothing has moved yet. */
export function recordBatch(trash: string, { id, kind, at, moves }: Batch): void {
  const storage = dirname(trash);
  const isNew = !existsSync(trash);
  mkdirSync(join(trash, id), { recursive: true });
  if (isNew) adoptOwner(trash, storage);
  adoptOwner(join(trash, id), storage);
  const relative = (path: string): string => path.slice(storage.length + 1);
  const manifest: Manifest = {
    version: manifestVersion,
    kind,
    at,
    moves: moves.map((move) => ({ ...move, from: relative(move.from), to: relative(move.to) })),
  };
  writeFileAtomicSync(join(trash, id, manifestName), `${JSON.stringify(manifest)}\n`);
}

/** Every batch, oldest first; a directory that is none is passed over. */
export function listBatches(trash: string): Batch[] {
  if (!existsSync(trash)) return [];
  const batches: Batch[] = [];
  for (const id of readdirSync(trash).sort()) {
    const batch = readBatch(trash, id);
    if (batch !== undefined) batches.push(batch);
  }
  return batches;
}

function readBatch(trash: string, id: string): Batch | undefined {
  const file = join(trash, id, manifestName);
  if (!existsSync(file)) return undefined;
  let manifest: Manifest;
  try {
    manifest = JSON.parse(readFileSync(file, 'utf8')) as Manifest;
  } catch (error) {
    throw new OperatingError('bad-trash', `cannot read ${file}: ${messageOf(error)}`);
  }
  if (manifest.version !== manifestVersion)
    throw new OperatingError('bad-trash', `${file} was written by another version`);
  const absolute = (path: string): string => join(dirname(trash), path);
  const moves = manifest.moves.map((move) => ({
    ...move,
    from: absolute(move.from),
    to: absolute(move.to),
  }));
  return { id, kind: manifest.kind, at: manifest.at, moves };
}

/** Moves a file, also to another file system; makes directories as needed. */
export function moveFile(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  try {
    renameSync(from, to);
  } catch (error) {
    if (codeOf(error) !== 'EXDEV') throw error;
    copyFileSync(from, to);
    adoptOwner(to, from);
    rmSync(from);
  }
}

/** Removes the directories above `file` that have become empty, up to `root`. */
export function removeEmptyParents(file: string, root: string): void {
  for (let at = dirname(file); at.startsWith(`${root}/`); at = dirname(at)) {
    try {
      rmdirSync(at);
    } catch {
      return; // not empty
    }
  }
}

export type UndoOutcome = 'restored' | 'merged' | 'missing';

/**
 * Brings one file back. Where a series of that name has begun anew, the old points are written into
 * it, where the two have different archives into its gaps.
 */
export function undoMove({ from, to }: Move, nowSeconds: number): UndoOutcome {
  if (!existsSync(to)) return 'missing';
  if (!existsSync(from)) {
    moveFile(to, from);
    return 'restored';
  }
  const target = openWhisper(from);
  try {
    const source = openWhisper(to, { readOnly: true });
    try {
      // The rules may have changed since: then what fits goes into the gaps.
      if (formatRetentions(source.layout.archives) === formatRetentions(target.layout.archives))
        mergeInto(target, source, 0, nowSeconds, nowSeconds);
      else fillGaps(target, source, nowSeconds);
    } finally {
      closeWhisper(source);
    }
  } finally {
    closeWhisper(target);
  }
  rmSync(to);
  return 'merged';
}

/** Bytes that a batch occupies. */
export function batchBytes(trash: string, { moves }: Batch): number {
  let bytes = 0;
  for (const { to } of moves)
    if (to.startsWith(`${trash}/`) && existsSync(to)) bytes += statSync(to).blocks * 512;
  return bytes;
}

/** Forgets a batch for good. */
export function dropBatch(trash: string, id: string): void {
  rmSync(join(trash, id), { recursive: true, force: true });
}
