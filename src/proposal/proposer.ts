/** The interface of proposers, which write edits and see train alone. */
import type { z } from 'zod';
import type { Edit } from '../edit/schema.ts';
import type { Shapes } from '../harness/lint/lint.ts';
import type { AgentSource } from '../models/source.ts';
import type { ChatModel, MaybePromise } from '../types.ts';
import type { MineContext } from './mine/context.ts';

/** Train tasks, with the traces and diagnoses of tonight. */
export interface ProposerContext extends MineContext {
  /** From 1; later rounds see what still fails under the kept edits. */
  readonly round: number;
  /** Edits of the proposers before this one in this round, as words. */
  readonly found: readonly string[];
  /** This proposer's rejected edits of earlier nights, newest first, as words. */
  readonly tried: readonly string[];
  /** Candidates of the night, and how many are left. */
  readonly budget: { readonly candidates: number; readonly left: number };
  /** The proposer's `model`, recorded and paid from the night's budget; null for none. */
  readonly model: ChatModel | null;
  /** For the requests of a model. */
  readonly seed: number;
  /** Aborts when the night ends or the proposer's time is over. */
  readonly signal: AbortSignal;
}

/** An edit as proposed: the night adds the proposer's name and defaults. */
export type ProposedEdit = Pick<z.input<typeof Edit>, 'ops'> & Partial<z.input<typeof Edit>>;

export interface Proposal {
  /** Best first. The same checks, gate and records apply to all. */
  readonly edits: readonly ProposedEdit[];
  /** What could not be learned and why, one sentence each. @default none */
  readonly notes?: readonly string[];
  /** Model calls. @default the calls of `context.model` */
  readonly calls?: number;
  /** Tool calls of probes. @default 0 */
  readonly probes?: number;
  /** Shapes of the results that probes saw, for the path lint. @default none */
  readonly shapes?: Shapes;
}

/**
 * Writes edits. What it throws, or returns that is no proposal, is a warning under its name; the
 * night goes on with what the others have written.
 *
 * @example
 * const remind: Proposer = {
 *   name: 'remind',
 *   propose: ({ environment }) => ({
 *     edits: environment.tools.map(({ name }) => {
 *       const clause = { id: `remind-${name}`, tools: [name], say: 'Read the record first.' };
 *       return { ops: [{ op: 'clause.add', clause }] };
 *     }),
 *   }),
 * };
 */
export interface Proposer {
  /** Lower-case words joined by `-`; recorded with every edit. */
  readonly name: string;
  /** What else tells it from another of its name: a night goes on only with an equal one. */
  readonly digest?: string;
  /** The model that it asks; the night lends it as `context.model` and records its replies. */
  readonly model?: AgentSource;
  propose(context: ProposerContext): MaybePromise<Proposal>;
}

/** What `--proposer` takes. */
export const PROPOSERS = ['mine', 'reflect', 'both', 'null', 'harmful'] as const;
export type ProposerName = (typeof PROPOSERS)[number];

/** Proposers that ask no model: the risk limit of texts does not apply to them. */
export const OWN_CODE: ReadonlySet<string> = new Set(['mine', 'null', 'harmful']);

/** True if a proposer tests the gate with edits that are not meant to help. */
export const testsGate = (names: readonly string[]): boolean =>
  names.some((name) => name === 'null' || name === 'harmful');

const builtIns = new WeakSet<Proposer>();

/** Marks a proposer as one of this package. */
export function builtIn(proposer: Proposer): Proposer {
  builtIns.add(proposer);
  return proposer;
}
export const isBuiltIn = (proposer: Proposer): boolean => builtIns.has(proposer);
