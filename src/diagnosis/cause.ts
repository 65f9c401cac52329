/** Decides whether the harness lacked a rule, or had one that was vague, wrong or ignored. */
import type { Cause, Harness, Plan, Trace } from '../types.ts';
import { attemptKey } from './attempts.ts';
import type { Pattern, PatternMatch } from './patterns.ts';

type Clause = Harness['contract']['clauses'][number];

/** Patterns that a realization switch fixes, rather than a clause or skill. */
const SWITCH_OF: Partial<Record<Pattern, 'rescue' | 'rename' | 'coerce'>> = {
  text_call: 'rescue',
  wrong_name: 'rename',
  wrong_type: 'coerce',
};

const MONITOR_OF: Partial<Record<Pattern, readonly string[]>> = {
  loop: ['duplicate_call', 'consecutive_failures'],
  claim: ['premature_finish'],
  gave_up: ['text_only', 'budget_left', 'consecutive_failures'],
};

const PROCEDURE: readonly Pattern[] = ['partial', 'wrong_order', 'missing_report', 'unasked_write', 'reasoning'];

/** Cause and id of the blamed clause, skill, monitor or switch; `step` is the responsible step. */
export function causeOf(
  finding: PatternMatch,
  trace: Trace,
  step: number,
  harness: Harness,
  plan?: Plan,
): { cause: Cause; blames?: string } {
  if (finding.pattern === 'cut' || finding.pattern === 'empty') return { cause: 'reply_limit' };
  if (finding.pattern === 'environment') return { cause: 'environment_fault' };
  const key = SWITCH_OF[finding.pattern];
  if (key)
    return harness.settings.realization[key]
      ? { cause: 'rule_vague', blames: `realization:${key}` }
      : { cause: 'rule_missing' };
  const monitors = harness.regulation.monitors.filter((m) => MONITOR_OF[finding.pattern]?.includes(m.kind));
  const fired = new Set(trace.steps.flatMap((s) => (s.kind === 'monitor' ? [s.by] : [])));
  const monitor = monitors.find((m) => fired.has(m.id)) ?? monitors[0];
  if (monitor) return { cause: fired.has(monitor.id) ? 'rule_ignored' : 'rule_vague', blames: monitor.id };
  const { tool, argument } = finding;
  if (tool === undefined) return skillCause(finding, harness) ?? { cause: 'rule_missing' };
  const clauses = harness.contract.clauses.filter((c) => c.tools.includes(tool));
  const blocked = trace.steps.find((s, i) => i >= step && s.kind === 'block' && clauses.some((c) => c.id === s.by));
  const blocker = blocked?.kind === 'block' ? clauses.find((c) => c.id === blocked.by) : undefined;
  if (blocker) {
    const call = blocked?.kind === 'block' ? attemptKey(blocked.call) : '';
    if (plan?.calls.some((c) => attemptKey(c) === call)) return { cause: 'rule_wrong', blames: blocker.id };
    // The agent read a repeated block and did not follow it.
    const times = trace.steps.filter((s) => s.kind === 'block' && s.by === blocker.id).length;
    return { cause: times > 1 ? 'rule_ignored' : 'rule_wrong', blames: blocker.id };
  }
  const about = clauses.filter((c) => argument === undefined || concerns(c, argument) || asksToRead(c, finding));
  const told = about.find((c) => c.say !== undefined && c.tell !== 'off');
  if (told)
    return {
      cause: told.enforce === 'off' && told.require !== undefined ? 'rule_ignored' : 'rule_vague',
      blames: told.id,
    };
  return skillCause(finding, harness) ?? { cause: 'rule_missing' };
}

function skillCause(finding: PatternMatch, harness: Harness): { cause: Cause; blames: string } | undefined {
  if (!PROCEDURE.includes(finding.pattern)) return undefined;
  const skill = harness.skills.find((s) => finding.tool !== undefined && s.body.includes(finding.tool));
  return skill && { cause: 'rule_ignored', blames: skill.name };
}

/** True if the clause names the argument as spelt or in words ("ids of items": `item_ids`). */
function concerns(clause: Clause, argument: string): boolean {
  const text = [clause.say ?? '', clause.require ?? '', JSON.stringify(clause.prepare)].join(' ');
  if (new RegExp(`\\b${argument}\\b`).test(text)) return true;
  const words = argument.split('_').filter((word) => word !== 'new');
  return words.every((word) => new RegExp(`\\b${word.replace(/s$/, '')}s?\\b`, 'i').test(clause.say ?? ''));
}

/** A clause about reading first concerns every argument whose value must be read. */
const asksToRead = (clause: Clause, finding: PatternMatch): boolean =>
  finding.pattern === 'write_before_read' &&
  (/\b(?:read|look|get_|find_|list_|search_)/i.test(clause.say ?? '') || /\bcalled\(/.test(clause.require ?? ''));
