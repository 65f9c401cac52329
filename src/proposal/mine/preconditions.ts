/** Learns preconditions of a tool from probes: legal states and legal arguments. */
import type { Json } from '../../types.ts';
import type { Outcome } from './outcomes.ts';
import type { GoldWrite, Prober } from './probe.ts';
import { SUPPORT } from './provenance.ts';
import { at, isPlainPath, type Path, scalarsIn } from './records.ts';
import { listOf } from './refine.ts';
import { bind, type Provenance, recordsOf } from './sources.ts';

/** A field that must have one of a few values before a tool succeeds. */
export interface StatePrecondition {
  readonly binding: string;
  readonly path: Path;
  /** Values seen with success, sorted. */
  readonly allowed: readonly (string | boolean)[];
  /** Values seen only with failure, sorted. */
  readonly refused: readonly (string | boolean)[];
  /** True if the tool refuses a second call after a success. */
  readonly once: boolean;
}

/** The field that best separates success from refusal; null below 3 explained refusals. */
export function learnState(provenance: Provenance, outcomes: readonly Outcome[]): StatePrecondition | null {
  const ok = outcomes.filter((o) => o.ok);
  const failed = outcomes.filter((o) => !o.ok);
  if (ok.length < 4) return null;
  let best: (StatePrecondition & { explained: number }) | null = null;
  for (const [binding, path] of fieldsOf(provenance, outcomes)) {
    const fieldOf = (o: Outcome): Json | undefined => at(o.bindings.get(binding), path);
    const allowed = new Set(ok.map(fieldOf));
    if ([...allowed].some((v) => typeof v !== 'string' && typeof v !== 'boolean')) continue;
    if (allowed.size > Math.max(1, Math.min(4, Math.floor(ok.length / 4)))) continue;
    // A field explains an error if every case of it has a value outside `allowed`.
    const groups = groupBy(failed);
    const explained = [...groups.values()].filter((g) => g.every((o) => !allowed.has(fieldOf(o)))).flat();
    const refused = new Set(explained.map(fieldOf).filter((v) => v !== undefined && v !== null));
    if (explained.length < 3 || refused.size === 0 || refused.size > 8) continue;
    if (best && best.explained >= explained.length) continue;
    const once =
      outcomes.some((o) => o.kind === 'repeat') && outcomes.every((o) => o.kind !== 'repeat' || explained.includes(o));
    best = { binding, path, allowed: sorted(allowed), refused: sorted(refused), once, explained: explained.length };
  }
  if (!best) return null;
  const { explained: _, ...state } = best;
  return state;
}

function groupBy(outcomes: readonly Outcome[]): Map<string, Outcome[]> {
  const groups = new Map<string, Outcome[]>();
  for (const o of outcomes) groups.set(o.error, [...(groups.get(o.error) ?? []), o]);
  return groups;
}

const sorted = (values: ReadonlySet<Json | undefined>): (string | boolean)[] =>
  [...values].filter((v): v is string | boolean => typeof v === 'string' || typeof v === 'boolean').sort();

/** Short text and boolean fields of reads that start from an argument. */
function fieldsOf(provenance: Provenance, outcomes: readonly Outcome[]): [string, Path][] {
  const roots = provenance.reads.filter((r) => r.input.from === 'argument');
  return roots.flatMap((rule) => {
    const sample = outcomes.find((o) => o.ok)?.bindings.get(rule.as);
    if (sample === undefined) return [];
    return scalarsIn(sample, 0).flatMap(([path, v]): [string, Path][] => {
      const fits =
        path.length > 0 && isPlainPath(path) && ((typeof v === 'string' && v.length <= 40) || typeof v === 'boolean');
      return fits ? [[rule.as, path]] : [];
    });
  });
}

/** Text arguments with a few legal values: argument -> values, sorted. */
export async function learnEnums(
  prober: Prober,
  golds: readonly GoldWrite[],
  provenance: Provenance,
): Promise<Map<string, string[]>> {
  const out = new Map<string, string[]>();
  for (const argument of argumentNames(golds)) {
    if (provenance.origins.has(argument)) continue;
    const all = golds.map((g) => g.call.arguments[argument]);
    const values = [...new Set(all)];
    if (!values.every((v): v is string => typeof v === 'string') || values.length > 5 || all.length < 3 * values.length)
      continue;
    if (all.length < 6) continue;
    const refusals = await refusedOf(
      prober,
      golds.slice(0, 3),
      argument,
      (g) => `${String(g.call.arguments[argument])} please`,
    );
    if (refusals === Math.min(3, golds.length)) out.set(argument, [...values].sort());
  }
  return out;
}

/** Two list arguments that must have equal lengths, or []. */
export async function learnPair(
  prober: Prober,
  golds: readonly GoldWrite[],
  provenance: Provenance,
): Promise<string[]> {
  const lists = [...provenance.lists];
  for (const a of lists)
    for (const b of lists) {
      if (a >= b) continue;
      const equal = golds.every((g) => listOf(g.call.arguments[a]).length === listOf(g.call.arguments[b]).length);
      const tried = golds.filter((g) => listOf(g.call.arguments[b]).length > 0).slice(0, 3);
      const longer = (g: GoldWrite): Json => [...listOf(g.call.arguments[b]), listOf(g.call.arguments[b])[0] as Json];
      const refused = await refusedOf(prober, tried, b, longer);
      if (equal && tried.length >= 2 && refused === tried.length) return [a, b];
    }
  return [];
}

/** True if the tool refuses an element of the second list that equals its partner. */
export async function learnDiffers(
  prober: Prober,
  golds: readonly GoldWrite[],
  pair: readonly string[],
): Promise<boolean> {
  const [a, b] = pair;
  if (a === undefined || b === undefined) return false;
  const tried = golds.slice(0, 3);
  if (tried.length < 2) return false;
  for (const g of tried) if (!(await refuses(prober, g, b, g.call.arguments[a] as Json))) return false;
  return true;
}

/** Arguments of the request that the tool refuses outside of a known collection. */
export async function learnMembers(
  prober: Prober,
  golds: readonly GoldWrite[],
  provenance: Provenance,
): Promise<string[]> {
  const members: string[] = [];
  for (const [argument, origin] of provenance.origins) {
    if (provenance.lists.has(argument)) continue;
    const tried: boolean[] = [];
    for (const g of golds.slice(0, 4)) {
      const world = await prober.open(g.task, g.before);
      const known = recordsOf(origin, await bind(world, provenance.reads, g.call)).map((r) => r[origin.key]);
      await world.close();
      const strange = golds.map((o) => o.call.arguments[argument]).find((v) => v !== undefined && !known.includes(v));
      if (strange !== undefined) tried.push(await refuses(prober, g, argument, strange));
    }
    if (tried.length >= 2 && tried.filter(Boolean).length / tried.length >= SUPPORT) members.push(argument);
  }
  return members;
}

/** How many calls the tool refuses with one argument replaced. */
async function refusedOf(
  prober: Prober,
  golds: readonly GoldWrite[],
  argument: string,
  replacing: (gold: GoldWrite) => Json,
): Promise<number> {
  let refused = 0;
  for (const gold of golds) if (await refuses(prober, gold, argument, replacing(gold))) refused += 1;
  return refused;
}

/** True if the oracle's call succeeds, and fails with one argument replaced. */
async function refuses(prober: Prober, gold: GoldWrite, argument: string, value: Json): Promise<boolean> {
  const world = await prober.open(gold.task, gold.before);
  const changed = { name: gold.call.name, arguments: { ...gold.call.arguments, [argument]: value } };
  const refused = !(await world.attempt(gold.call)).error && (await world.attempt(changed)).error;
  await world.close();
  return refused;
}

export const argumentNames = (golds: readonly GoldWrite[]): string[] => [
  ...new Set(golds.flatMap((g) => Object.keys(g.call.arguments))),
];
