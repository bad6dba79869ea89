// /functions: the registry as Grafana's editor reads it, made from the definitions themselves.
import { type HttpAnswer, HttpError, type HttpRequest } from '../../core/http.ts';
import { type FunctionDefinition, functionGroups, type Param } from '../functions/define.ts';
import { allFunctions, functionNamed } from '../functions/index.ts';
import { type Api, type Endpoint, flag, jsonpCallback, jsonTextAnswer } from './api.ts';

interface Description {
  name: string;
  function: string;
  description: string;
  module: string;
  group: string;
  params: Record<string, unknown>[];
}

function literalText(value: Param['default']): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') return `'${value}'`;
  return Number.isFinite(value) ? String(value) : 'inf';
}

function signature(name: string, params: readonly Param[]): string {
  const written = params.map((param) => {
    if (param.multiple) return `*${param.name}`;
    return param.required ? param.name : `${param.name}=${literalText(param.default)}`;
  });
  return `${name}(${written.join(', ')})`;
}

function describeParam(param: Param): Record<string, unknown> {
  const { type, required, multiple, options, suggestions } = param;
  return {
    name: param.shownAs ?? param.name,
    type,
    ...(required ? { required } : {}),
    ...(multiple ? { multiple } : {}),
    ...(param.default === undefined || param.default === null
      ? {}
      : {
          default: param.type === 'intOrInf' && param.default === 'inf' ? Infinity : param.default,
        }),
    ...(options === undefined ? {} : { options }),
    ...(suggestions === undefined ? {} : { suggestions }),
  };
}

function describe(name: string, definition: FunctionDefinition): Description {
  const { params, group, description, examples = [] } = definition;
  const example =
    examples.length === 0
      ? ''
      : `\n\nExample:\n\n${examples.map((text) => `&target=${text}`).join('\n')}`;
  return {
    name,
    function: signature(name, params),
    description: description + example,
    module: 'graphite.render.functions',
    group,
    params: params.map(describeParam),
  };
}

const pieFunctions: Description[] = ['average', 'maximum', 'minimum'].map((name) => ({
  name,
  function: `${name}(series)`,
  description: `The ${name} of a series, as the size of its slice in a pie chart.`,
  module: 'graphite.render.functions',
  group: 'Pie',
  params: [{ name: 'series', type: 'series', required: true }],
}));

/** JSON has no infinity; 1e9999 reads as one everywhere, and is valid. */
function stringify(value: unknown, pretty: boolean): string {
  const infinity = '\u0000inf';
  const text = JSON.stringify(
    value,
    (_key, each: unknown) => (each === Infinity ? infinity : each),
    pretty ? 2 : undefined,
  );
  return text.replaceAll(JSON.stringify(infinity), '1e9999');
}

function namesOf(definition: FunctionDefinition): string[] {
  const { name, aliases = [], carbonapiAliases = [] } = definition;
  return [name, ...aliases, ...carbonapiAliases];
}

function allDescriptions(parameters: URLSearchParams): Description[] {
  if (parameters.get('type') === 'pie') return pieFunctions;
  const group = parameters.get('group');
  return allFunctions
    .filter((definition) => group === null || definition.group === group)
    .flatMap((definition) => namesOf(definition).map((name) => describe(name, definition)))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function grouped(descriptions: readonly Description[]): Record<string, unknown> {
  const groups: Record<string, Record<string, Description>> = {};
  for (const group of functionGroups) groups[group] = {};
  for (const each of descriptions) {
    groups[each.group] ??= {};
    (groups[each.group] as Record<string, Description>)[each.name] = each;
  }
  return groups;
}

function answer(api: Api, request: HttpRequest, value: unknown): HttpAnswer {
  const text = stringify(value, flag(request.parameters, 'pretty'));
  return jsonTextAnswer(text, jsonpCallback(api, request.parameters));
}

/** /functions and, with a name behind it, /functions/<name>. */
export const functionsEndpoint = (api: Api, name?: string): Endpoint => ({
  methods: ['GET'],
  handler: (request) => {
    if (name !== undefined) {
      if (request.parameters.get('type') === 'pie') {
        const pie = pieFunctions.find((each) => each.name === name);
        if (pie === undefined) throw new HttpError(404, `there is no pie function ${name}`);
        return answer(api, request, pie);
      }
      const definition = functionNamed(name);
      if (definition === undefined) throw new HttpError(404, `there is no function ${name}`);
      return answer(api, request, describe(name, definition));
    }
    const descriptions = allDescriptions(request.parameters);
    const value = flag(request.parameters, 'grouped')
      ? grouped(descriptions)
      : Object.fromEntries(descriptions.map((each) => [each.name, each]));
    return answer(api, request, value);
  },
});
