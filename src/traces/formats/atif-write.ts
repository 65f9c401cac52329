/** A trace as a trajectory of strict ATIF v1.7. */
import { NO_USAGE } from '../../chat.ts';
import type { JsonObject, Usage } from '../../types.ts';
import { type StoredTrace, UNKNOWN } from '../stored.ts';
import { argumentsOf, type GivenCall, type Said, saidIn } from './conversation.ts';
import { writeTools } from './messages.ts';
import { known } from './record.ts';

/** What ATIF has no member for stands in `extra` under this name. */
export const OURS = 'harness-optimizer';

export function writeTrajectory(trace: StoredTrace): JsonObject {
  const { id, task, trial, time, agent, model, harness, outcome, prompt, usage } = trace;
  const steps = writeSteps(saidIn(trace));
  const at = agent.lastIndexOf('/');
  return {
    schema_version: 'ATIF-v1.7',
    session_id: id,
    trajectory_id: id,
    agent: known({
      name: at > 0 ? agent.slice(0, at) : agent,
      version: at > 0 ? agent.slice(at + 1) : UNKNOWN,
      model_name: model === UNKNOWN ? null : model,
      tool_definitions: prompt.tools.length === 0 ? null : writeTools(prompt.tools),
    }),
    steps,
    final_metrics: known({
      total_prompt_tokens: usage.inputTokens,
      total_completion_tokens: usage.outputTokens,
      total_cached_tokens: usage.cachedTokens,
      total_cost_usd: usage.costUsd,
      total_steps: steps.length,
    }),
    extra: {
      [OURS]: { ...known({ id, agent, harness, trial, reward: outcome.reward, label: outcome.label }), task, time },
    },
  };
}

interface OpenStep {
  readonly step: JsonObject;
  readonly results: JsonObject[];
  /** Ids of its calls. */
  readonly ids: ReadonlySet<string | null>;
}

function writeSteps(said: readonly Said[]): JsonObject[] {
  const steps: OpenStep[] = [];
  for (const one of said) {
    if (one.who !== 'tool') {
      const calls = one.who === 'agent' ? one.calls : [];
      const metrics = one.who === 'agent' ? metricsOf(one.usage) : {};
      const step = {
        source: one.who,
        message: one.text,
        ...(calls.length === 0 ? {} : { tool_calls: calls.map(writeCall) }),
        ...(Object.keys(metrics).length === 0 ? {} : { metrics }),
        ...(one.who === 'agent' ? { llm_call_count: one.usage?.calls ?? 1 } : {}),
      };
      steps.push({ step, results: [], ids: new Set(calls.map(({ id }) => id)) });
      continue;
    }
    const last = steps.at(-1);
    const open = last?.step.source === 'user' ? undefined : last;
    const into: OpenStep = open ?? { step: { source: 'system', message: '' }, results: [], ids: new Set() };
    if (open === undefined) steps.push(into);
    // A result may only name a call of its own step.
    into.results.push({
      ...(into.ids.has(one.id) ? { source_call_id: one.id } : {}),
      content: one.text,
      ...(into.ids.has(one.id) ? {} : { extra: { [`${OURS}-id`]: one.id } }),
    });
  }
  return steps.map(({ step, results }, at) => ({
    step_id: at + 1,
    ...step,
    ...(results.length === 0 ? {} : { observation: { results } }),
  }));
}

function writeCall({ id, name, arguments: text }: GivenCall): JsonObject {
  const given = argumentsOf(text);
  // Other text than that of the object, and text that is no object, comes back as it was.
  const exact = given !== null && JSON.stringify(given) === text;
  return {
    tool_call_id: id ?? '',
    function_name: name,
    arguments: given ?? {},
    ...(exact ? {} : { extra: { [`${OURS}-arguments`]: text } }),
  };
}

/** Zeros may stand for what is not known, so they are left out. */
function metricsOf(usage: Usage | undefined): JsonObject {
  const { inputTokens, outputTokens, cachedTokens, costUsd } = usage ?? NO_USAGE;
  const all = {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    cached_tokens: cachedTokens,
    cost_usd: costUsd,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value > 0));
}
