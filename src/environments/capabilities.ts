/** What an environment can do beyond playing and scoring, and what is lost without it. */
import type { Environment } from '../types.ts';

export const CAPABILITIES = ['oracle', 'fork', 'changes', 'generate', 'user', 'vocabulary', 'isError'] as const;
export type Capability = (typeof CAPABILITIES)[number];

export const has = (environment: Environment, capability: Capability): boolean => environment[capability] !== undefined;

const WITHOUT: Readonly<Record<Capability, string>> = {
  oracle:
    'No oracle: the simulated agent cannot play, nothing is probed, diagnosis reads traces and does not replay them, ' +
    'and the leak check knows the targets of tasks alone.',
  fork: 'No fork: a copy of a state is a fresh reset with the same calls made again.',
  changes: 'No changes: traces do not show what a call changed.',
  generate: 'No generate: the given sealed tasks are used up by looks at them.',
  user: 'No user: nobody answers the agent; the request is all that is said.',
  vocabulary: 'No vocabulary: neutral words are used.',
  isError: 'No isError: a result of which only the text is known counts as a success.',
};

const NOT_REPLAYABLE =
  'The state cannot be copied (replayable: false): nothing is probed, diagnosis reads traces and does not replay them, ' +
  'and the free checks know no more than the record.';

/** One sentence per missing capability. */
export const limitsOf = (environment: Environment): string[] =>
  CAPABILITIES.filter((capability) => !has(environment, capability)).map((capability) =>
    capability === 'fork' && environment.replayable === false ? NOT_REPLAYABLE : WITHOUT[capability],
  );

/** The limits that a night has to report: what its stations leave out. */
export const nightLimitsOf = (environment: Environment): string[] => [
  ...(has(environment, 'oracle') ? [] : [WITHOUT.oracle]),
  ...(environment.replayable === false ? [NOT_REPLAYABLE] : []),
  ...(has(environment, 'changes') ? [] : [WITHOUT.changes]),
];
