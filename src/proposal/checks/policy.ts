/** Rejects changes of what is protected. */
import { canonicalJson } from '../../digest.ts';
import { touchedIds } from '../../edit/edits.ts';
import { resembles, sectionName, sectionsOf, structureOf } from '../../harness/sections.ts';
import type { Harness } from '../../types.ts';
import type { AppliedCandidate, Check } from '../check.ts';
import { editableRefusal } from './editable.ts';

/** Why edits may not lead from parent to child; null when they may. */
export function policyRefusal({
  parent,
  child,
  edits,
}: Pick<AppliedCandidate, 'parent' | 'child' | 'edits'>): string | null {
  const touched = edits.flatMap((e) => [...touchedIds(e)]).find((id) => parent.settings.protected.includes(id));
  if (touched !== undefined) return `${touched} is protected`;
  const section = parent.settings.protected.find((name) => !keepsSection(parent, child, name));
  if (section !== undefined) return `${section} is protected`;
  const outside = editableRefusal(parent, child);
  if (outside !== null) return outside;
  const guarded = ({ settings, contract, regulation }: Harness): string => {
    const items = [...contract.clauses, ...regulation.monitors].filter(({ id }) => settings.protected.includes(id));
    return canonicalJson([settings.permissions, settings.protected, settings.editable, settings.caps, items]);
  };
  return guarded(parent) === guarded(child) ? null : 'permissions, protected, editable and caps may not change';
}

/**
 * True if a protected section is unchanged and the only one of its name: nothing that shapes its
 * skill changes, and no other skill gains such a heading.
 */
function keepsSection(parent: Harness, child: Harness, name: string): boolean {
  const section = sectionName(name);
  if (section === null) return true;
  const { skill, heading } = section;
  const shown = ({ skills }: Harness): unknown =>
    skills.flatMap((one) =>
      one.name === skill
        ? [one.name, structureOf(one.body), sectionsOf(one.body, heading)]
        : resembles(one.body, heading)
          ? [one.name]
          : [],
    );
  return canonicalJson(shown(parent)) === canonicalJson(shown(child));
}

export const policyCheck: Check = { name: 'policy', check: policyRefusal };
