// Limits, kernel settings and the clock of the machine.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Check, type Finding, good, note, problem, warning } from './finding.ts';

const openFilesMin = 4096;
const udpBufferBytesMin = 1024 * 1024;
const clockSlackMs = 120_000;
const yearMin = 2025;

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

export const checkLimits: Check = ({ status, instance }) => {
  const pid = status?.pid ?? 'self';
  const limits = readText(`/proc/${pid}/limits`);
  const findings: Finding[] = [];
  const files = Number(
    /^Max open files\s+(\d+)/m.exec(limits ?? '')?.[1] ?? Number.POSITIVE_INFINITY,
  );
  if (files < openFilesMin) {
    findings.push(
      warning(
        'limits',
        `${files} open files are allowed, carbon keeps one for each series it writes`,
        'ulimit -n 65536 before dkm start (the boot service has it)',
      ),
    );
  } else findings.push(good('limits', 'enough open files are allowed'));
  const buffer = Number(readText('/proc/sys/net/core/rmem_max')?.trim() ?? udpBufferBytesMin);
  if (buffer < udpBufferBytesMin && instance.type !== 'frontend') {
    findings.push(
      note(
        'limits',
        `UDP buffers are limited to ${buffer} bytes, so bursts of datagrams get lost`,
        `sysctl net.core.rmem_max=${udpBufferBytesMin * 8}`,
      ),
    );
  }
  return findings;
};

export const checkClock: Check = ({ home }) => {
  const now = new Date();
  if (now.getFullYear() < yearMin) {
    return [
      problem(
        'clock',
        `this machine thinks it is ${now.toISOString()}`,
        'set the clock, and run a time service',
      ),
    ];
  }
  const future = ['conf/instance.json', 'run', 'storage'].filter((path) => {
    const full = join(home, path);
    return existsSync(full) && statSync(full).mtimeMs > now.getTime() + clockSlackMs;
  });
  if (future.length > 0) {
    return [
      warning(
        'clock',
        `${future.join(', ')} were changed in the future: the clock was set back`,
        'run a time service; points of that time are in the future too',
      ),
    ];
  }
  if (existsSync('/run/systemd/timesync') && !existsSync('/run/systemd/timesync/synchronized')) {
    return [warning('clock', 'the clock is not synchronised', 'timedatectl set-ntp true')];
  }
  return [good('clock', now.toISOString())];
};
