/**
 * Corrects near-miss names of tools and arguments: aliases of the contract, case, underscores, one
 * or two letters.
 */
import type { JsonObject, ToolCall } from '../types.ts';
import type { Rewrite, ToolShape } from './shapes.ts';

export interface RenameContext {
  readonly shapes: ReadonlyMap<string, ToolShape>;
  /** tool -> wrong argument name -> right one */
  readonly aliases: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

const bare = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, '');

/** Levenshtein distance, at most `limit + 1`. */
export function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return Math.min(row[b.length] as number, limit + 1);
}

/** The one known name that `wrong` nearly is; undefined when none or several are equally near. */
export function nearestName(wrong: string, known: readonly string[]): string | undefined {
  const target = bare(wrong);
  const same = known.filter((name) => bare(name) === target);
  if (same.length > 0) return same.length === 1 ? same[0] : undefined;
  // Short names lie close to each other by chance.
  const limit = target.length >= 8 ? 2 : target.length >= 5 ? 1 : 0;
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const name of known) {
    const distance = editDistance(target, bare(name), limit);
    if (distance < bestDistance) {
      best = name;
      bestDistance = distance;
    } else if (distance === bestDistance) best = undefined;
  }
  return best;
}

function renameTool(name: string, shapes: RenameContext['shapes']): string {
  if (shapes.has(name)) return name;
  const last = name.split(/[./:]/).at(-1) ?? name;
  if (shapes.has(last)) return last;
  return nearestName(last, [...shapes.keys()]) ?? name;
}

function renameArguments(
  tool: string,
  given: JsonObject,
  shape: ToolShape,
  aliases: Readonly<Record<string, string>>,
): { arguments: JsonObject; rewrites: readonly Rewrite[] } {
  const wrong = Object.keys(given).filter((name) => !shape.properties.has(name));
  if (wrong.length === 0) return { arguments: given, rewrites: [] };
  const free = [...shape.properties.keys()].filter((name) => !Object.hasOwn(given, name));
  const target = new Map<string, { to: string; by: string }>();
  for (const name of wrong) {
    const alias = Object.hasOwn(aliases, name) ? aliases[name] : undefined;
    if (alias !== undefined) {
      if (free.includes(alias)) target.set(name, { to: alias, by: `alias:${tool}.${name}` });
      continue;
    }
    const near = nearestName(name, free);
    if (near !== undefined) target.set(name, { to: near, by: 'realization:rename' });
  }
  const claims = [...target.values()].map(({ to }) => to);
  const rewrites: Rewrite[] = [];
  const entries = Object.entries(given).map(([name, value]) => {
    const hit = target.get(name);
    // Two wrong names for one argument: which value is meant cannot be known.
    if (hit === undefined || claims.filter((to) => to === hit.to).length > 1) return [name, value] as const;
    rewrites.push({ by: hit.by, what: 'argument name', before: name, after: hit.to });
    return [hit.to, value] as const;
  });
  return { arguments: Object.fromEntries(entries), rewrites };
}

/** The call with names that the environment knows, as far as they are unambiguous. */
export function renameCall(call: ToolCall, context: RenameContext): { call: ToolCall; rewrites: readonly Rewrite[] } {
  const name = renameTool(call.name, context.shapes);
  const rewrites: Rewrite[] =
    name === call.name ? [] : [{ by: 'realization:rename', what: 'tool name', before: call.name, after: name }];
  const shape = context.shapes.get(name);
  if (shape === undefined) return { call, rewrites: [] };
  const renamed = renameArguments(name, call.arguments, shape, context.aliases[name] ?? {});
  if (rewrites.length === 0 && renamed.rewrites.length === 0) return { call, rewrites };
  return { call: { name, arguments: renamed.arguments }, rewrites: [...rewrites, ...renamed.rewrites] };
}
