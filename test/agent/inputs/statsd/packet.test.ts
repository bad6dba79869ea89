// The StatsD line protocol, call by call.
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { graphiteName } from '../../../../bundle/agent/inputs/statsd/metric-name.ts';
import { type PacketSink, parsePacket } from '../../../../bundle/agent/inputs/statsd/packet.ts';

function parse(text: string): unknown[] {
  const calls: unknown[] = [];
  const sink: PacketSink = {
    line: () => {},
    counter: (bucket, tags, value, rate) => calls.push(['c', bucket, tags, value, rate]),
    timer: (bucket, tags, value, rate) => calls.push(['ms', bucket, tags, value, rate]),
    gauge: (bucket, tags, value, isChange) => calls.push(['g', bucket, tags, value, isChange]),
    set: (bucket, tags, value) => calls.push(['s', bucket, tags, value]),
    event: (event) => calls.push(['e', event]),
    badLine: (_line, reason) => calls.push(['bad', reason]),
  };
  parsePacket(text, sink);
  return calls;
}

const f = (text: string, ...calls: unknown[]): void => assert.deepEqual(parse(text), calls, text);

test('types, rates, several values, several lines', () => {
  f('a:1|c', ['c', 'a', '', 1, 1]);
  f('a:1|c|@0.1', ['c', 'a', '', 1, 0.1]);
  f('a:1|c:2|ms:3|g', ['c', 'a', '', 1, 1], ['ms', 'a', '', 2, 1], ['g', 'a', '', 3, false]);
  f('a:1:2:3|ms|@0.5', ['ms', 'a', '', 1, 0.5], ['ms', 'a', '', 2, 0.5], ['ms', 'a', '', 3, 0.5]);
  f(
    'a:1|c\nb:2.5|h\r\n\nc:3|d',
    ['c', 'a', '', 1, 1],
    ['ms', 'b', '', 2.5, 1],
    ['ms', 'c', '', 3, 1],
  );
  f('a:+3|g', ['g', 'a', '', 3, true]);
  f('a:-3|g', ['g', 'a', '', -3, true]);
  f('u:joe|s', ['s', 'u', '', 'joe']);
  f('u:|s', ['s', 'u', '', '0']);
  f('a:1e3|ms', ['ms', 'a', '', 1000, 1]);
  f('a:0.1|ms', ['ms', 'a', '', 0.1, 1]);
  f('a:5|m', ['c', 'a', '', 5, 1]);
  f('a', ['c', 'a', '', 1, 1]);
});

test('tags stay as written until the name is made', () => {
  f('a:1|c|#env:prod,x|@', ['c', 'a', 'env:prod,x', 1, 1]);
  f('a:1|c|@0.5|#env:prod', ['c', 'a', 'env:prod', 1, 0.5]);
  f('a[k=v:w]:1|c', ['c', 'a[k=v:w]', '', 1, 1]);
  f('a:1|c|#k:v|c:container', ['c', 'a', 'k:v', 1, 1]);
});

test('bad segments are told and cost their neighbours nothing', () => {
  f('a:x|c', ['bad', 'the value is not a number']);
  f('a:1', ['bad', 'no type']);
  f('a:1|c|0.1', ['bad', 'the sample rate is not a number over 0']);
  f('a:1|c|@-1', ['bad', 'the sample rate is not a number over 0']);
  f('a:1|c|@0', ['bad', 'the sample rate is not a number over 0']);
  f('a:-1|ms', ['bad', 'a timer cannot be negative']);
  f(':1|c', ['bad', 'no name']);
  f('a:nan|g:2|c', ['bad', 'the value is not a number'], ['c', 'a', '', 2, 1]);
  f('a:Infinity|g', ['bad', 'the value is not a number']);
  f(`${'x'.repeat(9000)}:1|c\nb:1|c`, ['bad', 'too long'], ['c', 'b', '', 1, 1]);
  f('_sc|disk|0', ['bad', 'service checks are not taken']);
});

test('DogStatsD events', () => {
  f('_e{6,11}:deploy|web 1.2\\nok|d:1700000000|#env:prod,web', [
    'e',
    { title: 'deploy', text: 'web 1.2\nok', when: 1700000000, tags: ['env:prod', 'web'] },
  ]);
  f('_e{60,10}:deploy|x', ['bad', 'not an event']);
});

test('names in every tag dialect become Graphite names', () => {
  const name = (raw: string, tags: string, expected: string) =>
    assert.equal(graphiteName(raw, tags), expected, raw);
  name('a b/c*d', '', 'a_b-cd');
  name('a;k=v', '', 'a;k=v');
  name('a', 'env:prod,flag', 'a;env=prod;flag=true');
  name('a,k=v,l=w', '', 'a;k=v;l=w');
  name('a#k=v', '', 'a;k=v');
  name('a[k=v,l=w]', '', 'a;k=v;l=w');
  name('a[k=v].b', '', 'a.b;k=v');
  name('a', 'k:v;x', 'a;k=v_x');
  name('***', '', '');
  name('a,b', '', 'ab');
});

test('any bytes are survived', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.constantFrom(
          'a',
          ':',
          '|',
          '@',
          '#',
          '1',
          '-',
          '.',
          'c',
          'ms',
          'g',
          's',
          '\n',
          '_e{',
          '}',
          '[',
          ']',
          ',',
          '\0',
          'é',
        ),
      ),
      (parts) => {
        parse(parts.join(''));
      },
    ),
  );
});
