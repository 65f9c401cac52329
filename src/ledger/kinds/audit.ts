/** `audit`: the score of a release on tasks that decided nothing about it. */
import { z } from 'zod';
import { drawnNoise } from '../../evaluation/seeds.ts';
import { AuditGate } from '../../gate/record.ts';
import { GATE_RULES } from '../../gate/rules.ts';
import { digest, PanelData, VerdictFields, Version } from './fields.ts';
import { hold } from './finding.ts';
import { verifyOrder, verifyVerdict } from './judged.ts';
import { type DecisionOf, defineKind } from './kind.ts';
import { panelSeed } from './panels.ts';
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
    const { verdict, prev, gate, data, played } = decision;
    if (verdict.rules === GATE_RULES) {
      const arms = [decision.parent.harness, decision.child.harness];
      const [before = '', after = ''] = arms;
      hold(context.note, 'played.seed', drawnNoise(prev).seed, played.seed);
      if (data.panelSeed !== undefined)
        hold(context.note, 'data.panelSeed', panelSeed({ head: prev, before, after }), data.panelSeed);
      verifyOrder(gate.pairs, { head: prev, panel: data.panel, look: 0, arms }, context.note);
    }
    if (decision.data.panelSeed !== undefined) return;
    verifyEnvironment(decision, context);
    verifyPairs(decision.gate.pairs, { split: 'sealed' }, context);
  },
});
export type AuditDecision = DecisionOf<'audit', typeof fields>;
