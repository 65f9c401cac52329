/** Plays and records an audit of the release in force. */
import { InfrastructureError, UsageError } from '../errors.ts';
import { rounded } from '../gate/arithmetic.ts';
import { recompute } from '../gate/record.ts';
import { RELEASE } from '../gate/rules.ts';
import { parseHarness } from '../harness/parse.ts';
import { recordSettings, settingsOf } from '../ledger/acts/settings.ts';
import { recordAct, type StepOptions, underLock } from '../ledger/acts/step.ts';
import { type Ledger, openLedger } from '../ledger/branch/ledger.ts';
import { findVersion, firstHarness } from '../ledger/branch/versions.ts';
import type { Repository } from '../ledger/git/git.ts';
import type { AuditDecision } from '../ledger/kinds/audit.ts';
import type { Agent, Environment, Harness, Verdict } from '../types.ts';
import { type AuditChoice, type AuditPanel, auditPanel, panelDigest } from './audit-tasks.ts';
import type { Stage } from './stage.ts';

export interface AuditInput extends AuditChoice {
  readonly repository: Repository;
  readonly environment: Environment;
  readonly trials: number;
  readonly step: StepOptions;
  /** Opens the stage for the panel's environment. */
  stageOn(environment: Environment): Promise<Stage>;
  /** Called with the plan before anything is played. */
  onStart?(plan: AuditPlan, agent: Agent): void;
}

export interface AuditPlan {
  readonly version: string;
  readonly after: Harness;
  readonly against: { readonly name: string; readonly harness: Harness };
  readonly panel: AuditPanel;
}

export interface Audited {
  readonly plan: AuditPlan;
  readonly agent: Agent;
  readonly gate: Awaited<ReturnType<typeof play>>;
  readonly verdict: Verdict;
  readonly commit: string;
}

/**
 * Plays and records an audit. Throws as `auditPanel`, UsageError without a release, and
 * InfrastructureError when more than 2 % of the pairs are void: then nothing is recorded.
 */
export const audit = (input: AuditInput): Promise<Audited> =>
  underLock(input.repository, input.environment.name, input.step.time, async () => {
    const { environment, policy, step, trials } = input;
    const ledger = await openLedger(input.repository, environment.name, step.keys);
    ledger.assertWritable();
    const { version, files } = await findVersion(ledger);
    await recordSettings(ledger, settingsOf(environment, policy), step);
    const plan: AuditPlan = {
      version,
      after: parseHarness(environment.name, files),
      against: await beforeOf(ledger, version),
      panel: auditPanel(environment, ledger.decisions(), input),
    };
    const stage = await input.stageOn(plan.panel.environment);
    const { agent } = stage;
    input.onStart?.(plan, agent);
    const gate = await play(stage, plan, trials, `audit ${ledger.nextSeq}`);
    const verdict = recompute(gate);
    const who = { ...step.who, agent: agent.id, simulated: agent.simulated };
    const played = { seed: input.seed, agent: agent.digest };
    const commit = await record(ledger, plan, { gate, verdict, who, time: step.time, played });
    return { plan, agent, gate, verdict, commit };
  });

/** Both arms on every task. */
async function play(stage: Stage, { version, after, against, panel }: AuditPlan, trials: number, tier: string) {
  const { tasks } = panel;
  const played = await stage.pairs({ before: against.harness, after }, tasks, trials, tier);
  const pairs = played.flatMap(({ pair }) => pair ?? []);
  const voids = tasks.length - pairs.length;
  if (voids > RELEASE.maxVoidShare * tasks.length)
    throw new InfrastructureError(
      `${voids} of ${tasks.length} pairs are void, expected at most 2 %: nothing was recorded; type the same command again`,
    );
  const costUsd = rounded(played.reduce((sum, { costUsd }) => sum + costUsd, 0));
  const spent = { rollouts: 2 * trials * tasks.length, voids, costUsd };
  return { stage: 'audit' as const, pairs, options: { version, against: against.name, ...spent } };
}

async function record(
  ledger: Ledger,
  { version, after, against, panel }: AuditPlan,
  what: Pick<Audited, 'gate' | 'verdict'> & Pick<AuditDecision, 'who' | 'time' | 'played'>,
): Promise<string> {
  const { gate, verdict, who, time, played } = what;
  const data = {
    environment: panel.environment.digest,
    panel: panelDigest(panel),
    ...(panel.seed === null ? {} : { panelSeed: panel.seed }),
  };
  const step = { who, time };
  const { commit } = await recordAct(ledger, { kind: 'audit', data, gate, verdict, version, played }, step, {
    parent: { harness: against.harness.id, commit: null },
    child: { harness: after.id, files: after.files },
    message: {
      subject: `chore(${ledger.env}): audit of ${version}${who.simulated ? ', SIMULATED' : ''}`,
      body: verdict.detail,
    },
  });
  return commit;
}

/** The release audited before this one, else the first harness of the branch. */
async function beforeOf(ledger: Ledger, version: string): Promise<AuditPlan['against']> {
  const audited = ledger.decisions().flatMap((one) => (one.kind === 'audit' ? [one.version] : []));
  const last = audited.findLast((one) => one !== version);
  if (last) return { name: last, harness: parseHarness(ledger.env, (await findVersion(ledger, last)).files) };
  const first = await firstHarness(ledger);
  if (first === null)
    throw new UsageError(`the branch ${ledger.branch} began without a harness to compare ${version} with`);
  return { name: 'start', harness: parseHarness(ledger.env, first) };
}
