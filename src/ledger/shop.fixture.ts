/** A small repository with a harness, and decisions to record in it (for tests). */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { applyEdits, editKey } from '../edit/edits.ts';
import type { Edit } from '../edit/schema.ts';
import { armOrder, orderText } from '../gate/order.ts';
import { type GateRecord, recompute } from '../gate/record.ts';
import { readHarnessFolder as readFolder } from '../harness/load.ts';
import { harnessId } from '../harness/parse.ts';
import type { HarnessFiles, Verdict } from '../types.ts';
import { recordAct } from './acts/step.ts';
import type { Ledger } from './branch/ledger.ts';
import { openRepository, type Repository } from './git/git.ts';
import { makeKey, type Role, readPrivate } from './keys/key.ts';
import type { HeldKey, Keyring } from './keys/keys.ts';
import type { Trust } from './keys/trust.ts';
import { hidesWords } from './kinds/candidate.ts';
import type { Decision, DecisionDraft } from './kinds/index.ts';
import { headBefore } from './kinds/panels.ts';
import { settingsInForce } from './kinds/settings.ts';

/** What a person types, with an identity of their own. */
export const userGit = (dir: string, ...args: string[]): string =>
  execFileSync('git', ['-c', 'user.name=A Person', '-c', 'user.email=person@example.org', ...args], {
    cwd: dir,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
  });

export function put(dir: string, path: string, text: string): void {
  mkdirSync(dirname(join(dir, path)), { recursive: true });
  writeFileSync(join(dir, path), text);
}

export const read = (dir: string, path: string): string => readFileSync(join(dir, path), 'utf8');

const folders: string[] = [];

export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ledger-test-'));
  folders.push(folder);
  return folder;
}

export interface Shop {
  readonly dir: string;
  readonly repository: Repository;
}

/** Prepares a repository once and hands out copies of it: much quicker than git. */
export function copies(prepare: (shop: Shop) => Promise<void>): () => Promise<Shop> {
  let template: Promise<Shop> | undefined;
  const make = async () => {
    const shop = await initShop();
    // Kept for all test files of the worker.
    folders.splice(folders.indexOf(shop.dir), 1);
    process.on('exit', () => rmSync(shop.dir, { recursive: true, force: true }));
    await prepare(shop);
    return shop;
  };
  return async () => {
    template ??= make();
    const dir = newFolder();
    cpSync((await template).dir, dir, { recursive: true, preserveTimestamps: true });
    return { dir, repository: await openRepository(dir) };
  };
}

/** A repository on branch `main` with one commit: a README and the harness `shop`. */
export const newShop = copies(async () => {});

export async function initShop(...options: string[]): Promise<Shop> {
  const dir = newFolder();
  userGit(dir, 'init', '-q', '-b', 'main', '--template=', ...options);
  put(dir, 'README.md', 'A shop.\n');
  put(dir, 'harness/shop/policy.md', 'Be kind.\n');
  put(dir, 'harness/shop/harness.yaml', 'version: 1\n');
  put(dir, 'harness/shop/contract.yaml', contract('first'));
  userGit(dir, 'add', '-A');
  userGit(dir, 'commit', '-q', '-m', 'start');
  return { dir, repository: await openRepository(dir) };
}

/** `contract.yaml` with one clause a name. */
export const contract = (...ids: string[]): string =>
  `clauses:\n${ids.map((id) => `  - id: ${id}\n    tools: [buy]\n    say: Rule ${id} holds.\n`).join('')}`;

export const workTreeOf = (dir: string): HarnessFiles => readFolder(join(dir, 'harness/shop'));

/** Everything that a night must leave alone, as one text. */
export function userState(dir: string): string {
  return [
    userGit(dir, 'rev-parse', 'HEAD'),
    userGit(dir, 'symbolic-ref', 'HEAD'),
    userGit(dir, 'stash', 'list'),
    userGit(dir, 'status', '--porcelain=v2', '--untracked-files=all', '--ignored'),
    readFileSync(join(dir, '.git/index')).toString('hex'),
    ...userGit(dir, 'ls-files', '-z', '--cached', '--others')
      .split('\0')
      .filter((path) => path !== '')
      .map((path) => `${path}\n${read(dir, path)}`),
  ].join('\n---\n');
}

export const who: Decision['who'] = {
  tool: 'optimize/0.0.0',
  agent: 'sim:medium',
  served: 'sim:medium',
  proposer: 'mine',
  simulated: true,
  operator: 'test',
};

let clock = Date.parse('2026-01-01T00:00:00Z');
/** A later time with every call. */
export const nextTime = (): string => {
  clock += 60_000;
  return new Date(clock).toISOString();
};

export const addClause = (id: string, say = `Rule ${id} holds.`): Edit => ({
  ops: [
    {
      op: 'clause.add',
      clause: {
        id,
        tools: ['buy'],
        say,
        tell: 'description',
        prepare: [],
        enforce: 'off',
        max_blocks: 2,
        priority: 0,
        evidence: [],
      },
    },
  ],
  hypothesis: `Rule ${id} is missing.`,
  addresses: [],
  predicts: { fixes: 1, risks: '' },
  proposer: 'mine',
});

/** Scores of `tasks` tasks, all of which the candidate wins, or all of which stay as they are. */
export function gate<S extends 'keep' | 'release'>(
  stage: S,
  better: boolean,
  options: { tasks?: number; alpha?: number; of?: string } = {},
): Extract<GateRecord, { stage: S }> {
  const { tasks = 20, of = 'task', ...own } = options;
  const pairs = Array.from({ length: tasks }, (_, index) => ({
    task: `${of}-${index}`,
    tags: [],
    before: [index % 2],
    after: [better ? 1 : index % 2],
  }));
  const record: unknown = { stage, pairs, options: { planned: tasks, rollouts: 2 * tasks, ...own } };
  return record as Extract<GateRecord, { stage: S }>;
}

function underSettings(ledger: Ledger): { environment?: string } {
  const settings = settingsInForce(ledger.decisions());
  return settings === null ? {} : { environment: settings.environment };
}

/** The end of a night. */
export const endNight = (
  ledger: Ledger,
  run = 'night-1',
  artifacts: { readonly name: string; readonly sha256: string }[] = [],
) =>
  recordAct(
    ledger,
    { kind: 'note', data: { ...measured, ...underSettings(ledger) }, artifacts, limits: [] },
    { who, time: nextTime(), run },
    { message: { subject: 'end of the night' } },
  );

/** Environment and split of all records here. */
export const measured = { environment: 'e', split: 's' };

const common = (ledger: Ledger, run: string) => ({
  env: ledger.env,
  run,
  time: nextTime(),
  who,
  parent: { harness: ledger.head().harness, commit: ledger.head().commit },
});

const childOf = (files: HarnessFiles) => ({ harness: harnessId(files), files: files });

export type CandidateDraft = Extract<DecisionDraft, { kind: 'candidate' }>;

/** A candidate raced on dev, kept or rejected, and the harness that it leads to. */
export function candidate(ledger: Ledger, edits: Edit[], kept: boolean, run = 'night-1') {
  const files = applyEdits(ledger.head().files, edits);
  const record = gate('keep', kept);
  const draft: CandidateDraft = {
    ...common(ledger, run),
    kind: 'candidate',
    child: childOf(files),
    form: edits.length > 1 ? 'bundle' : 'single',
    edits,
    keys: edits.map(editKey),
    causes: [],
    checks: [],
    data: measured,
    gate: record,
    verdict: recompute(record),
    limits: [],
  };
  return { draft, files };
}

/** An edit that a free check refused, as a night records it. */
export function refusal(ledger: Ledger, edit: Edit, reason: string, run = 'night-1'): CandidateDraft {
  const {
    draft: { gate: _, ...draft },
  } = candidate(ledger, [edit], false, run);
  const verdict: Verdict = { ...draft.verdict, stage: 'check', decision: 'rejected', reason, detail: 'refused' };
  const head = ledger.head();
  const checks = [{ check: reason, passed: false, reason, detail: 'refused' }];
  return { ...draft, edits: hidesWords({ checks }) ? [] : [edit], child: childOf(head.files), checks, verdict };
}

/** Keeps an edit: one commit with its decision. */
export async function keep(ledger: Ledger, id: string, run = 'night-1') {
  const { draft, files } = candidate(ledger, [addClause(id)], true, run);
  return await ledger.record({ decisions: [draft], files, message: { subject: `feat(shop): keep ${id}` } });
}

/** Opens a look and releases the head of the branch as `version`: two decisions, one commit. */
export async function release(
  ledger: Ledger,
  version: string,
  run = 'night-1',
  alpha = 0.02,
  draw = 0,
): Promise<{ commit: string }> {
  const head = ledger.head();
  const scores = gate('release', true, { alpha, of: version });
  const before = ledger.releases().at(-1);
  const first = ledger.decisions()[0]?.parent.harness ?? head.harness;
  const { rollouts: _, ...terms } = scores.options;
  const chain = headBefore(ledger.decisions(), run, head.entry);
  const about = {
    ...common(ledger, run),
    parent: { harness: before?.harness ?? first, commit: before?.commit ?? null },
    child: childOf(head.files),
    data: { ...measured, panel: `panel of ${version}${draw === 0 ? '' : ` ${draw}`}`, look: 1 },
    limits: [],
  };
  const arms = [about.parent.harness, about.child.harness];
  const key = { head: chain, panel: about.data.panel, look: 1, arms };
  const pairs = scores.pairs.map((pair) => ({ ...pair, order: orderText(armOrder(key, pair.task, 1)) }));
  const record = { ...scores, pairs };
  // A draw of orders may look like carry-over by chance: another panel draws again.
  if (recompute(record).decision !== 'accepted') return await release(ledger, version, run, alpha, draw + 1);
  const plan = { tasks: pairs.map(({ task }) => task), trials: 1, terms, head: chain };
  const look: DecisionDraft = { ...about, kind: 'look', plan };
  const draft: DecisionDraft = { ...about, kind: 'release', gate: record, verdict: recompute(record), version };
  return await ledger.record({
    decisions: [look, draft],
    files: null,
    message: { subject: `feat(shop): release ${version}` },
    tag: `harness/shop/${version}`,
  });
}

/** A key in memory, and the text of its file. */
export function heldKey(role: Role = 'bot', principal = 'night'): HeldKey & { readonly pem: string } {
  const { keyid, publicKey, pem } = makeKey();
  return {
    entry: { keyid, role, principal, publicKey },
    created: nextTime(),
    pem,
    open: () => readPrivate(pem, 'test'),
  };
}

export const ringOf = (...keys: HeldKey[]): Keyring => ({ place: 'the test', keys });

export const trustIn = (keys: readonly HeldKey[], signedFrom: Trust['signedFrom'] = {}): Trust => ({
  version: 1,
  keys: keys.map(({ entry }) => entry),
  signedFrom,
});

/** Who, when and with which keys, of a step that a person asks for. */
export const stepWith = (...keys: HeldKey[]) => ({ who, time: nextTime(), keys: ringOf(...keys) });
