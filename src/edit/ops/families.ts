/** What the operations on one kind of part have in common. */
import type { Clause, Monitor } from '../../harness/schema.ts';

/** For operations without text for the model. */
export const silent = { words: () => '' };

/** For operations that write a clause. */
export const writesClause = {
  prose: ['say', 'otherwise'],
  words: ({ clause }: { clause: Clause }) => clause.say ?? '',
  aside: ({ clause }: { clause: Clause }) => clause.otherwise ?? '',
  place: ({ clause }: { clause: Clause }) => clause.tools.join(),
  mayBlock: ({ clause: { prepare, enforce } }: { clause: Clause }) =>
    prepare.length > 0 || enforce === 'block' || enforce === 'hard',
};

/** For operations that write a monitor, which never blocks a call. */
export const writesMonitor = {
  prose: ['message'],
  words: ({ monitor }: { monitor: Monitor }) => monitor.message,
  place: ({ monitor }: { monitor: Monitor }) => monitor.kind,
  mayBlock: () => false,
};

/** For operations on a skill, which never blocks a call. */
export const onSkill = {
  prose: ['description', 'lines', 'after', 'anchor'],
  touched: ({ id }: { id: string }) => [id],
  mayBlock: () => false,
};

/** For operations on an alias. */
export const onAlias = {
  ...silent,
  touched: ({ tool, from }: { tool: string; from: string }) => [`alias:${tool}.${from}`],
};
