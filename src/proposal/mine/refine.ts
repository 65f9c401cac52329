/** Narrows a collection: a flag of all right records, and properties kept from the old record. */
import type { Json, JsonObject, ToolCall } from '../../types.ts';
import type { Case } from './probe.ts';
import { scalarsIn } from './records.ts';
import { bind, type Origin, type ReadRule, recordsOf } from './sources.ts';

/** A flag that all right records have, that varies, and without which the tool refuses. */
export async function findFilter(
  cases: readonly Case[],
  reads: readonly ReadRule[],
  argument: string,
  origin: Origin,
): Promise<string | undefined> {
  const counts = new Map<string, { right: number; wrong: number }>();
  let all = 0;
  for (const c of cases) {
    const bindings = await bind(c.world, reads, c.gold.call);
    for (const [i, value] of listOf(c.gold.call.arguments[argument]).entries()) {
      const records = recordsOf(origin, bindings, i);
      const right = records.find((r) => r[origin.key] === value);
      if (!right) continue;
      all += 1;
      for (const [name, flag] of Object.entries(right)) {
        if (flag !== true) continue;
        const entry = counts.get(name) ?? { right: 0, wrong: 0 };
        const other = records.find((r) => r[name] === false);
        entry.right += 1;
        if (other && (await refused(c, argument, i, other[origin.key]))) entry.wrong += 1;
        counts.set(name, entry);
      }
    }
  }
  const found = [...counts].find(([name, n]) => n.right === all && n.wrong >= 2 && /^[A-Za-z_]\w*$/.test(name));
  return found?.[0];
}

async function refused(c: Case, argument: string, index: number, value: Json | undefined): Promise<boolean> {
  if (value === undefined) return false;
  return (await c.world.attempt(withElement(c.gold.call, argument, index, value))).error;
}

/** The call with one element of an argument replaced. */
export function withElement(call: ToolCall, argument: string, index: number, value: Json): ToolCall {
  const old = call.arguments[argument];
  const next = Array.isArray(old) ? old.map((v, i) => (i === index ? value : v) as Json) : value;
  return { name: call.name, arguments: { ...call.arguments, [argument]: next } };
}

export const listOf = (value: Json | undefined): Json[] =>
  Array.isArray(value) ? [...(value as readonly Json[])] : value === undefined ? [] : [value];

/**
 * True if unnamed properties stay: of the records for which the request names a new value, at least
 * 90 % (and at least 4) keep every text property of the old record that it does not name.
 */
export async function findKeep(
  cases: readonly Case[],
  reads: readonly ReadRule[],
  argument: string,
  origin: Origin,
  pair: string,
  old: Origin,
): Promise<boolean> {
  let described = 0;
  let faithful = 0;
  for (const c of cases) {
    const bindings = await bind(c.world, reads, c.gold.call);
    const before = listOf(c.gold.call.arguments[pair]);
    for (const [i, value] of listOf(c.gold.call.arguments[argument]).entries()) {
      const right = recordsOf(origin, bindings, i).find((r) => r[origin.key] === value);
      const was = recordsOf(old, bindings, i).find((r) => r[old.key] === before[i]);
      if (!right || !was) continue;
      const earlier = new Map(properties(was));
      const changed = properties(right).filter(
        ([name, text]) => name !== origin.key && (earlier.get(name) ?? text) !== text,
      );
      const named = changed.filter(([, text]) => mentions(c.gold.task.request, text));
      if (named.length === 0) continue;
      described += 1;
      if (named.length === changed.length) faithful += 1;
    }
  }
  return faithful >= 4 && faithful / described >= 0.9;
}

function properties(record: JsonObject): [string, string][] {
  return scalarsIn(record as Json, 2).flatMap(([path, v]) =>
    typeof v === 'string' ? [[path.join('.'), v] as [string, string]] : [],
  );
}

const mentions = (request: string, text: string): boolean => request.toLowerCase().includes(text.toLowerCase());
