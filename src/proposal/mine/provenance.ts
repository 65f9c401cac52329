/** Learns from probes which reads reveal the arguments of a write. */
import { isObject } from '../../digest.ts';
import type { Json, Tool } from '../../types.ts';
import { bindingName } from './names.ts';
import { type Case, type GoldWrite, type Prober, requiredArguments } from './probe.ts';
import { collectionsIn, isPlainPath, type Path, scalarsIn } from './records.ts';
import { findFilter, findKeep } from './refine.ts';
import { type Bindings, bind, type Input, type Origin, type Provenance, type ReadRule, recordsOf } from './sources.ts';

/** Share of cases that must agree. */
export const SUPPORT = 0.9;
const MAX_CASES = 12;

/** Up to `MAX_CASES` cases of one tool, spread over the tasks. */
export async function casesOf(prober: Prober, golds: readonly GoldWrite[]): Promise<Case[]> {
  const step = Math.max(1, Math.floor(golds.length / MAX_CASES));
  const chosen = golds.filter((_, i) => i % step === 0).slice(0, MAX_CASES);
  const cases: Case[] = [];
  for (const gold of chosen) cases.push({ gold, world: await prober.open(gold.task, gold.before) });
  return cases;
}

/** Provenance of a write tool from its oracle calls; null below 3 cases. */
export async function learnProvenance(
  prober: Prober,
  tool: Tool,
  golds: readonly GoldWrite[],
): Promise<Provenance | null> {
  const cases = await casesOf(prober, golds);
  const learned = cases.length < 3 ? null : await provenanceOf(prober, tool, golds, cases);
  for (const { world } of cases) await world.close();
  return learned;
}

async function provenanceOf(
  prober: Prober,
  tool: Tool,
  golds: readonly GoldWrite[],
  cases: readonly Case[],
): Promise<Provenance> {
  const names = [...new Set(golds.flatMap((g) => Object.keys(g.call.arguments)))];
  const lists = new Set(names.filter((n) => golds.every((g) => Array.isArray(g.call.arguments[n]))));
  const inRequest = new Map(names.map((n) => [n, share(golds, (g) => standsInRequest(g, n))]));
  const reads: ReadRule[] = [];
  const origins = new Map<string, Origin>();
  const readers = prober.environment.tools.filter((t) => t.readOnly && requiredArguments(t).length === 1);
  const scalars = names.filter((n) => !lists.has(n));
  // Reads start from arguments that the request gives.
  scalars.sort((a, b) => (inRequest.get(b) ?? 0) - (inRequest.get(a) ?? 0));
  for (const argument of scalars) {
    if (origins.has(argument)) continue;
    const rule = await firstThatWorks(readers, cases, reads, { from: 'argument', argument }, argument);
    if (rule) reads.push(rule);
  }
  await addFieldReads(readers, cases, reads);
  const open = [
    ...lists,
    ...scalars.filter((n) => !reads.some((r) => r.input.from === 'argument' && r.input.argument === n)),
  ];
  for (const argument of open) {
    const origin = await findOrigin(cases, reads, argument, undefined);
    if (origin) origins.set(argument, origin);
  }
  // Second round: reads from the record that a found argument names.
  for (const [argument, origin] of [...origins]) {
    const list = lists.has(argument);
    const fields = await recordFields(cases, reads, origin);
    const inputs = fields.map((path): Input => ({ from: 'record', argument, list, origin, path }));
    for (const input of inputs) {
      if (input.from !== 'record' || input.path.at(-1) === origin.key) continue;
      const rule = await firstThatWorks(readers, cases, reads, input, input.path.at(-1) ?? '');
      if (rule) reads.push({ ...rule, as: list ? `${rule.as}s` : rule.as });
    }
  }
  for (const argument of open) {
    if (origins.has(argument)) continue;
    const pair = [...lists].find((l) => l !== argument && origins.has(l));
    const origin = await findOrigin(cases, reads, argument, lists.has(argument) ? pair : undefined);
    if (origin) origins.set(argument, await refine(cases, reads, argument, origin, pair, origins));
  }
  const used = pruneReads(reads, origins);
  return { tool: tool.name, cases: golds.length, reads: used, origins, inRequest, lists };
}

async function refine(
  cases: readonly Case[],
  reads: readonly ReadRule[],
  argument: string,
  origin: Origin,
  pair: string | undefined,
  origins: ReadonlyMap<string, Origin>,
): Promise<Origin> {
  const filter = await findFilter(cases, reads, argument, origin);
  const old = pair === undefined ? undefined : origins.get(pair);
  const keeps = pair !== undefined && old && (await findKeep(cases, reads, argument, origin, pair, old));
  const keep = keeps ? pair : undefined;
  return { ...origin, ...(filter === undefined ? {} : { filter }), ...(keep === undefined ? {} : { keep }) };
}

const share = <T>(items: readonly T[], holds: (item: T) => boolean): number =>
  items.length === 0 ? 0 : items.filter(holds).length / items.length;

function standsInRequest(gold: GoldWrite, argument: string): boolean {
  const value = gold.call.arguments[argument];
  const values = Array.isArray(value) ? value : [value];
  const text = gold.task.request.toLowerCase();
  return (
    values.length > 0 &&
    values.every((v) => (typeof v === 'string' || typeof v === 'number') && text.includes(String(v).toLowerCase()))
  );
}

/** The first reader that answers in nearly all cases; equal parameter names are tried first. */
async function firstThatWorks(
  readers: readonly Tool[],
  cases: readonly Case[],
  reads: readonly ReadRule[],
  input: Input,
  name: string,
): Promise<ReadRule | undefined> {
  const ordered = [...readers].sort((a, b) => affinity(b, name) - affinity(a, name));
  for (const reader of ordered) {
    const parameter = requiredArguments(reader)[0] as string;
    if (reads.some((r) => r.tool === reader.name && JSON.stringify(r.input) === JSON.stringify(input))) continue;
    const rule: ReadRule = {
      as: bindingName(
        reader.name,
        reads.map((r) => r.as),
      ),
      tool: reader.name,
      parameter,
      input,
    };
    const few = cases.slice(0, 2);
    const worksIn = async (some: readonly Case[]): Promise<number> => {
      let works = 0;
      for (const c of some) if (answered((await bind(c.world, [...reads, rule], c.gold.call)).get(rule.as))) works += 1;
      return works;
    };
    if ((await worksIn(few)) < few.length) continue;
    if (cases.length > 0 && (await worksIn(cases)) / cases.length >= SUPPORT) return rule;
  }
  return undefined;
}

const answered = (value: Json | undefined): boolean =>
  value !== undefined && value !== null && (!Array.isArray(value) || value.every((v) => v !== null));

/** 2: the same name; 1: the same first word; 0: neither. */
function affinity(reader: Tool, name: string): number {
  const parameter = requiredArguments(reader)[0] ?? '';
  if (parameter === name) return 2;
  return parameter.split('_')[0] === name.split('_')[0] ? 1 : 0;
}

/** Reads from a scalar field of an earlier result, such as the owner of an order. */
async function addFieldReads(readers: readonly Tool[], cases: readonly Case[], reads: ReadRule[]): Promise<void> {
  for (const rule of [...reads]) {
    const first = cases[0];
    const value = first && (await bind(first.world, reads, first.gold.call)).get(rule.as);
    if (value === undefined || !isObject(value)) continue;
    for (const [path, scalar] of scalarsIn(value)) {
      const name = path.at(-1) ?? '';
      if (typeof scalar !== 'string' || !isPlainPath(path) || path.length === 0 || name === rule.parameter) continue;
      const able = readers.filter((t) => affinity(t, name) === 2 || (/\d/.test(scalar) && !/\s/.test(scalar)));
      const found = await firstThatWorks(able, cases, reads, { from: 'field', binding: rule.as, path }, name);
      if (found) reads.push(found);
    }
  }
}

/**
 * The collection with an argument's values; `pair`: element i is in result i of a read per element.
 */
async function findOrigin(
  cases: readonly Case[],
  reads: readonly ReadRule[],
  argument: string,
  pair: string | undefined,
): Promise<Origin | undefined> {
  const bound: Bindings[] = [];
  for (const c of cases) bound.push(await bind(c.world, reads, c.gold.call));
  const candidates = new Map<string, Origin>();
  for (const rule of reads) {
    const each = rule.input.from === 'record' && rule.input.list ? rule.input.argument : undefined;
    if (each !== undefined && each !== pair) continue;
    for (const bindings of bound) {
      const value = bindings.get(rule.as);
      const sample = each === undefined ? value : Array.isArray(value) ? (value[0] as Json) : undefined;
      if (sample === undefined) continue;
      for (const collection of collectionsIn(sample)) {
        if (!isPlainPath(collection.path)) continue;
        for (const key of Object.keys(collection.records[0] ?? {})) {
          const { path, map } = collection;
          const origin: Origin = { binding: rule.as, ...(each === undefined ? {} : { each }), path, map, key };
          candidates.set(JSON.stringify(origin), origin);
        }
      }
    }
  }
  const good = [...candidates.values()].filter(
    (origin) => share(cases, (c) => stands(c, bound[cases.indexOf(c)] as Bindings, argument, origin)) >= SUPPORT,
  );
  // Maps define ids, lists use them.
  const rank = (o: Origin): number => (o.map ? 0 : 10) + 5 * nameDistance(o, argument) + o.path.length;
  return good.sort((a, b) => rank(a) - rank(b))[0];
}

/** 0 if the argument's name ends with the key, else 1. */
const nameDistance = (origin: Origin, argument: string): number =>
  argument.replace(/s$/, '').endsWith(origin.key) ? 0 : 1;

function stands(c: Case, bindings: Bindings, argument: string, origin: Origin): boolean {
  const value = c.gold.call.arguments[argument];
  const values = Array.isArray(value) ? value : [value];
  return values.length > 0 && values.every((v, i) => recordsOf(origin, bindings, i).some((r) => r[origin.key] === v));
}

/** Paths of id-like string fields of an origin's records. */
async function recordFields(cases: readonly Case[], reads: readonly ReadRule[], origin: Origin): Promise<Path[]> {
  const first = cases[0];
  if (!first) return [];
  const record = recordsOf(origin, await bind(first.world, reads, first.gold.call))[0];
  if (!record) return [];
  return scalarsIn(record, 1).flatMap(([path, v]) =>
    typeof v === 'string' && isPlainPath(path) && path.length > 0 && !/\s/.test(v) && /\d/.test(v) ? [path] : [],
  );
}

/** Keeps reads from arguments, and reads that an origin or a kept read needs. */
function pruneReads(reads: readonly ReadRule[], origins: ReadonlyMap<string, Origin>): ReadRule[] {
  const needed = new Set([...origins.values()].map((o) => o.binding));
  for (const rule of [...reads].reverse()) {
    if (!needed.has(rule.as) && rule.input.from !== 'argument') continue;
    needed.add(rule.as);
    if (rule.input.from === 'field') needed.add(rule.input.binding);
    if (rule.input.from === 'record') needed.add(rule.input.origin.binding);
  }
  return reads.filter((r) => needed.has(r.as));
}
