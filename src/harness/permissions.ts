/** Permissions as a partial order: never looser means allowing no call that the other refuses. */
import type { Permissions } from './schema.ts';

const allows = (permissions: Permissions, tool: string): boolean => permissions.tools?.includes(tool) ?? true;

/** The lowest limit of an argument; undefined if there is none. */
function limitOf(permissions: Permissions, tool: string, argument: string): number | undefined {
  const limits = permissions.limits.filter((limit) => limit.tool === tool && limit.argument === argument);
  return limits.length === 0 ? undefined : Math.min(...limits.map((limit) => limit.max));
}

/**
 * What `after` allows and `before` does not, one sentence each; [] = never looser. It compares the
 * sets of allowed calls, so limits and confirmations of a tool that is not allowed do not count.
 */
export function looserThan(before: Permissions, after: Permissions): string[] {
  const reasons: string[] = [];
  if (before.tools !== undefined) {
    if (after.tools === undefined) reasons.push(`all tools are allowed, not only ${before.tools.join(', ') || 'none'}`);
    else {
      const added = [...new Set(after.tools)].filter((tool) => !allows(before, tool));
      reasons.push(...added.map((tool) => `${tool} is allowed`));
    }
  }
  const guarded = new Set(before.limits.map(({ tool, argument }) => JSON.stringify([tool, argument])));
  for (const pair of guarded) {
    const [tool, argument] = JSON.parse(pair) as [string, string];
    if (!allows(before, tool) || !allows(after, tool)) continue;
    const [old, now] = [limitOf(before, tool, argument), limitOf(after, tool, argument)];
    if (old === undefined || (now !== undefined && now <= old)) continue;
    reasons.push(
      `${argument} of ${tool} may be ${now === undefined ? 'anything' : `up to ${now}`}, not only up to ${old}`,
    );
  }
  for (const tool of new Set(before.confirm)) {
    if (!allows(before, tool) || !allows(after, tool) || after.confirm.includes(tool)) continue;
    reasons.push(`${tool} needs no confirmation`);
  }
  return reasons;
}
