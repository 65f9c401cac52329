/** `audit`: the score of a release on tasks that decided nothing about it. */
import { z } from 'zod';
import { AuditGate } from '../../gate/record.ts';
import { digest, PanelData, VerdictFields, Version } from './fields.ts';
import { verifyVerdict } from './judged.ts';
import { type DecisionOf, defineKind } from './kind.ts';
import { verifyVersion } from './release.ts';
import { verifyEnvironment, verifyPairs } from './settings.ts';

const fields = {
  data: PanelData,
  gate: AuditGate,
  verdict: VerdictFields,
  version: Version,
  /** Seed and agent, so that it can be played again. */
  played: z.strictObject({ seed: z.int(), agent: digest }),
};

export const audit = defineKind({
  kind: 'audit',
  fields,
  elsewhere: true,
  title: ({ version }) => `audit of ${version}`,
  verify(decision, context) {
    verifyVerdict(decision.gate, decision.verdict, context);
    verifyVersion(decision, context);
    if (decision.data.panelSeed !== undefined) return;
    verifyEnvironment(decision, context);
    verifyPairs(decision.gate.pairs, { split: 'sealed' }, context);
  },
});
export type AuditDecision = DecisionOf<'audit', typeof fields>;
