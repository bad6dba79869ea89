// Says when a series sends more often than its file keeps points: of all that fall into one slot only
// the last stays, which nobody sees in a graph.
import type { Logger } from '../../core/log.ts';
import type { WhisperHandle } from '../../whisper/index.ts';
import type { StorageRules } from '../rules/index.ts';

// A sender whose clock wavers about the edge of a slot puts two points into every fourth at worst.
const overwrittenMin = 10;
const overwrittenShareMin = 0.4;

export class CrowdedSlots {
  readonly #log: Logger;
  readonly #said = new Set<string>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** To be called when points of this series overwrote each other; warns once per storage rule. */
  note(handle: WhisperHandle, metric: string, rules: StorageRules): void {
    const { first, newest, points, overwritten } = handle.arrivals;
    if (overwritten < overwrittenMin || overwritten < points * overwrittenShareMin) return;
    const { name } = rules.ruleFor(metric).schema;
    if (this.#said.has(name)) return;
    this.#said.add(name);
    const step = handle.layout.archives[0]?.secondsPerPoint ?? 0;
    const seconds = Math.max(1, Math.round((newest - first) / (points - 1)));
    this.#log.warn(
      `series ${metric} comes about every ${seconds} s, but its file keeps one point every ${step} s: all but the last of each slot are lost. Its storage rule is [${name}]; this is said once per rule`,
      { points, overwritten },
    );
  }
}
