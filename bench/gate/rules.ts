/** The rules that are compared. */
import { ours } from './ours.ts';
import { ladder, mcnemar, minibatchArgmax, onAllTasks, rerolledMean, storedMean } from './peers.ts';
import type { Gate } from './run-state.ts';

/** What the program does, and what every figure about it is measured with. */
export const OURS = ours(0.02);

/** Ours with every candidate played to its end: what stopping early saves and loses. */
export const PATIENT = ours(0.02, { hopeless: false });

export const RULES: readonly Gate[] = [
  OURS,
  ours(0.01),
  ours(0.05),
  ours(0.02, { fdr: 0.1 }),
  storedMean,
  rerolledMean,
  minibatchArgmax,
  ladder,
  mcnemar,
];

/** The peers' rules again, with as many tasks as ours uses. */
export const AT_EQUAL_TASKS: readonly Gate[] = [storedMean, rerolledMean, minibatchArgmax].map(onAllTasks);

export const ruleNamed = (name: string): Gate => {
  const rule = [...RULES, ...AT_EQUAL_TASKS, PATIENT].find((gate) => gate.name === name);
  if (rule === undefined) throw new RangeError(`expected the name of a rule, got ${name}`);
  return rule;
};
