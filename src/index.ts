/** The public API, experimental before 1.0; everything else may change at any time. */
export { z } from 'zod';

// A night, and its parts.
export { diagnose } from './diagnosis/diagnose.ts';
export { applyEdits, EditError, editKey, invertEdit } from './edit/edits.ts';
export { Edit } from './edit/schema.ts';
// An environment of your own
export { checkEnvironment, type EnvironmentReport } from './environments/check.ts';
export {
  type DefinedScorer,
  defineEnvironment,
  type EnvironmentDefinition,
  type TaskDefinition,
  tool,
} from './environments/define.ts';
export { loadEnvironment } from './environments/registry.ts';
export {
  exactAnswer,
  fieldsOf,
  type JudgeSettings,
  judged,
  type Scorer,
  scoredByAll,
} from './environments/scorers.ts';
export { scriptedUser } from './environments/users.ts';
export { type WorkspaceDefinition, workspace } from './environments/workspace.ts';
export {
  BudgetError,
  FrozenError,
  InfrastructureError,
  InterruptedError,
  UsageError,
  VerifyError,
} from './errors.ts';
export { type EvaluateOptions, evaluate } from './evaluation/evaluate.ts';
export { decideKeep, decidePrune } from './gate/keep.ts';
export { decideRelease, decideRelease as decide } from './gate/release.ts';
export { loadHarness } from './harness/load.ts';
export { parseHarness } from './harness/parse.ts';
// What a night left in git.
export { type Ledger, openLedger } from './ledger/branch/ledger.ts';
export { openRepository, type Repository } from './ledger/git/git.ts';
export type { Decision } from './ledger/kinds/index.ts';
export { type VerifyOptions, type VerifyReport, verifyRepository } from './ledger/verify/verify.ts';
// Agents.
export { type OpenAISettings, openaiAgent } from './models/openai.ts';
export { simulatedAgent } from './models/sim/agent.ts';
export type { AgentSource } from './models/source.ts';
export type { NightContext, NightOptions, Progress } from './night/night.ts';
export { optimize } from './optimize.ts';
export { Policy } from './policy/policy.ts';
export { type CommandOptions, type CommandSource, command } from './programs/command.ts';
// The seams: who proposes, what checks.
export type { AppliedCandidate, Check, CheckContext, CheckResult } from './proposal/check.ts';
export { buildLeakIndex, checkEdits } from './proposal/checks.ts';
export { harmful } from './proposal/harmful.ts';
export { mine } from './proposal/miner.ts';
export { neutral } from './proposal/null.ts';
export type { Proposal, ProposedEdit, Proposer, ProposerContext } from './proposal/proposer.ts';
export { reflect } from './proposal/reflect/proposer.ts';
export type { Emit, Event, NightSummary, RunSummary } from './report/events.ts';
export { type NightRequest, runNight } from './run-night.ts';
export { playEpisode } from './runtime/play.ts';
// The nouns.
export type * from './types.ts';
