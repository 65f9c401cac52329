/** Corrects near-miss names of tools and arguments: aliases, case, underscores, single letters. */
import { isObject } from '../digest.ts';
import { itemSchema, joinPath, memberSchemas } from '../harness/argument-paths.ts';
import { nearestName } from '../harness/near-name.ts';
import type { Json, JsonObject, ToolCall } from '../types.ts';
import type { Rewrite, ToolShape } from './shapes.ts';

export interface RenameContext {
  readonly shapes: ReadonlyMap<string, ToolShape>;
  /** tool -> wrong argument path -> right one, both in the same object */
  readonly aliases: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

function renameTool(name: string, shapes: RenameContext['shapes']): string {
  if (shapes.has(name)) return name;
  const last = name.split(/[./:]/).at(-1) ?? name;
  if (shapes.has(last)) return last;
  return nearestName(last, [...shapes.keys()]) ?? name;
}

/** What renaming passes down into objects and lists of objects. */
interface Inside {
  readonly tool: string;
  /** wrong path -> right one */
  readonly aliases: Readonly<Record<string, string>>;
  readonly rewrites: Rewrite[];
}

/** Wrong name -> the free name that it means, and the reason. */
function targetsOf(given: JsonObject, members: readonly string[], path: string, { tool, aliases }: Inside) {
  const free = members.filter((name) => !Object.hasOwn(given, name));
  const target = new Map<string, { to: string; by: string }>();
  for (const name of Object.keys(given)) {
    if (members.includes(name)) continue;
    const whole = joinPath(path, name);
    if (Object.hasOwn(aliases, whole)) {
      const to = free.find((member) => joinPath(path, member) === aliases[whole]);
      if (to !== undefined) target.set(name, { to, by: `alias:${tool}.${whole}` });
      continue;
    }
    const near = nearestName(name, free);
    if (near !== undefined) target.set(name, { to: near, by: 'realization:rename' });
  }
  return target;
}

/** `path` is the schema's (`payments[]`), `place` the value's (`payments[1]`). */
function renameMembers(given: JsonObject, schema: JsonObject, path: string, place: string, inside: Inside): JsonObject {
  const schemas = new Map(memberSchemas(schema));
  const members = [...schemas.keys()];
  if (members.length === 0) return given;
  const target = targetsOf(given, members, path, inside);
  const claims = [...target.values()].map(({ to }) => to);
  let changed = false;
  const entries = Object.entries(given).map(([name, value]) => {
    const hit = target.get(name);
    // Two wrong names for one argument: nobody can know which value is meant.
    const right = hit === undefined || claims.filter((to) => to === hit.to).length > 1 ? name : hit.to;
    if (hit !== undefined && right !== name) {
      const [before, after] = [joinPath(place, name), joinPath(place, right)];
      inside.rewrites.push({ by: hit.by, what: 'argument name', before, after });
    }
    const renamed = renameInside(
      value,
      schemas.get(right) ?? {},
      joinPath(path, right),
      joinPath(place, right),
      inside,
    );
    changed ||= right !== name || renamed !== value;
    return [right, renamed] as const;
  });
  return changed ? Object.fromEntries(entries) : given;
}

function renameInside(value: Json, schema: JsonObject, path: string, place: string, inside: Inside): Json {
  if (isObject(value)) return renameMembers(value, schema, path, place, inside);
  if (!Array.isArray(value)) return value;
  const items = itemSchema(schema);
  const list: Json[] = value.map((item: Json, i) => renameInside(item, items, `${path}[]`, `${place}[${i}]`, inside));
  return list.some((item, i) => item !== value[i]) ? list : value;
}

/** The call with names that the environment knows, where they are unambiguous. */
export function renameCall(call: ToolCall, context: RenameContext): { call: ToolCall; rewrites: readonly Rewrite[] } {
  const name = renameTool(call.name, context.shapes);
  const rewrites: Rewrite[] =
    name === call.name ? [] : [{ by: 'realization:rename', what: 'tool name', before: call.name, after: name }];
  const shape = context.shapes.get(name);
  if (shape === undefined) return { call, rewrites: [] };
  const inside: Inside = { tool: name, aliases: context.aliases[name] ?? {}, rewrites };
  const given = renameMembers(call.arguments, shape.tool.parameters, '', '', inside);
  return rewrites.length === 0 ? { call, rewrites } : { call: { name, arguments: given }, rewrites };
}
