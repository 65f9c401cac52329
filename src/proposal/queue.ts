/** What is tried next: a mined bundle, its halves, and single edits. */

import type { Edit } from '../edit/schema.ts';
import { harnessTextOf } from './checks/text-of.ts';

export interface QueueEntry {
  readonly form: 'bundle' | 'half' | 'single';
  readonly edits: readonly Edit[];
}

/** Characters of a usual prompt: an edit of this length doubles what a rollout reads. */
const PROMPT_CHARACTERS = 10_000;

/**
 * Expected train fixes per cost of a race. A failure that several edits address counts once; text
 * that rollouts read raises the cost.
 */
export function gainPerCost(edits: readonly Edit[]): number {
  const fixes = edits.map(({ predicts }) => predicts.fixes);
  const answered = new Set(edits.flatMap(({ addresses }) => addresses)).size;
  const gain = Math.min(
    fixes.reduce((sum, fix) => sum + fix, 0),
    Math.max(answered, ...fixes),
  );
  const characters = edits.reduce((sum, edit) => sum + harnessTextOf(edit).length, 0);
  return gain / (1 + characters / PROMPT_CHARACTERS);
}

/** Mined edits are one bundle, since some only pay together; others stay single. Best first. */
export function queueOf(edits: readonly Edit[]): QueueEntry[] {
  const mined = edits.filter(({ proposer }) => proposer === 'mine');
  const groups = edits.filter((edit) => !mined.includes(edit)).map((edit): readonly Edit[] => [edit]);
  if (mined.length > 0) groups.push(mined);
  return groups.sort((a, b) => gainPerCost(b) - gainPerCost(a)).map((group) => entryOf(group, 'bundle'));
}

/** The halves of a bundle, better one first (`edits` are sorted); [] for a single edit. */
export function halvesOf(edits: readonly Edit[]): QueueEntry[] {
  if (edits.length < 2) return [];
  const middle = Math.ceil(edits.length / 2);
  return [edits.slice(0, middle), edits.slice(middle)].map((half) => entryOf(half, 'half'));
}

const entryOf = (edits: readonly Edit[], form: 'bundle' | 'half'): QueueEntry => ({
  form: edits.length > 1 ? form : 'single',
  edits,
});
