/** Input and output of the miner. */

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
  /** Protocol of the agent, whatever the harness says. */
  readonly protocol?: Agent['protocol'];
  readonly random: Random;
  /** Most tool calls of probes. @default 6,000 */
  readonly probeBudget?: number;
}

export interface MinedProposal {
  /** Each within bounds, highest expected gain first. */
  readonly edits: readonly Edit[];
  /** Shapes of results in traces and probes, for the path lint. */
  readonly shapes: Shapes;
  /** What could not be learned and why, one sentence each. */
  readonly notes: readonly string[];
  /** Tool calls that probes made. */
  readonly probes: number;
}
