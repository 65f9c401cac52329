/** The export list of the package: a name more or less here is a change of the public API. */
import { expect, expectTypeOf, test } from 'vitest';
import * as api from './index.ts';
import * as runtime from './runtime/index.ts';

const sorted = (names: string): string[] => names.trim().split(/\s+/).sort();

test('harness-optimizer exports these names', () => {
  expect(Object.keys(api).sort()).toEqual(
    sorted(`
      runNight optimize evaluate diagnose playEpisode
      defineEnvironment tool checkEnvironment loadEnvironment z
      scriptedUser exactAnswer fieldsOf judged scoredByAll
      simulatedAgent openaiAgent command workspace
      mine reflect neutral harmful
      Edit applyEdits invertEdit editKey EditError checkEdits buildLeakIndex loadHarness parseHarness
      decide decideKeep decidePrune decideRelease Policy
      openRepository openLedger verifyRepository
      UsageError BudgetError InfrastructureError InterruptedError FrozenError VerifyError
    `),
  );
});

test('harness-optimizer/runtime exports these names', () => {
  expect(Object.keys(runtime).sort()).toEqual(
    sorted(`
      episode handleCall drive playEpisode toolAnswers replayEpisode follow
      compileHarness NO_HARNESS openSession openConversation admitCall
    `),
  );
});

/** Types leave no trace at run time: without one of these this file does not compile. */
type Seams = [
  api.Environment,
  api.Agent,
  api.AgentSource,
  api.User,
  api.Scorer<unknown>,
  api.Proposer,
  api.ProposerContext,
  api.Proposal,
  api.ProposedEdit,
  api.Check,
  api.AppliedCandidate,
  api.CheckResult,
  api.NightRequest,
  api.NightSummary,
  api.NightOptions,
  api.NightContext,
  api.Progress,
  api.Policy,
  api.Event,
  api.Emit,
  api.Ledger,
  api.Decision,
  api.Repository,
  api.VerifyReport,
];

test('and these types', () => {
  expectTypeOf<Seams[number]>().not.toBeNever();
});
