// Logged-in users from utmp, as who(1) counts them.
import { endianness } from 'node:os';
import { definePlugin } from './plugin.ts';

// struct utmp of glibc: 384 bytes on every architecture, the type in the first two.
const recordBytes = 384;
const userProcess = 7;

/** Number of user sessions in the bytes of a utmp file. */
export function countUsers(bytes: Uint8Array): number {
  const [low, high] = endianness() === 'LE' ? [0, 1] : [1, 0];
  let users = 0;
  for (let at = 0; at + recordBytes <= bytes.length; at += recordBytes)
    if (bytes[at + low]! + bytes[at + high]! * 256 === userProcess) users += 1;
  return users;
}

export const users = definePlugin({
  name: 'users',
  summary: 'logged-in users',
  options: () => ({}),
  create: () => ({
    read: ({ host, emit }) => {
      // Systems without utmp (containers, musl) have nobody logged in as far as anyone can tell.
      const bytes = host.readBytes('/run/utmp') ?? host.readBytes('/var/run/utmp');
      emit({ type: 'users', values: [bytes === undefined ? 0 : countUsers(bytes)] });
    },
  }),
});
