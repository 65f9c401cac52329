/** What a harness gives up compared with an earlier one: permissions, policy, protection. */
import { canonicalJson } from '../digest.ts';
import type { Harness, HarnessFiles } from '../types.ts';
import { fixedText, moreEditable } from './editable.ts';
import { parseHarness } from './parse.ts';
import { looserThan } from './permissions.ts';
import { sectionName, sectionsOf } from './sections.ts';

/** One sentence per thing that `after` gives up; [] = none, or one of the two does not parse. */
export function harnessLoosenings(env: string, before: HarnessFiles, after: HarnessFiles): string[] {
  try {
    return loosenedIn(parseHarness(env, before), parseHarness(env, after));
  } catch {
    return [];
  }
}

/** `harnessLoosenings` of parsed documents. */
export function loosenedIn(old: Harness, now: Harness): string[] {
  const { protected: names, editable } = old.settings;
  const policyOf = ({ policy }: Harness) => fixedText('policy.md', policy, editable);
  return [
    ...looserThan(old.settings.permissions, now.settings.permissions),
    ...(policyOf(old) === policyOf(now) ? [] : ['policy.md is another text']),
    ...moreEditable(editable, now.settings.editable).map((entry) => `edits may change ${entry}`),
    ...names
      .filter((name) => !now.settings.protected.includes(name))
      .map((name) => `${name} is not protected any more`),
    ...names
      .filter((name) => partOf(old, name) !== partOf(now, name))
      .map((name) => `${name} was protected and changed`),
  ];
}

/** The item with a protected name, as canonical JSON. */
function partOf({ contract, regulation, skills }: Harness, name: string): string {
  const section = sectionName(name);
  const skill = skills.find((one) => one.name === (section?.skill ?? name));
  if (section !== null) return canonicalJson(skill === undefined ? [] : sectionsOf(skill.body, section.heading));
  const same = ({ id }: { readonly id: string }): boolean => id === name;
  return canonicalJson([contract.clauses.filter(same), regulation.monitors.filter(same), skill ?? null]);
}
