/** A caller's proposers and checks: whatever they do becomes data, a warning or a refusal. */
import { z } from 'zod';
import { editKey } from '../edit/edits.ts';
import { Edit } from '../edit/schema.ts';
import { UsageError } from '../errors.ts';
import { answerOf, type Check } from '../proposal/check.ts';
import { CHECK_NAMES } from '../proposal/checks.ts';
import { isBuiltIn, PROPOSERS, type Proposer, type ProposerContext } from '../proposal/proposer.ts';
import type { LentModel } from './lend.ts';
import type { OwnAnswers } from './own-answers.ts';

/** Most edits of one proposer per round, and most characters of one edit. */
const MOST_EDITS = 200;
const MOST_CHARACTERS = 20_000;
/** Most notes of one proposer per round, and most characters of each. */
const MOST_NOTES = 20;
const NOTE_CHARACTERS = 300;

/** The part of an answer that is kept. */
const Answer = z.object({
  edits: z.array(Edit).readonly(),
  notes: z.array(z.string()).readonly(),
  /** Why something was left out. */
  warnings: z.array(z.string()).readonly(),
  calls: z.int(),
  probes: z.int(),
});
export type OwnAnswer = z.infer<typeof Answer>;

export interface GuardOptions {
  readonly answers: OwnAnswers;
  /** The model that the proposer was lent; null without one. */
  readonly lent: LentModel | null;
  /** Limit for one proposal. */
  readonly timeoutMs: number;
}

/** Asks a caller's proposer once per run and round. Throws only what ends the night. */
export async function askOwn(
  proposer: Proposer,
  context: ProposerContext,
  { answers, lent, timeoutMs }: GuardOptions,
): Promise<OwnAnswer> {
  const key = `proposer ${proposer.name}, round ${context.round}`;
  const known = answers.get(key);
  if (known !== undefined) return Answer.parse(known);
  const before = lent?.calls ?? 0;
  let answer: OwnAnswer;
  try {
    const value = await within(timeoutMs, context.signal, (signal) => {
      const own = { ...context, signal };
      const ask = async () => proposer.propose(own);
      return lent === null ? ask() : lent.during(signal, ask);
    });
    answer = readAnswer(value, proposer.name);
  } catch (error) {
    if (context.signal.aborted) throw context.signal.reason;
    if (lent?.ends(error)) throw error;
    const why = error instanceof Error ? error.message : String(error);
    answer = { edits: [], notes: [], warnings: [`it failed: ${why}`.slice(0, NOTE_CHARACTERS)], calls: 0, probes: 0 };
  }
  answer = { ...answer, calls: Math.max(answer.calls, (lent?.calls ?? 0) - before) };
  answers.put(key, answer);
  return answer;
}

/** Throws for what is not a proposal; edits that cannot be read become warnings. */
function readAnswer(value: unknown, name: string): OwnAnswer {
  const given = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  if (!Array.isArray(given.edits)) throw new TypeError(`expected { edits: [...] }, got ${describe(value)}`);
  const warnings: string[] = [];
  if (given.edits.length > MOST_EDITS)
    warnings.push(`${given.edits.length} edits; expected ${MOST_EDITS} at most, so the others are left out`);
  const edits = given.edits.slice(0, MOST_EDITS).flatMap((edit: unknown, at) => {
    const read = readEdit(edit, name);
    if (typeof read !== 'string') return [read];
    warnings.push(`edit ${at + 1} is left out: ${read}`.slice(0, NOTE_CHARACTERS));
    return [];
  });
  const notes = Array.isArray(given.notes) ? given.notes.filter((note) => typeof note === 'string') : [];
  return {
    edits,
    notes: notes.slice(0, MOST_NOTES).map((note) => note.slice(0, NOTE_CHARACTERS)),
    warnings: warnings.length > 5 ? [...warnings.slice(0, 5), `and ${warnings.length - 5} more`] : warnings,
    calls: countIn(given.calls),
    probes: countIn(given.probes),
  };
}

/** The edit under the proposer's name, or why it cannot be read. */
function readEdit(edit: unknown, name: string): Edit | string {
  const given = typeof edit === 'object' && edit !== null ? (edit as Partial<Edit>) : {};
  const addresses = Array.isArray(given.addresses) ? given.addresses : [];
  const said = { hypothesis: '', addresses, predicts: { fixes: addresses.length, risks: '' }, ...given };
  const read = Edit.safeParse({ ...said, proposer: name });
  if (!read.success) return z.prettifyError(read.error).replaceAll(/\s+/g, ' ');
  const { length } = JSON.stringify(read.data);
  return length > MOST_CHARACTERS ? `${length} characters, expected ${MOST_CHARACTERS} at most` : read.data;
}

const countIn = (value: unknown): number => (Number.isSafeInteger(value) && Number(value) > 0 ? Number(value) : 0);

const describe = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'an object' : typeof value;

/** The check, asked once per run and candidate. */
export const guardedCheck = (check: Check, answers: OwnAnswers): Check => ({
  name: check.name,
  async check(candidate) {
    const { parent, child, edits } = candidate;
    const key = `check ${check.name} ${parent.id} ${child.id} ${edits.map(editKey).join(' ')}`;
    const known = answers.get(key);
    if (known !== undefined) return known as string | null;
    const reason = await answerOf(check, candidate);
    answers.put(key, reason);
    return reason;
  },
});

/** Throws UsageError for names that records could not tell apart. */
export function assertNames(proposers: readonly Proposer[], checks: readonly Check[]): void {
  const reserved = new Set<string>([...PROPOSERS, 'external']);
  assertOwn('proposer', proposers, (one) => !isBuiltIn(one) && reserved.has(one.name));
  assertOwn('check', checks, ({ name }) => CHECK_NAMES.includes(name));
}

function assertOwn<T extends { readonly name: string }>(what: string, all: readonly T[], taken: (one: T) => boolean) {
  for (const [at, one] of all.entries()) {
    if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(one.name) || one.name.length > 40)
      throw new UsageError(`${what} "${one.name}": expected a name of lower-case words joined by "-", at most 40 long`);
    if (taken(one)) throw new UsageError(`${what} "${one.name}": that name is taken by a built-in one; choose another`);
    if (all.findIndex(({ name }) => name === one.name) !== at)
      throw new UsageError(`${what} "${one.name}" is given twice; names have to differ`);
  }
}

/** Rejects when the time is over or `outer` aborts, whatever `run` does then. */
async function within<T>(timeoutMs: number, outer: AbortSignal, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  outer.throwIfAborted();
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(new Error(`no proposal in ${timeoutMs / 1000} s`)), timeoutMs);
  const signal = AbortSignal.any([limit.signal, outer]);
  try {
    return await new Promise<T>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      run(signal).then(resolve, reject);
    });
  } finally {
    clearTimeout(timer);
  }
}
