/** The stable split of tasks into train, dev and sealed, and its digest. */
import { canonicalJson, sha256 } from '../digest.ts';
import type { Split, Task } from '../types.ts';

/** 50 % train, 25 % dev, 25 % sealed. */
const pattern: readonly Split[] = ['train', 'dev', 'train', 'sealed'];

/**
 * Splits tasks 50/25/25 within each set of tags: by tags, then by sha256 of salt and id, dealt in
 * turn. The order of the input does not matter; given splits are overwritten.
 */
export function assignSplits(tasks: readonly Task[], salt: string): Task[] {
  const keyed = tasks.map((task) => ({
    id: task.id,
    stratum: [...task.tags].sort().join('\u0000'),
    hash: sha256(`${salt}\u0000${task.id}`),
  }));
  keyed.sort((a, b) => compare(a.stratum, b.stratum) || compare(a.hash, b.hash));
  const splits = new Map(keyed.map(({ id }, index) => [id, pattern[index % pattern.length] as Split]));
  return tasks.map((task) => ({ ...task, split: splits.get(task.id) as Split }));
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** sha256 (hex) over the sorted (id, split) pairs. */
export const splitDigest = (tasks: readonly Task[]): string =>
  sha256(canonicalJson(tasks.map(({ id, split }) => `${id} ${split}`).sort()));
