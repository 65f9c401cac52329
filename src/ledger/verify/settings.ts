/**
 * Holds decisions against the settings that nights ran under, and releases that came into force
 * against the approvals they needed.
 */
import { NO_POLICY } from '../../policy/policy.ts';
import { isStatement, statementsOn, unapproved } from '../acts/approval.ts';
import { artifactPath, DAY_MS } from '../acts/expire.ts';
import { ADOPT, loosened, policyDigest, settingsInForce } from '../acts/settings.ts';
import type { Decision } from '../format/decision.ts';
import { hold, type Note } from './finding.ts';

/** What the decisions so far say that settings and approvals are held against. */
export interface Said {
  /** Decisions that say what nights run under, and what people said of releases. */
  readonly settings: Decision[];
  readonly statements: Decision[];
  /** Releases by the digest of their record. */
  readonly entries: Map<string, Decision>;
  /** Decisions that say from where on a key does not count. */
  readonly keyChanges: Decision[];
  /**
   * Files outside git by their path, with their digest and when they were recorded; without those
   * that were let go.
   */
  readonly artifacts: Map<string, { readonly sha256: string; readonly time: string }>;
}

/** Nights run under what the newest settings say; what loosens them is a person's decision. */
export function verifySettings(decision: Decision, { settings: all }: Said, note: Note): void {
  const { kind, settings, data, gate, plan, who, limits } = decision;
  if ((kind === 'settings') !== (settings !== undefined))
    note('settings', kind === 'settings' ? 'settings' : 'none', settings ?? null);
  const before = settingsInForce(all);
  if (settings !== undefined) {
    const loose = before === null ? [] : loosened(before, settings);
    hold(note, 'limits', loose, limits);
    if (loose.length > 0 && who.operator !== ADOPT) note('who.operator', ADOPT, who.operator);
    all.push(decision);
    return;
  }
  const given = data.panelSeed === null;
  if (before === null) return;
  if (data.environment === null) {
    if (gate !== null || plan !== undefined) note('data.environment', before.environment, null);
    return;
  }
  if (given || kind !== 'audit') hold(note, 'data.environment', before.environment, data.environment);
  if (plan !== undefined) {
    const { protected_tags: tags, max_increase: limitsOf, fdr } = before.policy;
    hold(note, 'plan.terms.protectedTags', tags, plan.terms.protectedTags ?? []);
    hold(note, 'plan.terms.maxIncrease', limitsOf, plan.terms.maxIncrease ?? {});
    hold(note, 'plan.terms.fdr', fdr, plan.terms.fdr);
  }
  const rows = new Map(before.tasks.map((row) => [row.id, row]));
  const foreign = given ? plan?.tasks.find((task) => rows.get(task)?.split !== 'sealed') : undefined;
  if (foreign !== undefined) note('plan.tasks', 'sealed tasks', foreign);
  const sealed = gate?.stage === 'release' || gate?.stage === 'audit';
  if (gate === null || (sealed && !given)) return;
  for (const { task, tags } of gate.pairs) {
    const row = rows.get(task);
    const split = sealed ? 'sealed' : 'dev';
    if (row?.split !== split)
      note(
        'gate.pairs',
        `${split} tasks`,
        `${task}, ${row === undefined ? 'which is no task' : `a ${row.split} task`}`,
      );
    else if (gate.stage === 'release') hold(note, 'gate.pairs', row.tags, [...tags].sort());
  }
}

/**
 * An approval is about a release that was there before it, under the policy of its time; what comes
 * into force has those it needs.
 */
export function verifyApproval(decision: Decision, walk: Said, note: Note): void {
  const { kind, approval, version, child } = decision;
  const policy = settingsInForce(walk.settings)?.policy ?? null;
  const says = isStatement(decision);
  if (says !== (approval !== undefined)) note('approval', says ? 'an approval' : 'none', approval ?? null);
  if (says && approval !== undefined) {
    const release = walk.entries.get(approval.entry);
    if (release === undefined || release.version === null || release.version !== version)
      note('approval.entry', `the record of release ${version} before it`, approval.entry);
    hold(note, 'approval.policy', policy && policyDigest(policy), approval.policy);
    const by = policy?.approval.by ?? [];
    if (by.length > 0 && !by.includes(approval.principal))
      note('approval.principal', by.join(' or '), approval.principal);
    walk.statements.push(decision);
  }
  if (decision.keys !== null) walk.keyChanges.push(decision);
  if (kind !== 'apply') return;
  const [entry, release] =
    [...walk.entries].findLast(([, one]) => one.version === version && one.child.harness === child.harness) ?? [];
  if (entry === undefined || release === undefined) return;
  const missing = unapproved(
    policy ?? NO_POLICY,
    statementsOn([...walk.statements, ...walk.keyChanges], entry),
    release,
  );
  if (missing !== null) note('approval', `what the policy asks before ${version} comes into force`, missing);
}

/**
 * Only what was recorded, and whose time under the policy in force is over, is let go, and once.
 */
export function verifyExpired(decision: Decision, { settings, artifacts }: Said, note: Note): void {
  const { kind, expired, run, time } = decision;
  for (const { name, sha256 } of decision.artifacts) artifacts.set(artifactPath({ run, name }), { sha256, time });
  if ((kind === 'expire') !== (expired !== undefined))
    note('expired', kind === 'expire' ? 'files' : 'none', expired ?? null);
  if (expired === undefined) return;
  const days = settingsInForce(settings)?.policy.retention?.traces_days;
  if (days === undefined) note('expired', 'nothing: the policy in force keeps traces for ever', 'files');
  for (const file of expired) {
    const path = artifactPath(file);
    const known = artifacts.get(path);
    hold(note, `expired, ${path}`, known?.sha256 ?? 'a file that is recorded', file.sha256);
    if (known !== undefined && days !== undefined && Date.parse(time) - Date.parse(known.time) < days * DAY_MS)
      note(`expired, ${path}`, `older than ${days} days`, `recorded ${known.time}`);
    artifacts.delete(path);
  }
}
