/** Who, when and with which keys, of a decision that is no night's; and one at a time. */
import { VERSION } from '../../version.ts';
import { acquireLock } from '../branch/lock.ts';
import type { Repository } from '../git/git.ts';
import { readKeyring } from '../keys/keys.ts';
import type { StepOptions } from './rollback.ts';

/** `operator`: what asks for it, such as a command. Keys and time are those of this process. */
export const stepOf = (
  operator: string,
  repository: Repository,
): StepOptions & Required<Pick<StepOptions, 'keys'>> => ({
  who: {
    tool: `harness-optimizer ${VERSION}`,
    agent: null,
    served: null,
    proposer: null,
    simulated: false,
    operator,
  },
  time: new Date().toISOString(),
  keys: readKeyring(process.env, repository),
});

/** Works on an environment while nobody else does. Throws UsageError as `acquireLock`. */
export async function underLock<T>(
  repository: Repository,
  env: string,
  time: string,
  work: () => Promise<T>,
): Promise<T> {
  const lock = await acquireLock(repository, env, time);
  try {
    return await work();
  } finally {
    await lock.release();
  }
}
