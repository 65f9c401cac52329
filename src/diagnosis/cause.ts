/** Decides whether the harness lacked a rule, or had one that was vague, wrong or ignored. */
import type { Cause, Harness, Trace } from '../types.ts';
import type { Finding, Pattern } from './patterns.ts';

/** Patterns that a switch, and not a clause or skill, is there to cure. */
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

/** Cause and the id of the clause, skill, monitor or switch concerned. `step` is the responsible step of the trace. */
export function causeOf(
  finding: Finding,
  trace: Trace,
  step: number,
  harness: Harness,
): { cause: Cause; blames?: string } {
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
    // A block that the agent ran into again and again was read and not followed.
    const times = trace.steps.filter((s) => s.kind === 'block' && s.by === blocker.id).length;
    return { cause: times > 1 ? 'rule_ignored' : 'rule_wrong', blames: blocker.id };
  }
  const about = clauses.filter((c) => argument === undefined || concerns(c, argument));
  const told = about.find((c) => c.say !== undefined && c.tell !== 'off');
  if (told)
    return {
      cause: told.enforce === 'off' && told.require !== undefined ? 'rule_ignored' : 'rule_vague',
      blames: told.id,
    };
  return skillCause(finding, harness) ?? { cause: 'rule_missing' };
}

function skillCause(finding: Finding, harness: Harness): { cause: Cause; blames: string } | undefined {
  if (!PROCEDURE.includes(finding.pattern)) return undefined;
  const skill = harness.skills.find((s) => finding.tool !== undefined && s.body.includes(finding.tool));
  return skill && { cause: 'rule_ignored', blames: skill.name };
}

function concerns(clause: Harness['contract']['clauses'][number], argument: string): boolean {
  const word = new RegExp(`\\b${argument}\\b`);
  return word.test([clause.say ?? '', clause.require ?? '', JSON.stringify(clause.prepare)].join(' '));
}
