/** The free checks of a candidate, in order; the first failure ends them. */
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

/** First, on the texts alone: what fails here must not be stored. */
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

/** On the applied harness; the caller's checks come after these. */
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

/** Reserved names: a caller's check needs another one. */
export const CHECK_NAMES: readonly string[] = 'schema leak taint bounds policy risk lint duplicate inert replay'.split(
  ' ',
);

/** Results up to the first failure. Never throws for a bad edit or a caller's bad check. */
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
  // A caller's checks see neither values of held-out tasks nor earlier decisions.
  const { leak: _leak, mayTry: _mayTry, checks: own = [], ...shown } = context;
  const candidate: AppliedCandidate = { ...shown, child };
  for (const check of builtIn(context)) if (!note(check.name, await check.check(candidate))) return results;
  for (const check of own) if (!note(check.name, await answerOf(check, candidate))) return results;
  return results;
}

/** The files after all edits, or why an edit does not fit or is too large. */
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
/** Reasons are stored and may reach a proposer, so private words are replaced by their size. */
const hidden = (value: string): string => `${value.length} characters, ${value.split(' ').length} word(s)`;
