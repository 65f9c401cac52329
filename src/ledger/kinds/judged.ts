/** A verdict on scores must follow from the scores and the rule alone. */
import { armOrder, type OrderKey, orderText } from '../../gate/order.ts';
import type { Pair } from '../../gate/pairs.ts';
import { type GateRecord, recompute } from '../../gate/record.ts';
import { GATE_RULES, PAST_RULES, V2_RULES } from '../../gate/rules.ts';
import type { Verdict } from '../../types.ts';
import { hold } from './finding.ts';
import type { Context } from './kind.ts';

/** True for rules of an older version, which cannot be computed here. */
export const isPast = ({ rules }: Verdict): boolean => PAST_RULES.includes(rules);

/** Compares every field of a verdict with what the gate computes from the recorded scores. */
export function verifyVerdict(gate: GateRecord, verdict: Verdict, { note }: Context): void {
  if (isPast(verdict)) return;
  let expected: Record<string, unknown>;
  try {
    expected = { ...recompute(gate, verdict.rules === V2_RULES ? V2_RULES : GATE_RULES) };
  } catch (error) {
    note('gate', 'scores that the gate can judge', (error as Error).message);
    return;
  }
  const found: Record<string, unknown> = { ...verdict };
  for (const field of new Set([...Object.keys(expected), ...Object.keys(found)]))
    hold(note, `verdict.${field}`, expected[field], found[field]);
}

/** Each pair must hold the order that its coins gave. */
export function verifyOrder(pairs: readonly Pair[], key: OrderKey, note: Context['note']): void {
  const drawn = pairs.map(({ task, after }) => orderText(armOrder(key, task, after.length)));
  const recorded = pairs.map(({ order = 'none' }) => order);
  hold(note, 'gate.pairs, order', drawn.join(' '), recorded.join(' '));
}
