/** The fields that several kinds of decision share, as zod schemas. */
import { z } from 'zod';
import { sha256 } from '../../digest.ts';
import type { HarnessFiles, Verdict } from '../../types.ts';
import { blobId, type ObjectFormat } from '../git/object-id.ts';

export const digest = z.string().regex(/^[0-9a-f]{64}$/, 'expected a SHA-256 in hex');
export const ObjectIdText = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/, 'expected an object id of git');
const isoTime = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?Z$/, 'expected a UTC time such as 2026-01-31T02:00:00Z');
/** A relative path without empty parts or steps upwards. */
export const pathUpTo = (length: number) =>
  z
    .string()
    .max(length)
    .regex(/^(?!\.{1,2}(?:\/|$))[^/\\\p{Cc}]+(?:\/(?!\.{1,2}(?:\/|$))[^/\\\p{Cc}]+)*$/u, 'expected a relative path');
/** A path below `harness/<env>/` or `runs/<run>/`. */
export const relativePath = pathUpTo(200);
/** Names of environments and runs: one path part, safe in a ref. */
export const Name = z
  .string()
  .max(80)
  .regex(/^[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*$/, 'expected letters and digits joined by "-", "_" or "."')
  .refine((name) => !name.endsWith('.lock'), 'a name cannot end in .lock');
export const Version = z.string().regex(/^v[1-9]\d*$/, 'expected a version such as v3');
export const Reason = z.string().min(1).max(500);
/** One name for all keys of a person or service; `verify` compares it with trusted keys. */
export const Principal = z.string().min(1).max(120);

/** A file by the SHA-256 of its bytes and its git id. */
export const FileDigest = z.strictObject({ sha256: digest, gitBlob: ObjectIdText });
export type FileDigest = z.infer<typeof FileDigest>;

/** Digests of files in a repository with the given object format. */
export const fileDigests = (files: HarnessFiles, format: ObjectFormat): Record<string, FileDigest> =>
  Object.fromEntries(
    [...files].map(([path, text]) => [path, { sha256: sha256(text), gitBlob: blobId(text, format) }] as const),
  );

/** A harness, and the commit that holds it; null if it was never committed. */
export const HarnessAt = z.strictObject({ harness: digest, commit: ObjectIdText.nullable() });

/** The fields of every kind. */
export const common = {
  /** Place in the chain of its environment, from 1, without gaps. */
  seq: z.int().min(1),
  env: Name,
  run: Name,
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
  /** What it was compared with: the branch; for a look, the release in force. */
  parent: HarnessAt,
  /** What was proposed, accepted or not; its files are the subject of the statement. */
  child: z.strictObject({ harness: digest }),
  /** Name of the key whose signature lies beside this record; null for none. */
  signer: digest.nullable(),
};

/** What this record does not show, or gives up: one sentence each. */
export const sentences = z.array(z.string());

/** Digests of the environment and of the split of its tasks. */
export const Data = z.strictObject({ environment: z.string(), split: z.string() });

export const PanelData = z.strictObject({
  environment: z.string(),
  /** Digest of the panel. */
  panel: z.string(),
  /** Seed of a generated panel; absent for tasks that were given. */
  panelSeed: z.int().optional(),
});
export type PanelData = z.infer<typeof PanelData>;

/** A look at a panel; `look` counts the looks at it from 1. */
export const LookAt = PanelData.extend({ split: z.string(), look: z.int().min(1) });
export type LookAt = z.infer<typeof LookAt>;

/** A part of the harness that changed, with digests of its content before and after. */
export const Touched = z.strictObject({
  id: z.string(),
  before: digest.nullable(),
  after: digest.nullable(),
});
export type Touched = z.infer<typeof Touched>;

export const VerdictFields = z.strictObject({
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
