/** Input and output of the rules; each rule finds the advice about one fault. */
import type { FaultKind } from '../profiles.ts';
import type { Sentence, ToolIndex } from '../sentence.ts';

/** One thing that a text says about one fault. */
export interface Advice {
  readonly fault: FaultKind;
  /** 1 = following it avoids the fault; -1 = following it commits the fault. */
  readonly polarity: 1 | -1;
  /** null = all tools. */
  readonly tools: ReadonlySet<string> | null;
  /** Exact argument name, when the sentence is about one name. */
  readonly argument?: string;
  /** Nouns to match with an argument's nouns; null = all arguments. */
  readonly nouns: ReadonlySet<string> | null;
  /** `partial`: about all wishes of a request rather than all items of a call. */
  readonly wishes?: boolean;
  /** `wrong_order`: what comes earlier and later; '*' = everything else. */
  readonly earlier?: string;
  readonly later?: string;
}

export type Found = Omit<Advice, 'fault' | 'tools' | 'nouns'> & Partial<Pick<Advice, 'tools' | 'nouns'>>;
export type Rule = (sentence: Sentence, index: ToolIndex) => readonly Found[];

/** Nothing for 0, else one piece of advice. */
export const about = (sign: -1 | 0 | 1, rest: Partial<Found> = {}): readonly Found[] =>
  sign === 0 ? [] : [{ ...rest, polarity: sign }];
