// Regular expressions written by users run on a linear-time engine (RE2 semantics): no expression
// and no input can make a service hang. The one file that knows re2js.
import { RE2JS } from 're2js';
import { messageOf, OperatingError } from './errors.ts';

/** Longer texts are not made of shorter ones: replacements of replacements would grow without end. */
const madeCharactersMax = 16_384;

export interface SafeRegex {
  readonly source: string;
  /** Whether the expression matches anywhere in `text`. */
  test(text: string): boolean;
  /** Whether the expression matches at the start of `text` (Python's re.match). */
  testAtStart(text: string): boolean;
  /** The groups of the first match (index 0 is the whole match, undefined where a group is absent), or undefined. */
  exec(text: string): (string | undefined)[] | undefined;
  /** Named groups of the first match, or undefined. */
  execNamed(text: string): Record<string, string> | undefined;
  /** Replaces every match; `replacement` follows Python's re.sub: \1, \g<1>, \g<name>, \\, \n. */
  replaceAll(text: string, replacement: string): string;
}

// Python's syntax that RE2 spells differently; what RE2 cannot do at all (look-around,
// back-references) stays an error.
function fromPython(source: string): string {
  return source.replace(/\\Z/g, '\\z');
}

function expandTemplate(template: string, group: (name: string | number) => string): string {
  return template.replace(
    /\\(?:g<([^>]+)>|(\d{1,2})|(.))/gs,
    (_whole, named: string | undefined, digits: string | undefined, other: string | undefined) => {
      if (named !== undefined) return group(/^\d+$/.test(named) ? Number(named) : named);
      if (digits !== undefined) return group(Number(digits));
      if (other === 'n') return '\n';
      if (other === 't') return '\t';
      return other ?? '';
    },
  );
}

/** Compiles `source`; throws an OperatingError with code `bad-regex` that quotes it. */
export function compileRegex(source: string, options: { ignoreCase?: boolean } = {}): SafeRegex {
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(fromPython(source), options.ignoreCase ? RE2JS.CASE_INSENSITIVE : 0);
  } catch (error) {
    throw new OperatingError(
      'bad-regex',
      `cannot use the regular expression ${JSON.stringify(source)}: ${messageOf(error)}`,
      { cause: error },
    );
  }
  return {
    source,
    test: (text) => compiled.matcher(text).find(),
    testAtStart: (text) => compiled.matcher(text).lookingAt(),
    exec: (text) => {
      const matcher = compiled.matcher(text);
      if (!matcher.find()) return undefined;
      return Array.from(
        { length: matcher.groupCount() + 1 },
        (_, i) => matcher.group(i) ?? undefined,
      );
    },
    execNamed: (text) => {
      const matcher = compiled.matcher(text);
      if (!matcher.find()) return undefined;
      const groups: Record<string, string> = {};
      for (const name of Object.keys(compiled.namedGroups())) {
        const value = matcher.group(name);
        if (value !== null && value !== undefined) groups[name] = value;
      }
      return groups;
    },
    replaceAll: (text, replacement) => {
      const matcher = compiled.matcher(text);
      const charactersMax = Math.max(text.length, madeCharactersMax);
      const requireFew = (characters: number): void => {
        if (characters > charactersMax)
          throw new OperatingError(
            'bad-regex',
            `the replacement of ${JSON.stringify(source)} makes a text of more than ${charactersMax} characters`,
          );
      };
      let result = '';
      let from = 0;
      while (matcher.find()) {
        result += text.slice(from, matcher.start());
        let grouped = 0;
        result += expandTemplate(replacement, (name) => {
          try {
            const group = matcher.group(name) ?? '';
            grouped += group.length;
            return grouped > charactersMax ? '' : group;
          } catch (error) {
            throw new OperatingError(
              'bad-regex',
              `the replacement ${JSON.stringify(replacement)} refers to group ${name}, which ${JSON.stringify(source)} does not have`,
              { cause: error },
            );
          }
        });
        from = matcher.end();
        requireFew(Math.max(grouped, result.length));
      }
      result += text.slice(from);
      requireFew(result.length);
      return result;
    },
  };
}
