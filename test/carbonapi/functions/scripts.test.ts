// Every script in scripts/: one file per function group.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { allFunctions } from '../../../bundle/carbonapi/functions/index.ts';
import { parseScript, runStep } from './script.ts';

const directory = new URL('scripts/', import.meta.url);
const names = readdirSync(directory).sort();
const scripts = names.map((name) => ({
  name,
  steps: parseScript(readFileSync(new URL(name, directory), 'utf8')),
}));

for (const { name, steps } of scripts) {
  test(name, async (context) => {
    for (const step of steps) {
      await context.test(`line ${step.line}: ${step.expression}`, async () => {
        const actual = await runStep(step);
        if (step.kind === 'eval') assert.deepEqual(actual, step.expected);
        else assert.ok(actual[0]?.includes(step.expected.join(' ')), actual[0]);
      });
    }
  });
}

test('every function is called in a script of its group', () => {
  for (const { name, aliases = [], group } of allFunctions) {
    const file = `${group.toLowerCase().replace(' ', '-')}.txt`;
    const script = scripts.find((each) => each.name === file);
    const called = new RegExp(`\\b(${[name, ...aliases].join('|')})\\(`);
    assert.ok(
      script?.steps.some(({ expression }) => called.test(expression)),
      `${name} is not called in scripts/${file}`,
    );
  }
});
