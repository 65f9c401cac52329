/** Chooses the tasks of an audit: generated ones, or the audit set once in 28 days. */
import { join } from 'node:path';
import { BudgetError, UsageError } from '../errors.ts';
import { AUDIT_EVERY_DAYS, AUDIT_FRESH_TASKS, AUDIT_LEAST_TASKS } from '../gate/audit.ts';
import type { Decision } from '../ledger/kinds/index.ts';
import { type PanelDraw, panelSeed } from '../ledger/kinds/panels.ts';
import { drawUnseen, sealedOf, useSealed } from '../night/panel.ts';
import { selectTasks } from '../open/tasks.ts';
import type { Policy } from '../policy/policy.ts';
import type { Environment, Task } from '../types.ts';

export interface AuditPanel {
  readonly environment: Environment;
  readonly tasks: readonly Task[];
  /** Seed of generated tasks; null for given ones. */
  readonly seed: number | null;
}

export interface AuditChoice {
  readonly policy: Policy;
  readonly draw: PanelDraw;
  readonly tags?: readonly string[] | undefined;
  /** @default 200 generated tasks, else the whole audit set */
  readonly tasks?: number | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Throws UsageError for fewer than 20 tasks, BudgetError for given tasks within 28 days. */
export function auditPanel(
  environment: Environment,
  decisions: readonly Decision[],
  { policy, draw, tags, tasks: count, now }: AuditChoice,
): AuditPanel {
  const { name } = environment;
  if (environment.generate !== undefined) {
    const seed = panelSeed(draw);
    const size = count ?? AUDIT_FRESH_TASKS;
    const { fresh, unseen } = drawUnseen(environment, {
      seed,
      size,
      most: size,
      wanted: (all) => selectTasks(all, { tags }),
    });
    return { environment: fresh, tasks: enough(unseen), seed };
  }
  const sealed = sealedOf({ tasks: selectTasks(environment.tasks, { tags }) });
  const { audit } = useSealed(environment, sealed, policy.panel, decisions);
  if (audit.length < AUDIT_LEAST_TASKS)
    throw new UsageError(
      `expected ${AUDIT_LEAST_TASKS} or more tasks in the audit set, found ${audit.length}; set panel.audit_share in ${join('evals', name, 'policy.yaml')}, such as 0.3, or add sealed tasks`,
    );
  assertRested(decisions, now);
  return { environment, tasks: enough(audit.slice(0, count)), seed: null };
}

function assertRested(decisions: readonly Decision[], now: number): void {
  const last = decisions.findLast((one) => one.kind === 'audit' && one.data.panelSeed === undefined);
  const next = last === undefined ? 0 : Date.parse(last.time) + AUDIT_EVERY_DAYS * 86_400_000;
  if (now < next)
    throw new BudgetError(
      `the audit tasks were played on ${last?.time.slice(0, 10)} (decision ${last?.seq}); they answer once in ${AUDIT_EVERY_DAYS} days, again on ${new Date(next).toISOString().slice(0, 10)}`,
    );
}

function enough<T extends Task>(tasks: readonly T[]): readonly T[] {
  if (tasks.length < AUDIT_LEAST_TASKS)
    throw new UsageError(`expected ${AUDIT_LEAST_TASKS} or more audit tasks, found ${tasks.length}; raise --tasks`);
  return tasks;
}
