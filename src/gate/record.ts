/** What a decision stores of a gate: enough to compute its verdict again. */
import { z } from 'zod';
import type { Verdict } from '../types.ts';
import { AuditOptions, decideAudit } from './audit.ts';
import { decideKeep, decidePrune, KeepOptions } from './keep.ts';
import { Pair } from './pairs.ts';
import { decideRelease, ReleaseOptions } from './release.ts';
import { GATE_RULES } from './rules.ts';
import { Spending } from './verdict.ts';

const pairs = z.array(Pair).min(1).readonly();

export const KeepGate = z.strictObject({ stage: z.literal('keep'), pairs, options: KeepOptions });
export const PruneGate = z.strictObject({ stage: z.literal('prune'), pairs, options: Spending });
export const ReleaseGate = z.strictObject({ stage: z.literal('release'), pairs, options: ReleaseOptions });
export const AuditGate = z.strictObject({ stage: z.literal('audit'), pairs, options: AuditOptions });

/** The arguments of one decision; `pairs` in the order they were played. */
export const GateRecord = z.discriminatedUnion('stage', [KeepGate, PruneGate, ReleaseGate, AuditGate]);
export type GateRecord = z.infer<typeof GateRecord>;

/**
 * The verdict, byte-equal on any machine; `rules` may be those of v2. Throws ZodError, and
 * RangeError as the gates do.
 */
export function recompute(record: GateRecord, rules: string = GATE_RULES): Verdict {
  return { ...decide(record, rules), rules };
}

function decide(record: GateRecord, rules: string): Verdict {
  const known = GateRecord.parse(record);
  switch (known.stage) {
    case 'keep':
      return decideKeep(known.pairs, known.options);
    case 'prune':
      return decidePrune(known.pairs, known.options);
    case 'release':
      return decideRelease(known.pairs, known.options, rules);
    case 'audit':
      return decideAudit(known.pairs, known.options);
  }
}
