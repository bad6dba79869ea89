// Back-pressure: one gate that all TCP readers pass. It closes when the cache or the journal has
// no room and opens, with some distance, when they have. UDP cannot wait and does not ask.

export interface GateConditions {
  /** Something is full: readers must stop. */
  mustClose(): boolean;
  /** Everything has room again. */
  mayOpen(): boolean;
}

export class Gate {
  isOpen = true;
  /** How often readers were stopped. */
  closings = 0;
  readonly #conditions: GateConditions;
  #waiting: (() => void)[] = [];

  constructor(conditions: GateConditions) {
    this.#conditions = conditions;
  }

  /** To be called after points were added and after some were written; opens and closes. */
  check(): void {
    if (this.isOpen) {
      if (!this.#conditions.mustClose()) return;
      this.isOpen = false;
      this.closings++;
    } else if (this.#conditions.mayOpen()) {
      this.isOpen = true;
      const waiting = this.#waiting;
      this.#waiting = [];
      for (let k = 0; k < waiting.length; k++) {
        // A reader that goes on may fill the cache again: the rest keep waiting.
        if (!this.isOpen) {
          this.#waiting.push(...waiting.slice(k));
          return;
        }
        waiting[k]?.();
      }
    }
  }

  /** Calls `resume` once when the gate opens. */
  whenOpen(resume: () => void): void {
    this.#waiting.push(resume);
  }
}
