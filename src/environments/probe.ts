/** Calls for tasks without a solution: what rollouts share is changed and seen by calls. */
import { isObject } from '../digest.ts';
import type { Environment, Json, Plan, Task, ToolCall } from '../types.ts';

/** Maximum tools of each kind that are called. */
const MOST = { writes: 4, reads: 4 };
const DEEPEST = 6;

/** What a task names, in order: values of its target, also by their names, and ids in its words. */
function namedIn({ target, request }: Task): { readonly byName: ReadonlyMap<string, Json>; readonly all: Json[] } {
  const byName = new Map<string, Json>();
  const all: Json[] = [];
  const walk = (value: Json): void => {
    if (!isObject(value)) return void all.push(value);
    for (const [name, inner] of Object.entries(value) as [string, Json][]) {
      if (!byName.has(name)) byName.set(name, inner);
      walk(inner);
    }
  };
  const lists = (value: Json): Json[] => (Array.isArray(value) ? value.flatMap(lists) : [value]);
  lists(target).forEach(walk);
  all.push(...(request.match(/#?[\w-]*\d[\w-]*/gu) ?? []), request);
  return { byName, all };
}

/** The arguments that a schema allows first, from its own values or else from the task's. */
function argumentOf(schema: unknown, name: string, named: ReturnType<typeof namedIn>, depth = 0): Json {
  if (!isObject(schema) || depth > DEEPEST) return null;
  const { type, properties, items, minimum } = schema;
  const own = [schema.const, schema.default, ...listOf(schema.enum), ...listOf(schema.examples)];
  const given = own.find((value) => value !== undefined);
  if (given !== undefined) return given as Json;
  const [either] = [...listOf(schema.anyOf), ...listOf(schema.oneOf)];
  if (either !== undefined) return argumentOf(either, name, named, depth + 1);
  const fits = (value: Json | undefined): value is Json => typeof value === (type === 'integer' ? 'number' : type);
  const meant = named.byName.get(name);
  if (type === 'object') {
    const inner = isObject(properties) ? Object.entries(properties) : [];
    return Object.fromEntries(inner.map(([key, part]) => [key, argumentOf(part, key, named, depth + 1)]));
  }
  if (type === 'array') return Array.isArray(meant) ? meant : [argumentOf(items, name, named, depth + 1)];
  if (fits(meant)) return meant;
  if (type === 'boolean' || type === 'null') return type === 'null' ? null : true;
  return named.all.find(fits) ?? (typeof minimum === 'number' ? minimum : 1);
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Writes, what can be read then, and the first write again. */
export function probeOf({ tools }: Environment, task: Task): Plan {
  const named = namedIn(task);
  const writes = tools.filter(({ readOnly }) => !readOnly).slice(0, MOST.writes);
  const reads = tools.filter(({ readOnly }) => readOnly).slice(0, MOST.reads);
  const calls = [...writes, ...reads, ...writes.slice(0, 1)].map(
    ({ name, parameters }): ToolCall => ({
      name,
      arguments: argumentOf({ ...parameters, type: 'object' }, '', named) as ToolCall['arguments'],
    }),
  );
  return { calls, summary: 'done' };
}
