/** Plays tasks where no code of their environment ran before: in a process that loads it again. */
import { type FreshPlay, playFresh } from '../environments/isolation.ts';
import { differences } from '../environments/state-diff.ts';
import { UsageError } from '../errors.ts';
import type { Environment } from '../types.ts';
import { openEnvironment } from './environment.ts';

/** [] for an environment without a file. Throws UsageError if it has other tasks than here. */
export async function playFreshly(
  { name, file, tasks }: Environment,
  root: string,
  ids: readonly string[],
): Promise<readonly FreshPlay[]> {
  if (file === undefined) return [];
  const again = await openEnvironment({ env: file }, root, { unscored: true });
  const [difference] = differences(tasks, again.tasks, 'tasks');
  if (difference === undefined) return playFresh(again, ids);
  throw new UsageError(
    `${name}: a second process has other tasks than this one (${difference.slice(0, 300)}); make them without Math.random, the clock or a counter`,
  );
}
