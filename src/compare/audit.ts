/** Plays and records an audit of the release in force. */
import { InfrastructureError, UsageError } from '../errors.ts';
import { drawnNoise } from '../evaluation/seeds.ts';
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
import { type AuditChoice, type AuditPanel, auditPanel } from './audit-tasks.ts';
import { type Stage, tasksDigest } from './stage.ts';

export interface AuditInput extends Omit<AuditChoice, 'draw'> {
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
    // The chain draws tasks, coins and noise: a seed could be tried until it pleases.
    const head = ledger.head().entry;
    const after = parseHarness(environment.name, files);
    const against = await beforeOf(ledger, version);
    const plan: AuditPlan = {
      version,
      after,
      against,
      panel: auditPanel(environment, ledger.decisions(), {
        ...input,
        draw: { head, before: against.harness.id, after: after.id },
      }),
    };
    const stage = await input.stageOn(plan.panel.environment);
    const { agent } = stage;
    input.onStart?.(plan, agent);
    const gate = await play(stage, plan, { trials, head, tier: `audit ${ledger.nextSeq}` });
    const verdict = recompute(gate);
    const who = { ...step.who, agent: agent.id, simulated: agent.simulated };
    const played = { seed: drawnNoise(head).seed, agent: agent.digest };
    const commit = await record(ledger, plan, { gate, verdict, who, time: step.time, played });
    return { plan, agent, gate, verdict, commit };
  });

/** Both arms on every task. */
async function play(
  stage: Stage,
  { version, after, against, panel }: AuditPlan,
  { trials, tier, head }: { readonly trials: number; readonly tier: string; readonly head: string | null },
) {
  const { tasks } = panel;
  const key = { head, panel: tasksDigest(tasks), look: 0 };
  const arms = [against.harness, after] as const;
  const played = await stage.compare(arms, tasks, { trials, tier, key, noise: drawnNoise(head) });
  const { rollouts, voids, costUsd } = played;
  if (voids > RELEASE.maxVoidShare * tasks.length)
    throw new InfrastructureError(
      `${voids} of ${tasks.length} pairs are void, expected at most 2 %: nothing was recorded; type the same command again`,
    );
  const pairs = [...played.pairs];
  return { stage: 'audit' as const, pairs, options: { version, against: against.name, rollouts, voids, costUsd } };
}

async function record(
  ledger: Ledger,
  { version, after, against, panel }: AuditPlan,
  what: Pick<Audited, 'gate' | 'verdict'> & Pick<AuditDecision, 'who' | 'time' | 'played'>,
): Promise<string> {
  const { gate, verdict, who, time, played } = what;
  const data = {
    environment: panel.environment.digest,
    panel: tasksDigest(panel.tasks),
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
