/** Finds in a sentence the fault it warns of, the tool and argument, and ask or forbid. */
import type { FaultKind } from './profiles.ts';
import { inventedIdRule, missingPrefix, nameForId, wrongName, wrongType } from './rules/arguments.ts';
import { claim, gaveUp, loop, missingReport, textCall, unaskedWriteRule } from './rules/conduct.ts';
import { partial, writeBeforeRead, wrongOrder, wrongState } from './rules/procedure.ts';
import type { Advice, Rule } from './rules/rule.ts';
import { type Sentence, sentencesOf, type ToolIndex } from './sentence.ts';

export type { Advice } from './rules/rule.ts';

/** Faults that a text can warn of; no text fixes `reasoning`. */
const RULES: readonly (readonly [FaultKind, Rule])[] = [
  ['missing_prefix', missingPrefix],
  ['write_before_read', writeBeforeRead],
  ['name_for_id', nameForId],
  ['invented_id', inventedIdRule],
  ['wrong_name', wrongName],
  ['wrong_type', wrongType],
  ['wrong_state', wrongState],
  ['partial', partial],
  ['wrong_order', wrongOrder],
  ['missing_report', missingReport],
  ['claim', claim],
  ['loop', loop],
  ['unasked_write', unaskedWriteRule],
  ['gave_up', gaveUp],
  ['text_call', textCall],
];

/** All advice of one sentence. */
export function adviceOf(sentence: Sentence, index: ToolIndex): Advice[] {
  return RULES.flatMap(([fault, rule]) =>
    rule(sentence, index).map((item) => ({ tools: sentence.tools, nouns: null, ...item, fault })),
  );
}

/** A sentence with what it advises. */
export interface Understood {
  readonly sentence: Sentence;
  readonly advice: readonly Advice[];
}

const answers = new WeakMap<ToolIndex, Map<string, readonly Understood[]>>();
const MOST_ANSWERS = 2000;

/**
 * The sentences of a text with their advice; `own` is the tool whose description or answer it is.
 * Digits do not matter to advice, so texts that differ in ids alone are read once.
 */
export function understand(text: string, index: ToolIndex, own?: string): readonly Understood[] {
  let known = answers.get(index);
  if (!known) {
    known = new Map();
    answers.set(index, known);
  }
  const key = `${own ?? ''}\n${text.replace(/\d+/g, '0')}`;
  let read = known.get(key);
  if (!read) {
    read = sentencesOf(text, index, own).map((sentence) => ({ sentence, advice: adviceOf(sentence, index) }));
    if (known.size >= MOST_ANSWERS) known.clear();
    known.set(key, read);
  }
  return read;
}

/** All advice of a text. */
export const analyse = (text: string, index: ToolIndex, own?: string): Advice[] =>
  understand(text, index, own).flatMap((part) => part.advice);
