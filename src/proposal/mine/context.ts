/** What the miner is given and what it hands back. */

import type { Random } from '../../digest.ts';
import type { Edit } from '../../edit/schema.ts';
import type { Shapes } from '../../harness/lint/lint.ts';
import type { Agent, Diagnosis, Environment, Harness, Task, Trace } from '../../types.ts';

export interface MineContext {
  readonly environment: Environment;
  readonly harness: Harness;
  readonly traces: readonly Trace<'train'>[];
  readonly tasks: readonly Task<'train'>[];
  readonly diagnoses: readonly Diagnosis[];
  /** How the agent has to be spoken to, whatever the harness says. */
  readonly protocol?: Agent['protocol'];
  readonly random: Random;
  /** Tool calls that probes may make, default 6,000. */
  readonly probeBudget?: number;
}

export interface MinedProposal {
  /** Each within bounds, highest expected gain first. */
  readonly edits: readonly Edit[];
  /** Shapes of the results that traces and probes saw, for the path lint. */
  readonly shapes: Shapes;
  /** What could not be learned and why, one sentence each. */
  readonly notes: readonly string[];
  /** Tool calls that probes made. */
  readonly probes: number;
}
