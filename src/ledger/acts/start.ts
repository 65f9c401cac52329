/** The start of a night: merges what people changed and names their harness edits as external. */
import { createTwoFilesPatch } from 'diff';
import { UsageError } from '../../errors.ts';
import { asStored } from '../../harness/line-ends.ts';
import { harnessLoosenings } from '../../harness/loosened.ts';
import { harnessId, parseHarness } from '../../harness/parse.ts';
import type { HarnessFiles } from '../../types.ts';
import { readHarnessFiles } from '../branch/branch.ts';
import type { Ledger } from '../branch/ledger.ts';
import { harnessChanges } from '../branch/record.ts';
import { mergeBase, mergeTexts, type Oid, readCommits, trailers, writeCommit } from '../git/plumbing.ts';
import { readHead } from '../git/refs.ts';
import { ownCommits } from '../git/walk.ts';
import type { Decision } from '../kinds/index.ts';
import { changedItemsOf } from '../kinds/items.ts';
import { recordAct, type StepOptions } from './step.ts';

export interface StartOptions extends Omit<StepOptions, 'keys'> {
  /** `harness/<env>` as it is in the work tree. */
  readonly workTree: HarnessFiles;
  readonly run: string;
  /** Records a person's harness edits; without it they stop the night. @default false */
  readonly adopt?: boolean;
  /** Asked before edits that give up something are recorded, one sentence each; may throw. */
  mayLoosen?(loosened: readonly string[]): void;
}

export interface Started {
  /** Tip of the branch, or the checked-out commit when there is nothing to record yet. */
  readonly commit: Oid;
  readonly files: HarnessFiles;
  /** True if newer commits of the checked-out branch were merged. */
  readonly merged: boolean;
  /** The person's harness edits that came in, when there were any. */
  readonly external: Decision | null;
}

/**
 * Brings the branch up to date: the harness is merged three-way, line by line, with that of the
 * work tree; other files come from the checked-out commit. Throws `UsageError` for conflicts, a
 * merge result that is no harness, and unrelated histories.
 */
export async function startNight(ledger: Ledger, options: StartOptions): Promise<Started> {
  const { repository, env } = ledger;
  const target = (await readHead(repository)).commit;
  if (target === null)
    throw new UsageError(`${repository.root} has no commit yet; run: git add -A && git commit -m "start"`);
  ledger.assertWritable();
  const head = ledger.head();
  const committed = await readHarnessFiles(repository, env, target);
  const theirs = asStored(options.workTree, committed);
  const seen = await lastSeen(ledger, target);
  const base = await readHarnessFiles(repository, env, seen.commit);
  const files = await mergeHarness(ledger, { ours: head.files, base, theirs });
  const changed = harnessId(files) !== head.harness;
  const moved = !seen.contained;
  if (!changed && !moved && harnessId(theirs) === harnessId(base))
    return { commit: head.commit, files: head.files, merged: false, external: null };
  if (changed && ledger.started && options.adopt !== true) throw drift(ledger, files);
  const loosened = changed && ledger.started ? harnessLoosenings(env, head.files, files) : [];
  if (loosened.length > 0) options.mayLoosen?.(loosened);
  const commit = await sourceCommit(ledger, { target, committed, theirs }, options);
  const source = { harness: harnessId(theirs), commit };
  const what = [moved ? 'merge the checked-out branch' : '', changed ? "take in a person's harness edits" : ''];
  // Every commit of the branch carries a decision, so that the chain covers merges too.
  const touched = changedItemsOf(env, head.files, files);
  const fields = changed
    ? ({ kind: 'external', touched, loosens: loosened, source } as const)
    : ({ kind: 'merge', source } as const);
  const recorded = await recordAct(ledger, fields, options, {
    child: { harness: harnessId(files), files },
    files,
    message: {
      subject: `chore(${env}): ${what.filter((part) => part !== '').join(', ') || 'note the state of the work tree'}`,
      body: changed ? 'These edits were not tested by the gate.' : '',
      trailers: { 'Optimize-Seen': commit },
    },
    parents: [head.commit, commit],
    base: { commit, files: theirs },
  });
  const last = ledger.decisions().at(-1) ?? null;
  return { commit: recorded.commit, files, merged: moved, external: changed ? last : null };
}

/** The error that shows what was changed by hand, which no decision knows of. */
function drift(ledger: Ledger, files: HarnessFiles): UsageError {
  const { env } = ledger;
  const before = ledger.head().files;
  const diff = [...harnessChanges(env, before, files).keys()].sort().map((path) => {
    const [old, now] = [before, files].map((side) => side.get(path.slice(`harness/${env}/`.length)) ?? '');
    return createTwoFilesPatch(path, path, old ?? '', now ?? '', '', '', { context: 1 });
  });
  const lines = diff.join('').split('\n');
  const more = lines.length > DIFF_LINES ? `\n(${lines.length - DIFF_LINES} more lines)` : '';
  return new UsageError(
    `harness/${env} was changed by hand since ${ledger.branch} last saw it, and no decision says so; take it over untested with npx optimize adopt --env ${env}, or undo it\n${lines.slice(0, DIFF_LINES).join('\n')}${more}`,
  );
}

/** Maximum lines of a diff that stops a night. */
const DIFF_LINES = 40;

/** The commit of the person's harness, and whether the branch contains the checked-out commit. */
type Seen = { readonly commit: Oid; readonly contained: boolean };

/** The newest state of the checked-out branch or its work tree that the ledger branch contains. */
async function lastSeen(ledger: Ledger, target: Oid): Promise<Seen> {
  const { repository } = ledger;
  const tip = ledger.head().commit;
  const base = await mergeBase(repository, tip, target);
  if (base === null)
    throw new UsageError(
      `the checked-out commit and ${ledger.branch} share no history; check out the branch that the harness is used from`,
    );
  const contained = base === target;
  for (const { message } of (await ownCommits(repository, ledger.env, tip)).reverse()) {
    const seen = trailers(message, 'Optimize-Seen')[0];
    if (seen === undefined) continue;
    const [commit] = await readCommits(repository, [seen]).catch(() => []);
    if (commit === undefined) continue;
    // A commit of uncommitted edits is no ancestor of the target, but its parent is.
    const uncommitted = trailers(commit.message, 'Optimize-Work-Tree').length > 0;
    for (const candidate of [commit.oid, ...(uncommitted ? commit.parents.slice(0, 1) : [])])
      if ((await mergeBase(repository, candidate, target)) === candidate) return { commit: seen, contained };
  }
  return { commit: base, contained };
}

type Sides = Readonly<Record<'ours' | 'base' | 'theirs', HarnessFiles>>;

async function mergeHarness(ledger: Ledger, { ours, base, theirs }: Sides): Promise<HarnessFiles> {
  const merged = new Map<string, string>();
  for (const path of new Set([...ours.keys(), ...theirs.keys()])) {
    const [mine, old, their] = [ours.get(path), base.get(path), theirs.get(path)];
    let text = mine;
    if (mine !== their && their !== old) {
      if (mine === old) text = their;
      else if (mine === undefined || their === undefined) throw conflict(ledger, path);
      else {
        const lines = await mergeTexts(ledger.repository, { ours: mine, base: old ?? '', theirs: their });
        if (lines === null) throw conflict(ledger, path);
        text = lines;
      }
    }
    if (text !== undefined) merged.set(path, text);
  }
  try {
    parseHarness(ledger.env, merged);
  } catch (cause) {
    const why = `your edits and those of ${ledger.branch} together are not valid: ${(cause as Error).message}`;
    throw new UsageError(why, { cause });
  }
  return merged;
}

const conflict = (ledger: Ledger, path: string): UsageError =>
  new UsageError(
    `harness/${ledger.env}/${path} was changed both by you and on ${ledger.branch}, in the same place; ` +
      `put your edit aside (commit it on a branch of its own, or git stash -u), take over the newest release (npx optimize apply --env ${ledger.env}), make it again`,
  );

/** The checked-out commit, or a new one that holds the person's uncommitted edits. */
async function sourceCommit(
  ledger: Ledger,
  side: { readonly target: Oid; readonly committed: HarnessFiles; readonly theirs: HarnessFiles },
  options: StartOptions,
): Promise<Oid> {
  const changes = harnessChanges(ledger.env, side.committed, side.theirs);
  if (changes.size === 0) return side.target;
  return await writeCommit(ledger.repository, {
    base: side.target,
    changes,
    parents: [side.target],
    message: `harness/${ledger.env} as found in the work tree\n\nOptimize-Work-Tree: uncommitted\n`,
    time: options.time,
  });
}
