// From a value list to metric names, by the rules of collectd's write_graphite and its options.
import { z } from '../core/config.ts';
import type { ValueList } from './value-list.ts';

const forbidden = /[ \t"\\:!,/()\n\r]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is for
const blankOrControl = /[\s\u0000-\u001f\u007f]/g;
const partCharactersMax = 127;

/** Made anew at each call, see plugins/plugin.ts. */
export const namingSchema = () =>
  z.strictObject({
    prefix: z
      .string()
      .default('collectd.')
      .describe('Put before the host name exactly as it is; write the dot at its end yourself.'),
    postfix: z.string().default('').describe('Put after the host name exactly as it is.'),
    escapeCharacter: z
      .string()
      .refine((text) => text.length > 0, 'must not be empty')
      .refine((text) => text.slice(0, 1).replace(forbidden, '') !== '', 'is itself forbidden')
      .default('_')
      .describe('Replaces what may not stand in a name; only its first character counts.'),
    storeRates: z
      .boolean()
      .default(true)
      .describe('Send counters as a rate per second; false sends the raw counter.'),
    separateInstances: z
      .boolean()
      .default(true)
      .describe('Put a dot, not a dash, between plugin or type and its instance.'),
    alwaysAppendDataSource: z
      .boolean()
      .default(false)
      .describe('Append the data source also where a type has only one.'),
    preserveSeparator: z
      .enum(['host', 'all', 'none'])
      .default('host')
      .describe('Where dots inside a part stay dots: in the host name, in every part or nowhere.'),
    dropDuplicateFields: z
      .boolean()
      .default(false)
      .describe('Leave the type out where it equals the plugin.'),
    useTags: z.boolean().default(false).describe('Write Graphite tags instead of a dotted path.'),
    reverseHost: z
      .boolean()
      .default(false)
      .describe(
        'Reverse the labels of the host name when writing (db1.example.com → com.example.db1).',
      ),
  });

export type NamingOptions = z.output<ReturnType<typeof namingSchema>>;

export const reverseLabels = (host: string): string => host.split('.').reverse().join('.');

/** Functions naming value lists under `options`; pure, so names may be cached by identity. */
export function createNaming(options: NamingOptions): {
  /** The name of data source `dataSource` of `list`; `many` says whether its type has several. */
  nameOf(list: ValueList & { host: string }, dataSource: string, many: boolean): string;
} {
  const substitute = options.escapeCharacter.slice(0, 1);
  const separator = options.separateInstances ? '.' : '-';

  const part = (text: string | undefined, keepDots: boolean): string => {
    if (text === undefined || text === '') return '';
    const cut = text.length > partCharactersMax ? text.slice(0, partCharactersMax) : text;
    const clean = cut.replace(blankOrControl, substitute);
    return keepDots ? clean : clean.replaceAll('.', substitute);
  };

  const pathOf = (list: ValueList & { host: string }, source: string | undefined): string => {
    const keepAll = options.preserveSeparator === 'all';
    const host = options.reverseHost ? reverseLabels(list.host) : list.host;
    const plugin = part(list.plugin, keepAll);
    const type = part(list.type, keepAll);
    const pluginInstance = part(list.pluginInstance, keepAll);
    const typeInstance = part(list.typeInstance, keepAll);
    const p = pluginInstance === '' ? plugin : `${plugin}${separator}${pluginInstance}`;
    const drop = options.dropDuplicateFields;
    let t = type;
    if (typeInstance !== '')
      t = drop && plugin === type ? typeInstance : `${type}${separator}${typeInstance}`;
    const start = `${options.prefix}${part(host, options.preserveSeparator !== 'none')}${options.postfix}.${p}`;
    if (source === undefined) return `${start}.${t}`;
    return drop && p === t ? `${start}.${source}` : `${start}.${t}.${source}`;
  };

  const taggedOf = (list: ValueList & { host: string }, source: string | undefined): string => {
    const drop = options.dropDuplicateFields;
    const host = part(options.reverseHost ? reverseLabels(list.host) : list.host, true);
    const plugin = part(list.plugin, true);
    const pluginInstance = part(list.pluginInstance, true);
    const type = part(list.type, true);
    const typeInstance = part(list.typeInstance, true);
    let metric = drop && plugin === type ? plugin : `${plugin}.${type}`;
    if (source !== undefined) metric += `.${source}`;
    let tags = `;host=${host};plugin=${plugin}`;
    if (pluginInstance !== '') tags += `;plugin_instance=${pluginInstance}`;
    if (!drop || plugin !== type) tags += `;type=${type}`;
    if (typeInstance !== '' && !(drop && pluginInstance === typeInstance))
      tags += `;type_instance=${typeInstance}`;
    if (source !== undefined) tags += `;ds_name=${source}`;
    return `${options.prefix}${metric}${options.postfix}${tags}`;
  };

  return {
    nameOf: (list, dataSource, many) => {
      const source = options.alwaysAppendDataSource || many ? dataSource : undefined;
      const name = options.useTags ? taggedOf(list, source) : pathOf(list, source);
      return name.replace(forbidden, substitute);
    },
  };
}
