import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Expression } from '../../../bundle/carbonapi/expression/ast.ts';
import { parseTarget } from '../../../bundle/carbonapi/expression/parser.ts';

/** The tree as one line: calls as f(a, k=b), paths as <path>, texts in quotes. */
function shape(node: Expression): string {
  switch (node.kind) {
    case 'path':
      return `<${node.text}>`;
    case 'number':
      return String(node.value);
    case 'string':
      return JSON.stringify(node.value);
    case 'boolean':
      return String(node.value);
    case 'none':
      return 'none';
    case 'call': {
      const keywords = node.kwargs.map(({ name, value }) => `${name}=${shape(value)}`);
      return `${node.name}(${[...node.args.map(shape), ...keywords].join(', ')})`;
    }
  }
}

function reads(target: string, want: string, template?: ReadonlyMap<string, string>): void {
  assert.equal(shape(parseTarget(target, template ? { template } : {})), want, target);
}

test('a path keeps its globs', () => {
  reads('a.b.c', '<a.b.c>');
  reads('  a.*.{b,c*}.[0-9]?.d  ', '<a.*.{b,c*}.[0-9]?.d>');
  reads('a.{b,{c,d}x}.**', '<a.{b,{c,d}x}.**>');
  reads('f(a.{b,c},d.[ab])', 'f(<a.{b,c}>, <d.[ab]>)');
  reads('special.MixedCase:colon-dash_x%@#', '<special.MixedCase:colon-dash_x%@#>');
  reads('a.[b', '<a.[b>');
  reads('日本.語', '<日本.語>');
});

test('a backslash puts punctuation into a path', () => {
  reads('a.b\\(c\\).d\\,e', '<a.b(c).d,e>');
});

test('calls nest and take literals', () => {
  reads('scale( a.b , 2 )', 'scale(<a.b>, 2)');
  reads('f(g(a,1),h(b,"x"))', 'f(g(<a>, 1), h(<b>, "x"))');
  reads('f()', 'f()');
  reads('f(a,1e3,-2.5,.5,+4,inf,-Inf)', 'f(<a>, 1000, -2.5, 0.5, 4, Infinity, -Infinity)');
  reads('f(true,False,TRUE,none,None)', 'f(true, false, true, none, none)');
  reads('f(1min.load,10.a)', 'f(<1min.load>, <10.a>)');
});

test('strings keep backslashes and other quotes', () => {
  reads(`alias(a,"it's")`, 'alias(<a>, "it\'s")');
  reads(
    String.raw`aliasSub(a,'^.*\.([a-z]+)$',"\1")`,
    String.raw`aliasSub(<a>, "^.*\\.([a-z]+)$", "\\1")`,
  );
  reads(String.raw`alias(a,"x\"y")`, String.raw`alias(<a>, "x\\\"y")`);
});

test('keyword arguments follow positional ones', () => {
  reads(
    'movingAverage(a,windowSize=3,xFilesFactor = 0.1)',
    'movingAverage(<a>, windowSize=3, xFilesFactor=0.1)',
  );
  reads('f(a=b.c)', 'f(a=<b.c>)');
  reads('f(a.b=c)', 'f(<a.b=c>)');
});

test('pipes put what is before them first', () => {
  reads('a|f(1)|g()', 'g(f(<a>, 1))');
  reads('a | f(1) | g( 2 )', 'g(f(<a>, 1), 2)');
  // Graphite's grammar knows no call with keyword arguments alone.
  reads('a|f(1)|g(x=2)|h()', 'f(<a>, 1)');
  reads('a|g(3,x=2)|h()', 'h(g(<a>, 3, x=2))');
  reads('sum(a|f(2),b|g(1))', 'sum(f(<a>, 2), g(<b>, 1))');
});

test('a call knows its own text', () => {
  const text = (target: string) => (parseTarget(target) as { text: string }).text;
  assert.equal(text(' scale( a.b , 2 ) '), 'scale( a.b , 2 )');
  assert.equal(text('a|scale(2)|sum()'), 'sum(scale(a,2))');
});

test('templates fill in names, texts and numbers', () => {
  reads('template(servers.$host.load,host="web01")', '<servers.web01.load>');
  reads('template(sum(servers.$1.*),"web01")', 'sum(<servers.web01.*>)');
  reads('template(scale(a,$f),f=2.5)', 'scale(<a>, 2.5)');
  reads('template(alias(a,$n),n="x y")', 'alias(<a>, "x y")');
  reads('sum(template(a.$h.b,h="c"))', 'sum(<a.c.b>)');
  reads('template($m,m="a.b")', '<a.b>');
  reads('template(a.$host.$h,h="1",host="2")', '<a.2.1>');
  reads('template(a.$x,x="b")', '<a.c>', new Map([['x', 'c']]));
});

function refuses(target: string, message: RegExp, depthMax = 64): void {
  assert.throws(
    () => parseTarget(target, { depthMax }),
    (error: Error & { code?: string }) =>
      error.code === 'bad-target' && message.test(error.message),
    target,
  );
}

test('what cannot be read is named with its position and the rest', () => {
  refuses('', /expected a metric path or a function call at its end/);
  refuses('scale(a,2', /expected "\)" or "," in the arguments of scale at its end/);
  refuses('scale(a,2))', /goes on after its end at position 11, before \)/);
  refuses('scale(a,,2)', /expected a metric path .* position 9, before ,2\)/);
  refuses('alias(a,"x)', /a quoted text is not closed at position 9, before "x\)/);
  refuses('a.{b,c', /a "\{" is not closed/);
  refuses('a|b', /expected a function call after "\|"/);
  refuses('f(a=1,b)', /positional argument cannot follow/);
  refuses('template(a.$x,x=b.c)', /a template argument must be a quoted text or a number/);
  refuses('a b', /goes on after its end/);
  refuses('a\\', /escapes nothing/);
});

test('nesting is bounded', () => {
  refuses(`${'f('.repeat(40)}a${')'.repeat(40)}`, /nested more than 32 deep/, 32);
  reads(`${'f('.repeat(30)}a${')'.repeat(30)}`, `${'f('.repeat(30)}<a>${')'.repeat(30)}`);
});

test('a call in a pipe is inside those behind it', () => {
  refuses(`a${'|f()'.repeat(40)}`, /nested more than 32 deep/, 32);
  refuses(`a${'|f()'.repeat(30_000)}`, /nested more than 64 deep/);
  reads(`a${'|f()'.repeat(3)}`, 'f(f(f(<a>)))');
});

test('brackets that are never closed take no longer than others', () => {
  const text = '['.repeat(100_000);
  const begun = performance.now();
  reads(text, `<${text}>`);
  assert.ok(performance.now() - begun < 2000);
  reads('a[b.[c[d].[e', '<a[b.[c[d].[e>');
});
