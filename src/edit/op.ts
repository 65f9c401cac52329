/** What an edit operation is: all that the program asks of one, in one object. */
import type { z } from 'zod';
import type { HarnessFiles } from '../types.ts';

/**
 * R0 wording. R1 a new rule. R2 touches what only a person may answer for. R3 protected: refused
 * before its class is asked for.
 */
export const RISKS = ['R0', 'R1', 'R2', 'R3'] as const;
export type Risk = (typeof RISKS)[number];

export interface RiskFinding {
  readonly risk: Risk;
  /** Why, one sentence without its end. */
  readonly why: string;
}

/** An operation as data. */
export interface OpValue {
  readonly op: string;
}

/** Everything about one operation; `ops/index.ts` lists them. */
export interface OpRules<T extends OpValue> {
  /** The files after it; those given never change. Throws EditError. */
  apply(files: HarnessFiles, op: T): HarnessFiles;
  /** What undoes it; null where the operation does not hold what is lost. */
  invert(op: T): readonly OpValue[] | null;
  /** Fields, at any depth, whose letter case does not make another edit. @default none */
  readonly prose?: readonly string[];
  /** A few words for a person, such as `remove clause x`. */
  title(op: T): string;
  /** The class whatever its words are; words can only raise it, see `proposal/checks/risk.ts`. */
  readonly risk: RiskFinding;
  /** What it gives the model to read in the first place; '' for nothing. */
  words(op: T): string;
  /** What else the model may read, such as the answer to a block. @default '' */
  aside?(op: T): string;
  /** Where it acts; equal words in two places are two edits. @default '' */
  place?(op: T): string;
  /** Ids of the parts that it changes, as traces name them. */
  touched(op: T): readonly string[];
  /** Id of the clause, skill or monitor that it adds. */
  added?(op: T): string;
  /** Id of the clause, skill or monitor that it removes. */
  removed?(op: T): string;
  /** True if a call may be blocked after it that was not blocked before. */
  mayBlock(op: T): boolean;
}

type OpSchema = z.ZodObject<{ op: z.ZodLiteral<string> }>;

export interface OpSpec<S extends OpSchema = OpSchema> extends OpRules<z.infer<S>> {
  readonly schema: S;
}

/** One operation: its schema, and rules that are typed by it. */
export const defineOp = <S extends OpSchema>(spec: OpSpec<S>): OpSpec<S> => spec;
