/** The free checks before a rollout is spent, in order; the first that fails ends them. */
import { z } from 'zod';
import { canonicalJson } from '../digest.ts';
import { applyEdit, checkBounds, touchedIds } from '../edit/edits.ts';
import { Edit } from '../edit/schema.ts';
import { lintHarness } from '../harness/lint/lint.ts';
import { parseHarness } from '../harness/parse.ts';
import { resembles, sectionName, sectionsOf, structureOf } from '../harness/sections.ts';
import { toolsOf } from '../runtime/done.ts';
import type { Harness } from '../types.ts';
import { WIDEST } from './checks/envelope.ts';
import { findInert } from './checks/inert.ts';
import { findLeak } from './checks/leak-index.ts';
import { findBlockedPass } from './checks/passing.ts';
import type { AppliedCandidate, CheckContext, CheckResult } from './checks/result.ts';
import { riskOf } from './checks/risk.ts';
import { findTaint } from './checks/taint.ts';
import { editText } from './checks/text-of.ts';

export { buildLeakIndex, type LeakIndex } from './checks/leak-index.ts';
export { replay } from './checks/replay.ts';
export type { CheckContext, CheckResult } from './checks/result.ts';

/** A reason to refuse, or null. */
type Check<T> = (context: T) => string | null;
type Named<T> = readonly (readonly [name: string, check: Check<T>])[];

/**
 * Of the words alone, and before all others: what fails here must not be stored, whatever else is
 * wrong with it.
 */
const OF_WORDS: Named<CheckContext> = [
  ['leak', ({ edits, leak }) => refusal(findLeak(texts(edits), leak), (v) => `holds a value of a task: ${hidden(v)}`)],
  ['taint', checkTaint],
];

const OF_HARNESS: Named<AppliedCandidate> = [
  ['policy', policyRefusal],
  ['risk', riskRefusal],
  ['lint', checkLint],
  ['duplicate', ({ edits, mayTry }) => edits.map((e) => mayTry?.(e) ?? null).find((r) => r !== null) ?? null],
  ['inert', findInert],
  ['replay', findBlockedPass],
];

/**
 * Results up to and including the first failure; all passed means that the edits may be tried.
 * Never throws for a bad edit.
 */
export function checkEdits(context: CheckContext): CheckResult[] {
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
  for (const [name, check] of OF_HARNESS) if (!note(name, check({ ...context, child }))) break;
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

function checkTaint({ edits, traces, tasks, leak }: CheckContext): string | null {
  return refusal(
    findTaint(texts(edits), traces, tasks, leak.free),
    (run) => `copies a result or a request: ${hidden(run)}`,
  );
}

/**
 * Why edits may not lead from one harness to another, whatever they are worth: what is protected;
 * null when they may.
 */
export function policyRefusal({
  parent,
  child,
  edits,
}: Pick<AppliedCandidate, 'parent' | 'child' | 'edits'>): string | null {
  const touched = edits.flatMap((e) => [...touchedIds(e)]).find((id) => parent.settings.protected.includes(id));
  if (touched !== undefined) return `${touched} is protected`;
  const section = parent.settings.protected.find((name) => !keepsSection(parent, child, name));
  if (section !== undefined) return `${section} is protected`;
  if (parent.policy !== child.policy) return 'policy.md may not change';
  const guarded = (h: Harness): string =>
    canonicalJson([h.settings.permissions, h.settings.protected, h.settings.caps]);
  return guarded(parent) === guarded(child) ? null : 'permissions, protected ids and caps may not change';
}

/**
 * Whether a protected section is the same, under the same headings, and the only one of its name:
 * nothing that shapes its skill may change, and no other skill may begin to show such a heading.
 */
function keepsSection(parent: Harness, child: Harness, name: string): boolean {
  const section = sectionName(name);
  if (section === null) return true;
  const { skill, heading } = section;
  const shown = ({ skills }: Harness): unknown =>
    skills.flatMap((one) =>
      one.name === skill
        ? [one.name, structureOf(one.body), sectionsOf(one.body, heading)]
        : resembles(one.body, heading)
          ? [one.name]
          : [],
    );
  return canonicalJson(shown(parent)) === canonicalJson(shown(child));
}

/** A text that a model wrote and that touches what a person answers for is left to a person. */
export function riskRefusal({ edits, envelope = WIDEST }: Pick<AppliedCandidate, 'edits' | 'envelope'>): string | null {
  for (const edit of edits) {
    const outside = edit.ops.find(({ op }) => !envelope.ops.includes(op));
    if (outside !== undefined) return `${outside.op} is outside of what the policy lets a night change`;
    if (edit.proposer !== 'reflect') continue;
    const { risk, why } = riskOf(edit);
    if (risk > envelope.max_risk) return `${risk}, for a person to decide: ${why}`;
  }
  return null;
}

function checkLint({ parent, child, environment, shapes = new Map() }: AppliedCandidate): string | null {
  const tools = toolsOf(environment);
  const known = new Set(lintHarness(parent, tools, shapes).map((issue) => canonicalJson(issue)));
  const issues = lintHarness(child, tools, shapes).filter((issue) => issue.severity === 'error');
  const fresh = issues.find((issue) => !known.has(canonicalJson(issue)));
  return fresh === undefined ? null : `${fresh.where}: ${fresh.message}`;
}

const texts = (edits: CheckContext['edits']): string => edits.map(editText).join('\n');
const refusal = (found: string | null, say: (value: string) => string): string | null =>
  found === null ? null : say(found);
/**
 * The reason is stored and may reach a proposer: of a task's value or a person's words only the
 * size is told.
 */
const hidden = (value: string): string => `${value.length} characters, ${value.split(' ').length} word(s)`;
