// From Graphite's two files to the rule of a metric.
import { readFileSync } from 'node:fs';
import { codeOf, messageOf, OperatingError } from '../../core/errors.ts';
import {
  type ArchiveSpec,
  formatRetentions,
  parseAggregationMethod,
  parseRetentions,
  validateArchives,
} from '../../whisper/index.ts';
import { compilePattern, covers, type Pattern } from './pattern.ts';
import type { AggregationRule, MetricRule, SchemaRule } from './rule.ts';
import {
  checkKeys,
  describe,
  type Entry,
  parseSections,
  refuse,
  type Section,
} from './sections.ts';

export interface StorageRules {
  /** In the order they are tried. */
  schemas: readonly SchemaRule[];
  aggregations: readonly AggregationRule[];
  /** Whole sentences: rules that can never apply or were left out, keys without meaning. */
  warnings: readonly string[];
  /** The first match of each file; never fails: what matches nothing gets Graphite's defaults. */
  ruleFor(metric: string): MetricRule;
}

const everything = compilePattern('');

/** What Graphite gives a metric that no section matches. */
const defaultSchema: SchemaRule = {
  name: 'default',
  pattern: everything,
  line: 0,
  archives: [{ secondsPerPoint: 60, points: 7 * 24 * 60 }],
};

const defaultAggregation: AggregationRule = {
  name: 'default',
  pattern: everything,
  line: 0,
  aggregationMethod: 'average',
  xFilesFactor: 0.5,
};

interface Source {
  text: string;
  file: string;
}

// One file while it is read.
class Reader {
  readonly file: string;
  readonly warnings: string[];

  constructor(file: string, warnings: string[]) {
    this.file = file;
    this.warnings = warnings;
  }

  require(section: Section, key: string): Entry {
    const entry = section.entries.get(key);
    if (entry !== undefined && entry.value !== '') return entry;
    return refuse(
      { file: this.file, line: section.line, section: section.name },
      `${key} is missing`,
    );
  }

  /** Runs `read` on a value; what it throws becomes a message with file, line and section. */
  value<T>(section: Section, entry: Entry, read: (text: string) => T): T {
    try {
      return read(entry.value);
    } catch (error) {
      const place = { file: this.file, line: entry.line, section: section.name };
      return refuse(place, messageOf(error), error);
    }
  }

  pattern(section: Section): Pattern {
    const entry = this.require(section, 'pattern');
    const pattern = this.value(section, entry, compilePattern);
    if (pattern.unsafe) {
      this.warn(
        section,
        entry.line,
        'the pattern uses look-around or back-references; some names may take it long to decide on',
      );
    }
    return pattern;
  }

  warn(section: Section, line: number, sentence: string): void {
    this.warnings.push(describe({ file: this.file, line, section: section.name }, sentence));
  }
}

function number(text: string): number {
  const value = Number(text);
  if (text === '' || !Number.isFinite(value))
    throw new Error(`${JSON.stringify(text)} is not a number`);
  return value;
}

function readSchemas({ text, file }: Source, warnings: string[]): SchemaRule[] {
  const reader = new Reader(file, warnings);
  const rules: (SchemaRule & { priority: number })[] = [];
  for (const section of parseSections(text, file)) {
    checkKeys(
      section,
      file,
      ['pattern', 'retentions', 'priority'],
      ['compressed', 'list'],
      (text) => warnings.push(text),
    );
    const pattern = reader.pattern(section);
    const retentions = reader.require(section, 'retentions');
    const archives = reader.value(section, retentions, parseRetentions);
    const priority = section.entries.get('priority');
    let valid: ArchiveSpec[];
    try {
      valid = validateArchives(archives);
    } catch (error) {
      reader.warn(section, retentions.line, `${messageOf(error)}; the section is left out`);
      continue;
    }
    rules.push({
      name: section.name,
      pattern,
      line: section.line,
      archives: valid,
      priority: priority === undefined ? 0 : reader.value(section, priority, number),
    });
  }
  // Stable: equal priorities keep the order of the file.
  rules.sort((a, b) => b.priority - a.priority);
  warnUnreachable(rules, file, warnings);
  return rules.map(({ priority: _, ...rule }) => rule);
}

function readAggregations({ text, file }: Source, warnings: string[]): AggregationRule[] {
  const reader = new Reader(file, warnings);
  const rules = parseSections(text, file).map((section): AggregationRule => {
    checkKeys(section, file, ['pattern', 'xFilesFactor', 'aggregationMethod'], [], () => {});
    const factor = section.entries.get('xfilesfactor');
    const method = section.entries.get('aggregationmethod');
    const rule = {
      name: section.name,
      pattern: reader.pattern(section),
      line: section.line,
      aggregationMethod:
        method === undefined
          ? defaultAggregation.aggregationMethod
          : reader.value(section, method, parseAggregationMethod),
      xFilesFactor:
        factor === undefined
          ? defaultAggregation.xFilesFactor
          : reader.value(section, factor, (text) => {
              const value = number(text);
              if (value >= 0 && value <= 1) return value;
              throw new Error(`xFilesFactor must be between 0 and 1, not ${text}`);
            }),
    };
    if (/^p\d/.test(rule.aggregationMethod)) {
      reader.warn(
        section,
        section.line,
        `files with ${rule.aggregationMethod} can be read by this program only, not by python's whisper or go-carbon`,
      );
    }
    return rule;
  });
  warnUnreachable(rules, file, warnings);
  return rules;
}

function warnUnreachable(
  rules: readonly { name: string; line: number; pattern: Pattern }[],
  file: string,
  warnings: string[],
): void {
  rules.forEach((later, i) => {
    const earlier = rules
      .slice(0, i)
      .find((rule) => covers(rule.pattern.source, later.pattern.source));
    if (earlier === undefined) return;
    warnings.push(
      describe(
        { file, line: later.line, section: later.name },
        `can never apply: [${earlier.name}] (line ${earlier.line}) takes all its metrics`,
      ),
    );
  });
}

function firstMatch<R extends { pattern: Pattern }>(
  rules: readonly R[],
  metric: string,
  none: R,
): R {
  for (const rule of rules) {
    if (rule.pattern.test(metric)) return rule;
  }
  return none;
}

/** Rules from the texts of the two files (the second may be absent). Throws `bad-storage-rules`. */
export function parseRules(sources: {
  schemas: Source;
  aggregation?: Source | undefined;
}): StorageRules {
  const warnings: string[] = [];
  const schemas = readSchemas(sources.schemas, warnings);
  const aggregations =
    sources.aggregation === undefined ? [] : readAggregations(sources.aggregation, warnings);
  // New series come by the hundred thousand; the pairs of rules are few.
  const pairs = new Map<SchemaRule, Map<AggregationRule, MetricRule>>();
  return {
    schemas,
    aggregations,
    warnings,
    ruleFor(metric) {
      const schema = firstMatch(schemas, metric, defaultSchema);
      const aggregation = firstMatch(aggregations, metric, defaultAggregation);
      let ofSchema = pairs.get(schema);
      if (ofSchema === undefined) {
        ofSchema = new Map();
        pairs.set(schema, ofSchema);
      }
      let rule = ofSchema.get(aggregation);
      if (rule === undefined) {
        const { archives } = schema;
        const { aggregationMethod, xFilesFactor } = aggregation;
        rule = { archives, aggregationMethod, xFilesFactor, schema, aggregation };
        ofSchema.set(aggregation, rule);
      }
      return rule;
    },
  };
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    return refuse(
      { file, line: 0 },
      `cannot be read (${codeOf(error) ?? messageOf(error)})`,
      error,
    );
  }
}

/**
 * Rules from files. The aggregation file may be missing (everything is averaged, as in Graphite);
 * the schemas file may not. Throws `bad-storage-rules`.
 */
export function loadRules(files: {
  schemasFile: string;
  aggregationFile?: string | undefined;
}): StorageRules {
  const schemas = { text: read(files.schemasFile), file: files.schemasFile };
  const file = files.aggregationFile;
  if (file === undefined) return parseRules({ schemas });
  try {
    return parseRules({ schemas, aggregation: { text: readFileSync(file, 'utf8'), file } });
  } catch (error) {
    if (error instanceof OperatingError) throw error;
    if (codeOf(error) === 'ENOENT') return parseRules({ schemas });
    return refuse({ file, line: 0 }, `cannot be read (${messageOf(error)})`, error);
  }
}

/**
 * What is wrong when `metric` gets a point every `seconds`: a sentence when several points fall
 * into one slot of its finest archive and all but the last are lost, else undefined.
 */
export function intervalProblem(
  rules: StorageRules,
  metric: string,
  seconds: number,
): string | undefined {
  const { schema } = rules.ruleFor(metric);
  const step = schema.archives[0]!.secondsPerPoint;
  if (seconds >= step) return undefined;
  return `${metric} comes every ${seconds} s, but the rule [${schema.name}] (${formatRetentions(schema.archives)}) keeps one point every ${step} s: the others are lost`;
}
