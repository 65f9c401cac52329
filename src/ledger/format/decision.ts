/**
 * One evidence record: what was tried, why, on which data, what the gate computed, and what came
 * before it.
 */
import { z } from 'zod';
import { sha256 } from '../../digest.ts';
import { Edit } from '../../edit/schema.ts';
import { GateRecord } from '../../gate/record.ts';
import { ReleaseTerms } from '../../gate/release.ts';
import { Splice } from '../../harness/splice.ts';
import { Policy } from '../../policy/policy.ts';
import type { HarnessFiles, Verdict } from '../../types.ts';
import { blobId, type ObjectFormat } from '../git/object-id.ts';
import { KINDS } from './kinds.ts';

export const digest = z.string().regex(/^[0-9a-f]{64}$/, 'expected a SHA-256 in hex');
export const ObjectIdText = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/, 'expected an object id of git');
const isoTime = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?Z$/, 'expected a UTC time such as 2026-01-31T02:00:00Z');
/** No step upwards, no empty part. */
export const pathUpTo = (length: number) =>
  z
    .string()
    .max(length)
    .regex(/^(?!\.{1,2}(?:\/|$))[^/\\\p{Cc}]+(?:\/(?!\.{1,2}(?:\/|$))[^/\\\p{Cc}]+)*$/u, 'expected a relative path');
/** A path below `harness/<env>/` or `runs/<run>/`. */
const relativePath = pathUpTo(200);
/** Names of environments and runs: one path part, safe in a ref. */
export const Name = z
  .string()
  .max(80)
  .regex(/^[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*$/, 'expected letters and digits joined by "-", "_" or "."')
  .refine((name) => !name.endsWith('.lock'), 'a name cannot end in .lock');

const VerdictSchema = z.strictObject({
  stage: z.enum(['check', 'keep', 'prune', 'release', 'audit']),
  decision: z.enum(['accepted', 'rejected', 'inconclusive']),
  reason: z.string(),
  detail: z.string(),
  test: z.enum(['none', 'mean', 'sign', 'star']),
  statistic: z.number().nullable(),
  alpha: z.number().nullable(),
  effect: z.number().nullable(),
  low: z.number().nullable(),
  high: z.number().nullable(),
  better: z.number(),
  worse: z.number(),
  same: z.number(),
  tasks: z.number(),
  rollouts: z.number(),
  voids: z.number(),
  costUsd: z.number(),
  rules: z.string(),
}) satisfies z.ZodType<Verdict>;

/**
 * A clause, skill, monitor or switch that an edit changed, with digests of its content before and
 * after.
 */
export const Touched = z.strictObject({
  id: z.string(),
  before: digest.nullable(),
  after: digest.nullable(),
});
export type Touched = z.infer<typeof Touched>;

export const Candidate = z.strictObject({
  /** `bundle`, `half`, `single`, `prune`, `external`, ... */
  form: z.string().min(1).max(40),
  edits: z.array(Edit),
  /** Normalized content of each edit, see `editKey`. */
  keys: z.array(z.string()),
  touched: z.array(Touched),
});
export type Candidate = z.infer<typeof Candidate>;

/** A file by its bytes: SHA-256 of them, and the id that git gives them. */
export const FileDigest = z.strictObject({ sha256: digest, gitBlob: ObjectIdText });
export type FileDigest = z.infer<typeof FileDigest>;

export const KeyChange = z.discriminatedUnion('action', [
  /** From the next decision on `new` signs, for the same principal and in the same role. */
  z.strictObject({ action: z.literal('rotate'), old: digest, new: digest, publicKey: z.string().max(200) }),
  /** What `keyid` signed from number `from` on does not count. */
  z.strictObject({ action: z.literal('revoke'), keyid: digest, from: z.int().min(1) }),
]);
export type KeyChange = z.infer<typeof KeyChange>;

/** What the program works with; `statement.ts` turns it into the bytes of a file and back. */
export const Decision = z.strictObject({
  /** Place in the chain of its environment, from 1, without gaps. */
  seq: z.int().min(1),
  env: Name,
  run: Name,
  kind: z.enum(KINDS),
  /** SHA-256 of the bytes of the decision before it; null for the first. */
  prev: digest.nullable(),
  time: isoTime,
  who: z.strictObject({
    /** Program and version. */
    tool: z.string(),
    agent: z.string().nullable(),
    /** Model id that the endpoint says it served. */
    served: z.string().nullable(),
    proposer: z.string().nullable(),
    simulated: z.boolean(),
    /** Service or role that started it; never a person's data. */
    operator: z.string(),
  }),
  /** What it was compared with: the branch, for `release` the release in force. */
  parent: z.strictObject({ harness: digest, commit: ObjectIdText.nullable() }),
  /** What was proposed, whether or not it was accepted; files by path below `harness/<env>/`. */
  child: z.strictObject({ harness: digest, files: z.record(relativePath, FileDigest) }),
  candidate: Candidate.nullable(),
  /**
   * `candidate`, `external`: from the parent to the child in bytes, so that another program can
   * replay it; [] for what leads to no other harness.
   */
  changes: z.array(Splice),
  /** The failures that led to it. */
  causes: z.array(
    z.strictObject({
      pattern: z.string(),
      failure: z.string(),
      cause: z.string(),
      count: z.int().min(0),
      traces: z.array(z.string()),
    }),
  ),
  /** The free checks before a rollout, in the order run. */
  checks: z.array(
    z.strictObject({ check: z.string(), passed: z.boolean(), reason: z.string().nullable(), detail: z.string() }),
  ),
  data: z.strictObject({
    environment: z.string().nullable(),
    split: z.string().nullable(),
    /** Digest of the sealed panel looked at. */
    panel: z.string().nullable(),
    /** The how-many-th look at that panel, from 1. */
    look: z.int().min(1).nullable(),
    /** Seed of a generated panel. */
    panelSeed: z.int().nullable(),
    taskManifest: z.string().nullable(),
  }),
  gate: GateRecord.nullable(),
  verdict: VerdictSchema.nullable(),
  cost: z.strictObject({ rollouts: z.int().min(0), usd: z.number().min(0), voids: z.int().min(0) }),
  /** Files under `runs/<run>/` that are not committed. */
  artifacts: z.array(z.strictObject({ name: relativePath, sha256: digest })),
  /** What this record does not show. */
  limits: z.array(z.string()),
  /**
   * `look`: what was fixed before the first sealed rollout; tasks in the order in which they are
   * played.
   */
  plan: z.strictObject({ tasks: z.array(z.string()), trials: z.int().min(1), terms: ReleaseTerms }).optional(),
  /** `settings`: what nights run under from here on. */
  settings: z
    .strictObject({
      policy: Policy,
      /** Digest of the environment: name, tools and tasks, and the bytes of its file. */
      environment: digest,
      /** Of private tasks: what tells the salt of their digests from another one. */
      salt: digest.optional(),
      /** All its tasks by id, with the digest of their content. */
      tasks: z.array(
        z.strictObject({
          id: z.string(),
          split: z.enum(['train', 'dev', 'sealed']),
          tags: z.array(z.string()),
          sha256: digest,
        }),
      ),
    })
    .optional(),
  /** `approve`, `reject`: of which release, and who says so. */
  approval: z
    .strictObject({
      /** SHA-256 of the bytes of the decision that released it. */
      entry: digest,
      /** Digest of the policy in force. */
      policy: digest.nullable(),
      /** One name, however many keys; a verifier holds it against the trusted keys. */
      principal: z.string().min(1).max(120),
    })
    .optional(),
  /** `audit`: with which seed and agent, so that it can be played again. */
  played: z.strictObject({ seed: z.int(), agent: digest }).optional(),
  /**
   * `expire`: files outside git, each recorded before, that were deleted because their time was
   * over.
   */
  expired: z
    .array(z.strictObject({ run: Name, name: relativePath, sha256: digest }))
    .min(1)
    .optional(),
  /** `freeze`, `unfreeze`, `approve`, `reject`: why. */
  why: z.string().min(1).max(500).optional(),
  /** `vN` of a release, of what a rollback restores, of what was audited or came into force. */
  version: z
    .string()
    .regex(/^v[1-9]\d*$/)
    .nullable(),
  /** `apply`: the branch on which it came into force, and the commit. */
  target: z.strictObject({ branch: z.string(), commit: ObjectIdText }).nullable(),
  /** Name of the key whose signature lies beside this record; null for none. */
  signer: digest.nullable(),
  /** `keys`: which key is over from which place in the chain on, and which one follows it. */
  keys: KeyChange.nullable(),
  /** `external`, `rollback`, `apply`: where the child's content came from. */
  source: z.strictObject({ harness: digest, commit: ObjectIdText.nullable() }).nullable(),
});
export type Decision = z.infer<typeof Decision>;

type Filled = 'seq' | 'prev' | 'child' | 'candidate' | 'changes' | 'data' | 'target' | 'source' | 'signer' | 'keys';

/**
 * A decision before the ledger gives it its place; what a caller may leave out, the ledger fills
 * in.
 */
export type DecisionDraft = Omit<Decision, Filled> & {
  /** Set to make recording it again a no-op; otherwise the next free number. */
  readonly seq?: number;
  readonly child: { readonly harness: string; readonly files: HarnessFiles };
  readonly candidate: (Omit<Candidate, 'touched'> & { readonly touched?: readonly Touched[] }) | null;
  readonly data: Omit<Decision['data'], 'panelSeed' | 'taskManifest'> & Partial<Decision['data']>;
  readonly target?: Decision['target'];
  readonly source?: Decision['source'];
  readonly keys?: Decision['keys'];
};

/** The parts that a decision without rollouts leaves empty; spread it first. */
export const nothingMeasured = {
  candidate: null,
  causes: [],
  checks: [],
  data: { environment: null, split: null, panel: null, look: null },
  gate: null,
  verdict: null,
  cost: { rollouts: 0, usd: 0, voids: 0 },
  artifacts: [],
  limits: [],
  version: null,
  target: null,
  source: null,
} satisfies Partial<DecisionDraft>;

/** Digests of files in a repository with the given object format. */
export const fileDigests = (files: HarnessFiles, format: ObjectFormat): Record<string, FileDigest> =>
  Object.fromEntries(
    [...files].map(([path, text]) => [path, { sha256: sha256(text), gitBlob: blobId(text, format) }] as const),
  );

/** Whether the record has to say how its parent becomes its child. */
export const hasChanges = ({ kind }: Pick<Decision, 'kind'>): boolean => kind === 'candidate' || kind === 'external';

/** Whether accepting this decision changes the harness of the branch. */
export function changesBranch(decision: Pick<Decision, 'kind' | 'verdict'>): boolean {
  if (decision.kind === 'candidate') return decision.verdict?.decision === 'accepted';
  return decision.kind === 'external' || decision.kind === 'rollback' || decision.kind === 'merge';
}
