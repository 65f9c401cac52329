/** A verdict on scores: what it must be follows from the scores and the rule alone. */
import { type GateRecord, recompute } from '../../gate/record.ts';
import { PAST_RULES } from '../../gate/rules.ts';
import type { Verdict } from '../../types.ts';
import { hold } from './finding.ts';
import type { Context } from './kind.ts';

/** By rules of an older version: it cannot be computed again here. */
export const isPast = ({ rules }: Verdict): boolean => PAST_RULES.includes(rules);

/** Holds a verdict against what the gate computes from the recorded scores, in every field. */
export function verifyVerdict(gate: GateRecord, verdict: Verdict, { note }: Context): void {
  if (isPast(verdict)) return;
  let expected: Record<string, unknown>;
  try {
    expected = { ...recompute(gate) };
  } catch (error) {
    note('gate', 'scores that the gate can judge', (error as Error).message);
    return;
  }
  const found: Record<string, unknown> = { ...verdict };
  for (const field of new Set([...Object.keys(expected), ...Object.keys(found)]))
    hold(note, `verdict.${field}`, expected[field], found[field]);
}
