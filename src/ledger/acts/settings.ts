/**
 * What nights run under: the policy, the environment and its tasks. A change is a decision of its
 * own, and a loosening one a person's.
 */
import { canonicalJson, sha256 } from '../../digest.ts';
import { UsageError } from '../../errors.ts';
import { loosenings } from '../../policy/loosenings.ts';
import type { Policy } from '../../policy/policy.ts';
import type { Environment, Task } from '../../types.ts';
import type { Ledger } from '../branch/ledger.ts';
import { type Decision, nothingMeasured } from '../format/decision.ts';
import type { StepOptions } from './rollback.ts';

export type RecordedSettings = NonNullable<Decision['settings']>;

/** Operator of the decisions by which a person takes over what a night would not. */
export const ADOPT = 'adopt';

type Described = Pick<Environment, 'digest' | 'tasks' | 'mac'>;

export const settingsOf = ({ digest, tasks, mac }: Described, policy: Policy): RecordedSettings => ({
  policy,
  environment: digest,
  ...(mac === undefined ? {} : { salt: mac('salt') }),
  tasks: tasks.map((task) => rowOf(task, mac ?? sha256)).sort((a, b) => (a.id < b.id ? -1 : 1)),
});

const rowOf = (task: Task, digestOf: (text: string) => string): RecordedSettings['tasks'][number] => ({
  id: task.id,
  split: task.split,
  tags: [...task.tags].sort(),
  // What is asked and what solves it: the same under another name, in another split.
  sha256: digestOf(canonicalJson({ request: task.request, target: task.target })),
});

/** The newest that are recorded; null before the first. */
export const settingsInForce = (decisions: readonly Decision[]): RecordedSettings | null =>
  decisions.findLast(({ settings }) => settings !== undefined)?.settings ?? null;

/** Digest of a policy, as approvals name it. */
export const policyDigest = (policy: Policy): string => sha256(canonicalJson(policy));

/**
 * What a night must not take over by itself, one sentence each: what weakens the policy, and
 * held-out tasks that are not what they were.
 */
export function loosened(before: RecordedSettings, after: RecordedSettings): string[] {
  const policy = loosenings(before.policy, after.policy);
  // What another salt names cannot be compared, so whether it is the same is a person's to say.
  if (before.salt !== after.salt) return [...policy, 'the tasks are named and digested with another salt, or none'];
  return [...policy, ...tasksLoosened(before, after)];
}

function tasksLoosened(before: RecordedSettings, after: RecordedSettings): string[] {
  const byId = new Map(after.tasks.map((row) => [row.id, row]));
  const splits = new Map(before.tasks.map((row) => [row.sha256, row.split]));
  const tasks = before.tasks.flatMap((old) => {
    const row = byId.get(old.id);
    if (row === undefined) {
      if (isCanary(old, before.policy))
        return [`task ${old.id}, which guards a release (${old.tags.join(', ')}), is gone`];
      return old.split === 'sealed' ? [`sealed task ${old.id} is gone`] : [];
    }
    if (row.split !== old.split) return [`task ${old.id} was a ${old.split} task and is a ${row.split} task`];
    if (row.split === 'sealed' && row.sha256 !== old.sha256)
      return [`sealed task ${old.id} is another one than it was`];
    if (isCanary(old, before.policy) && !isCanary(row, before.policy))
      return [`task ${old.id} guards no release any more: its tags were ${old.tags.join(', ')}`];
    return [];
  });
  // The same question under another name.
  const known = new Set(before.tasks.map(({ id }) => id));
  const moved = after.tasks.flatMap(({ id, split, sha256: content }) => {
    const was = splits.get(content);
    return known.has(id) || was === undefined || was === split
      ? []
      : [`task ${id} was a ${was} task under another name`];
  });
  return [...tasks, ...moved];
}

/** A task without which a release could break what nobody looks at any more. */
const isCanary = ({ tags }: RecordedSettings['tasks'][number], policy: Policy): boolean =>
  tags.some((tag) => tag === 'refusal' || policy.protected_tags.includes(tag));

/**
 * What there is to record: the settings and what they loosen; null when they are those in force.
 * Throws UsageError for what loosens, unless a person adopts it.
 */
export function changeOfSettings(
  env: string,
  decisions: readonly Decision[],
  settings: RecordedSettings,
  { adopt = false } = {},
): { readonly settings: RecordedSettings; readonly limits: string[] } | null {
  const before = settingsInForce(decisions);
  if (before !== null && canonicalJson(before) === canonicalJson(settings)) return null;
  const limits = before === null ? [] : loosened(before, settings);
  if (limits.length > 0 && !adopt)
    throw new UsageError(
      `${env} is not what its nights ran under: ${listed(limits)}; put it back, or, if a person means it: npx optimize adopt --env ${env}`,
    );
  return { settings, limits };
}

/**
 * Records the settings outside of a night when they are not those in force. Throws as
 * `changeOfSettings`.
 */
export async function recordSettings(
  ledger: Ledger,
  settings: RecordedSettings,
  { who, time, run, adopt = false }: StepOptions & { readonly adopt?: boolean },
): Promise<void> {
  const change = changeOfSettings(ledger.env, ledger.decisions(), settings, { adopt });
  if (change === null) return;
  const { harness, files, commit } = ledger.head();
  const seq = ledger.nextSeq;
  await ledger.record({
    decisions: [
      {
        ...nothingMeasured,
        env: ledger.env,
        run: run ?? `settings-${seq}`,
        kind: 'settings',
        time,
        who,
        parent: { harness, commit },
        child: { harness, files },
        ...change,
      },
    ],
    files: null,
    message: {
      subject: `chore(${ledger.env}): what nights run under`,
      body: change.limits.map((line) => `- ${line}`).join('\n'),
    },
  });
}

function listed(lines: readonly string[]): string {
  const more = lines.length > 5 ? ` and ${lines.length - 5} more` : '';
  return `${lines.slice(0, 5).join('; ')}${more}`;
}
