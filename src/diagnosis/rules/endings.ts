/** Rules about how a run ended when no single call is to blame. */
import type { ToolCall, Trace } from '../../types.ts';
import { type Attempt, attemptKey, attemptsOf, endOf, quote } from '../attempts.ts';
import type { PatternMatch } from '../patterns.ts';

/** True if a message without tool calls spells out a call of one of the tools. */
export function isTextCall(content: string, toolNames: readonly string[]): boolean {
  if (/<tool_call>|"arguments"\s*:|"parameters"\s*:/.test(content)) return true;
  return toolNames.some((name) => new RegExp(`\\b${name}\\s*\\(|["']${name}["']`).test(content));
}

/** Names why a run ended short of the goal. `missing` are plan writes that were not made. */
export function badEnding(trace: Trace, missing: readonly ToolCall[], made: readonly Attempt[]): PatternMatch {
  const names = [...trace.prompt.tools.map((t) => t.name), 'done'];
  const silent = trace.steps.filter((s) => s.kind === 'model' && s.toolCalls.length === 0);
  const texts = silent.filter((s) => s.kind === 'model' && isTextCall(s.content, names) && !wasRescued(trace, s));
  const ending = endOf(trace)?.ending;
  const quoted = (text: string) => quote(text === '' ? (ending?.reason ?? '') : text);
  const sample = texts[0];
  if (sample?.kind === 'model' && (ending?.reason !== 'done' || made.length === 0))
    return { pattern: 'text_call', evidence: quoted(sample.content), confidence: 0.9 };
  const repeated = longestRepeat(attemptsOf(trace));
  if (repeated && repeated.count >= 3 && ending?.reason !== 'done')
    return {
      pattern: 'loop',
      tool: repeated.call.name,
      evidence: quote(JSON.stringify(repeated.call)),
      confidence: 0.85,
    };
  if (ending?.reason === 'done') {
    if (missing.length > 0 && made.length === 0)
      return { pattern: 'claim', ...tool(missing), evidence: quoted(ending.summary), confidence: 0.85 };
    return {
      pattern: 'partial',
      ...tool(missing),
      evidence: quoted(ending.summary),
      confidence: missing.length ? 0.8 : 0.4,
    };
  }
  const last = silent.at(-1);
  return {
    pattern: 'gave_up',
    ...tool(missing),
    evidence: quoted(last?.kind === 'model' ? last.content : ''),
    confidence: 0.75,
  };
}

const tool = (missing: readonly ToolCall[]): { tool?: string } => (missing[0] ? { tool: missing[0].name } : {});

/** True if the harness rescued a text call: a call follows before the next model step. */
function wasRescued(trace: Trace, step: Trace['steps'][number]): boolean {
  for (const next of trace.steps.slice(trace.steps.indexOf(step) + 1)) {
    if (next.kind === 'model') return false;
    if (next.kind === 'call' || next.kind === 'block') return true;
  }
  return false;
}

function longestRepeat(attempts: readonly Attempt[]): { call: ToolCall; count: number } | undefined {
  const counts = new Map<string, { call: ToolCall; count: number }>();
  for (const { call } of attempts) {
    const entry = counts.get(attemptKey(call)) ?? { call, count: 0 };
    entry.count += 1;
    counts.set(attemptKey(call), entry);
  }
  return [...counts.values()].sort((a, b) => b.count - a.count)[0];
}
