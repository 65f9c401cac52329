/** Plays rollouts of looks again with their agent and seeds, and compares the scores. */
import { join } from 'node:path';
import { canonicalJson, sha256 } from '../digest.ts';
import { InfrastructureError, UsageError } from '../errors.ts';
import { openBudget } from '../evaluation/budget.ts';
import { openEvaluator } from '../evaluation/evaluator.ts';
import { memoryJournal } from '../evaluation/journal.ts';
import { drawnNoise } from '../evaluation/seeds.ts';
import type { Pair } from '../gate/pairs.ts';
import { GATE_RULES } from '../gate/rules.ts';
import { parseHarness } from '../harness/parse.ts';
import { resolveHarness } from '../ledger/branch/history.ts';
import { type Ledger, openLedger } from '../ledger/branch/ledger.ts';
import type { Repository } from '../ledger/git/git.ts';
import { decisionPath } from '../ledger/git/paths.ts';
import type { Unchecked } from '../ledger/kinds/finding.ts';
import { headBefore } from '../ledger/kinds/panels.ts';
import type { ReleaseDecision } from '../ledger/kinds/release.ts';
import { recordedSources } from '../ledger/kinds/settings.ts';
import type { VerifyIssue, VerifyReport } from '../ledger/verify/verify.ts';
import { sealedTier } from '../night/compare.ts';
import { type PairPlay, playPair } from '../night/pair.ts';
import { drawPanel } from '../night/panel.ts';
import { readConfig } from '../night/run.ts';
import { openEnvironment } from '../open/environment.ts';
import { chooseModel, labelOf, openAgent } from '../open/model.ts';
import { selectTasks } from '../open/tasks.ts';
import type { Environment } from '../types.ts';
import { issue, type RecheckOptions } from './rescore.ts';

export interface RerunOptions extends RecheckOptions {
  /** Number of pairs per environment. */
  readonly count: number;
  /** Endpoint of a real model. */
  readonly baseUrl?: string | undefined;
}

interface Rerun {
  readonly agent: string;
  readonly simulated: boolean;
  readonly played: number;
  readonly same: number;
  /** One issue per rollout with other scores. */
  readonly others: readonly VerifyIssue[];
}

/**
 * Plays looked-at tasks, drawn by the chain's head, again in both arms. This sample is no level (V4
 * is `rescored`). A simulated agent must repeat its scores; another agent's difference is reported
 * and proves nothing.
 */
export async function rerunLooks(
  repository: Repository,
  report: VerifyReport,
  options: RerunOptions,
): Promise<VerifyReport> {
  const issues: VerifyIssue[] = [...report.issues];
  const unchecked: Unchecked[] = [...report.unchecked];
  const anew: string[] = [];
  for (const { env } of report.branches) {
    try {
      const { agent, simulated, played, same, others } = await rerunSample(repository, env, options);
      const text = `${same} of ${played} rollouts of ${env} came out as recorded (${agent})`;
      const differ = 'the others differ, which is no proof with a model that does not repeat itself';
      anew.push(same === played ? text : `${text}: ${differ}`);
      if (simulated) issues.push(...others);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      unchecked.push({ file: `optimize/${env}`, why: error.message });
    }
  }
  return { ...report, issues, unchecked, anew, ok: issues.length === 0 };
}

interface Sampled {
  readonly decision: ReleaseDecision;
  readonly pair: Pair;
}

/** Plays pairs of an environment's looks. Throws UsageError without looks or run folders. */
async function rerunSample(repository: Repository, env: string, options: RerunOptions): Promise<Rerun> {
  const ledger = await openLedger(repository, env);
  const sample = sampleOf(ledger, options.count);
  let agentName = '';
  let simulated = true;
  let played = 0;
  const others: VerifyIssue[] = [];
  for (const { decision, pair } of sample) {
    const night = await openRun(repository.root, decision, { ...options, ledger });
    agentName = labelOf(night.agent);
    simulated = night.agent.simulated;
    const harnessOf = async (id: string) => parseHarness(env, (await resolveHarness(ledger, id)).files);
    const arms = [await harnessOf(decision.parent.harness), await harnessOf(decision.child.harness)] as const;
    const again = await night.play(arms, pair);
    const file = decisionPath(decision.run, decision.seq);
    for (const side of ['before', 'after'] as const) {
      played += 1;
      const [expected, scores] = [canonicalJson(pair[side]), canonicalJson(again[side])];
      if (scores !== expected) others.push(issue(file, `gate.pairs, ${pair.task} ${side}`, expected, scores));
    }
  }
  return { agent: agentName, simulated, played, same: played - others.length, others };
}

/** Drawn by the head of the chain, so that a forger cannot know which scores are checked. */
function sampleOf(ledger: Ledger, count: number): Sampled[] {
  const { commit } = ledger.head();
  const all = ledger
    .decisions()
    .flatMap((decision) =>
      decision.kind === 'release' ? decision.gate.pairs.map((pair) => ({ decision, pair })) : [],
    );
  if (all.length === 0)
    throw new UsageError(`expected a look on ${ledger.branch} to play again, found none; run a night first`);
  const rank = new Map(all.map((one) => [one, sha256(`${commit}\n${one.decision.seq}\n${one.pair.task}`)]));
  return all.sort((a, b) => ((rank.get(a) as string) < (rank.get(b) as string) ? -1 : 1)).slice(0, count);
}

async function openRun(
  root: string,
  decision: ReleaseDecision,
  { baseUrl, data, signal, ledger }: RerunOptions & { readonly ledger: Ledger },
) {
  const config = readConfig(join(root, 'runs', decision.run));
  if (config === null)
    throw new UsageError(`expected runs/${decision.run} with the seeds of its rollouts, found none; restore it`);
  const { options } = config;
  if (decision.verdict.rules !== GATE_RULES)
    throw new UsageError(
      `${decision.run} was played by other rules (${decision.verdict.rules}); use the version that made it`,
    );
  const head = headBefore(ledger.decisions(), decision.run, null);
  const recorded = recordedSources(ledger.decisions());
  const environment = await openEnvironment({ env: options.env, data }, root, { recorded });
  const model = { model: config.agent.id, ...(baseUrl === undefined ? {} : { baseUrl }) };
  const agent = await openAgent(chooseModel(model, root), environment);
  const sealed = selectTasks(environment.tasks, { tags: options.tags, count: options.tasks }).filter(
    ({ split }) => split === 'sealed',
  );
  const { panelSeed } = decision.data;
  const size = options.policy.panel.size ?? sealed.length;
  const panel: Pick<Environment, 'tasks'> & { environment: Environment } =
    panelSeed === undefined
      ? { tasks: sealed, environment }
      : drawPanel(environment, { size, tags: options.tags, seed: panelSeed });
  const evaluator = openEvaluator({
    environment,
    agent,
    budget: openBudget({}, Date.now),
    journal: memoryJournal(),
    seed: options.seed,
    night: config.night,
    concurrency: 1,
    timeoutMs: config.timeoutMs,
    signal,
  });
  return {
    agent,
    /** Both arms in the recorded order. */
    async play(arms: PairPlay['arms'], { task: id, order = '' }: Pair): Promise<Pair> {
      const task = panel.tasks.find((one) => one.id === id);
      if (task === undefined)
        throw new UsageError(
          `task ${id} of ${decision.run} is not in the environment as it is here; give the same --data, on the commit of that night`,
        );
      const { pair } = await playPair(evaluator, {
        arms,
        task,
        order: [...order].map((first) => (first === 'b' ? [0, 1] : [1, 0])),
        tierOf: (arm) => sealedTier(options.proposers.includes('null'), arm),
        noise: drawnNoise(head),
        environment: panel.environment,
      });
      if (pair === null) throw new InfrastructureError(`task ${id} got no answer; check the endpoint`);
      return pair;
    },
  };
}
