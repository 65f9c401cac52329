/**
 * `evals/<env>/policy.yaml`: what a person demands of a release beyond the gate's own rule. No edit
 * can touch it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { UsageError } from '../errors.ts';
import { METRICS } from '../gate/metrics.ts';
import { readAs, readYaml } from '../harness/yaml-document.ts';
import { EditEnvelope } from '../proposal/checks/envelope.ts';
import type { Agent, Task } from '../types.ts';

const principal = z.string().min(1).max(120);

export const Policy = z.strictObject({
  version: z.literal(1),
  /**
   * direct: whoever may write the repository puts a release into force. propose: only after it was
   * approved.
   */
  mode: z.enum(['direct', 'propose']).default('direct'),
  /** mode propose: what an approval needs. */
  approval: z
    .strictObject({
      /** Persons who have to approve, each counted once however many keys. */
      needed: z.int().min(1).max(5).default(1),
      /**
       * Principals whose approval counts; [] is every person who is none of those that signed what
       * they approve.
       */
      by: z.array(principal).max(100).readonly().default([]),
    })
    .prefault({}),
  envelope: EditEnvelope.prefault({}),
  /**
   * Share of false releases among all releases of a branch, 0-0.5, at most: e-LOND in place of
   * harmonic spending.
   * @default none
   */
  fdr: z.number().gt(0).max(0.5).optional(),
  /**
   * Records name and digest the tasks with a salt that stays outside of the repository.
   * @default false
   */
  private_tasks: z.literal(true).optional(),
  /**
   * How long what a night leaves outside of git is kept: conversations and replies, for `optimize
   * expire`.
   * @default for ever
   */
  retention: z.strictObject({ traces_days: z.int().min(1).max(36_500) }).optional(),
  /** Tags of tasks that must not lose 10 points. */
  protected_tags: z.array(z.string().min(1).max(80)).max(20).readonly().default([]),
  /**
   * By how much a metric may grow, as a share: 0.2 lets a release be 20 % dearer. A metric that is
   * not named is not guarded.
   */
  max_increase: z.partialRecord(z.enum(METRICS), z.number().min(0).max(10)).default({}),
  /** How sealed tasks that were given, and cannot be generated, are used. */
  panel: z
    .strictObject({
      /**
       * Tasks of one look; the others are the reserve that replaces a used panel.
       * @default all of them
       */
      size: z.int().min(30).optional(),
      /** Share of the sealed tasks that no look plays, 0-0.5: the audit set. */
      audit_share: z.number().min(0).max(0.5).default(0),
    })
    .prefault({}),
});
export type Policy = z.infer<typeof Policy>;

/** What holds without a file: the gate's own rule and nothing else. */
export const NO_POLICY: Policy = Policy.parse({ version: 1 });

/**
 * The policy of an environment, `NO_POLICY` without a file; `fdr` takes the place of its own rate.
 * Throws UsageError with file and line.
 */
export function readPolicy(root: string, env: string, { fdr }: { readonly fdr?: number } = {}): Policy {
  const file = `evals/${env}/policy.yaml`;
  const path = join(root, file);
  const policy = existsSync(path)
    ? readAs(Policy, readYaml(readFileSync(path, 'utf8'), { file }), { version: 1 })
    : NO_POLICY;
  return fdr === undefined ? policy : { ...policy, fdr };
}

/**
 * Throws UsageError for a demand that cannot be checked here: nothing that was not measured is
 * passed.
 */
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

/** Tags that a release can be held to. */
export const sealedTags = (tasks: readonly Task[]): ReadonlySet<string> =>
  new Set(tasks.flatMap(({ split, tags }) => (split === 'sealed' ? tags : [])));

/** Metrics that this agent's rollouts do not tell, and why. */
export const unmeasuredBy = ({
  simulated,
  unpriced,
}: Pick<Agent, 'simulated' | 'unpriced'>): Record<string, string> => ({
  ...(simulated
    ? { usd: 'a simulated agent costs nothing', seconds: 'a simulated agent takes no time; guard tokens or calls' }
    : {}),
  ...(unpriced ? { usd: 'no price is known; give --price-in and --price-out, or a price in models.yaml' } : {}),
});
