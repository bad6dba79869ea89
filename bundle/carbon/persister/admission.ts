// Whether a new name may become a series: what conf/new-series.conf says of it, else the budget of
// its prefix. What is refused for the budget is listed for the administrator to accept or deny.
import { readFileSync, statSync } from 'node:fs';
import { codeOf, messageOf } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import {
  type NewSeriesRules,
  parseNewSeriesRules,
  type RefusedSeries,
  readRefused,
  writeRefused,
} from '../rules/index.ts';
import { CreationBudget, topPrefix } from './creation-budget.ts';

export interface AdmissionOptions {
  /** New series per top prefix, at once or over a day; 0 = no limit. */
  newSeriesPerPrefix: number;
  /** Files: the rules, which may be missing, and the list of what was refused. */
  newSeriesRules: string;
  refusedSeries: string;
}

export type Admission = 'admitted' | 'over-budget' | 'denied';

const listedMax = 10_000;
const rulesLookMilliseconds = 1000;
const listWriteMilliseconds = 5000;
const quietMilliseconds = 600_000;
const noRules: NewSeriesRules = { verdictOn: () => undefined };

export class NewSeries {
  readonly #options: AdmissionOptions;
  readonly #log: Logger;
  readonly #budget: CreationBudget;
  readonly #refused = new Map<string, RefusedSeries>();
  readonly #saidAt = new Map<string, number>();
  #perPrefix: number;
  #rules = noRules;
  #rulesTime = 0;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #unlisted = 0;
  #isChanged = false;
  #writtenAt = Number.NEGATIVE_INFINITY;

  /** `now` everywhere counts milliseconds and never jumps. */
  constructor(options: AdmissionOptions, now: number, log: Logger) {
    this.#options = options;
    this.#log = log;
    this.#perPrefix = options.newSeriesPerPrefix;
    this.#budget = new CreationBudget(this.#perPrefix, now);
    try {
      const { series, unlisted } = readRefused(options.refusedSeries);
      for (const one of series) this.#refused.set(one.name, one);
      this.#unlisted = unlisted;
    } catch (error) {
      log.warn(`the list of refused series is begun anew: ${messageOf(error)}`);
    }
  }

  /** Names listed as refused. */
  get listed(): number {
    return this.#refused.size;
  }

  /** Another budget for each prefix from now on. */
  configure(newSeriesPerPrefix: number): void {
    this.#perPrefix = newSeriesPerPrefix;
    this.#budget.configure(newSeriesPerPrefix);
  }

  /** Asks for a name that has no file; `points` are lost when it is refused. */
  ask(metric: string, points: number, now: number): Admission {
    this.#readRules(now);
    const verdict = this.#rules.verdictOn(metric);
    if (verdict === 'deny') {
      this.#unlist(metric);
      return 'denied';
    }
    if (verdict === 'accept' || this.#budget.allows(topPrefix(metric), now)) return 'admitted';
    this.#list(metric, points);
    this.#say(topPrefix(metric), now);
    return 'over-budget';
  }

  /** A file was made for the name. */
  began(metric: string, now: number): void {
    this.#unlist(metric);
    if (this.#rules.verdictOn(metric) !== 'accept') this.#budget.spend(topPrefix(metric), now);
  }

  /** Writes the list down when it has changed; at most every five seconds unless `isLast`. */
  writeList(now: number, isLast = false): void {
    if (!this.#isChanged || (!isLast && now - this.#writtenAt < listWriteMilliseconds)) return;
    this.#writtenAt = now;
    this.#isChanged = false;
    try {
      const series = [...this.#refused.values()];
      writeRefused(this.#options.refusedSeries, { series, unlisted: this.#unlisted });
    } catch (error) {
      // On a full disk the counters still tell.
      this.#log.warn(`the list of refused series cannot be written: ${messageOf(error)}`);
    }
  }

  #list(name: string, points: number): void {
    const seconds = Math.floor(Date.now() / 1000);
    const known = this.#refused.get(name);
    this.#isChanged = true;
    if (known !== undefined) {
      known.points += points;
      known.last = seconds;
    } else if (this.#refused.size < listedMax) {
      this.#refused.set(name, { name, points, first: seconds, last: seconds });
    } else this.#unlisted++;
  }

  #unlist(name: string): void {
    if (this.#refused.delete(name)) this.#isChanged = true;
    if (this.#refused.size === 0) this.#unlisted = 0;
  }

  #say(prefix: string, now: number): void {
    if (now - (this.#saidAt.get(prefix) ?? Number.NEGATIVE_INFINITY) < quietMilliseconds) return;
    if (this.#saidAt.size >= listedMax) this.#saidAt.clear();
    this.#saidAt.set(prefix, now);
    this.#log.warn(
      `new series of ${prefix} are refused: it has begun ${this.#perPrefix} within a day (persister.newSeriesPerPrefix). They are listed by dkmadmin metric refused; allow them with dkmadmin metric accept ${prefix}`,
    );
  }

  #readRules(now: number): void {
    if (now - this.#lookedAt < rulesLookMilliseconds) return;
    this.#lookedAt = now;
    const file = this.#options.newSeriesRules;
    const time = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (time === this.#rulesTime) return;
    this.#rulesTime = time;
    try {
      this.#rules = time === 0 ? noRules : parseNewSeriesRules(readFileSync(file, 'utf8'), file);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') this.#rules = noRules;
      else this.#log.error(`the rules for new series stay as they were: ${messageOf(error)}`);
    }
  }
}
