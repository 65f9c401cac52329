/** The public API; everything else is free to change. */
export { z } from 'zod';

// An environment of your own.
export { checkEnvironment, type EnvironmentReport } from './environments/check.ts';
export { defineEnvironment, type EnvironmentDefinition, type TaskDefinition, tool } from './environments/define.ts';

// The loop and its stations.
export { optimize } from './optimize.ts';
export { evaluate, type EvaluateOptions } from './evaluation/evaluate.ts';
export { decideKeep, decidePrune } from './gate/keep.ts';
export { decideRelease, decideRelease as decide } from './gate/release.ts';
export { type MineContext, type MinedProposal, mine } from './proposal/mine/mine.ts';
export { parseHarness } from './harness/parse.ts';
export { simulatedAgent } from './models/sim/agent.ts';
export { openaiAgent, type OpenAISettings } from './models/openai.ts';

// The nouns.
export type { Decision } from './ledger/decision.ts';
export type { Edit } from './proposal/edit-schema.ts';
export type { Night, NightOptions } from './night/night.ts';
export type { Event, NightSummary, RunSummary } from './report/events.ts';
export type * from './types.ts';
export { BudgetError, InfrastructureError, InterruptedError, UsageError, VerifyError } from './errors.ts';
