// Graphite's configuration syntax (python's ConfigParser): sections of `key = value` lines.
import { exitCodes, OperatingError } from '../../core/errors.ts';
import { didYouMean } from '../../core/nearest-name.ts';

export interface Entry {
  value: string;
  line: number;
}

export interface Section {
  name: string;
  line: number;
  /** Keys in lower case. */
  entries: Map<string, Entry>;
}

/** Where a complaint belongs. */
export interface Place {
  file: string;
  line: number;
  section?: string;
}

/** Throws `bad-storage-rules`: `conf/storage-schemas.conf, line 12, [stats]: …`. */
export function refuse(place: Place, reason: string, cause?: unknown): never {
  throw new OperatingError('bad-storage-rules', describe(place, reason), {
    cause,
    exitCode: exitCodes.config,
  });
}

/** The sentence refuse throws, for warnings. */
export function describe({ file, line, section }: Place, reason: string): string {
  const where = [file, line > 0 && `line ${line}`, section !== undefined && `[${section}]`];
  return `${where.filter((part) => part !== false).join(', ')}: ${reason}`;
}

function entryOf(line: string): [string, string] | undefined {
  const split = /^([^=:]+?)\s*[=:]\s*(.*)$/.exec(line);
  return split === null ? undefined : [split[1]!.trim().toLowerCase(), split[2]!.trim()];
}

/** Sections in file order. Whole-line comments start with `#` or `;`; an indented line continues a value. */
export function parseSections(text: string, file: string): Section[] {
  const sections: Section[] = [];
  const names = new Set<string>();
  let current: Section | undefined;
  let previous: Entry | undefined;
  for (const [i, raw] of text.split(/\r?\n/).entries()) {
    const line = i + 1;
    const content = raw.replace(/^\uFEFF/, '').trim();
    if (content === '' || content.startsWith('#') || content.startsWith(';')) continue;
    if (/^\s/.test(raw) && previous !== undefined) {
      previous.value += ` ${content}`;
      continue;
    }
    if (content.startsWith('[')) {
      const name = /^\[([^\]]+)\]$/.exec(content)?.[1];
      if (name === undefined) refuse({ file, line }, `${JSON.stringify(content)} is not a section`);
      if (names.has(name)) refuse({ file, line, section: name }, 'the section exists already');
      names.add(name);
      current = { name, line, entries: new Map() };
      previous = undefined;
      sections.push(current);
      continue;
    }
    const pair = entryOf(content);
    if (current === undefined || pair === undefined) {
      const place = { file, line, ...(current && { section: current.name }) };
      refuse(place, `${JSON.stringify(content)} is not of the form key = value`);
    }
    const [key, value] = pair;
    if (current.entries.has(key)) {
      refuse({ file, line, section: current.name }, `${key} is given twice`);
    }
    previous = { value, line };
    current.entries.set(key, previous);
  }
  return sections;
}

/**
 * Refuses keys not in `known`; those in `foreign` (other programs' keys with no meaning here) are
 * handed to `warn` instead. Both in their usual spelling.
 */
export function checkKeys(
  section: Section,
  file: string,
  known: readonly string[],
  foreign: readonly string[],
  warn: (sentence: string) => void,
): void {
  for (const [key, { line }] of section.entries) {
    if (known.some((name) => name.toLowerCase() === key)) continue;
    const place = { file, line, section: section.name };
    if (foreign.some((name) => name.toLowerCase() === key)) {
      warn(describe(place, `${key} means nothing here and is ignored`));
      continue;
    }
    refuse(place, `unknown key ${JSON.stringify(key)}${didYouMean(key, known)}`);
  }
}
