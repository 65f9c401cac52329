/** Policies as a partial order: what one allows and the other does not. */
import type { Policy } from './policy.ts';

/** One sentence per way in which `after` asks for less than `before`; [] = never looser. */
export function loosenings(before: Policy, after: Policy): string[] {
  const found: string[] = [];
  const lost = before.protected_tags.filter((tag) => !after.protected_tags.includes(tag));
  if (lost.length > 0) found.push(`protected_tags does not name ${lost.join(', ')} any more`);
  for (const [metric, limit] of Object.entries(before.max_increase)) {
    const now = after.max_increase[metric as keyof Policy['max_increase']];
    if (now === undefined || now > limit) found.push(`max_increase.${metric} was ${limit} and is ${now ?? 'gone'}`);
  }
  // e-LOND holds for a rate fixed from the first look on; switching would use the larger one.
  if (before.fdr !== after.fdr) found.push(`fdr was ${before.fdr ?? 'not set'} and is ${after.fdr ?? 'not set'}`);
  if ((after.panel.size ?? Number.POSITIVE_INFINITY) < (before.panel.size ?? Number.POSITIVE_INFINITY))
    found.push(`panel.size was ${before.panel.size ?? 'all'} and is ${after.panel.size}`);
  if (after.panel.audit_share < before.panel.audit_share)
    found.push(`panel.audit_share was ${before.panel.audit_share} and is ${after.panel.audit_share}`);
  const [kept, keeps] = [before.retention?.traces_days, after.retention?.traces_days];
  if ((keeps ?? Number.POSITIVE_INFINITY) < (kept ?? Number.POSITIVE_INFINITY))
    found.push(`retention.traces_days was ${kept ?? 'for ever'} and is ${keeps}`);
  if (before.mode === 'propose' && after.mode === 'direct') found.push('mode was propose and is direct');
  if (after.approval.needed < before.approval.needed)
    found.push(`approval.needed was ${before.approval.needed} and is ${after.approval.needed}`);
  const known = before.approval.by;
  const fresh = after.approval.by.filter((name) => !known.includes(name));
  if (known.length > 0 && (fresh.length > 0 || after.approval.by.length === 0))
    found.push(`approval.by lets ${fresh.join(', ') || 'anyone'} approve`);
  const ops = after.envelope.ops.filter((op) => !before.envelope.ops.includes(op));
  if (ops.length > 0) found.push(`envelope.ops allows ${ops.join(', ')}`);
  if (after.envelope.max_risk > before.envelope.max_risk)
    found.push(`envelope.max_risk was ${before.envelope.max_risk} and is ${after.envelope.max_risk}`);
  return found;
}
