/** Learns from imported traces alone: failures named, and rules with their support. */
import { diagnoseRecord } from '../../diagnosis/record.ts';
import { randomOf } from '../../digest.ts';
import { checkBounds } from '../../edit/edits.ts';
import type { Edit } from '../../edit/schema.ts';
import { editTitle } from '../../edit/title.ts';
import type { StoredTrace } from '../../traces/store.ts';
import type { Diagnosis, Harness, Task, Trace, Vocabulary } from '../../types.ts';
import { findLeak, type LeakIndex } from '../checks/leak-index.ts';
import { findTaint } from '../checks/taint.ts';
import { editText } from '../checks/text-of.ts';
import { mine } from '../mine/mine.ts';
import { editFor } from './clause.ts';
import { byStrength, type Contrast, type ContrastTerms, contrastsOf, holds } from './contrast.ts';
import { environmentOf, taskOf, traceOf } from './environment.ts';
import { instancesOf } from './facts.ts';
import { firing } from './fires.ts';
import { personalPattern, privateValues } from './private.ts';

/** A rule that acts on more of the passing traces than this share is dropped. */
export const TOLERATED = 0.02;
/** Labelled traces below which what was learned is a hint. */
export const FLOOR = 300;
/** A person reads them: the ones that explain most. */
const MOST_RULES = 12;

export interface LogRule {
  readonly edit: Edit;
  /** Traces on which it would have acted, of all, failing and passing ones. */
  readonly support: number;
  readonly failed: number;
  readonly passed: number;
  /** Share of failing among those with an outcome, over the share among all with one. */
  readonly lift: number;
}

export interface Learned {
  readonly traces: number;
  readonly labelled: number;
  readonly failed: number;
  readonly diagnoses: readonly Diagnosis[];
  readonly rules: readonly LogRule[];
  /** What was left out and why, one sentence each. */
  readonly notes: readonly string[];
}

interface LearnRequest {
  readonly env: string;
  readonly traces: readonly StoredTrace[];
  /** What the rules are added to. */
  readonly harness: Harness;
  readonly vocabulary?: Vocabulary | undefined;
}

/** Plays nothing and asks no model; equal traces give equal rules. */
export async function learnFromTraces({ env, traces: stored, harness, vocabulary }: LearnRequest): Promise<Learned> {
  const traces = stored.map((one) => traceOf(one, vocabulary));
  const environment = environmentOf(env, traces, vocabulary);
  const isPass = ({ score }: Trace): boolean => score !== null && score.reward >= 1;
  const labelled = traces.filter(({ score }) => score !== null);
  const failing = labelled.filter((trace) => !isPass(trace));
  const passing = labelled.filter(isPass);
  const tolerated = Math.floor(TOLERATED * passing.length);
  const index = privateValues(environment, traces, harness.policy);
  const fields = personalPattern(vocabulary);
  const instances = instancesOf(labelled, environment.tools);
  const shared = {
    taskOf: (at: number) => labelled[at]?.task ?? '',
    isPublic: (source: string, value: string | boolean) => isPublic(source, value, fields, index),
  };
  const terms: readonly ContrastTerms[] = [
    { ...shared, by: 'outcome', isBad: ({ trace }) => !isPass(labelled[trace] as Trace), tolerated },
    { ...shared, by: 'refusal', isBad: ({ ok }) => !ok, tolerated: 0 },
  ];
  const chosen = terms.flatMap((one) => covering([...instances].flatMap(([tool, own]) => contrastsOf(tool, own, one))));
  const suspects = suspectsOf(chosen, labelled, instances);
  const siblings = new Map<string, Trace[]>();
  for (const trace of passing) siblings.set(trace.task, [...(siblings.get(trace.task) ?? []), trace]);
  const diagnoses: Diagnosis[] = [];
  for (const trace of failing) {
    const own = (siblings.get(trace.task) ?? []).filter(({ id }) => id !== trace.id);
    const task: Task<'train'> = { ...taskOf(trace), request: spokenIn(trace) };
    const suspect = suspects.get(trace.id) ?? null;
    const found = await diagnoseRecord(trace, { task, environment, harness, siblings: own, suspect });
    if (found !== null) diagnoses.push(found);
  }
  const tasks = traces.map(taskOf);
  const mined = await mine({ environment, harness, traces: labelled, tasks, diagnoses, random: randomOf(1) });
  const drafts = [
    ...chosen.map((one) =>
      editFor(
        one,
        [...one.bad].map((at) => labelled[at]?.id ?? ''),
      ),
    ),
    ...mined.edits.filter(isKnowable).map((edit): Edit => ({ ...edit, proposer: 'logs' })),
  ];
  const notes: string[] = [];
  const rules: LogRule[] = [];
  const base = failing.length / Math.max(1, labelled.length);
  for (const draft of drafts) {
    const why = fault(draft, { harness, traces, tasks, index });
    if (why !== null) {
      notes.push(`Left out: ${why}.`);
      continue;
    }
    const tried: LogRule[] = [];
    for (const edit of variantsOf(draft)) {
      tried.push(await supportOf(edit, firing(edit, { harness, environment }), { traces, isPass, base }));
      if ((tried.at(-1)?.passed ?? 0) <= tolerated) break;
    }
    const [first] = tried;
    const rule = tried.find(({ failed, passed }) => failed > 0 && passed <= tolerated);
    if (rule !== undefined) rules.push(rule);
    else if (first !== undefined)
      notes.push(
        `Left out: ${editTitle(draft)} would have acted on ${first.passed} of ${passing.length} passing and ${first.failed} of ${failing.length} failing traces.`,
      );
  }
  rules.sort((a, b) => b.failed - a.failed || a.passed - b.passed);
  return { traces: traces.length, labelled: labelled.length, failed: failing.length, diagnoses, rules, notes };
}

/** All that the person said. */
const spokenIn = ({ prompt, steps }: Trace): string =>
  [prompt.user, ...steps.flatMap((step) => (step.kind === 'user' && step.by === 'user' ? [step.text] : []))].join('\n');

/** A value that names a kind: short, no number of anything, no personal member, shared by many. */
function isPublic(source: string, value: string | boolean, personal: RegExp, index: LeakIndex): boolean {
  if (source.split(/[.\s]/).some((part) => personal.test(part))) return false;
  if (typeof value === 'boolean') return true;
  // In brackets stand the names that values got at the door.
  return value !== '' && value.length <= 30 && !/\d{3}|[[\]]/.test(value) && findLeak(value, index) === null;
}

/** No trace tells how many turns there would have been. */
const isKnowable = ({ ops }: Edit): boolean =>
  !ops.some((op) => 'monitor' in op && (op.monitor.kind === 'budget_left' || op.monitor.kind === 'premature_finish'));

/** Contrasts that each explain traces that no better one explains. */
function covering(contrasts: readonly Contrast[]): Contrast[] {
  const explained = new Set<string>();
  const chosen: Contrast[] = [];
  for (const one of [...contrasts].sort(byStrength)) {
    const fresh = [...one.bad].filter((trace) => !explained.has(`${one.tool} ${trace}`));
    if (fresh.length < 2 || chosen.length === MOST_RULES) continue;
    for (const trace of fresh) explained.add(`${one.tool} ${trace}`);
    chosen.push(one);
  }
  return chosen;
}

/** By trace: the first call that meets a chosen contrast. */
function suspectsOf(
  chosen: readonly Contrast[],
  traces: readonly Trace[],
  instances: ReturnType<typeof instancesOf>,
): ReadonlyMap<string, number> {
  const steps = new Map<string, number>();
  for (const { tool, literals } of chosen)
    for (const { trace, step, facts } of instances.get(tool) ?? []) {
      const id = traces[trace]?.id ?? '';
      if (literals.every((literal) => holds(literal, facts))) steps.set(id, Math.min(steps.get(id) ?? step, step));
    }
  return steps;
}

/** Why an edit may not be shown: out of bounds, or with words of a person or a record. */
function fault(
  edit: Edit,
  of: {
    readonly harness: Harness;
    readonly traces: readonly Trace[];
    readonly tasks: readonly Task[];
    readonly index: LeakIndex;
  },
): string | null {
  const text = editText(edit);
  if (findLeak(text, of.index) !== null) return `a text holds a value of a trace (${kindsOf(edit)})`;
  if (findTaint(text, of.traces, of.tasks, of.index.free) !== null)
    return `a text is copied from a trace (${kindsOf(edit)})`;
  const bounds = checkBounds(of.harness.files, edit);
  if (bounds !== null) return `it is out of bounds: ${bounds}`;
  // Whether a text would have helped no record tells.
  return edit.ops.some(({ op }) => op.startsWith('skill.'))
    ? 'a skill acts on no recorded call, so it has no support'
    : null;
}

const kindsOf = ({ ops }: Edit): string => ops.map(({ op }) => op).join(', ');

/** The edit; a monitor that watches for repetition also with one and two more repetitions. */
function variantsOf(edit: Edit): Edit[] {
  const [op, ...more] = edit.ops;
  if (op?.op !== 'monitor.add' || more.length > 0) return [edit];
  const { threshold } = op.monitor;
  return [0, 1, 2].map((plus) => ({
    ...edit,
    ops: [{ ...op, monitor: { ...op.monitor, threshold: threshold + plus } }],
  }));
}

async function supportOf(
  edit: Edit,
  fires: (trace: Trace, task: Task<'train'>) => Promise<boolean>,
  {
    traces,
    isPass,
    base,
  }: { readonly traces: readonly Trace[]; readonly isPass: (trace: Trace) => boolean; readonly base: number },
): Promise<LogRule> {
  let [support, failed, passed] = [0, 0, 0];
  const ids: string[] = [];
  for (const trace of traces) {
    if (!(await fires(trace, taskOf(trace)))) continue;
    support += 1;
    if (isPass(trace)) passed += 1;
    else if (trace.score !== null) {
      failed += 1;
      ids.push(trace.id);
    }
  }
  const share = failed + passed === 0 ? 0 : failed / (failed + passed);
  const lift = base === 0 ? 0 : Math.round((share / base) * 100) / 100;
  return { edit: { ...edit, addresses: ids }, support, failed, passed, lift };
}
