/** The documents of a harness as zod schemas; each inferred type has the name of its schema. */
import { z } from 'zod';

const id = z
  .string()
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'expected lower-case words joined by "-"')
  .max(64);
/** CEL source text; compiled by `cel.ts`. */
const expression = z.string().min(1).max(500);

/** A read that the runtime makes itself, before `ground` and `require` of the same clause. */
export const Read = z.strictObject({
  read: z.strictObject({
    as: z.string().regex(/^[a-z][a-zA-Z0-9_]*$/, 'expected a name such as order'),
    call: z.string().min(1),
    with: z.record(z.string(), expression).default({}),
    /** A list: one call per element, which `with` sees as `it`; the binding is a list. */
    each: expression.optional(),
  }),
});
export type Read = z.infer<typeof Read>;

/** Replaces an argument that is not a known key by the key of the only record that it describes. */
export const Ground = z.strictObject({
  ground: z.strictObject({
    /** A path, as everywhere: `room_id`, `slot.room_id`, `payments[].account_id`. */
    argument: z.string().min(1),
    /** A list of records; for a list argument it is evaluated per element, with index `i`. */
    from: expression,
    /** The property of a record that holds its key. */
    key: z.string().min(1),
    /** The record whose values hold for every property that the text does not mention. */
    keep: expression.optional(),
    /** A text, such as task.request, to read when the call says nothing about the record. */
    fallback: expression.optional(),
  }),
});
export type Ground = z.infer<typeof Ground>;

/** How a clause reaches the model. */
export const Tell = z.enum(['description', 'system', 'off']);
/** What an unmet `require` does; `hard` never passes and ends in a hand-over. */
export const Enforce = z.enum(['off', 'shadow', 'note', 'block', 'hard']);

export const Clause = z.strictObject({
  id,
  /** Tools whose calls it concerns; `done` ends the episode and counts as a tool. */
  tools: z.array(z.string().min(1)).min(1),
  say: z.string().max(600).optional(),
  tell: Tell.default('description'),
  prepare: z.array(z.union([Read, Ground])).default([]),
  require: expression.optional(),
  enforce: Enforce.default('off'),
  /** The answer to a blocked call, with `{{CEL}}` holes. */
  otherwise: z.string().max(600).optional(),
  /** Blocks allowed per episode; after that the call passes with a note. */
  max_blocks: z.int().min(1).max(20).default(2),
  /** Higher first; the first block wins. */
  priority: z.int().default(0),
  /** Ids of the train traces that led to it. */
  evidence: z.array(z.string()).default([]),
});
export type Clause = z.infer<typeof Clause>;

/** The defaults of a clause. */
export const clauseDefaults = Clause.omit({ id: true, tools: true }).parse({});

/** A clause completed with defaults; nothing is checked. */
export const clauseOf = (given: Pick<Clause, 'id' | 'tools'> & Partial<Clause>): Clause => ({
  ...clauseDefaults,
  ...given,
});

/** The shape of an argument; `repair` is tried before the call is refused. */
export const Format = z.strictObject({
  /** A path; each element where it leads to a list. */
  argument: z.string().min(1),
  /** Tools concerned; when absent, all that have the argument. */
  tools: z.array(z.string().min(1)).optional(),
  /** Linear-time (RE2) pattern. */
  pattern: z.string().min(1).max(500),
  repair: z
    .strictObject({
      prefix: z.string().optional(),
      suffix: z.string().optional(),
      case: z.enum(['lower', 'upper']).optional(),
      /** Characters removed from the value first. */
      strip: z.string().optional(),
    })
    .optional(),
});
export type Format = z.infer<typeof Format>;

/** `contract.yaml` */
export const Contract = z.strictObject({
  clauses: z.array(Clause).default([]),
  /** tool -> wrong argument path -> right path in the same object */
  aliases: z.record(z.string(), z.record(z.string(), z.string())).default({}),
  formats: z.array(Format).default([]),
});
export type Contract = z.infer<typeof Contract>;

export const MonitorKind = z.enum([
  'duplicate_call',
  'consecutive_failures',
  'text_only',
  'premature_finish',
  'budget_left',
]);
export type MonitorKind = z.infer<typeof MonitorKind>;

export const Monitor = z.strictObject({
  id,
  kind: MonitorKind,
  /** Number of last steps it looks at; 0 = the whole episode. */
  window: z.int().min(0).default(0),
  /** Occurrences that make it fire; for `budget_left` the number of model turns left. */
  threshold: z.int().min(1).default(2),
  message: z.string().min(1).max(600),
  /** hint: appended to the result; directive: a separate user message; stop: ends the episode. */
  then: z.enum(['hint', 'directive', 'stop']).default('hint'),
  /** Model turns before it may fire again. */
  cooldown: z.int().min(0).default(1),
  /** Maximum firings per episode. */
  cap: z.int().min(1).default(3),
});
export type Monitor = z.infer<typeof Monitor>;

/** `regulation.yaml` */
export const Regulation = z.strictObject({ monitors: z.array(Monitor).default([]) });
export type Regulation = z.infer<typeof Regulation>;

/** Machine-readable permissions: a partial order, see `permissions.ts`. */
export const Permissions = z.strictObject({
  /** Tools that may be called; absent = all. */
  tools: z.array(z.string()).optional(),
  /** Upper limits of numeric arguments, by path. */
  limits: z.array(z.strictObject({ tool: z.string(), argument: z.string(), max: z.number() })).default([]),
  /** Tools whose calls need consent; refused unless the request gives it. */
  confirm: z.array(z.string()).default([]),
});
export type Permissions = z.infer<typeof Permissions>;

export const Realization = z.strictObject({
  protocol: z.enum(['native', 'text']).default('native'),
  /** Take a call that the model wrote as text (fenced JSON, tags). */
  rescue: z.boolean().default(false),
  /** Fix broken JSON of arguments. */
  repair: z.boolean().default(false),
  /** Correct near-miss tool and argument names, and apply the contract's aliases. */
  rename: z.boolean().default(false),
  /** Turn a value into the type that the tool's schema wants (list of one, number from text). */
  coerce: z.boolean().default(false),
  /** Equal blocks of equal calls, with nothing new between, after which the episode stops. */
  max_blocks: z.int().min(1).default(3),
});
export type Realization = z.infer<typeof Realization>;

/** `harness.yaml` */
export const HarnessSettings = z.strictObject({
  version: z.literal(1),
  layers: z
    .strictObject({
      contract: z.boolean().default(true),
      skills: z.boolean().default(true),
      realization: z.boolean().default(true),
      regulation: z.boolean().default(true),
    })
    .prefault({}),
  caps: z
    .strictObject({
      clauses: z.int().min(0).default(40),
      skills: z.int().min(0).default(12),
      words: z.int().min(0).default(3000),
      tokens: z.int().min(0).default(6000),
    })
    .prefault({}),
  skills: z
    .strictObject({
      /** retrieved: skills that fit the request, before it; always: all, in the system text. */
      show: z.enum(['retrieved', 'always']).default('retrieved'),
      top_k: z.int().min(0).default(2),
      min_score: z.number().min(0).default(0.5),
    })
    .prefault({}),
  /** false: the prompt holds only these documents and the request. */
  preamble: z.boolean().default(true),
  realization: Realization.prefault({}),
  /** What a person reads where the runtime stopped the agent. */
  on_stop: z.string().min(1).max(500).default('I could not complete this request.'),
  /** What no edit may change: ids of clauses, skills and monitors; sections as `skill#Heading`. */
  protected: z.array(z.string()).default([]),
  /** Files and sections that edits may change: `skills/*`, `skills/renewals`, `policy.md#Style`. */
  editable: z.array(z.string().min(1)).default(['contract.yaml', 'harness.yaml', 'regulation.yaml', 'skills/*']),
  permissions: Permissions.prefault({}),
});
export type HarnessSettings = z.infer<typeof HarnessSettings>;

/** What is read of the front matter of `skills/<id>/SKILL.md`. */
export const SkillHead = z.object({
  name: id,
  description: z.string().min(1).max(1024),
  metadata: z.record(z.string(), z.json()).default({}),
});
export type SkillHead = z.infer<typeof SkillHead>;

/** A skill: front matter and Markdown body (numbered steps). */
export interface Skill extends SkillHead {
  readonly body: string;
}
