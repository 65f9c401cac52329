/** What the program asks of an edit operation. */
import type { z } from 'zod';
import type { HarnessFiles } from '../types.ts';

/** R0 wording, R1 a new rule, R2 for a person to decide, R3 protected and always rejected. */
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

/** Everything about one operation; `ops/index.ts` lists all. */
export interface OpRules<T extends OpValue> {
  /** The files after it; never changes `files`. Throws EditError. */
  apply(files: HarnessFiles, op: T): HarnessFiles;
  /** What undoes it; null when it lacks what is lost. */
  invert(op: T): readonly OpValue[] | null;
  /** Fields, at any depth, whose letter case does not count. @default none */
  readonly prose?: readonly string[];
  /** A few words for a person, such as `remove clause x`. */
  title(op: T): string;
  /** Least class; words can only raise it, see `proposal/checks/risk.ts`. */
  readonly risk: RiskFinding;
  /** The text that the model always reads; '' for none. */
  words(op: T): string;
  /** Text that the model may read, such as the answer to a block. @default '' */
  aside?(op: T): string;
  /** Where it acts; equal words in two places are two edits. @default '' */
  place?(op: T): string;
  /** Ids of the parts that it changes, as traces name them. */
  touched(op: T): readonly string[];
  /** Id of the clause, skill or monitor that it adds. */
  added?(op: T): string;
  /** Id of the clause, skill or monitor that it removes. */
  removed?(op: T): string;
  /** True if it may block calls that passed before. */
  mayBlock(op: T): boolean;
}

type OpSchema = z.ZodObject<{ op: z.ZodLiteral<string> }>;

export interface OpSpec<S extends OpSchema = OpSchema> extends OpRules<z.infer<S>> {
  readonly schema: S;
}

/** Types the rules of an operation by its schema. */
export const defineOp = <S extends OpSchema>(spec: OpSpec<S>): OpSpec<S> => spec;
