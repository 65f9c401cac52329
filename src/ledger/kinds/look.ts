/** `look`: a look at the sealed panel begins, on terms fixed before the first rollout. */
import { alphaOf, RELEASE } from '../../gate/rules.ts';
import { LookAt, sentences } from './fields.ts';
import { hold } from './finding.ts';
import { verifyNotFrozen } from './freeze.ts';
import { defineKind } from './kind.ts';
import { LookPlan, lookPlace, looksAt, sealedLooks, useOfTasks } from './panels.ts';
import { settingsInForce, verifyEnvironment } from './settings.ts';

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
    const use = given ? useOfTasks(before) : new Map();
    const used = tasks.some((task) => use.get(task)?.used);
    hold(note, 'plan.terms.panelUsed', used, panelUsed);
    hold(note, 'data.look', looksAt(before, data.panel) + 1, data.look);
    const inForce = settingsInForce(before);
    if (inForce === null) return;
    const { protected_tags: tags, max_increase: limits, fdr } = inForce.policy;
    hold(note, 'plan.terms.protectedTags', tags, terms.protectedTags ?? []);
    hold(note, 'plan.terms.maxIncrease', limits, terms.maxIncrease ?? {});
    hold(note, 'plan.terms.fdr', fdr, terms.fdr);
    const sealed = new Set(inForce.tasks.flatMap(({ id, split }) => (split === 'sealed' ? [id] : [])));
    const foreign = given ? tasks.find((task) => !sealed.has(task)) : undefined;
    if (foreign !== undefined) note('plan.tasks', 'sealed tasks', foreign);
  },
});
