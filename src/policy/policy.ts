/** `evals/<env>/policy.yaml`: what a person demands of a release; no edit can change it. */
import { join } from 'node:path';
import { z } from 'zod';
import { UsageError } from '../errors.ts';
import { readPlain } from '../files.ts';
import { METRICS } from '../gate/metrics.ts';
import { readAs, readYaml } from '../harness/yaml-document.ts';
import { EditEnvelope } from '../proposal/checks/envelope.ts';
import type { Agent, Task } from '../types.ts';

const principal = z.string().min(1).max(120);

export const Policy = z.strictObject({
  version: z.literal(1),
  /** direct: anyone who may write the repository applies a release. propose: after approval. */
  mode: z.enum(['direct', 'propose']).default('direct'),
  /** mode propose: what an approval needs. */
  approval: z
    .strictObject({
      /** Number of persons who must approve, each counted once for all their keys. */
      needed: z.int().min(1).max(5).default(1),
      /** Principals whose approval counts; [] = all except the signers of what they approve. */
      by: z.array(principal).max(100).readonly().default([]),
    })
    .prefault({}),
  envelope: EditEnvelope.prefault({}),
  /** Maximum share of false releases of a branch, 0-0.5, by e-LOND. @default none */
  fdr: z.number().gt(0).max(0.5).optional(),
  /** Records name and digest tasks with a salt kept outside the repository. @default false */
  private_tasks: z.literal(true).optional(),
  /** Days that conversations and replies are kept, for `optimize expire`. @default for ever */
  retention: z.strictObject({ traces_days: z.int().min(1).max(36_500) }).optional(),
  /** Tags of tasks that may not lose 10 points. */
  protected_tags: z.array(z.string().min(1).max(80)).max(20).readonly().default([]),
  /** Allowed growth of metrics: 0.2 permits 20 % more. Other metrics are not guarded. */
  max_increase: z.partialRecord(z.enum(METRICS), z.number().min(0).max(10)).default({}),
  /** Use of given sealed tasks, which cannot be generated. */
  panel: z
    .strictObject({
      /** Tasks per look; the others are the reserve that replaces a used panel. @default all */
      size: z.int().min(30).optional(),
      /** Share of sealed tasks that no look plays, 0-0.5: the audit set. */
      audit_share: z.number().min(0).max(0.5).default(0),
    })
    .prefault({}),
});
export type Policy = z.infer<typeof Policy>;

/** The policy without a file: the gate's own rule. */
export const NO_POLICY: Policy = Policy.parse({ version: 1 });

/** The policy, or `NO_POLICY`; `fdr` replaces its rate. Throws UsageError with file and line. */
export function readPolicy(root: string, env: string, { fdr }: { readonly fdr?: number } = {}): Policy {
  const file = `evals/${env}/policy.yaml`;
  const path = join(root, file);
  const text = readPlain(path);
  const policy = text === null ? NO_POLICY : readAs(Policy, readYaml(text, { file }), { version: 1 });
  return fdr === undefined ? policy : { ...policy, fdr };
}

/** Throws UsageError for a demand that cannot be checked: an unmeasured metric does not pass. */
export function assertCheckable(
  policy: Policy,
  { env, tags, unmeasured }: { env: string; tags: ReadonlySet<string>; unmeasured: Readonly<Record<string, string>> },
): void {
  const where = `evals/${env}/policy.yaml`;
  const unknown = policy.protected_tags.find((tag) => !tags.has(tag));
  if (unknown !== undefined)
    throw new UsageError(
      `protected_tags: no sealed task has the tag "${unknown}"; known tags: ${[...tags].sort().join(', ')}`,
      { where },
    );
  for (const metric of Object.keys(policy.max_increase)) {
    const reason = unmeasured[metric];
    if (reason !== undefined) throw new UsageError(`max_increase.${metric} cannot be checked: ${reason}`, { where });
  }
}

/** Tags that sealed tasks have. */
export const sealedTags = (tasks: readonly Task[]): ReadonlySet<string> =>
  new Set(tasks.flatMap(({ split, tags }) => (split === 'sealed' ? tags : [])));

/** Metrics that this agent's rollouts do not report, and why. */
export const unmeasuredBy = ({
  simulated,
  unpriced,
}: Pick<Agent, 'simulated' | 'unpriced'>): Record<string, string> => ({
  ...(simulated
    ? { usd: 'a simulated agent costs nothing', seconds: 'a simulated agent takes no time; guard tokens or calls' }
    : {}),
  ...(unpriced ? { usd: 'no price is known; give --price-in and --price-out, or a price in models.yaml' } : {}),
});
