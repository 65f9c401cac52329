/** What the operations on one kind of part have in common. */
import type { Clause, Monitor } from '../../harness/schema.ts';

/** Operations that give nothing to read. */
export const silent = { words: () => '' };

/** Of operations that write a clause. */
export const writesClause = {
  prose: ['say', 'otherwise'],
  words: ({ clause }: { clause: Clause }) => clause.say ?? '',
  aside: ({ clause }: { clause: Clause }) => clause.otherwise ?? '',
  place: ({ clause }: { clause: Clause }) => clause.tools.join(),
  mayBlock: ({ clause: { prepare, enforce } }: { clause: Clause }) =>
    prepare.length > 0 || enforce === 'block' || enforce === 'hard',
};

/** Of operations that write a monitor; monitors never stand between a call and its tool. */
export const writesMonitor = {
  prose: ['message'],
  words: ({ monitor }: { monitor: Monitor }) => monitor.message,
  place: ({ monitor }: { monitor: Monitor }) => monitor.kind,
  mayBlock: () => false,
};

/** Of operations on a skill; skills never stand between a call and its tool. */
export const onSkill = {
  prose: ['description', 'lines', 'after', 'anchor'],
  touched: ({ id }: { id: string }) => [id],
  mayBlock: () => false,
};

/** Of operations on an alias. */
export const onAlias = {
  ...silent,
  touched: ({ tool, from }: { tool: string; from: string }) => [`alias:${tool}.${from}`],
};
