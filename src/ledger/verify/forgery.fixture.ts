/** What the lists of forgeries share (for tests). */
import { type GateRecord, recompute } from '../../gate/record.ts';
import { type Draft, reseal, rewrite, type StoryCommit } from '../story.fixture.ts';
import type { Sight } from './verify.ts';

/** What a forger makes of the commits: changed in place, or others. */
export type Forgery = ((commits: StoryCommit[]) => StoryCommit[]) | ((commits: StoryCommit[]) => void);
export type Case = readonly [
  number: string,
  what: string,
  /** The lowest level that sees it. */
  level: Sight,
  file: string | RegExp,
  field: string,
  forgery: Forgery,
];

export const contract = 'harness/shop/contract.yaml';
export const policy = 'harness/shop/policy.md';
const runs = [...Array(6).fill('night-1'), 'apply-7', 'keys-8', 'night-2'];
/** Paths of a decision of the template and of its signature. */
export const record = (seq: number): string => `runs/${runs[seq - 1]}/decisions/000${seq}.json`;
export const signature = (seq: number): string => record(seq).replace('.json', '.sig');

/** The terms of the look opened by decision 5 changed. */
export function replan(commits: StoryCommit[], edit: (plan: NonNullable<Draft['predicate']['plan']>) => void): void {
  rewrite(commits, 5, ({ predicate }) => edit(predicate.plan as NonNullable<typeof predicate.plan>));
}

/** Scores of decision 6 changed, and the verdict with them. */
export function rescore(commits: StoryCommit[], edit: (gate: GateRecord & { pairs: unknown[] }) => void): void {
  rewrite(commits, 6, ({ predicate }) => {
    edit(predicate.gate as never);
    predicate.verdict = { ...recompute(predicate.gate as unknown as GateRecord) };
  });
}

/** One file in each commit from index `from` on; null removes it. */
export function plant(commits: StoryCommit[], from: number, path: string, text: string | null, mode = '100644'): void {
  let hits = 0;
  for (const { files } of commits.slice(from)) {
    const old = files.get(path);
    if (text === null ? old !== undefined : old?.text !== text || old.mode !== mode) hits += 1;
    if (text === null) files.delete(path);
    else files.set(path, { mode, text });
  }
  if (hits === 0) throw new Error(`nothing to change in ${path}`);
}

/** Changes something in one record and fixes what follows from its bytes alone. */
export const sealed =
  (seq: number, edit: Parameters<typeof rewrite>[2]): Forgery =>
  (commits) => {
    rewrite(commits, seq, edit);
    reseal(commits);
  };

/** The first seven decisions with no signature and no name of a key. */
export function unsigned(commits: StoryCommit[]): StoryCommit[] {
  const first = commits.slice(0, 4);
  for (const seq of [1, 2, 3, 4, 5, 6, 7]) {
    rewrite(first, seq, ({ predicate }) => {
      predicate.signer = null;
    });
    plant(first, 0, signature(seq), null);
  }
  reseal(first);
  return first;
}
