import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { parseColor } from '../../../bundle/carbonapi/drawing/color.ts';
import { drawSvg } from '../../../bundle/carbonapi/drawing/index.ts';
import { valueLabel } from '../../../bundle/carbonapi/drawing/value-labels.ts';
import { formatTime, timeLabels } from '../../../bundle/carbonapi/drawing/x-axis.ts';
import { makeYAxis } from '../../../bundle/carbonapi/drawing/y-axis.ts';
import type { Series } from '../../../bundle/carbonapi/series.ts';
import { startTestApi, type TestApi } from '../test-api.ts';

const now = 1_763_650_800;

function series(name: string, values: number[], options?: Series['options']): Series {
  const start = now - values.length * 60;
  return {
    name,
    pathExpression: name,
    start,
    step: 60,
    end: now,
    values: Float64Array.from(values),
    tags: { name },
    consolidate: 'average',
    xFilesFactor: 0,
    ...(options === undefined ? {} : { options }),
  };
}

function draw(list: Series[], parameters: Record<string, string> = {}): string {
  return drawSvg(list, {
    parameters: new URLSearchParams(parameters),
    window: { start: now - 3600, end: now },
    timeZone: 'UTC',
  });
}

const wave = Array.from({ length: 60 }, (_, i) => 50 + 40 * Math.sin(i / 6));

test('colours by name and in hexadecimal', () => {
  assert.deepEqual(parseColor('red'), { css: '#c80032', alpha: 1 });
  assert.deepEqual(parseColor('darkred'), { css: '#ff0000', alpha: 1 });
  assert.deepEqual(parseColor('#6464FF'), { css: '#6464ff', alpha: 1 });
  assert.deepEqual(parseColor('00ff0033'), { css: '#00ff00', alpha: 0.2 });
  assert.equal(parseColor('"><script>'), undefined);
});

test('labels of values', () => {
  assert.equal(valueLabel(1500, 500, 'si'), '1.5 K');
  assert.equal(valueLabel(2 * 1024 ** 3, 1024 ** 3, 'binary'), '2 Gi');
  assert.equal(valueLabel(7200, 3600, 'sec'), '2 H');
  assert.equal(valueLabel(0.25, 0.05, 'none'), '0.25');
  assert.equal(valueLabel(0, 1, 'si'), '0');
});

test('a value axis has round labels and contains its values', () => {
  const base = { min: undefined, max: undefined, step: undefined, limit: undefined };
  const options = { ...base, divisions: 5, logBase: undefined, unitSystem: 'si' };
  const axis = makeYAxis(3, 97, options);
  assert.equal(axis.bottom, 0);
  assert.equal(axis.top, 100);
  assert.deepEqual(
    axis.labels.map(({ text }) => text),
    ['0', '20', '40', '60', '80', '100'],
  );
  const flat = makeYAxis(5, 5, options);
  assert.ok(flat.bottom <= 5 && flat.top > 5);
  assert.ok(makeYAxis(Infinity, -Infinity, options).labels.length > 1);
  assert.equal(makeYAxis(3, 97, { ...options, min: -10, max: 50 }).top, 50);
  const log = makeYAxis(1, 900, { ...options, logBase: 10 });
  assert.deepEqual(
    log.labels.map(({ text }) => text),
    ['1', '10', '100', '1 K'],
  );
});

test('time labels are round in the zone, also across a change of clocks', () => {
  const labels = timeLabels({ start: now - 86_400, end: now }, 8, { timeZone: 'UTC' });
  assert.ok(labels.length >= 4 && labels.length <= 8);
  for (const { text } of labels) assert.match(text, /^\w{3} \d\d:00$/);
  const days = timeLabels(
    { start: Date.UTC(2026, 2, 27) / 1000, end: Date.UTC(2026, 3, 1) / 1000 },
    6,
    { timeZone: 'Europe/Paris', format: '%m/%d %H:%M' },
  );
  assert.deepEqual(
    days.map(({ text }) => text),
    ['03/28 00:00', '03/29 00:00', '03/30 00:00', '03/31 00:00', '04/01 00:00'],
  );
  assert.equal(formatTime('%a %b %e %Y %I:%M%p %%', now, 'UTC'), 'Thu Nov 20 2025 03:00PM %');
});

test('a graph has title, axes, curves and legend', () => {
  const svg = draw([series('one', wave), series('two', wave)], { title: 'A & B', vtitle: 'load' });
  assert.match(svg, /^<\?xml/);
  assert.match(svg, /<svg [^>]*width="330" height="250"/);
  assert.match(svg, />A &amp; B</);
  assert.match(svg, />load</);
  assert.match(svg, />one<.*>two</s);
  assert.equal(svg.match(/<path /g)?.length, 2);
  assert.match(svg, /stroke="#6464ff".*stroke="#00c800"/s);
});

test('what is hidden is not there', () => {
  const bare = draw([series('one', wave)], { graphOnly: 'true' });
  assert.doesNotMatch(bare, /<text/);
  assert.doesNotMatch(draw([series('one', wave)], { hideLegend: 'true' }), />one</);
  const many = Array.from({ length: 11 }, (_, i) => series(`s${i}`, wave));
  assert.doesNotMatch(draw(many), />s1</);
  assert.match(draw(many, { hideLegend: 'false' }), />s1</);
});

test('an area that lets others through has its line on top, and hides none before it', () => {
  const svg = draw([series('a', [2, 2, 2]), series('b', [1, 3, 1])], {
    areaMode: 'all',
    areaAlpha: '0.5',
    yMin: '0',
  });
  assert.equal(svg.match(/fill-opacity="0.5"/g)?.length, 2);
  assert.match(svg, /fill="none" stroke="#6464ff".*fill="none" stroke="#00c800"/s);
  const [first, second] = [...svg.matchAll(/d="(M[^"]*)" fill="#/g)].map((match) => match[1]);
  const heights = (path = ''): number[] =>
    [...path.matchAll(/,(-?[\d.]+)/g)].map(([, y]) => Number(y));
  const top = Math.min(...heights(first));
  assert.equal(Math.max(...heights(second)), top, 'the second area ends where the first is');
});

test('templates', () => {
  assert.match(draw([series('a', wave)]), /fill="#ffffff"/);
  assert.match(draw([series('a', wave)], { template: 'classic' }), /fill="#000000"/);
});

test('options of series and modes of lines', () => {
  assert.match(draw([series('a', wave, { color: 'red' })]), /stroke="#c80032"/);
  assert.match(draw([series('a', wave, { dashed: 5 })]), /stroke-dasharray="5"/);
  assert.match(draw([series('a', wave)], { lineMode: 'staircase' }), /d="M[^"]*H[^"]*V/);
  const gap = [1, 2, Number.NaN, 3, 4];
  const moves = (svg: string) => svg.match(/d="(M[^"]*)"/)?.[1]?.match(/M/g)?.length;
  assert.equal(moves(draw([series('a', gap)])), 2);
  assert.equal(moves(draw([series('a', gap)], { lineMode: 'connected' })), 1);
  assert.equal(moves(draw([series('a', gap)], { drawNullAsZero: 'true' })), 1);
  assert.match(
    draw([series('a', wave)], { areaMode: 'all', areaAlpha: '0.5' }),
    /fill-opacity="0.5"/,
  );
  const right = draw([series('a', wave), series('b', [1e6, 2e6], { secondYAxis: true })]);
  assert.match(right, />2.0 M</);
  const events = draw([series('a', wave), series('e', [0, 1, 0], { drawAsInfinite: true })]);
  assert.match(events, /d="M[\d.]+,[\d.]+v/);
});

test('stacked areas lie on each other', () => {
  const svg = draw([series('a', [1, 1]), series('b', [2, 2])], { areaMode: 'stacked', yMin: '0' });
  const [first = '', second = ''] = [...svg.matchAll(/d="(M[^"]*)Z"/g)].map(([, d]) => d ?? '');
  const heights = (d: string) => [...d.matchAll(/,([\d.]+)/g)].map(([, y]) => Number(y));
  assert.equal(Math.min(...heights(first)), Math.max(...heights(second)));
});

test('no data says so; hostile names stay text', () => {
  assert.match(draw([]), />No Data</);
  assert.match(draw([series('a', [Number.NaN])]), />No Data</);
  const svg = draw([series('<script>"&\u0001', wave)], { title: '</text><x>', bgcolor: '"/><x>' });
  assert.doesNotMatch(svg, /<script|<x>/);
  assert.equal(svg.includes('\u0001'), false);
});

test('a pie has a slice and a share for each series', () => {
  const svg = draw([series('a', [1, 1]), series('b', [3, 3])], { graphType: 'pie' });
  assert.match(svg, />25%<.*>75%</s);
  assert.equal(svg.match(/<path /g)?.length, 2);
  assert.match(draw([series('a', [5])], { graphType: 'pie' }), />100%</);
});

let api: TestApi;
before(async () => {
  api = await startTestApi({}, () => now * 1000);
  api.backend.add(
    'a.b',
    [{ step: 60, points: 1440 }],
    wave.map((value, i): [number, number] => [now - i * 60, value]),
  );
});
after(() => api.stop());

async function image(query: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${api.url}/render?target=a.b&from=-1h&${query}`, { headers });
  return {
    type: response.headers.get('content-type'),
    body: Buffer.from(await response.arrayBuffer()),
  };
}

test('PNG has the size asked for and pixels of the line', async () => {
  const { type, body } = await image('format=png&width=200&height=100&graphOnly=true');
  assert.equal(type, 'image/png');
  assert.equal(body.readUInt32BE(16), 200);
  assert.equal(body.readUInt32BE(20), 100);
  const empty = await image('format=png&width=200&height=100&graphOnly=true&lineWidth=0');
  assert.notDeepEqual(body, empty.body);
});

test('a request about an image gets one without asking for a format', async () => {
  assert.equal((await image('width=300')).type, 'image/png');
  assert.equal((await image('', { accept: 'image/avif,image/webp,*/*' })).type, 'image/png');
  assert.equal((await image('')).type, 'application/json');
  assert.equal((await image('format=svg')).type, 'image/svg+xml');
});
