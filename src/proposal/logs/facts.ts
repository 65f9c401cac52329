/** Facts before a write: what its arguments say, and what earlier reads of the trace showed. */
import { isObject } from '../../digest.ts';
import { parseResult } from '../../runtime/results.ts';
import type { Json, JsonObject, Tool, ToolCall, Trace } from '../../types.ts';
import { bindingName } from '../mine/names.ts';
import { isPlainPath, scalarsIn } from '../mine/records.ts';

/** A read that a clause can make itself before the call. */
export interface RecordRead {
  readonly as: string;
  readonly tool: string;
  readonly parameter: string;
  /** Where its argument comes from, in CEL. */
  readonly from: string;
}

/** One thing that was so before a call; `source` is CEL, `words` say it to a reader. */
export interface Fact {
  readonly source: string;
  readonly words: string;
  readonly value: string | boolean;
  /** `value` is only how the text begins, such as the kind in an id. */
  readonly begins?: true;
  /** The reads that it needs. */
  readonly reads: readonly RecordRead[];
}

export interface Instance {
  /** Position of its trace. */
  readonly trace: number;
  readonly step: number;
  readonly ok: boolean;
  readonly facts: ReadonlyMap<string, Fact>;
}

export const keyOf = ({ source, begins }: Pick<Fact, 'source' | 'begins'>): string => (begins ? `${source}^` : source);

interface Made {
  readonly call: ToolCall;
  readonly readOnly: boolean;
  readonly error: boolean;
  readonly content: string;
  readonly step: number;
}

/** Every write of the traces with its facts, by tool. */
export function instancesOf(
  traces: readonly Trace[],
  tools: readonly Tool[],
): ReadonlyMap<string, readonly Instance[]> {
  const writes = new Set(tools.flatMap((tool) => (tool.readOnly ? [] : [tool.name])));
  const found = new Map<string, Instance[]>();
  for (const [trace, one] of traces.entries()) {
    const made = madeIn(one);
    for (const [at, { call, step, error }] of made.entries()) {
      if (!writes.has(call.name)) continue;
      const instance = { trace, step, ok: !error, facts: factsOf(call, made.slice(0, at)) };
      found.set(call.name, [...(found.get(call.name) ?? []), instance]);
    }
  }
  return found;
}

function madeIn({ steps }: Trace): Made[] {
  const results = new Map(steps.flatMap((step) => (step.kind === 'result' ? [[step.callId, step] as const] : [])));
  return steps.flatMap((step, at): Made[] => {
    if (step.kind !== 'call') return [];
    const result = results.get(step.callId);
    if (result === undefined) return [];
    const { content, error } = result;
    return [{ call: step.call, readOnly: step.readOnly, error, content, step: at }];
  });
}

interface Bound {
  readonly read: RecordRead;
  readonly record: JsonObject;
  readonly reads: readonly RecordRead[];
}

function factsOf(call: ToolCall, before: readonly Made[]): ReadonlyMap<string, Fact> {
  const facts = new Map<string, Fact>();
  const add = (fact: Fact): void => void facts.set(keyOf(fact), fact);
  for (const [name, value] of Object.entries(call.arguments)) {
    if (typeof value === 'string' || typeof value === 'boolean')
      add({ source: `args.${name}`, words: wordsOf(name), value, reads: [] });
    const kind = typeof value === 'string' ? /^([a-z]+(?:[_-][a-z]+)*)[_-]?\d/i.exec(value)?.[1] : undefined;
    if (kind !== undefined && kind.length > 2)
      add({ source: `args.${name}`, words: wordsOf(name), value: kind, begins: true, reads: [] });
    if (Array.isArray(value))
      for (const most of [1, 2, 3, 4])
        add({
          source: `size(args.${name}) > ${most}`,
          words: `it has more than ${most} ${wordsOf(name)}`,
          value: value.length > most,
          reads: [],
        });
  }
  const earlier = before.filter((one) => one.call.name === call.name && !one.error);
  add({ source: `count("${call.name}") > 0`, words: 'it has been made before', value: earlier.length > 0, reads: [] });
  for (const { read, record, reads } of boundTo(call, before)) {
    for (const [path, value] of scalarsIn(record)) {
      if (!isPlainPath(path) || path.length === 0) continue;
      const source = [read.as, ...path].join('.');
      const words = `${wordsOf(read.as)} ${path.map(wordsOf).join(' ')}`;
      if (typeof value === 'string' || typeof value === 'boolean') add({ source, words, value, reads });
      const given = call.arguments[path.at(-1) ?? ''];
      if (given !== undefined && typeof given === typeof value && value !== null)
        add({
          source: `args.${path.at(-1)} == ${source}`,
          words: `its ${wordsOf(path.at(-1) ?? '')} is that of the ${wordsOf(read.as)}`,
          value: given === value,
          reads,
        });
    }
    for (const [name, given] of Object.entries(call.arguments)) {
      const value = record[name];
      if (!Array.isArray(given) || !Array.isArray(value)) continue;
      add({
        source: `size(args.${name}) == size(${read.as}.${name})`,
        words: `it has as many ${wordsOf(name)} as the ${wordsOf(read.as)}`,
        value: given.length === value.length,
        reads,
      });
    }
  }
  return facts;
}

/** Records that an argument names, and records that a field of one names. */
function boundTo(call: ToolCall, before: readonly Made[]): Bound[] {
  const records = before.flatMap(({ call: { name, arguments: given }, readOnly, error, content }) => {
    const [[parameter, value] = [], ...more] = Object.entries(given);
    const record = readOnly && !error && more.length === 0 ? parseResult(content) : null;
    if (parameter === undefined || typeof value !== 'string' || !isObject(record)) return [];
    return [{ tool: name, parameter, value, record }];
  });
  const bound = new Map<string, Bound>();
  const bind = (from: string, value: Json, reads: readonly RecordRead[]): void => {
    for (const { tool, parameter, value: asked, record } of records) {
      if (asked !== value) continue;
      const as = bindingName(tool, []);
      const known = bound.get(as);
      if (known !== undefined && known.read.from !== from) continue;
      const read = { as, tool, parameter, from };
      bound.set(as, { read, record, reads: [...reads, read] });
    }
  };
  for (const [name, value] of Object.entries(call.arguments))
    if (typeof value === 'string') bind(`args.${name}`, value, []);
  for (const { read, record, reads } of [...bound.values()])
    for (const [field, value] of Object.entries(record))
      if (typeof value === 'string' && isPlainPath([field])) bind(`${read.as}.${field}`, value, reads);
  return [...bound.values()];
}

const wordsOf = (name: string): string =>
  name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/[_-]+/g, ' ')
    .toLowerCase();
