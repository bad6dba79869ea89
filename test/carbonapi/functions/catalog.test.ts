// The registry beside the recorded catalogue of graphite-web's and carbonapi's functions, and what a
// registry must hold by itself.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseTarget } from '../../../bundle/carbonapi/expression/parser.ts';
import type { FunctionDefinition, Param } from '../../../bundle/carbonapi/functions/define.ts';
import { allFunctions, functionNamed } from '../../../bundle/carbonapi/functions/index.ts';
import { callbackNames } from '../../../bundle/carbonapi/functions/params.ts';
import { aggregationNames } from '../../../bundle/points/aggregation.ts';

interface CatalogFunction {
  name: string;
  group: string;
  aliases: string[];
  usableAsGroupByCallback?: boolean;
  params: CatalogParam[];
}
interface CatalogParam {
  name: string;
  type: string;
  required: boolean;
  multiple: boolean;
  default?: unknown;
  options?: unknown[];
  suggestions?: unknown[];
}

const suite = process.env['DKM_CONFORMANCE'];
const skip = suite === undefined ? 'DKM_CONFORMANCE names no suite directory' : false;

/** What carbonapi's own list leaves out or gets wrong: baseline's series, names of databases. */
const carbonapiListIsWrong = new Set([
  'aliasByPostgres',
  'aliasByRedis',
  'baseline',
  'baselineAberration',
  'toLowerCase',
  'toUpperCase',
]);

const namesOf = ({ name, aliases = [], carbonapiAliases = [] }: FunctionDefinition): string[] => [
  name,
  ...aliases,
  ...carbonapiAliases,
];

function catalogParam(param: Param): CatalogParam {
  const { type, required = false, multiple = false, options, suggestions } = param;
  const fallback = param.default === Number.POSITIVE_INFINITY ? 'inf' : param.default;
  return {
    name: param.shownAs ?? param.name,
    type,
    required,
    multiple,
    ...(fallback === undefined ? {} : { default: fallback }),
    ...(options === undefined ? {} : { options: options.toSorted() }),
    ...(suggestions === undefined ? {} : { suggestions: [...suggestions] }),
  };
}

const sortedOptions = (param: CatalogParam): CatalogParam =>
  param.options === undefined ? param : { ...param, options: param.options.toSorted() };

test('names, groups and parameters are those of the catalogue', { skip }, () => {
  const catalog: Record<'graphiteWeb' | 'carbonapiOnly', CatalogFunction[]> = JSON.parse(
    readFileSync(join(suite ?? '', 'function-catalog.json'), 'utf8'),
  );
  for (const { name, group, aliases, params, usableAsGroupByCallback } of [
    ...catalog.graphiteWeb,
    ...catalog.carbonapiOnly,
  ]) {
    const definition = functionNamed(name);
    assert.ok(definition, `${name} is missing`);
    assert.equal(definition.group, group, name);
    for (const alias of aliases) {
      // "log" and "logarithm" are the same to carbonapi, but not by their results.
      if (name !== 'logarithm' && name !== 'count')
        assert.equal(functionNamed(alias), definition, `${alias} is an alias of ${name}`);
    }
    if (usableAsGroupByCallback) assert.ok(callbackNames.includes(name), name);
    if (!carbonapiListIsWrong.has(name))
      assert.deepEqual(definition.params.map(catalogParam), params.map(sortedOptions), name);
  }
  const known = new Set([...catalog.graphiteWeb, ...catalog.carbonapiOnly].map(({ name }) => name));
  const surplus = allFunctions.flatMap(namesOf).filter((name) => !known.has(name));
  assert.deepEqual(surplus, []);
});

test('every name is there once', () => {
  const names = allFunctions.flatMap(namesOf);
  assert.deepEqual(
    names.filter((name, index) => names.indexOf(name) !== index),
    [],
  );
});

test('parameters of a function have different names, and only the last takes several values', () => {
  for (const { name, params } of allFunctions) {
    assert.equal(new Set(params.map((param) => param.name)).size, params.length, name);
    assert.ok(
      params.slice(0, -1).every(({ multiple }) => !multiple),
      name,
    );
  }
});

test('descriptions are sentences, examples are calls of the function', () => {
  for (const { name, description, examples = [] } of allFunctions) {
    assert.match(description, /^[A-Z0-9`].*\.$/, name);
    for (const example of examples) {
      assert.doesNotThrow(() => parseTarget(example), name);
      assert.ok(example.includes(`${name}(`), `${name}: ${example}`);
    }
  }
});

test('callbacks of groupByNode are aggregations or functions', () => {
  for (const name of callbackNames) {
    assert.ok(aggregationNames.includes(name) || functionNamed(name) !== undefined, name);
  }
});

test('every definition knows its function by its names only', () => {
  assert.equal(functionNamed('nosuch'), undefined);
  for (const definition of allFunctions) {
    for (const name of namesOf(definition)) assert.equal(functionNamed(name), definition);
  }
});
