/** What a kind of decision is: its own fields, its title, and the rules that `verify` checks. */
import { z } from 'zod';
import type { HarnessFiles, Vocabulary } from '../../types.ts';
import { common, type FileDigest } from './fields.ts';
import type { Note } from './finding.ts';

type Common = z.infer<z.ZodObject<typeof common>>;

/** Files of the child by path below `harness/<env>/`; the stored form has them as subject. */
export interface WithFiles {
  readonly child: { readonly files: Readonly<Record<string, FileDigest>> };
}

/** A decision of any kind, as rules see earlier ones: `kind.is` tells which. */
export type AnyDecision = Common & WithFiles & { readonly kind: string };

/** What a rule compares a decision with. */
export interface Context {
  /** Earlier decisions that could be read, oldest first. */
  readonly before: readonly AnyDecision[];
  /** The same by the SHA-256 of their bytes. */
  readonly entries: ReadonlyMap<string, AnyDecision>;
  /** Parent and child; null unless both could be rebuilt. */
  readonly sides: { readonly before: HarnessFiles; readonly after: HarnessFiles } | null;
  readonly note: Note;
  /** The environment's, if it is known; default neutral. */
  readonly vocabulary?: Vocabulary | undefined;
}

interface Definition<K extends string, S extends z.ZodRawShape> {
  readonly kind: K;
  /** Its own fields only, on top of the common ones. */
  readonly fields: S;
  /** True if the child need not be the harness of the branch. @default false */
  readonly elsewhere?: boolean;
  /** What the decision was about, in one line. */
  title(decision: DecisionOf<K, S>): string;
  /** Whether the branch has the child's harness from here on. @default never */
  changesBranch?(decision: DecisionOf<K, S>): boolean;
  /** Whether only a person's key may sign it. @default never */
  person?(decision: DecisionOf<K, S>): boolean;
  /** Notes what contradicts earlier decisions. @default nothing */
  verify?(decision: DecisionOf<K, S>, context: Context): void;
}

type SchemaOf<K extends string, S extends z.ZodRawShape> = z.ZodObject<
  typeof common & S & { readonly kind: z.ZodLiteral<K> },
  z.core.$strict
>;
export type DecisionOf<K extends string, S extends z.ZodRawShape> = AnyDecision & z.infer<SchemaOf<K, S>>;

export interface KindRule<K extends string, S extends z.ZodRawShape> {
  readonly kind: K;
  readonly schema: SchemaOf<K, S>;
  readonly elsewhere: boolean;
  is(decision: AnyDecision): decision is DecisionOf<K, S>;
  title(decision: AnyDecision): string;
  changesBranch(decision: AnyDecision): boolean;
  person(decision: AnyDecision): boolean;
  verify(decision: AnyDecision, context: Context): void;
}

/** A kind of decision: one file in this folder, listed in `index.ts`. */
export function defineKind<const K extends string, S extends z.ZodRawShape>(own: Definition<K, S>): KindRule<K, S> {
  type Own = DecisionOf<K, S>;
  return {
    kind: own.kind,
    schema: z.strictObject({ ...common, ...own.fields, kind: z.literal(own.kind) }),
    elsewhere: own.elsewhere ?? false,
    is: (decision): decision is Own => decision.kind === own.kind,
    title: (decision) => own.title(decision as Own),
    changesBranch: (decision) => own.changesBranch?.(decision as Own) ?? false,
    person: (decision) => own.person?.(decision as Own) ?? false,
    verify: (decision, context) => own.verify?.(decision as Own, context),
  };
}
