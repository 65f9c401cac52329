/** Filters of traces: CEL over the facts of a trace. */
import { UsageError } from '../errors.ts';
import { compileExpression } from '../harness/cel/cel.ts';
import type { SummaryRow } from './summary.ts';

/** What a filter may name. */
export const FIELDS = [
  'id',
  'reward',
  'label',
  'model',
  'agent',
  'harness',
  'source',
  'task',
  'calls',
  'steps',
  'errors',
  'day',
] as const;

/**
 * A function that says whether a trace meets `expression`. What it needs and a trace lacks is not
 * met. Throws UsageError for a fault in it, also at the first trace.
 *
 * @example where('reward < 1 && "renew" in calls && errors > 0')
 */
export function where(expression: string): (row: SummaryRow) => boolean {
  const compiled = compileExpression(expression);
  const strange = compiled.facts.paths.map((path) => /^[^.[]+/.exec(path)?.[0] ?? path).find((name) => !isField(name));
  if (strange !== undefined)
    throw new UsageError(`--where: expected one of ${FIELDS.join(', ')}, found "${strange}" in \`${expression}\``);
  return (row) => {
    const { calls, failed, steps } = row;
    const values = { ...row, errors: failed.length, calls, steps };
    const made = calls.map((name, at) => ({ name, arguments: {}, error: failed.includes(at) }));
    const outcome = compiled.evaluate({ values, calls: made });
    if (outcome.kind === 'error')
      throw new UsageError(
        `--where: \`${expression}\` cannot be evaluated: ${outcome.message}; correct the expression`,
      );
    if (outcome.kind === 'value' && typeof outcome.value !== 'boolean')
      throw new UsageError(
        `--where: expected true or false, found ${JSON.stringify(outcome.value)} from \`${expression}\``,
      );
    return outcome.kind === 'value' && outcome.value === true;
  };
}

const isField = (name: string): boolean => (FIELDS as readonly string[]).includes(name);
