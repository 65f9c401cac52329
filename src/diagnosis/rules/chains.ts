/** Rules about the last open chain of errors and blocks: the call that never succeeded. */
import type { Environment, Plan, Task, ToolCall, Trace } from '../../types.ts';
import { type Attempt, attemptKey, attemptsOf, quote } from '../attempts.ts';
import type { PatternMatch } from '../patterns.ts';
import { openChain, unseenValues } from '../responsible.ts';
import { argumentFault, intended } from './arguments.ts';

/** Names what stopped the run at `attempt`, the first call of the open chain. */
export function brokenChain(
  trace: Trace,
  attempt: Attempt,
  missing: readonly ToolCall[],
  environment: Environment,
  task: Task,
  plan: Plan | undefined,
): PatternMatch {
  const goal = intended(attempt.call, [...missing, ...(plan?.calls ?? [])]);
  const fault = argumentFault(trace, attempt, goal, environment, task);
  if (fault) return blind(trace, attempt, fault, goal) ?? fault;
  const chain = openChain(attemptsOf(trace), missing, plan);
  const base = { tool: attempt.call.name, evidence: quote(attempt.content) };
  const repeats = chain.filter((a) => attemptKey(a.call) === attemptKey(attempt.call)).length;
  if (plan && !attempt.readOnly) {
    // The values are right or at least known, but the plan uses another tool for them.
    const otherTool = goal !== undefined && goal.name !== attempt.call.name;
    const asked = plan.calls.some((c) => c.name === attempt.call.name);
    if (otherTool || !asked) return { ...base, pattern: 'wrong_state', confidence: otherTool ? 0.85 : 0.6 };
    const wrong = goal && differing(attempt.call, goal);
    if (wrong) {
      const blind = !attemptsOf(trace).some((a) => a.readOnly && a.outcome === 'ok' && a.step < attempt.step);
      return { ...base, pattern: blind ? 'write_before_read' : 'wrong_value', argument: wrong, confidence: 0.65 };
    }
    if (goal) return { ...base, pattern: repeats >= 3 ? 'loop' : 'wrong_order', confidence: 0.6 };
  }
  if (repeats >= 3) return { ...base, pattern: 'loop', confidence: 0.8 };
  return { ...base, pattern: plan ? 'gave_up' : 'reasoning', confidence: 0.4 };
}

/** The agent gave a name or an invention for a value that it should have read first. */
function blind(trace: Trace, attempt: Attempt, fault: PatternMatch, goal: ToolCall | undefined): PatternMatch | null {
  const right = fault.argument === undefined ? undefined : goal?.arguments[fault.argument];
  if (attempt.readOnly || right === undefined || !['name_for_id', 'invented_id', 'wrong_type'].includes(fault.pattern))
    return null;
  return unseenValues(trace, attempt.step, [right]).length > 0 ? { ...fault, pattern: 'write_before_read' } : null;
}

function differing(call: ToolCall, goal: ToolCall): string | undefined {
  return Object.keys(goal.arguments).find(
    (name) =>
      attemptKey({ name, arguments: { v: call.arguments[name] ?? null } }) !==
      attemptKey({ name, arguments: { v: goal.arguments[name] ?? null } }),
  );
}
