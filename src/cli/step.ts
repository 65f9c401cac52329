/** Who, when and with which keys, of a decision that a person asks for by a command. */
import { UsageError } from '../errors.ts';
import type { StepOptions } from '../ledger/acts/rollback.ts';
import type { Repository } from '../ledger/git/git.ts';
import { readKeyring } from '../ledger/keys/keys.ts';
import { redactorOf } from '../secrets.ts';
import { VERSION } from '../version.ts';

export const stepOf = (command: string, repository: Repository): StepOptions => ({
  who: {
    tool: `harness-optimizer ${VERSION}`,
    agent: null,
    served: null,
    proposer: null,
    simulated: false,
    operator: command,
  },
  time: new Date().toISOString(),
  keys: readKeyring(process.env, repository),
});

/**
 * What a person gives as `--reason`, without secrets of the process. Throws UsageError for none,
 * and for more than 500 characters.
 */
export function reasonOf(text: string): string {
  const why = (redactorOf(process.env) ?? String)(text.trim());
  if (why === '' || why.length > 500) throw new UsageError(`--reason: expected 1 to 500 characters, got ${why.length}`);
  return why;
}
