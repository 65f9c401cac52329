/** Who and when of a decision that a person asks for by a command. */
import type { StepOptions } from '../ledger/rollback.ts';
import { VERSION } from '../version.ts';

export const stepOf = (command: string): StepOptions => ({
  who: {
    tool: `harness-optimizer ${VERSION}`,
    agent: null,
    served: null,
    proposer: null,
    simulated: false,
    operator: command,
  },
  time: new Date().toISOString(),
});
