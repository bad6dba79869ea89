// The environment given to services: what programs need, not what happened to be in the shell
// that started them, where secrets live.
const passed = new Set(['PATH', 'HOME', 'LANG', 'TZ', 'USER', 'LOGNAME', 'TMPDIR', 'SHELL']);
const passedPrefixes = ['LC_', 'DKM_', 'DKUMONITOR_'];

export function scrubEnvironment(environment: NodeJS.ProcessEnv): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined) continue;
    if (passed.has(name) || passedPrefixes.some((prefix) => name.startsWith(prefix))) {
      kept[name] = value;
    }
  }
  return kept;
}

/**
 * Lets the C library keep two arenas instead of eight a processor: each holds freed memory of its own.
 * What the user sets for a service comes after it.
 */
export const memoryEnvironment: Readonly<Record<string, string>> = { MALLOC_ARENA_MAX: '2' };
