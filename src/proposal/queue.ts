/**
 * What is tried next: a bundle of what was mined, single edits, and the halves of a bundle that
 * failed.
 */

import type { Edit } from '../edit/schema.ts';
import { harnessTextOf } from './checks/text-of.ts';

export interface QueueEntry {
  readonly form: 'bundle' | 'half' | 'single';
  readonly edits: readonly Edit[];
}

/**
 * Length of a usual prompt, in characters: an edit that adds as many makes every rollout of its
 * race cost twice as much to read.
 */
const PROMPT_CHARACTERS = 10_000;

/**
 * Train tasks that edits are expected to fix together, for one race on dev. Failures that several
 * of them answer count once; the race costs more by the text that its rollouts read.
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

/**
 * What was mined is one bundle, since some of it only pays together; all else is tried by itself.
 * Best gain per cost first.
 */
export function queueOf(edits: readonly Edit[]): QueueEntry[] {
  const mined = edits.filter(({ proposer }) => proposer === 'mine');
  const groups = edits.filter((edit) => !mined.includes(edit)).map((edit): readonly Edit[] => [edit]);
  if (mined.length > 0) groups.push(mined);
  return groups.sort((a, b) => gainPerCost(b) - gainPerCost(a)).map((group) => entryOf(group, 'bundle'));
}

/**
 * Two non-empty halves of a bundle, the better one first; [] for a single edit. `edits` come best
 * first.
 */
export function halvesOf(edits: readonly Edit[]): QueueEntry[] {
  if (edits.length < 2) return [];
  const middle = Math.ceil(edits.length / 2);
  return [edits.slice(0, middle), edits.slice(middle)].map((half) => entryOf(half, 'half'));
}

const entryOf = (edits: readonly Edit[], form: 'bundle' | 'half'): QueueEntry => ({
  form: edits.length > 1 ? form : 'single',
  edits,
});
