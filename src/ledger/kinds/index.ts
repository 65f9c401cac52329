/** The kinds of decision: their union by `kind`, and functions for all of them. */
import { z } from 'zod';
import type { HarnessFiles, Verdict } from '../../types.ts';
import { apply } from './apply.ts';
import { approve } from './approve.ts';
import { audit } from './audit.ts';
import { candidate } from './candidate.ts';
import { expire } from './expire.ts';
import { external } from './external.ts';
import type { Touched } from './fields.ts';
import { freeze } from './freeze.ts';
import { keys } from './keys.ts';
import type { WithFiles } from './kind.ts';
import { look } from './look.ts';
import { merge } from './merge.ts';
import { note } from './note.ts';
import { peek } from './peek.ts';
import { reject } from './reject.ts';
import { release } from './release.ts';
import { rollback } from './rollback.ts';
import { settings } from './settings.ts';
import { unfreeze } from './unfreeze.ts';

const KINDS = {
  candidate,
  external,
  look,
  peek,
  release,
  audit,
  settings,
  approve,
  reject,
  apply,
  rollback,
  freeze,
  unfreeze,
  merge,
  note,
  keys,
  expire,
};

export type KindName = keyof typeof KINDS;
type Schema = (typeof KINDS)[KindName]['schema'];

export const KIND_NAMES = Object.keys(KINDS) as readonly KindName[];

/** A decision as it is stored, apart from its files. */
export const Predicate = z.discriminatedUnion(
  'kind',
  Object.values(KINDS).map(({ schema }) => schema) as [Schema, ...Schema[]],
);

/** One evidence record: what was tried or done, why, and on which data. */
export type Decision = z.infer<typeof Predicate> & WithFiles;

export const kindOf = ({ kind }: { readonly kind: KindName }) => KINDS[kind];

/** What a decision was about, in one line. */
export const titleOf = (decision: Decision): string => kindOf(decision).title(decision);

/** Whether the branch holds the child's harness from this decision on. */
export const changesBranch = (decision: Decision): boolean => kindOf(decision).changesBranch(decision);

export const verdictOf = (decision: Decision | DecisionDraft): Verdict | null =>
  'verdict' in decision ? decision.verdict : null;

/** `vN` that the decision is about; null for none. */
export const versionOf = (decision: Decision): string | null => ('version' in decision && decision.version) || null;

/** The ledger fills these in: the place in the chain, and what follows from both sides. */
type Filled = 'seq' | 'prev' | 'signer' | 'child' | 'touched' | 'changes';

type DraftOf<D> = D extends Decision
  ? Omit<D, Filled> & {
      /** Set to make recording it again a no-op; otherwise the next free number. */
      readonly seq?: number;
      readonly child: { readonly harness: string; readonly files: HarnessFiles };
    } & ('touched' extends keyof D ? { readonly touched?: readonly Touched[] } : unknown)
  : never;

/** A decision before the ledger gives it its place. */
export type DecisionDraft = DraftOf<Decision>;

/** The fields of one kind, with its name, without the common ones. */
export type OwnFields<D = DecisionDraft> = D extends DecisionDraft
  ? Omit<D, 'env' | 'run' | 'time' | 'who' | 'parent' | 'child' | 'seq'>
  : never;
