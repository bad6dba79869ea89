// The house rules that a machine can check: who imports whom, complete registries, headers, links,
// leftovers. ARCHITECTURE.md explains the table.
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import test from 'node:test';
import { projectRoot } from '../bundle/develop/project.ts';
import { entryFiles } from '../bundle/services.ts';

interface Room {
  /** Folders or files (without bundle/) whose code may be imported. */
  may: string[];
  /** Packages, with the files that may import them ('*' is any file of the room). */
  packages: Record<string, string>;
}

// The longest matching key decides for a file.
const rooms: Record<string, Room> = {
  'bundle/core': {
    may: [],
    packages: { yaml: 'config.ts', zod: 'schema.ts', re2js: 'safe-regex.ts' },
  },
  'bundle/wire': { may: ['bundle/core'], packages: {} },
  'bundle/points': { may: ['bundle/core'], packages: {} },
  'bundle/whisper': { may: ['bundle/core'], packages: {} },
  'bundle/carbon': {
    may: ['bundle/core', 'bundle/wire', 'bundle/points', 'bundle/whisper', 'bundle/services.ts'],
    packages: {},
  },
  'bundle/carbonapi': {
    may: ['bundle/core', 'bundle/wire', 'bundle/points'],
    packages: { '@resvg/resvg-wasm': '*' },
  },
  'bundle/agent': { may: ['bundle/core', 'bundle/wire'], packages: { yaml: '*', re2js: '*' } },
  'bundle/grafana': { may: ['bundle/core', 'bundle/wire'], packages: {} },
  'bundle/grafana/viewer': { may: [], packages: { uplot: '*', esbuild: 'build.ts' } },
  'bundle/services.ts': { may: [], packages: {} },
  'bundle/supervisor': {
    may: ['bundle/core', 'bundle/services.ts'],
    packages: { pm2: 'process-manager.ts', commander: '*' },
  },
  installer: {
    may: [
      'bundle/core',
      'bundle/services.ts',
      'bundle/supervisor',
      'bundle/whisper',
      'bundle/carbon/rules',
      'bundle/carbon/metric-index',
      'bundle/wire',
    ],
    packages: {
      commander: '*',
      execa: '*',
      inquirer: '*',
      handlebars: '*',
      tar: '*',
      yaml: '*',
      'smol-toml': '*',
      '@peculiar/x509': 'certificates.ts',
      'reflect-metadata': 'certificates.ts',
    },
  },
  'bundle/develop': {
    may: [
      'bundle/core',
      'bundle/services.ts',
      'bundle/packaging',
      'bundle/grafana/viewer/build.ts',
    ],
    packages: { esbuild: 'build.ts', execa: '*', tar: '*' },
  },
  'bundle/packaging': {
    may: ['bundle/core', 'bundle/services.ts', 'bundle/develop'],
    packages: { commander: '*', execa: '*', tar: '*' },
  },
};

const inProject = (pattern: string): string[] =>
  globSync(pattern, {
    cwd: projectRoot,
    exclude: (name) =>
      /^(node_modules|dist|build)$/.test(basename(String(name))) &&
      !String(name).startsWith('bundle'),
  }).sort();
const read = (path: string): string => readFileSync(join(projectRoot, path), 'utf8');
const sources = [...inProject('bundle/**/*.ts'), ...inProject('installer/**/*.ts')];

function roomOf(path: string): string | undefined {
  return Object.keys(rooms)
    .filter((room) => path === room || path.startsWith(`${room}/`))
    .sort((a, b) => b.length - a.length)[0];
}

function importsOf(text: string): string[] {
  const found = text.matchAll(
    /(?:^|\n)\s*(?:import|export)\b[^'"`;]*?from\s*'([^']+)'|(?:^|\n)import\s*'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/g,
  );
  return [...found].map((match) => match[1] ?? match[2] ?? match[3] ?? '');
}

const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

function importProblems(file: string, text: string): string[] {
  const key = roomOf(file);
  const room = key === undefined ? undefined : rooms[key];
  if (key === undefined || room === undefined) return [`${file}: in no room of the table`];
  return importsOf(text).flatMap((specifier) => {
    if (specifier.startsWith('node:')) return [];
    if (specifier.startsWith('.')) {
      const target = relative(projectRoot, join(projectRoot, dirname(file), specifier));
      const own = target === key || target.startsWith(`${key}/`) || target === 'package.json';
      const allowed =
        own || room.may.some((place) => target === place || target.startsWith(`${place}/`));
      return allowed ? [] : [`${file}: may not import ${target}`];
    }
    const importer = room.packages[packageOf(specifier)];
    if (importer === '*' || (importer !== undefined && basename(file) === importer)) return [];
    return [`${file}: may not import the package ${specifier}`];
  });
}

test('every import is allowed by the table', () => {
  assert.deepEqual(
    sources.flatMap((file) => importProblems(file, read(file))),
    [],
  );
});

test('the import check itself notices a breach', () => {
  assert.equal(
    importProblems('bundle/carbon/x.ts', "import { a } from '../agent/main.ts';").length,
    1,
  );
  assert.equal(importProblems('bundle/carbon/x.ts', "import zod from 'zod';").length, 1);
  assert.equal(
    importProblems('bundle/wire/x.ts', "import { a } from '../core/errors.ts';").length,
    0,
  );
});

test('registry lists name every file of their folder', () => {
  const lists: [list: string, pattern: string, ignore: RegExp][] = [
    ['bundle/carbonapi/functions/index.ts', 'bundle/carbonapi/functions/*/*.ts', /^$/],
    ['bundle/agent/plugins/index.ts', 'bundle/agent/plugins/*.ts', /\/(index|plugin)\.ts$/],
  ];
  for (const [list, pattern, ignore] of lists) {
    const imported = new Set(
      importsOf(read(list)).map((specifier) =>
        relative(projectRoot, join(projectRoot, dirname(list), specifier)),
      ),
    );
    const definesEntry = (file: string): boolean =>
      /export const \w+(: \w+)? =\s*(defineFunction|definePlugin|\{)|defineFunction\(|: (Plugin|AgentPlugin)\b/.test(
        read(file),
      );
    const missing = inProject(pattern).filter(
      (file) => !ignore.test(file) && definesEntry(file) && !imported.has(file),
    );
    assert.deepEqual(missing, [], `add to ${list}`);
  }
});

test('every entry file exists', () => {
  assert.deepEqual(
    Object.values(entryFiles).filter((file) => !existsSync(join(projectRoot, file))),
    [],
  );
});

test('every source file opens with a comment that says what it is', () => {
  assert.deepEqual(
    sources.filter((file) => !/^(#!.*\n)?\/[/*]/.test(read(file))),
    [],
  );
});

test('no leftovers', () => {
  const marks = new RegExp(
    `\\b(${['TO', 'DO'].join('')}|${['FIX', 'ME'].join('')}|X{3}|${['HA', 'CK'].join('')})\\b|\\b(test|describe|it)\\.on${'ly'}\\(`,
  );
  const files = [...sources, ...inProject('test/**/*.ts')];
  assert.deepEqual(
    files.filter((file) => marks.test(read(file))),
    [],
  );
});

test('relative links in documents lead somewhere', () => {
  const broken: string[] = [];
  for (const file of inProject('**/*.md')) {
    if (/(^|\/)(node_modules|dist|build)\//.test(file)) continue;
    for (const [, target] of read(file).matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)) {
      if (target === undefined || /^[a-z]+:/.test(target)) continue;
      if (!existsSync(join(projectRoot, dirname(file), target))) broken.push(`${file}: ${target}`);
    }
  }
  assert.deepEqual(broken, []);
});

test('ARCHITECTURE.md gives a reason for every package', () => {
  const manifest = JSON.parse(read('package.json')) as Record<
    'dependencies' | 'devDependencies',
    Record<string, string>
  >;
  const text = read('ARCHITECTURE.md');
  const names = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.devDependencies)];
  assert.deepEqual(
    names.filter((name) => !text.includes(`\`${name}\``)),
    [],
  );
});
