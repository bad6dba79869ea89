// Manual pages and completion made from the programs' descriptions.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { describeDkm } from '../../bundle/supervisor/dkm-program.ts';
import { describeDkmadmin } from '../../installer/dkmadmin-program.ts';
import { describeInstaller } from '../../installer/installer-program.ts';
import { describeCommand, flatten } from '../../installer/manuals/describe.ts';
import { escapeRoff } from '../../installer/manuals/man-page.ts';
import { documentedPrograms, writeManuals } from '../../installer/manuals/programs.ts';

const directory = mkdtempSync(join(tmpdir(), 'dkm-manuals-'));
after(() => rmSync(directory, { recursive: true }));
const written = writeManuals(directory, documentedPrograms(describeDkmadmin));
const read = (path: string): string => readFileSync(join(directory, path), 'utf8');

function missing(program: string): string | false {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return false;
  } catch {
    return `needs ${program}`;
  }
}

test('each program has a page and three completion scripts', () => {
  assert.equal(written.length, 12);
  for (const [page, program] of [
    ['dkm', describeDkm()],
    ['dkmadmin', describeDkmadmin()],
    ['dkumonitor-installer', describeInstaller()],
  ] as const) {
    const text = read(`man/man1/${page}.1`);
    for (const { options, path } of flatten(describeCommand(program))) {
      for (const { flags } of options) {
        if (path.length === 0 || flags !== '-h, --help')
          assert.ok(text.includes(escapeRoff(flags)), flags);
      }
    }
  }
});

test('every installer option in the help is one the parser takes, and the other way round', () => {
  const program = describeInstaller();
  const inHelp = [...program.helpInformation().matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(
    (match) => match[1],
  );
  const taken = program.options.map(({ long }) => long);
  assert.deepEqual([...new Set(inHelp)].sort(), [...taken, '--help'].sort());
});

test('the pages are good roff', { skip: missing('groff') }, () => {
  for (const path of written.filter((one) => one.endsWith('.1'))) {
    const warnings = execFileSync('groff', ['-man', '-Tutf8', '-ww', '-z', join(directory, path)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    assert.equal(warnings, '');
  }
});

describe('bash completes', { skip: missing('bash') }, () => {
  function f(words: string[], want: string): void {
    const script = join(directory, 'bash-completion/completions', words[0] ?? '');
    const code = `. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _${words[0]}; echo "\${COMPREPLY[*]}"`;
    const answer = execFileSync('bash', ['-c', code, script, ...words], { encoding: 'utf8' });
    assert.equal(answer.trim(), want);
  }
  test('commands, services, options', () => {
    f(['dkm', 'sta'], 'start status');
    f(['dkm', 'start', 'carbona'], 'carbonapi');
    f(['dkm', 'status', '--j'], '--json');
    f(['dkmadmin', 'config', 's'], 'show');
    f(['installer', '--carbon-s'], '--carbon-server');
  });
});
