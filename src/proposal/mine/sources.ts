/** Where a write's arguments come from: chained reads, evaluated and rendered to CEL. */
import { isObject } from '../../digest.ts';
import type { Json, JsonObject, ToolCall } from '../../types.ts';
import type { ProbeWorld } from './probe.ts';
import { at, type Path, recordsAt } from './records.ts';

/** A collection of records that holds an argument's values. */
export interface Origin {
  readonly binding: string;
  /** The list argument over which the read is repeated. */
  readonly each?: string;
  readonly path: Path;
  readonly map: boolean;
  /** The property that is the argument's value. */
  readonly key: string;
  /** A boolean property that must be true, such as `available`. */
  readonly filter?: string;
  /** List argument whose record gives every property that the request does not mention. */
  readonly keep?: string;
}

/** What a read is given. */
export type Input =
  | { readonly from: 'argument'; readonly argument: string }
  | { readonly from: 'field'; readonly binding: string; readonly path: Path }
  /** A field of the record that another argument names. */
  | {
      readonly from: 'record';
      readonly argument: string;
      readonly list: boolean;
      readonly origin: Origin;
      readonly path: Path;
    };

export interface ReadRule {
  readonly as: string;
  readonly tool: string;
  readonly parameter: string;
  readonly input: Input;
}

/** Everything learned about the arguments of a write tool. */
export interface Provenance {
  readonly tool: string;
  readonly cases: number;
  /** In an order in which each input is known. */
  readonly reads: readonly ReadRule[];
  /** Argument -> collection of its values. */
  readonly origins: ReadonlyMap<string, Origin>;
  /** Argument -> share of cases whose values stand literally in the request, 0 to 1. */
  readonly inRequest: ReadonlyMap<string, number>;
  /** List arguments. */
  readonly lists: ReadonlySet<string>;
}

export type Bindings = Map<string, Json>;

/** The list argument over which a read is repeated. */
export const eachOf = (rule: ReadRule): string | undefined =>
  rule.input.from === 'record' && rule.input.list ? rule.input.argument : undefined;

/** Makes the reads of one call; a failed read binds nothing, a failed element is null. */
export async function bind(world: ProbeWorld, reads: readonly ReadRule[], call: ToolCall): Promise<Bindings> {
  const bindings: Bindings = new Map();
  for (const rule of reads) {
    const one = async (element?: Json): Promise<Json | undefined> => {
      const input = inputOf(rule.input, call, bindings, element);
      if (input === undefined || input === null) return undefined;
      const result = await world.read({ name: rule.tool, arguments: { [rule.parameter]: input } });
      return result.error ? undefined : result.value;
    };
    const list = eachOf(rule);
    if (list === undefined) {
      const value = await one();
      if (value !== undefined) bindings.set(rule.as, value);
    } else {
      const elements = call.arguments[list];
      if (!Array.isArray(elements)) continue;
      const values: Json[] = [];
      for (const element of elements) values.push((await one(element as Json)) ?? null);
      bindings.set(rule.as, values);
    }
  }
  return bindings;
}

function inputOf(input: Input, call: ToolCall, bindings: Bindings, element?: Json): Json | undefined {
  if (input.from === 'argument') return call.arguments[input.argument];
  if (input.from === 'field') return at(bindings.get(input.binding), input.path);
  const wanted = input.list ? element : call.arguments[input.argument];
  const record = recordsOf(input.origin, bindings).find((r) => r[input.origin.key] === wanted);
  return record && at(record, input.path);
}

/** The records of an origin; `index` picks the element of a per-element binding. */
export function recordsOf(origin: Origin, bindings: Bindings, index = 0): JsonObject[] {
  const bound = bindings.get(origin.binding);
  const value = origin.each === undefined ? bound : Array.isArray(bound) ? (bound[index] as Json) : undefined;
  const records = value === undefined ? [] : recordsAt(value, origin.path);
  const { filter } = origin;
  return filter === undefined ? records : records.filter((r) => isObject(r) && r[filter] === true);
}

const dotted = (base: string, path: Path): string => [base, ...path].join('.');

/** CEL for the list of records; `i` is the index within a per-element binding. */
export function recordsCel(origin: Origin): string {
  const base = dotted(origin.each === undefined ? origin.binding : `${origin.binding}[i]`, origin.path);
  const list = origin.map ? `values(${base})` : base;
  return origin.filter === undefined ? list : `${list}.filter(v, v.${origin.filter})`;
}

/** CEL for the one record whose key equals an expression. */
export const recordCel = (origin: Origin, wanted: string): string =>
  `${recordsCel(origin)}.filter(x, x.${origin.key} == ${wanted})[0]`;

/** CEL for what a read is given. */
export function inputCel(input: Input): string {
  if (input.from === 'argument') return `args.${input.argument}`;
  if (input.from === 'field') return dotted(input.binding, input.path);
  return dotted(recordCel(input.origin, input.list ? 'it' : `args.${input.argument}`), input.path);
}
