import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { cookieValue, setCookie } from '../../bundle/grafana/auth/cookies.ts';
import { createLoginLimiter } from '../../bundle/grafana/auth/login-limiter.ts';
import {
  decoyHash,
  generatePassword,
  hashPassword,
  verifyPassword,
} from '../../bundle/grafana/auth/password.ts';
import { openUserStore } from '../../bundle/grafana/auth/user-store.ts';

describe('passwords', () => {
  test('a hash takes its password and no other', async () => {
    const hash = await hashPassword('pässword 1');
    assert.match(hash, /^scrypt\$15\$8\$1\$[\w+/=]+\$[\w+/=]+$/);
    assert.equal(await verifyPassword('pässword 1', hash), true);
    assert.equal(await verifyPassword('pa\u0308ssword 1', hash), true, 'however ä is typed');
    assert.equal(await verifyPassword('pässword 2', hash), false);
    assert.notEqual(await hashPassword('pässword 1'), hash, 'a salt of its own');
  });
  test('no password opens what is no hash', async () => {
    for (const hash of ['', 'plain', 'md5$1$2$3$4$5', 'scrypt$15$8$1$AAAA', decoyHash()])
      assert.equal(await verifyPassword('', hash), false, hash);
  });
  test('made passwords are long, distinct and easy to copy', () => {
    const made = new Set(Array.from({ length: 200 }, generatePassword));
    assert.equal(made.size, 200);
    for (const one of made) assert.match(one, /^[a-hjkmnp-z2-9]{24}$/);
  });
});

describe('guessing', () => {
  test('waits double after the fifth failure, up to five minutes, and are forgotten', () => {
    let now = 0;
    const limiter = createLoginLimiter(() => now);
    const waits: number[] = [];
    for (let n = 0; n < 16; n++) {
      waits.push(limiter.waitSeconds('a', 'admin'));
      now += limiter.waitSeconds('a', 'admin') * 1000;
      limiter.failed('a', 'admin');
    }
    assert.deepEqual(waits, [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
    assert.equal(limiter.waitSeconds('b', 'admin'), 0, 'another address is not held up');
    now += 16 * 60_000;
    limiter.failed('a', 'admin');
    assert.equal(limiter.waitSeconds('a', 'admin'), 0);
  });
  test('an address that tries many names waits as well; success clears it', () => {
    const limiter = createLoginLimiter(() => 0);
    for (let n = 0; n < 6; n++) limiter.failed('a', `user${n}`);
    assert.ok(limiter.waitSeconds('a', 'fresh') > 0);
    limiter.succeeded('a', 'fresh');
    assert.equal(limiter.waitSeconds('a', 'fresh'), 0);
  });
  test('many addresses take bounded memory', () => {
    const limiter = createLoginLimiter(() => 0);
    for (let n = 0; n < 6; n++) limiter.failed('first', 'admin');
    for (let n = 0; n < 20_000; n++) limiter.failed(`address ${n}`, 'admin');
    assert.equal(limiter.waitSeconds('first', 'admin'), 0, 'the oldest is forgotten');
  });
});

test('cookies', () => {
  const f = (header: string | undefined, want: string | undefined): void =>
    assert.equal(cookieValue(header, 'a'), want);
  f(undefined, undefined);
  f('', undefined);
  f('a=1', '1');
  f('b=2; a=1;c=3', '1');
  f('aa=2; xa=3', undefined);
  f('a=x=y', 'x=y');
  f('a', undefined);
  const options = { path: '/x/', maxAgeSeconds: 5, secure: true };
  assert.equal(
    setCookie('n', 'v', options),
    'n=v; Path=/x/; Max-Age=5; HttpOnly; SameSite=Lax; Secure',
  );
});

test('sessions end after their time without a request, and live on with one', () => {
  const directory = mkdtempSync(join(tmpdir(), 'dkumonitor-users-'));
  let now = 1_000_000_000_000;
  const store = openUserStore({
    file: join(directory, 'a/users.db'),
    sessionHours: 2,
    nowMs: () => now,
  });
  try {
    assert.equal(store.isEmpty(), true);
    const user = store.create('Admin', 'admin', 'hash');
    assert.equal(store.find('ADMIN')?.user.id, user.id);
    assert.throws(() => store.create('admin', 'viewer', 'hash'), /UNIQUE/);
    const [used, unused] = [store.openSession(user.id), store.openSession(user.id)];
    for (let n = 0; n < 3; n++) {
      now += 3_600_000;
      assert.equal(store.userOfSession(used)?.name, 'Admin', `hour ${n + 1}`);
    }
    assert.equal(store.userOfSession(unused), undefined);
    assert.equal(store.userOfSession(''), undefined);
    assert.equal(store.userOfSession(`${used}x`), undefined);
    const tokens = Array.from({ length: 60 }, () => store.openSession(user.id));
    const alive = [used, ...tokens].filter((token) => store.userOfSession(token) !== undefined);
    assert.equal(alive.length, 50, 'sessions of one user are bounded');
  } finally {
    store.close();
    rmSync(directory, { recursive: true, force: true });
  }
});
