/** `look`: a look at the sealed panel begins, on terms fixed before the first rollout. */
import { alphaOf, RELEASE } from '../../gate/rules.ts';
import { LookAt, sentences } from './fields.ts';
import { hold } from './finding.ts';
import { verifyNotFrozen } from './freeze.ts';
import { defineKind } from './kind.ts';
import { headBefore, LookPlan, lookPlace, looksAt, panelSeed, sealedLooks, useOfTasks } from './panels.ts';
import { settingsInForce, verifyEnvironment, verifySealed } from './settings.ts';

export const look = defineKind({
  kind: 'look',
  fields: { data: LookAt, plan: LookPlan, limits: sentences },
  title: () => 'open a look at the sealed panel',
  verify(decision, context) {
    const { data, plan } = decision;
    const { before, note } = context;
    verifyNotFrozen(decision, context);
    verifyEnvironment(decision, context);
    const { terms, tasks } = plan;
    const { alpha = RELEASE.alpha, panelUsed = false } = terms;
    hold(note, 'plan.terms.alpha', alphaOf(lookPlace(before), terms.fdr), alpha);
    hold(note, 'plan.terms.planned', tasks.length, terms.planned);
    // A night leaves these two to the rule, so a record must not name them.
    hold(note, 'plan.terms.maxVoidShare', undefined, terms.maxVoidShare);
    hold(note, 'plan.terms.sizeWithinCap', undefined, terms.sizeWithinCap);
    // A generated panel serves one look: the next look draws another one.
    const given = data.panelSeed === undefined;
    if (!given && sealedLooks(before).some(({ opened }) => opened.data.panelSeed === data.panelSeed))
      note('data.panelSeed', 'a seed that no look had before', data.panelSeed);
    const { harness: from } = decision.parent;
    const { harness: to } = decision.child;
    const isV2 = plan.head === undefined;
    const head = headBefore(before, decision.run, decision.prev);
    if (!isV2) {
      hold(note, 'plan.head', head, plan.head);
      if (!given) hold(note, 'data.panelSeed', panelSeed({ head, before: from, after: to }), data.panelSeed);
    }
    // A look by the rules of v2 did not ask who had read the figures of earlier ones.
    const use = given
      ? useOfTasks(isV2 ? before.filter(({ kind }) => kind === 'look' || kind === 'release') : before)
      : new Map();
    const used = tasks.some((task) => use.get(task)?.used);
    hold(note, 'plan.terms.panelUsed', used, panelUsed);
    hold(note, 'data.look', looksAt(before, data.panel, given ? tasks : []) + 1, data.look);
    const inForce = settingsInForce(before);
    if (inForce === null) return;
    const { protected_tags: tags, max_increase: limits, fdr } = inForce.policy;
    hold(note, 'plan.terms.protectedTags', tags, terms.protectedTags ?? []);
    hold(note, 'plan.terms.maxIncrease', limits, terms.maxIncrease ?? {});
    hold(note, 'plan.terms.fdr', fdr, terms.fdr);
    if (given) verifySealed('plan.tasks', tasks, context);
  },
});
