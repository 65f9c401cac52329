/** Writes a night's decisions, one per refused edit and per evaluated candidate. */

import type { z } from 'zod';
import { editKey } from '../edit/edits.ts';
import type { Edit } from '../edit/schema.ts';
import { bundleTitle } from '../edit/title.ts';
import { type ReleaseGate, recompute } from '../gate/record.ts';
import { refusedByCheck } from '../gate/verdict.ts';
import type { SettingsChange } from '../ledger/acts/settings.ts';
import type { Ledger } from '../ledger/branch/ledger.ts';
import { NIGHT } from '../ledger/git/walk.ts';
import { type CandidateDecision, hidesWords } from '../ledger/kinds/candidate.ts';
import { type Decision, type DecisionDraft, type OwnFields, verdictOf } from '../ledger/kinds/index.ts';
import type { LookPlan } from '../ledger/kinds/panels.ts';
import type { CheckResult } from '../proposal/checks.ts';
import type { Emit } from '../report/events.ts';
import { amount } from '../report/terminal.ts';
import type { Diagnosis, Harness, Verdict } from '../types.ts';

/** What all decisions of a night share. */
export interface NightFacts {
  readonly env: string;
  readonly run: string;
  /** Tells runs of one name apart; null for runs of earlier versions. */
  readonly id: string | null;
  who(): Decision['who'];
  readonly data: { readonly environment: string; readonly split: string };
  /** What this night cannot show. */
  readonly limits: string[];
  /** Files of the run that stay out of git, with their current digests. */
  artifacts(): Promise<{ name: string; sha256: string }[]>;
  /** ISO 8601. */
  time(): string;
}

export interface CandidateRecord {
  readonly form: 'bundle' | 'half' | 'single' | 'prune';
  readonly edits: readonly Edit[];
  readonly parent: Harness;
  readonly child: Harness;
  readonly gate: NonNullable<CandidateDecision['gate']>;
  readonly diagnoses: ReadonlyMap<string, Diagnosis>;
}

/** The question of a look. */
interface LookAt {
  /** Digest. */
  readonly panel: string;
  /** Number of the look at this panel, from 1. */
  readonly look: number;
  /** Seed of a generated panel; null for given tasks. */
  readonly panelSeed: number | null;
}

interface Arms {
  /** The release in force. */
  readonly parent: Harness;
  readonly child: Harness;
}

export interface LookRecord extends LookAt, Arms {
  readonly plan: LookPlan;
}

export interface ReleaseRecord extends LookAt, Arms {
  readonly gate: z.infer<typeof ReleaseGate>;
  readonly verdict: Verdict;
  /** Such as `v3`; null without a release. */
  readonly version: string | null;
}

/** The harnesses of a decision, and its words on the terminal. */
interface About {
  readonly from: Harness;
  readonly to: Harness;
  readonly form: string;
  readonly title: string;
}

export interface Recorder {
  /** The night's settings, if they differ from those recorded last. */
  settings(change: SettingsChange, head: Harness): void;
  /** An edit that a free check refused, without a rollout. */
  refused(edit: Edit, checks: readonly CheckResult[], parent: Harness, diagnoses: ReadonlyMap<string, Diagnosis>): void;
  /** An evaluated candidate, committed at once when kept. Returns the verdict. */
  candidate(record: CandidateRecord): Promise<Verdict>;
  /** Commits the terms of a look before its first rollout. */
  openLook(record: LookRecord): Promise<void>;
  /** The result of the look. Returns the released commit. */
  release(record: ReleaseRecord): Promise<string>;
  /** Ends the night: commits a note with the digest of its rollouts, and all open decisions. */
  close(head: Harness): Promise<void>;
  /** Committed decisions of this night. */
  stored(): readonly Decision[];
  /** Decisions of this night so far, in order. */
  readonly decisions: readonly DecisionDraft[];
}

/** `firstSeq` is fixed per run: a resumed night writes the same decisions again. */
export function openRecorder(ledger: Ledger, facts: NightFacts, firstSeq: number, emit: Emit): Recorder {
  const all: DecisionDraft[] = [];
  let pending: DecisionDraft[] = [];

  function add(own: OwnFields, { from, to, form, title }: About): void {
    const seq = firstSeq + all.length;
    const decision: DecisionDraft = {
      ...own,
      env: facts.env,
      run: facts.run,
      who: facts.who(),
      time: facts.time(),
      seq,
      parent: { harness: from.id, commit: null },
      child: { harness: to.id, files: to.files },
    };
    all.push(decision);
    pending.push(decision);
    const verdict = verdictOf(decision);
    if (verdict !== null) emit({ type: 'decision', seq, form, title, verdict });
  }

  const { data, limits } = facts;
  const lookData = ({ panel, panelSeed, look }: LookAt) => ({
    ...data,
    panel,
    look,
    ...(panelSeed === null ? {} : { panelSeed }),
  });

  async function commit(files: Harness['files'] | null, subject: string, body: string, tag?: string): Promise<string> {
    const { commit } = await ledger.record({
      decisions: pending,
      files,
      message: { subject, body, trailers: facts.id === null ? {} : { [NIGHT]: facts.id } },
      ...(tag ? { tag } : {}),
    });
    pending = [];
    emit({ type: 'commit', commit, subject });
    return commit;
  }

  return {
    decisions: all,
    stored: () => ledger.decisions().filter(({ seq }) => seq >= firstSeq && seq < firstSeq + all.length),
    settings(change, head) {
      add(change, { from: head, to: head, form: 'settings', title: 'settings' });
    },
    refused(edit, checks, parent, diagnoses) {
      const failed = checks.find((check) => !check.passed);
      add(
        {
          kind: 'candidate',
          form: 'single',
          // A leaked value must not enter git with its refusal; the key identifies the edit.
          edits: hidesWords({ checks: [...checks] }) ? [] : [edit],
          keys: [editKey(edit)],
          causes: causesOf([edit], diagnoses),
          checks: [...checks],
          data,
          verdict: refusedByCheck(failed?.reason ?? 'refused', failed?.detail ?? ''),
          limits,
        },
        { from: parent, to: parent, form: 'single', title: bundleTitle([edit]) },
      );
    },
    async candidate({ form, edits, parent, child, gate, diagnoses }) {
      const verdict = recompute(gate);
      const title = bundleTitle(edits);
      add(
        {
          kind: 'candidate',
          form,
          edits: [...edits],
          keys: edits.map(editKey),
          causes: causesOf(edits, diagnoses),
          checks: [],
          data,
          gate,
          verdict,
          limits,
        },
        { from: parent, to: child, form, title: form === 'prune' ? `prune: ${title}` : title },
      );
      if (verdict.decision === 'accepted') await commit(child.files, subjectOf(facts.env, form, edits), verdict.detail);
      return verdict;
    },
    async openLook({ plan, parent, child, ...at }) {
      const about = { from: parent, to: child, form: 'look', title: 'look' };
      add({ kind: 'look', data: lookData(at), plan, limits }, about);
      await commit(null, `chore(${facts.env}): open look ${at.look} at a sealed panel`, '');
    },
    async release({ gate, verdict, version, parent, child, ...at }) {
      const title = version === null ? 'sealed panel' : `release ${version}`;
      const released = version === null ? {} : { version };
      const about = { from: parent, to: child, form: 'release', title };
      add({ kind: 'release', data: lookData(at), gate, verdict, limits, ...released }, about);
      const simulated = facts.who().simulated ? ', SIMULATED' : '';
      const subject =
        version === null
          ? `chore(${facts.env}): look at the sealed panel, no release${simulated}`
          : `feat(${facts.env}): release ${version}${simulated}`;
      return commit(null, subject, verdict.detail, version === null ? undefined : `harness/${facts.env}/${version}`);
    },
    async close(head) {
      const about = { from: head, to: head, form: 'note', title: 'end of the night' };
      add({ kind: 'note', data, artifacts: await facts.artifacts(), limits }, about);
      await commit(null, `chore(${facts.env}): end of night ${facts.run}, ${amount(all.length - 1, 'decision')}`, '');
    },
  };
}

function subjectOf(env: string, form: CandidateRecord['form'], edits: readonly Edit[]): string {
  const what = edits.length === 1 ? bundleTitle(edits) : `${edits.length} edits: ${bundleTitle(edits)}`;
  const subject = `feat(${env}): ${form === 'prune' ? 'drop what does not pay' : 'keep'} ${what}`;
  return subject.length > 100 ? `${subject.slice(0, 97)}...` : subject;
}

/** Failures that the edits address, counted by pattern. */
function causesOf(edits: readonly Edit[], diagnoses: ReadonlyMap<string, Diagnosis>): CandidateDecision['causes'] {
  const causes = new Map<string, CandidateDecision['causes'][number]>();
  for (const trace of new Set(edits.flatMap((edit) => edit.addresses))) {
    const found = diagnoses.get(trace);
    if (!found) continue;
    const key = `${found.pattern}|${found.failure}|${found.cause}`;
    const known = causes.get(key);
    causes.set(key, {
      pattern: found.pattern,
      failure: found.failure,
      cause: found.cause,
      count: (known?.count ?? 0) + 1,
      traces: [...(known?.traces ?? []), trace].slice(0, 10),
    });
  }
  return [...causes.values()].sort((a, b) => b.count - a.count);
}
