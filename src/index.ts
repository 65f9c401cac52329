/** The public API; everything else is free to change. */
export { z } from 'zod';
export type { Edit } from './edit/schema.ts';
// An environment of your own.
export { checkEnvironment, type EnvironmentReport } from './environments/check.ts';
export {
  type DefinedScorer,
  defineEnvironment,
  type EnvironmentDefinition,
  type TaskDefinition,
  tool,
} from './environments/define.ts';
export {
  exactAnswer,
  fieldsOf,
  type JudgeSettings,
  judged,
  type Scorer,
  scoredByAll,
} from './environments/scorers.ts';
export { scriptedUser } from './environments/users.ts';
export { BudgetError, InfrastructureError, InterruptedError, UsageError, VerifyError } from './errors.ts';
export { type EvaluateOptions, evaluate } from './evaluation/evaluate.ts';
export { decideKeep, decidePrune } from './gate/keep.ts';
export { decideRelease, decideRelease as decide } from './gate/release.ts';
export { parseHarness } from './harness/parse.ts';
// The nouns.
export type { Decision } from './ledger/kinds/index.ts';
export { type OpenAISettings, openaiAgent } from './models/openai.ts';
export { simulatedAgent } from './models/sim/agent.ts';
export type { NightContext, NightOptions, Progress } from './night/night.ts';
// The loop and its stations.
export { optimize } from './optimize.ts';
export { type MineContext, type MinedProposal, mine } from './proposal/mine/mine.ts';
export type { Event, NightSummary, RunSummary } from './report/events.ts';
export type * from './types.ts';
