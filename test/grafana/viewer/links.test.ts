import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linkAddress, readLinks } from '../../../bundle/grafana/viewer/model/links.ts';

test('links to addresses and to tags; others are left out', () => {
  const links = [
    { title: 'Tags', type: 'dashboards', tags: ['a'], keepTime: true },
    { title: 'Ours', type: 'link', url: '/d/abc/x', includeVars: true },
    { title: 'Web', type: 'link', url: 'https://example.org' },
    { title: 'Script', type: 'link', url: 'javascript:alert(1)' },
    { title: 'Host', type: 'link', url: '//evil.example' },
    { title: 'No tags', type: 'dashboards', tags: [] },
    null,
  ];
  assert.deepEqual(
    readLinks({ links }).map(({ text }) => text),
    ['Tags', 'Ours', 'Web'],
  );
  assert.deepEqual(readLinks({}), []);
});

test('time and variables are kept when asked for', () => {
  const parameters = new URLSearchParams('from=now-1h&to=now&var-host=a&var-host=b&refresh=5s');
  const f = (more: object, address: string, want: string): void => {
    const [link] = readLinks({ links: [{ type: 'link', url: address, ...more }] });
    assert.ok(link !== undefined);
    assert.equal(linkAddress(link, link.address, parameters), want);
  };
  f({}, '/d/x', 'd/x');
  f({ keepTime: true }, '/d/x', 'd/x?from=now-1h&to=now');
  f({ includeVars: true }, 'd/x?y=1', 'd/x?y=1&var-host=a&var-host=b');
});
