/** Turns --judge-model into a judge: a simulated one, another model, or the agent's own. */
import { UsageError } from '../errors.ts';
import type { Judge } from '../judge/compare.ts';
import { judgeProfile, simulatedJudge } from '../judge/simulated.ts';
import { chatOf } from '../models/ask.ts';
import { chooseSecond, isSimulated, type ModelChoice, type ModelFlags, openAgent } from '../open/model.ts';
import type { Environment } from '../types.ts';
import { keepingReplies, type Stage } from './stage.ts';

interface JudgeModelFlags extends ModelFlags {
  readonly judgeModel?: string;
  readonly judgeBaseUrl?: string;
  /** Number of times that each order is asked. */
  readonly votes: number;
}

/** A judge without an endpoint, or the model to open; `concurrency`: concurrent questions. */
export type JudgeChoice = { readonly concurrency: number } & (
  | { readonly judge: Judge }
  | { readonly model: ModelChoice }
);

/** Default: a simulated judge for a simulated agent. Throws UsageError, also as `chooseModel`. */
export function chooseJudge(flags: JudgeModelFlags, environment: Environment, root: string): JudgeChoice {
  const { judgeModel: model, judgeBaseUrl: baseUrl } = flags;
  const named = model ?? flags.model;
  if (isSimulated(named)) {
    if (baseUrl !== undefined)
      throw new UsageError(
        '--judge-base-url: expected a real judge, found a simulated one; add --judge-model openai:NAME',
      );
    const judge = simulatedJudge(judgeProfile(model?.split(':')[1] ?? 'fair'));
    // Fails now, not after the rollouts.
    if (environment.unscored) judge.open(null);
    return { judge, concurrency: 8 };
  }
  // A model at temperature 0 would cast the same vote each time.
  const temperature = flags.votes > 1 ? 0.7 : undefined;
  const choice = chooseSecond(flags, { flag: '--judge-model', model, baseUrl, temperature }, root);
  return { model: choice, concurrency: choice.concurrency };
}

/** Keeps the judge's replies and charges the stage's budget. Throws as `openAgent`. */
export async function openJudge(choice: JudgeChoice, { budget, environment, root }: Stage): Promise<Judge> {
  if ('judge' in choice) return choice.judge;
  const agent = keepingReplies(await openAgent(choice.model, environment, budget), root, environment);
  const chat = chatOf(agent, 'judge');
  return { id: agent.id, simulated: false, unpriced: agent.unpriced, open: () => chat };
}
