/** Probes a write tool: on other tools' targets, after other writes, and twice in a row. */
import { pick, type Random, shuffled } from '../../digest.ts';
import type { Json, ToolCall } from '../../types.ts';
import type { GoldWrite, Prober, ProbeWorld } from './probe.ts';
import { type Bindings, bind, type Provenance, recordsOf } from './sources.ts';

/** One tried call and its outcome. */
export interface Outcome {
  readonly tool: string;
  readonly call: ToolCall;
  /** What the reads showed before the call. */
  readonly bindings: Bindings;
  readonly ok: boolean;
  /** The tool's error with ids and numbers masked; '' when it succeeded. */
  readonly error: string;
  readonly kind: 'gold' | 'swap' | 'after' | 'repeat';
}

/** Arguments from which a read starts, such as an order id. */
export const rootsOf = (provenance: Provenance): string[] => [
  ...new Set(provenance.reads.flatMap((r) => (r.input.from === 'argument' ? [r.input.argument] : []))),
];

const PER_TOOL = 5;
const AFTER = 3;

/** All outcomes of one tool. `golds` are the oracle's writes of every tool. */
export async function outcomesOf(
  prober: Prober,
  provenance: Provenance,
  golds: readonly GoldWrite[],
  random: Random,
): Promise<Outcome[]> {
  const own = shuffled(
    golds.filter((g) => g.call.name === provenance.tool),
    random,
  );
  const out: Outcome[] = [];
  const record = async (world: ProbeWorld, call: ToolCall, kind: Outcome['kind']): Promise<boolean> => {
    const bindings = await bind(world, provenance.reads, call);
    const result = await world.attempt(call);
    const error = result.error ? mask(result.content) : '';
    out.push({ tool: provenance.tool, call, bindings, ok: !result.error, error, kind });
    return !result.error;
  };
  for (const gold of own.slice(0, 12)) {
    const world = await prober.open(gold.task, gold.before);
    const works = await record(world, gold.call, 'gold');
    if (works && !prober.spent && out.filter((o) => o.kind === 'repeat').length < AFTER) {
      await world.apply(gold.call);
      await record(world, gold.call, 'repeat');
    }
    await world.close();
  }
  for (const root of rootsOf(provenance)) {
    for (const [tool, others] of byTool(golds, root)) {
      const contexts = shuffled(others, random);
      for (const context of tool === provenance.tool ? [] : contexts.slice(0, PER_TOOL)) {
        const world = await prober.open(context.task, context.before);
        await tryThere(world, context, root, 'swap');
        await world.close();
      }
      for (const context of contexts.slice(0, AFTER)) {
        const world = await prober.open(context.task, context.before);
        if (!(await world.apply(context.call)).error) await tryThere(world, context, root, 'after');
        await world.close();
      }
    }
  }
  return out;

  async function tryThere(world: ProbeWorld, context: GoldWrite, root: string, kind: Outcome['kind']): Promise<void> {
    for (let attempt = 0; attempt < 2 && !prober.spent && own.length > 0; attempt++) {
      const donor = pick(own, random);
      const call = await adapt(world, donor.call, provenance, root, context.call.arguments[root] as Json, random);
      if (call && (await record(world, call, kind))) return;
    }
  }
}

function byTool(golds: readonly GoldWrite[], argument: string): Map<string, GoldWrite[]> {
  const groups = new Map<string, GoldWrite[]>();
  for (const gold of golds) {
    if (typeof gold.call.arguments[argument] !== 'string') continue;
    groups.set(gold.call.name, [...(groups.get(gold.call.name) ?? []), gold]);
  }
  return groups;
}

/** A donor's call on another root value, with values that exist there; null without any. */
export async function adapt(
  world: ProbeWorld,
  donor: ToolCall,
  provenance: Provenance,
  root: string,
  value: Json,
  random: Random,
): Promise<ToolCall | null> {
  let call: ToolCall = { name: donor.name, arguments: { ...donor.arguments, [root]: value } };
  const names = [...provenance.origins.keys()].filter((n) => n !== root);
  const rank = (n: string): number => (provenance.origins.get(n)?.each === undefined ? 0 : 1);
  for (const name of names.sort((a, b) => rank(a) - rank(b))) {
    const origin = provenance.origins.get(name);
    if (!origin) continue;
    const records = recordsOf(origin, await bind(world, provenance.reads, call));
    const taken = new Set(Object.values(call.arguments).flatMap((v) => (Array.isArray(v) ? v : [v])));
    const fresh = records.filter((r) => !taken.has(r[origin.key] as Json));
    const record = fresh.length > 0 ? pick(fresh, random) : records[0];
    const key = record?.[origin.key];
    if (key === undefined) return null;
    call = { name: call.name, arguments: { ...call.arguments, [name]: provenance.lists.has(name) ? [key] : key } };
  }
  return call;
}

/** Error text without quotations and numbers, so that equal refusals are equal. */
export const mask = (text: string): string =>
  text
    .replace(/["'`][^"'`]*["'`]/g, '*')
    .replace(/\S*\d\S*/g, '*')
    .replace(/\s+/g, ' ')
    .trim();
