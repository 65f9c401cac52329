/** The seam by which edits come into a night: a proposer sees train alone, and only proposes. */
import type { z } from 'zod';
import type { Edit } from '../edit/schema.ts';
import type { Shapes } from '../harness/lint/lint.ts';
import type { AgentSource } from '../models/source.ts';
import type { ChatModel, MaybePromise } from '../types.ts';
import type { MineContext } from './mine/context.ts';

/** What every proposer is given: train tasks, and the traces and diagnoses of tonight's runs. */
export interface ProposerContext extends MineContext {
  /** From 1; later rounds look at what still fails under the edits kept so far. */
  readonly round: number;
  /** What proposers before this one have written in this round, as words. */
  readonly found: readonly string[];
  /** What this proposer wrote in earlier nights and was refused, newest first, as words. */
  readonly tried: readonly string[];
  /** Candidates that the night may evaluate, and how many of them are left. */
  readonly budget: { readonly candidates: number; readonly left: number };
  /** The proposer's `model`, recorded and paid from the night's budget; null without one. */
  readonly model: ChatModel | null;
  /** For the requests of a model. */
  readonly seed: number;
  /** Aborted when the night ends or the proposer's time is over. */
  readonly signal: AbortSignal;
}

/** An edit as it is proposed: the night adds the proposer's name, and what was left out. */
export type ProposedEdit = Pick<z.input<typeof Edit>, 'ops'> & Partial<z.input<typeof Edit>>;

export interface Proposal {
  /** Best first. All of them pass the same checks, gate and record as everyone's. */
  readonly edits: readonly ProposedEdit[];
  /** What could not be learned and why, one sentence each. @default none */
  readonly notes?: readonly string[];
  /** Model calls made. @default the calls of `context.model` */
  readonly calls?: number;
  /** Tool calls made by probes. @default 0 */
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
  /** Lower-case words joined by `-`; stands in the record of every edit. */
  readonly name: string;
  /** The model that it asks: the night records its replies and lends it as `context.model`. */
  readonly model?: AgentSource;
  propose(context: ProposerContext): MaybePromise<Proposal>;
}

/** What `--proposer` takes. */
export const PROPOSERS = ['mine', 'reflect', 'both', 'null', 'harmful'] as const;
export type ProposerName = (typeof PROPOSERS)[number];

/** Code of this package that asks no model: what it writes is not held to the risk of a text. */
export const OWN_CODE: ReadonlySet<string> = new Set(['mine', 'null', 'harmful']);

/** True for the proposers that test the gate: what they write is not meant to help. */
export const testsGate = (names: readonly string[]): boolean =>
  names.some((name) => name === 'null' || name === 'harmful');

const builtIns = new WeakSet<Proposer>();

/** Marks a proposer as one of this package. */
export function builtIn(proposer: Proposer): Proposer {
  builtIns.add(proposer);
  return proposer;
}
export const isBuiltIn = (proposer: Proposer): boolean => builtIns.has(proposer);
