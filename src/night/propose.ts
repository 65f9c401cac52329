/** Asks the proposers of a night in order and joins their edits. */
import { randomOf, seedOf } from '../digest.ts';
import type { Edit } from '../edit/schema.ts';
import { editTitle } from '../edit/title.ts';
import type { Shapes } from '../harness/lint/lint.ts';
import { type RejectedEdit, rejectedEdits } from '../ledger/branch/rejected.ts';
import type { Decision } from '../ledger/kinds/index.ts';
import { PERSON } from '../proposal/given.ts';
import type { MineContext } from '../proposal/mine/context.ts';
import { mine as mineEdits } from '../proposal/mine/mine.ts';
import { editWords, withoutNearDuplicates } from '../proposal/near.ts';
import { isBuiltIn, OWN_CODE, type Proposer, type ProposerContext, testsGate } from '../proposal/proposer.ts';
import type { Emit } from '../report/events.ts';
import { askOwn, type GuardOptions, type OwnAnswer } from './guard.ts';
import type { LentModel } from './lend.ts';
import type { OwnAnswers } from './own-answers.ts';

/** A proposer with the model that the night lends it. */
export interface OpenProposer {
  readonly proposer: Proposer;
  readonly lent: LentModel | null;
}

export interface Proposing {
  readonly options: { readonly seed: number; readonly budget: number };
  readonly number: number;
  readonly proposers: readonly OpenProposer[];
  readonly answers: OwnAnswers;
  readonly proposerTimeoutMs: number;
  readonly signal: AbortSignal;
  readonly emit: Emit;
}

export interface RoundProposal {
  readonly edits: readonly Edit[];
  readonly shapes: Shapes;
  readonly notes: readonly string[];
  readonly probes: number;
  /** Model calls of all proposers. */
  readonly calls: number;
}

/** `left`: candidates that may still be evaluated; `decisions`: all so far. */
export async function propose(
  night: Proposing,
  context: Omit<MineContext, 'random'>,
  {
    round,
    left,
    decisions,
  }: { readonly round: number; readonly left: number; readonly decisions: readonly Decision[] },
): Promise<RoundProposal> {
  const { options, number, signal } = night;
  const random = (...more: readonly string[]) => randomOf(options.seed, number, 'propose', round, ...more);
  const rejected = rejectedEdits(decisions);
  const edits: Edit[] = [];
  const notes: string[] = [];
  let shapes: Shapes | null = null;
  let [probes, calls] = [0, 0];
  for (const { proposer, lent } of night.proposers) {
    const { name } = proposer;
    const asked: ProposerContext = {
      ...context,
      random: isBuiltIn(proposer) ? random() : random(name),
      round,
      found: edits.map(wordsOf),
      tried: triedBefore(name, rejected),
      budget: { candidates: options.budget, left },
      model: lent?.model ?? null,
      seed: seedOf('reflect', options.seed, number, round),
      signal,
    };
    const guard = { answers: night.answers, lent, timeoutMs: night.proposerTimeoutMs };
    const answer = await ask(proposer, asked, guard);
    for (const warning of answer.warnings) night.emit({ type: 'warning', message: `proposer ${name}: ${warning}` });
    // Built-in code derives edits from traces and needs no filter; models repeat themselves.
    const fresh = OWN_CODE.has(name) ? answer.edits : withoutNearDuplicates(answer.edits, edits);
    edits.push(...fresh);
    notes.push(...answer.notes);
    if (name !== PERSON && (lent !== null || !isBuiltIn(proposer)))
      notes.push(`${name}: ${answer.calls} model calls, ${answer.edits.length} edits, ${fresh.length} of them new.`);
    shapes ??= answer.shapes;
    probes += answer.probes;
    calls += answer.calls;
  }
  const isTest = testsGate(night.proposers.map(({ proposer }) => proposer.name));
  // The path lint needs the shapes that probes give, whoever proposes.
  if (shapes === null && !isTest) shapes = (await mineEdits({ ...context, random: random() })).shapes;
  return { edits, shapes: shapes ?? new Map(), notes, probes, calls };
}

type Asked = OwnAnswer & { readonly shapes: Shapes | null };

async function ask(proposer: Proposer, context: ProposerContext, guard: GuardOptions): Promise<Asked> {
  // A caller's code must not change the night's own data.
  if (!isBuiltIn(proposer)) return { ...(await askOwn(proposer, shielded(context), guard)), shapes: null };
  const { lent } = guard;
  const run = async () => proposer.propose(context);
  const {
    edits,
    notes = [],
    calls = 0,
    probes = 0,
    shapes = null,
  } = lent ? await lent.during(context.signal, run) : await run();
  return { edits: edits as readonly Edit[], notes, warnings: [], calls, probes, shapes };
}

/** Copies of all data, without `generate`: it could draw a panel's tasks. */
function shielded(context: ProposerContext): ProposerContext {
  const { environment, harness, tasks, traces, diagnoses } = context;
  const { generate: _, ...trained } = environment;
  const copies = structuredClone({ harness, tasks, traces, diagnoses });
  return { ...context, ...copies, environment: { ...trained, tasks: copies.tasks } };
}

/** Rejected edits of a proposer, newest first. */
const triedBefore = (name: string, rejected: readonly RejectedEdit[]): string[] =>
  [...rejected]
    .reverse()
    .flatMap(({ edits }) => edits.filter(({ proposer }) => proposer === name))
    .map(wordsOf);

const wordsOf = (edit: Edit): string => editWords(edit) || editTitle(edit);
