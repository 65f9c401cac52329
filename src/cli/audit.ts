/**
 * `optimize audit`: what the release in force is worth on tasks that decided nothing; the figure to
 * publish.
 */
import { join, resolve } from 'node:path';
import { canonicalJson, seedOf, sha256 } from '../digest.ts';
import { BudgetError, InfrastructureError, UsageError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { rounded } from '../gate/arithmetic.ts';
import { auditScore } from '../gate/audit.ts';
import { recompute } from '../gate/record.ts';
import { RELEASE } from '../gate/rules.ts';
import { parseHarness } from '../harness/parse.ts';
import { recordSettings, settingsOf } from '../ledger/acts/settings.ts';
import { stepOf } from '../ledger/acts/step.ts';
import { type Ledger, openLedger } from '../ledger/branch/ledger.ts';
import { acquireLock } from '../ledger/branch/lock.ts';
import { findVersion, firstHarness } from '../ledger/branch/versions.ts';
import { type Decision, nothingMeasured } from '../ledger/format/decision.ts';
import { openRepository } from '../ledger/git/git.ts';
import { useSealed } from '../night/panel.ts';
import { readPolicy } from '../policy/policy.ts';
import type { Agent, Environment, Harness, Task, Verdict } from '../types.ts';
import { say, sayJson } from './open-ledger.ts';
import { openEnvironment, type PlayFlags, selectTasks } from './setup.ts';
import { openStage, type Stage } from './stage.ts';

interface AuditFlags extends PlayFlags {
  readonly trials: number;
}

/** Days between two audits on given tasks: answers that steer what comes next would use them up. */
const EVERY_DAYS = 28;
/** Fresh tasks of an audit, where they can be generated. */
const FRESH_TASKS = 200;
/** Fewest tasks that say something. */
const LEAST_TASKS = 20;

export async function auditCommand(given: Record<string, unknown>): Promise<number> {
  const flags = given as unknown as AuditFlags;
  if (flags.trials < 1) throw new UsageError(`--trials: expected 1 or more, got ${flags.trials}`);
  const repository = await openRepository(process.cwd());
  const { root } = repository;
  const environment = await openEnvironment(
    { env: flags.env, ...(flags.data === undefined ? {} : { data: resolve(flags.data) }) },
    root,
  );
  const step = stepOf('audit', repository);
  const lock = await acquireLock(repository, environment.name, step.time);
  try {
    const ledger = await openLedger(repository, environment.name, step.keys);
    ledger.assertWritable();
    const { version, files } = await findVersion(ledger);
    await recordSettings(ledger, settingsOf(environment, readPolicy(root, environment.name)), step);
    const panel = tasksOf(environment, flags, ledger.decisions(), root);
    const audit = {
      version,
      after: parseHarness(environment.name, files),
      against: await beforeOf(ledger, version),
      panel,
    };
    const stage = await openStage(flags, root, panel.environment);
    try {
      const { agent } = stage;
      const label = agent.simulated ? `${agent.id}, SIMULATED` : agent.id;
      if (!flags.json)
        say(
          `audit of ${version} on ${panel.tasks.length} ${panel.seed === null ? 'tasks that no look plays' : 'fresh tasks'} x ${flags.trials}, against ${audit.against.name}, agent ${label}`,
        );
      const gate = await play(stage, audit, flags.trials, `audit ${ledger.nextSeq}`);
      const verdict = recompute(gate);
      const who = { ...step.who, agent: agent.id, simulated: agent.simulated };
      const played = { seed: flags.seed, agent: agent.digest };
      const commit = await record(ledger, audit, { gate, verdict, who, time: step.time, played });
      if (flags.json) sayJson(lineOf(environment.name, audit, { agent, gate, verdict, commit }));
      else say(`${verdict.reason}: ${verdict.detail}${agent.simulated ? '; SIMULATED' : ''}`);
      return verdict.reason === 'regression' ? EXIT.regression : EXIT.ok;
    } finally {
      stage.close();
    }
  } finally {
    await lock.release();
  }
}

interface Audit {
  readonly version: string;
  readonly after: Harness;
  readonly against: { readonly name: string; readonly harness: Harness };
  readonly panel: AuditPanel;
}

/**
 * Both arms on every task. Throws InfrastructureError when more than 2 % of the pairs got no
 * answer.
 */
async function play(stage: Stage, { version, after, against, panel }: Audit, trials: number, tier: string) {
  const { tasks } = panel;
  const played = await stage.pairs({ before: against.harness, after }, tasks, trials, tier);
  const pairs = played.flatMap(({ pair }) => pair ?? []);
  const voids = tasks.length - pairs.length;
  if (voids > RELEASE.maxVoidShare * tasks.length)
    throw new InfrastructureError(
      `${voids} of ${tasks.length} pairs got no answer, which is more than 2 %: nothing was recorded; type the same command again`,
    );
  const costUsd = rounded(played.reduce((sum, { costUsd }) => sum + costUsd, 0));
  const spent = { rollouts: 2 * trials * tasks.length, voids, costUsd };
  return { stage: 'audit' as const, pairs, options: { version, against: against.name, ...spent } };
}

type Played = Awaited<ReturnType<typeof play>>;

async function record(
  ledger: Ledger,
  { version, after, against, panel }: Audit,
  what: { gate: Played; verdict: Verdict; played: Decision['played'] } & Pick<Decision, 'who' | 'time'>,
): Promise<string> {
  const { verdict, who } = what;
  const { rollouts, costUsd: usd, voids } = verdict;
  const { commit } = await ledger.record({
    decisions: [
      {
        ...nothingMeasured,
        env: ledger.env,
        run: `audit-${ledger.nextSeq}`,
        kind: 'audit',
        ...what,
        parent: { harness: against.harness.id, commit: null },
        child: { harness: after.id, files: after.files },
        data: {
          ...nothingMeasured.data,
          environment: panel.environment.digest,
          panel: sha256(panel.tasks.map(canonicalJson).sort().join('\n')),
          panelSeed: panel.seed,
        },
        cost: { rollouts, usd, voids },
        version,
      },
    ],
    files: null,
    message: {
      subject: `chore(${ledger.env}): audit of ${version}${who.simulated ? ', SIMULATED' : ''}`,
      body: verdict.detail,
    },
  });
  return commit;
}

const lineOf = (
  env: string,
  { version, against, panel }: Audit,
  { agent, gate, verdict, commit }: { agent: Agent; gate: Played; verdict: Verdict; commit: string },
) => ({
  type: 'audit',
  env,
  agent: agent.id,
  simulated: agent.simulated,
  version,
  against: against.name,
  ...auditScore(gate.pairs),
  effect: verdict.effect,
  effectLow: verdict.low,
  effectHigh: verdict.high,
  decision: verdict.decision,
  reason: verdict.reason,
  fresh: panel.seed !== null,
  commit,
});

/** The release that was audited before this one; else the harness that the branch began with. */
async function beforeOf(ledger: Ledger, version: string): Promise<{ name: string; harness: Harness }> {
  const last = ledger.decisions().findLast((one) => one.kind === 'audit' && one.version !== version)?.version;
  if (last) return { name: last, harness: parseHarness(ledger.env, (await findVersion(ledger, last)).files) };
  const first = await firstHarness(ledger);
  if (first === null)
    throw new UsageError(`the branch ${ledger.branch} began without a harness to hold ${version} against`);
  return { name: 'start', harness: parseHarness(ledger.env, first) };
}

interface AuditPanel {
  readonly environment: Environment;
  readonly tasks: readonly Task[];
  /** Seed of generated tasks; null for given ones. */
  readonly seed: number | null;
}

function tasksOf(
  environment: Environment,
  flags: AuditFlags,
  decisions: readonly Decision[],
  root: string,
): AuditPanel {
  const { name } = environment;
  const tags = flags.tags === undefined ? {} : { tags: flags.tags };
  if (environment.generate !== undefined) {
    const seed = seedOf('audit', name, decisions.length, flags.seed);
    const fresh = environment.generate({ seed, tasks: flags.tasks ?? FRESH_TASKS, split: 'sealed' });
    return { environment: fresh, tasks: enough(selectTasks(fresh.tasks, tags)), seed };
  }
  const sealed = selectTasks(environment.tasks, tags).filter((task): task is Task<'sealed'> => task.split === 'sealed');
  const { audit } = useSealed(environment, sealed, readPolicy(root, name).panel, decisions);
  if (audit.length < LEAST_TASKS)
    throw new UsageError(
      `${audit.length} tasks are kept for audits, expected ${LEAST_TASKS} or more; set panel.audit_share in ${join('evals', name, 'policy.yaml')}, such as 0.3, or add sealed tasks`,
    );
  const last = decisions.findLast(({ kind, data }) => kind === 'audit' && (data.panelSeed ?? null) === null);
  const next = last === undefined ? 0 : Date.parse(last.time) + EVERY_DAYS * 86_400_000;
  if (Date.now() < next)
    throw new BudgetError(
      `the audit tasks were played on ${last?.time.slice(0, 10)} (decision ${last?.seq}); they answer once in ${EVERY_DAYS} days, again on ${new Date(next).toISOString().slice(0, 10)}`,
    );
  return { environment, tasks: enough(audit.slice(0, flags.tasks)), seed: null };
}

/** Throws UsageError for so few tasks that their score would say nothing. */
function enough<T extends Task>(tasks: readonly T[]): readonly T[] {
  if (tasks.length < LEAST_TASKS)
    throw new UsageError(
      `an audit on ${tasks.length} tasks says nothing; expected ${LEAST_TASKS} or more: raise --tasks`,
    );
  return tasks;
}
