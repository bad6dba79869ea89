// How many points all requests together hold in memory. A request that would take more than is left is
// refused; what a large answer holds is given back when its last reader has it.
import { OperatingError } from '../../core/errors.ts';
import { Blocks } from './blocks.ts';

export class ReadBudget {
  pointsMax: number;
  points = 0;
  refused = 0;

  constructor(pointsMax: number) {
    this.pointsMax = pointsMax;
  }

  /** An account of one request; throws nothing until something is taken. */
  open(): ReadAccount {
    return new ReadAccount(this);
  }
}

/** What one request holds. Opened with one holder; given back when the last one leaves. */
export class ReadAccount {
  /** Where its columns are. */
  readonly blocks = new Blocks();
  readonly #budget: ReadBudget;
  #points = 0;
  #holders = 1;
  #isRead = false;

  constructor(budget: ReadBudget) {
    this.#budget = budget;
  }

  /** Throws an OperatingError (`too-busy`) when all requests together would hold too much. */
  take(points: number): void {
    this.check(points);
    this.#budget.points += points;
    this.#points += points;
  }

  /** Throws what taking so many would throw. */
  check(points: number): void {
    const budget = this.#budget;
    if (budget.points + points > budget.pointsMax) {
      budget.refused++;
      throw new OperatingError(
        'too-busy',
        `the requests being worked on hold ${budget.points} points, and ${points} more would pass the ${budget.pointsMax} allowed (limits.pointsAtOnce); try again later or ask for less`,
      );
    }
  }

  hold(): void {
    this.#holders++;
  }

  /** All that was asked for has come: nobody writes into its columns any more. */
  finishReading(): void {
    this.#isRead = true;
  }

  leave(): void {
    if (--this.#holders > 0) return;
    if (this.#isRead) this.blocks.leave();
    this.#budget.points -= this.#points;
    this.#points = 0;
  }
}
