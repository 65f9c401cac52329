/** Who, when and with which keys, of a decision that a person asks for by a command. */
import type { Repository } from '../ledger/git.ts';
import { readKeyring } from '../ledger/keys.ts';
import type { StepOptions } from '../ledger/rollback.ts';
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
