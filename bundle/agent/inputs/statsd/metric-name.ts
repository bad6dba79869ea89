// Names as StatsD clients write them: cleaned as statsd cleans them, with the tag dialects of
// DogStatsD, Graphite, Influx, Librato and SignalFx brought to Graphite's `name;tag=value`.

/** Drops or replaces what a Graphite name may not hold, exactly as statsd's keyNameSanitize does. */
export function cleanName(name: string): string {
  return name
    .replace(/\s+/g, '_')
    .replace(/\//g, '-')
    .replace(/[^a-zA-Z_\-0-9.;=]/g, '');
}

function tagOf(text: string, separator: ':' | '='): string | undefined {
  const at = text.indexOf(separator);
  const name = cleanTagPart(at < 0 ? text : text.slice(0, at));
  const value = cleanTagPart(at < 0 ? 'true' : text.slice(at + 1));
  return name === '' || value === '' ? undefined : `${name}=${value}`;
}

const cleanTagPart = (text: string): string => text.trim().replace(/[\s;=~!^]/g, '_');

function append(name: string, tags: string, separator: ':' | '='): string {
  let result = name;
  for (const text of tags.split(',')) {
    const tag = text === '' ? undefined : tagOf(text, separator);
    if (tag !== undefined) result += `;${tag}`;
  }
  return result;
}

// name,k=v · name#k=v · name[k=v]
function splitInlineTags(raw: string): { name: string; tags: string } | undefined {
  const bracket = /^([^[]*)\[([^\]]*)\](.*)$/.exec(raw);
  if (bracket !== null) return { name: `${bracket[1]}${bracket[3]}`, tags: bracket[2] ?? '' };
  const at = raw.search(/[,#]/);
  if (at < 0 || !raw.includes('=', at)) return undefined;
  return { name: raw.slice(0, at), tags: raw.slice(at + 1) };
}

/**
 * The Graphite name of a StatsD bucket. `dogTags` is what follows `|#`, or empty. An empty result
 * means that nothing usable was left.
 */
export function graphiteName(rawName: string, dogTags: string): string {
  const inline = splitInlineTags(rawName);
  let name = cleanName(inline?.name ?? rawName);
  if (name === '' || name.startsWith(';')) return '';
  if (inline !== undefined) name = append(name, inline.tags, '=');
  if (dogTags !== '') name = append(name, dogTags, ':');
  return name;
}
