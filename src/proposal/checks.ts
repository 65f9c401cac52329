/** The free checks before a rollout is spent, in order; the first that fails ends them. */
import { z } from 'zod';
import { applyEdit, checkBounds } from '../edit/edits.ts';
import { Edit } from '../edit/schema.ts';
import { parseHarness } from '../harness/parse.ts';
import type { Harness } from '../types.ts';
import { type AppliedCandidate, answerOf, type Check, type CheckContext, type CheckResult } from './check.ts';
import { inertCheck } from './checks/inert.ts';
import { findLeak } from './checks/leak-index.ts';
import { lintCheck } from './checks/lint.ts';
import { replayCheck } from './checks/passing.ts';
import { policyCheck } from './checks/policy.ts';
import { riskCheck } from './checks/risk-limit.ts';
import { findTaint } from './checks/taint.ts';
import { editText } from './checks/text-of.ts';

export type { CheckContext, CheckResult } from './check.ts';
export { buildLeakIndex, type LeakIndex } from './checks/leak-index.ts';
export { replay } from './checks/replay.ts';

/**
 * Of the words alone, and before all others: what fails here must not be stored, whatever else is
 * wrong with it.
 */
const OF_WORDS: readonly (readonly [name: string, check: (context: CheckContext) => string | null])[] = [
  ['leak', ({ edits, leak }) => refusal(findLeak(texts(edits), leak), (v) => `holds a value of a task: ${hidden(v)}`)],
  [
    'taint',
    ({ edits, traces, tasks, leak }) =>
      refusal(
        findTaint(texts(edits), traces, tasks, leak.free),
        (run) => `copies a result or a request: ${hidden(run)}`,
      ),
  ],
];

/** Of the applied harness. What a caller adds comes after these. */
const builtIn = ({ mayTry }: CheckContext): readonly Check[] => [
  policyCheck,
  riskCheck,
  lintCheck,
  {
    name: 'duplicate',
    check: ({ edits }) => edits.map((edit) => mayTry?.(edit) ?? null).find((reason) => reason !== null) ?? null,
  },
  inertCheck,
  replayCheck,
];

/** Names that are taken: a check of one's own needs another one. */
export const CHECK_NAMES: readonly string[] = 'schema leak taint bounds policy risk lint duplicate inert replay'.split(
  ' ',
);

/**
 * Results up to and including the first failure; all passed means that the edits may be tried.
 * Never throws for a bad edit or a caller's bad check.
 */
export async function checkEdits(context: CheckContext): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  const note = (check: string, reason: string | null): boolean => {
    results.push({ check, passed: reason === null, reason: reason === null ? 'ok' : check, detail: reason ?? '' });
    return reason === null;
  };
  const schema = z.array(Edit).min(1).safeParse(context.edits);
  if (!note('schema', schema.success ? null : z.prettifyError(schema.error))) return results;
  for (const [name, check] of OF_WORDS) if (!note(name, check(context))) return results;
  const applied = applyAll(context);
  if (typeof applied === 'string') {
    note('bounds', applied);
    return results;
  }
  note('bounds', null);
  let child: Harness;
  try {
    child = parseHarness(context.parent.env, applied);
  } catch (error) {
    note('lint', (error as Error).message);
    return results;
  }
  // Neither the values of held-out tasks nor the record of earlier nights is for a caller's checks.
  const { leak: _leak, mayTry: _mayTry, checks: own = [], ...shown } = context;
  const candidate: AppliedCandidate = { ...shown, child };
  for (const check of builtIn(context)) if (!note(check.name, await check.check(candidate))) return results;
  for (const check of own) if (!note(check.name, await answerOf(check, candidate))) return results;
  return results;
}

/** Files after all edits, each within bounds where it is applied; else the reason why not. */
function applyAll({ parent, edits }: CheckContext): Harness['files'] | string {
  let files = parent.files;
  for (const edit of edits) {
    const reason = checkBounds(files, edit);
    if (reason !== null) return reason;
    try {
      files = applyEdit(files, edit);
    } catch (error) {
      return (error as Error).message;
    }
  }
  return files;
}

const texts = (edits: CheckContext['edits']): string => edits.map(editText).join('\n');
const refusal = (found: string | null, say: (value: string) => string): string | null =>
  found === null ? null : say(found);
/**
 * The reason is stored and may reach a proposer: of a task's value or a person's words only the
 * size is told.
 */
const hidden = (value: string): string => `${value.length} characters, ${value.split(' ').length} word(s)`;
