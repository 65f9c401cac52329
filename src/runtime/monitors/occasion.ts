/** What a monitor looks at, and the interface of one kind of monitor. */
import type { Monitor } from '../../harness/schema.ts';
import type { AnsweredCall } from '../session.ts';

export interface Occasion {
  /** Model turns so far, including this one. */
  readonly turn: number;
  readonly turnsLeft: number;
  /** Answers to all calls so far, oldest first. */
  readonly answers: readonly AnsweredCall[];
  /** Replies without a call in a row, up to this turn. */
  readonly textOnly: number;
  /** True when the agent calls `done` now. */
  readonly finishing: boolean;
  /** Successful state-changing calls so far. */
  readonly writes: number;
}

/** True if the monitor's pattern is present; cooldown and cap come later. */
export type Detector = (monitor: Monitor, occasion: Occasion) => boolean;

/** The answers that a monitor looks at: the last `window`, or all of them. */
export const inWindow = ({ window }: Monitor, { answers }: Occasion): readonly AnsweredCall[] =>
  window === 0 ? answers : answers.slice(-window);
