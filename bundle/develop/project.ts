// Where the project is and what version it has.
import { fileURLToPath } from 'node:url';
import { version } from '../core/version.ts';

export const projectRoot = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

export const kitName = `dkumonitor-${version}`;

/** This machine's name in the table of runtimes. */
export const hostPlatform: string = `${process.platform}-${process.arch}`;
