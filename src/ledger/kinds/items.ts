/** The named parts of a harness with digests of their content, and what changed between two. */
import { canonicalJson, sha256 } from '../../digest.ts';
import { applyEdits, touchedIds } from '../../edit/edits.ts';
import type { Edit } from '../../edit/schema.ts';
import { loosenedIn } from '../../harness/loosened.ts';
import { parseHarness } from '../../harness/parse.ts';
import type { Harness, HarnessFiles } from '../../types.ts';
import type { Touched } from './fields.ts';
import { hold } from './finding.ts';
import type { AnyDecision, Context } from './kind.ts';

/**
 * Digest per part, by the id in traces: clause, skill, monitor, `format:<argument>`,
 * `alias:<tool>.<name>`, `realization:<switch>`, `permissions`, `policy`, `settings` (the rest of
 * harness.yaml).
 */
export function itemDigests(harness: Harness): Map<string, string> {
  const contents = new Map<string, unknown[]>();
  const add = (id: string, content: unknown) => contents.set(id, [...(contents.get(id) ?? []), content]);
  for (const clause of harness.contract.clauses) add(clause.id, clause);
  for (const skill of harness.skills) add(skill.name, skill);
  for (const monitor of harness.regulation.monitors) add(monitor.id, monitor);
  for (const format of harness.contract.formats) add(`format:${format.argument}`, format);
  for (const [tool, names] of Object.entries(harness.contract.aliases)) {
    for (const [wrong, right] of Object.entries(names)) add(`alias:${tool}.${wrong}`, right);
  }
  const { realization, permissions, ...settings } = harness.settings;
  for (const [key, value] of Object.entries(realization)) add(`realization:${key}`, value);
  add('permissions', permissions);
  add('settings', settings);
  add('policy', harness.policy);
  return new Map([...contents].map(([id, list]) => [id, sha256(canonicalJson(list))]));
}

/** Parts whose content differs between two harnesses, by id. */
export function changedItems(before: Harness, after: Harness): Touched[] {
  const old = itemDigests(before);
  const now = itemDigests(after);
  return [...new Set([...old.keys(), ...now.keys()])]
    .sort()
    .map((id) => ({ id, before: old.get(id) ?? null, after: now.get(id) ?? null }))
    .filter((item) => item.before !== item.after);
}

interface Sides<T> {
  readonly before: T;
  readonly after: T;
}

/** Both sides parsed; null when one is not a valid harness. */
export function parsedSides(env: string, { before, after }: Sides<HarnessFiles>) {
  try {
    return { parent: parseHarness(env, before), child: parseHarness(env, after) };
  } catch {
    return null;
  }
}

/** `changedItems` of files; [] when one side is not a valid harness. */
export function changedItemsOf(env: string, before: HarnessFiles, after: HarnessFiles): Touched[] {
  const sides = parsedSides(env, { before, after });
  return sides === null ? [] : changedItems(sides.parent, sides.child);
}

type ByHand = AnyDecision & { readonly touched: readonly Touched[]; readonly loosens: readonly string[] };

/** An edit by hand names the parts that it touches and what it gives up. */
export function verifyTouched({ env, seq, touched, loosens }: ByHand, { sides, note }: Context): void {
  if (sides === null) return;
  const harnesses = parsedSides(env, sides);
  hold(note, 'touched', harnesses === null ? [] : changedItems(harnesses.parent, harnesses.child), touched);
  const loosened = seq === 1 || harnesses === null ? [] : loosenedIn(harnesses.parent, harnesses.child);
  const missing = loosened.filter((line) => !loosens.includes(line));
  if (missing.length > 0) note('loosens', missing.join('; '), loosens);
}

/**
 * What edits touch on `parent`. Edits that do not apply touch the parts they name, unchanged, so
 * that even a refused edit can be compared with a later harness.
 */
export function touchedBy(env: string, parent: HarnessFiles, edits: readonly Edit[]): Touched[] {
  let before: Harness;
  try {
    before = parseHarness(env, parent);
  } catch {
    return [];
  }
  try {
    const changed = changedItems(before, parseHarness(env, applyEdits(parent, edits)));
    if (changed.length > 0) return changed;
  } catch {
    // Refused edits often do not apply; the parts that they name remain.
  }
  const digests = itemDigests(before);
  return [...new Set(edits.flatMap((edit) => [...touchedIds(edit)]))].sort().map((id) => {
    const digest = digests.get(id) ?? null;
    return { id, before: digest, after: digest };
  });
}
