/** V4: plays everything with scores again, from recorded replies or the simulated agent. */
import { join } from 'node:path';
import { openStage } from '../compare/stage.ts';
import { canonicalJson } from '../digest.ts';
import { UsageError, VerifyError } from '../errors.ts';
import { openBudget } from '../evaluation/budget.ts';
import { drawnNoise } from '../evaluation/seeds.ts';
import { parseHarness } from '../harness/parse.ts';
import { resolveHarness } from '../ledger/branch/history.ts';
import { type Ledger, openLedger } from '../ledger/branch/ledger.ts';
import type { Repository } from '../ledger/git/git.ts';
import { decisionPath } from '../ledger/git/paths.ts';
import type { AuditDecision } from '../ledger/kinds/audit.ts';
import { artifactPath, expiredFiles } from '../ledger/kinds/expire.ts';
import type { Unchecked } from '../ledger/kinds/finding.ts';
import type { Decision } from '../ledger/kinds/index.ts';
import { recordedSources } from '../ledger/kinds/settings.ts';
import type { VerifyIssue, VerifyReport } from '../ledger/verify/verify.ts';
import { REPLIES } from '../models/replies.ts';
import { MOST_DRAWS } from '../night/panel.ts';
import { openEnvironment } from '../open/environment.ts';
import { chooseModel, openAgent } from '../open/model.ts';
import type { Environment, Task } from '../types.ts';
import { replayRun } from './replay.ts';

/** Options of a check that plays again. */
export interface RecheckOptions {
  /** Folder of public files, if the nights used one. */
  readonly data?: string | undefined;
  readonly signal: AbortSignal;
}

/** Checks of git alone never cover these. */
const FORGED_BEFORE = 'scores that were forged';

/** Covers every score; what cannot be played again is reported as unchecked. */
export async function rescored(
  repository: Repository,
  report: VerifyReport,
  options: RecheckOptions,
): Promise<VerifyReport> {
  const issues: VerifyIssue[] = [...report.issues];
  const unchecked: Unchecked[] = [...report.unchecked];
  /** Returns issues; throws UsageError for what cannot be played. */
  const attempt = async (file: string, play: () => Promise<readonly VerifyIssue[]>): Promise<void> => {
    try {
      issues.push(...(await play()));
    } catch (error) {
      if (error instanceof UsageError) unchecked.push({ file, why: error.message });
      else if (error instanceof VerifyError) issues.push(issue(file, 'decisions', 'those recorded', error.message));
      else throw error;
    }
  };
  for (const { env } of report.branches) {
    const ledger = await openLedger(repository, env);
    const decisions = ledger.decisions();
    const scored = decisions.filter((one) => 'gate' in one && one.kind !== 'audit');
    const nights = new Set([...scored, ...decisions.filter(({ kind }) => kind === 'note')].map(({ run }) => run));
    for (const run of nights) await attempt(`runs/${run}`, () => rescoreNight(repository, run, decisions, options));
    for (const audit of decisions.filter((one): one is AuditDecision & Decision => one.kind === 'audit'))
      await attempt(decisionPath(audit.run, audit.seq), () => rescoreAudit(repository, ledger, audit, options));
  }
  const covered = unchecked.length === report.unchecked.length;
  const notCovered = report.notCovered.filter((line) => !covered || !line.startsWith(FORGED_BEFORE));
  return { ...report, levels: [...report.levels, 'V4'], issues, unchecked, notCovered, ok: issues.length === 0 };
}

export const issue = (file: string, field: string, expected: string, found: string): VerifyIssue => ({
  level: 'V4',
  commit: '',
  file,
  field,
  expected,
  found,
});

async function rescoreNight(
  { root }: Repository,
  run: string,
  decisions: readonly Decision[],
  options: RecheckOptions,
): Promise<VerifyIssue[]> {
  const expired = expiredFiles(decisions).get(artifactPath({ run, name: REPLIES }));
  if (expired !== undefined) throw new UsageError(`its replies were deleted, as decision ${expired} says`);
  const { quoted } = await replayRun(root, run, options);
  const expected = 'no question to the proposer that quotes a held-out task';
  return quoted.map((task) => issue(`runs/${run}/${REPLIES}`, 'request', expected, task));
}

/** Only simulated audits repeat: commands share the replies of real agents, which prove nothing. */
async function rescoreAudit(
  { root }: Repository,
  ledger: Ledger,
  audit: AuditDecision,
  { data, signal }: RecheckOptions,
): Promise<VerifyIssue[]> {
  const { played, gate, who, seq, env } = audit;
  if (who.agent === null)
    throw new UsageError('the audit does not say how it was played, so it cannot be played again');
  if (!who.simulated)
    throw new UsageError(`an audit by ${who.agent} cannot be played again without it; run another: npx optimize audit`);
  const panel = panelOf(
    await openEnvironment({ env, data }, root, { recorded: recordedSources(ledger.decisions()) }),
    audit,
  );
  const { environment } = panel;
  const model = chooseModel({ model: who.agent }, root);
  const agent = await openAgent(model, environment);
  if (agent.digest !== played.agent)
    throw new UsageError(`it was played by another build of ${who.agent}; check out the version that made it`);
  const harnessOf = async (id: string) => parseHarness(env, (await resolveHarness(ledger, id)).files);
  const [before, after] = [await harnessOf(audit.parent.harness), await harnessOf(audit.child.harness)];
  const budget = openBudget({}, Date.now);
  const { seed } = played;
  const { concurrency } = model;
  const stage = openStage({ root, environment, agent, concurrency, seed, budget, emit: () => {}, signal });
  const trials = gate.pairs[0]?.after.length ?? 1;
  const key = { head: audit.prev, panel: audit.data.panel, look: 0 };
  const noise = { ...drawnNoise(audit.prev), seed };
  const found = await stage.compare([before, after], panel.tasks, { trials, tier: `audit ${seq}`, key, noise });
  return gate.pairs.flatMap((recorded, index) => {
    const [want, have] = [recorded, found.pairs[index]].map((one) =>
      canonicalJson([one?.task, one?.before, one?.after, one?.order]),
    );
    const field = `gate.pairs, ${recorded.task}`;
    return want === have ? [] : [issue(decisionPath(audit.run, seq), field, have ?? '', want ?? '')];
  });
}

/** The draw with this digest; known tasks were left out, so it may be larger than the panel. */
function drawnAgain(environment: Environment, seed: number, size: number, digest: string): Environment | undefined {
  for (let times = 1; times <= MOST_DRAWS; times *= 2) {
    const drawn = environment.generate?.({ seed, tasks: size * times, split: 'sealed' });
    if (drawn?.digest === digest) return drawn;
  }
  return undefined;
}

function panelOf(environment: Environment, { data, gate }: AuditDecision): { environment: Environment; tasks: Task[] } {
  const ids = gate.pairs.map(({ task }) => task);
  const seed = data.panelSeed;
  const drawn = seed === undefined ? environment : drawnAgain(environment, seed, ids.length, data.environment);
  const tasks = ids.flatMap((id) => drawn?.tasks.find((task) => task.id === id) ?? []);
  if (drawn === undefined || drawn.digest !== data.environment || tasks.length < ids.length)
    throw new UsageError(
      `its tasks are not those of ${join('evals', environment.name)} as it is here; give the same --data, on the commit of that audit`,
    );
  return { environment: drawn, tasks };
}
