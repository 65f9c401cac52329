/** Hard caps of a night: each rollout is reserved first, so that spend never exceeds the budget. */
import { BudgetError } from '../errors.ts';

export interface Caps {
  /** Maximum rollouts; Infinity = no cap. */
  readonly maxRollouts: number;
  /** US dollars. */
  readonly maxUsd: number;
  /** Minutes from `startedMs`. */
  readonly maxMinutes: number;
}

const NO_CAPS: Caps = {
  maxRollouts: Number.POSITIVE_INFINITY,
  maxUsd: Number.POSITIVE_INFINITY,
  maxMinutes: Number.POSITIVE_INFINITY,
};

export interface Budget {
  readonly rollouts: number;
  readonly usd: number;
  /** The cap that is reached, as one clause; null if none is. */
  reached(): string | null;
  /** True when `count` more rollouts fit into every cap. */
  affords(count: number): boolean;
  /** Reserves one rollout; throws BudgetError when a cap is reached. */
  reserve(): void;
  /** Reserves money for one call, to be settled; throws BudgetError if it does not fit. */
  reserveUsd(amount: number): void;
  /** Replaces a reservation by the call's cost. */
  settleUsd(reserved: number, cost: number): void;
  /** Counts a rollout that an earlier try of this night already played. */
  restore(): void;
  /** Goes back to `count` rollouts: later ones ran ahead of a deciding check; their money stays. */
  drop(count: number): void;
  /** Counts US dollars that an earlier try spent, and reports every later change to `record`. */
  keepUsd(spent: number, record: (change: number) => void): void;
}

/** Longest delay of a timer. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** `signal`, aborted also when the minutes from now are over: the cap ends what runs then. */
export function untilCap(signal: AbortSignal, { maxMinutes = Number.POSITIVE_INFINITY }: Partial<Caps>): AbortSignal {
  const ms = maxMinutes * 60_000;
  if (ms > MAX_TIMER_MS) return signal;
  const over = new AbortController();
  setTimeout(() => over.abort(capOfMinutes(maxMinutes)), Math.max(0, ms)).unref();
  return AbortSignal.any([signal, over.signal]);
}

const capOfMinutes = (minutes: number) => new BudgetError(`the cap of ${minutes} minutes is reached`);

/**
 * `now` gives milliseconds; only differences matter. After `stopAfter` rollouts a cap counts as
 * reached, so that a resumed night stops where it stopped before. A missing cap is no cap.
 */
export function openBudget(given: Partial<Caps>, now: () => number, stopAfter = Number.POSITIVE_INFINITY): Budget {
  const caps: Caps = { ...NO_CAPS, ...given };
  const startedMs = now();
  let rollouts = 0;
  let usd = 0;
  let record: (change: number) => void = () => {};
  const change = (amount: number) => {
    usd += amount;
    if (amount !== 0) record(amount);
  };
  const minutesLeft = () => caps.maxMinutes - (now() - startedMs) / 60_000;
  return {
    get rollouts() {
      return rollouts;
    },
    get usd() {
      return usd;
    },
    reached() {
      if (rollouts >= stopAfter) return `the cap after ${stopAfter} rollouts is reached`;
      if (rollouts >= caps.maxRollouts) return `the cap of ${caps.maxRollouts} rollouts is reached`;
      if (minutesLeft() <= 0) return `the cap of ${caps.maxMinutes} minutes is reached`;
      return usd >= caps.maxUsd ? `the cap of $${caps.maxUsd} is reached` : null;
    },
    affords: (count) =>
      rollouts + count <= caps.maxRollouts && rollouts < stopAfter && usd < caps.maxUsd && minutesLeft() > 0,
    reserve() {
      if (rollouts >= stopAfter) throw new BudgetError(`the cap after ${stopAfter} rollouts is reached`);
      if (rollouts + 1 > caps.maxRollouts) throw new BudgetError(`the cap of ${caps.maxRollouts} rollouts is reached`);
      if (minutesLeft() <= 0) throw capOfMinutes(caps.maxMinutes);
      rollouts += 1;
    },
    reserveUsd(amount) {
      if (usd + amount > caps.maxUsd)
        throw new BudgetError(
          `the next model call may cost $${amount.toFixed(4)} and would pass the cap of $${caps.maxUsd} ($${usd.toFixed(4)} spent)`,
        );
      change(amount);
    },
    settleUsd(reserved, cost) {
      change(cost - reserved);
    },
    restore() {
      rollouts += 1;
    },
    drop(count) {
      rollouts = Math.min(rollouts, count);
    },
    keepUsd(spent, kept) {
      usd += spent;
      record = kept;
    },
  };
}
