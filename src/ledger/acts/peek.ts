/** Records that a command plays sealed tasks: the next look then counts one higher. */
import type { Policy } from '../../policy/policy.ts';
import type { Environment, Harness, Task } from '../../types.ts';
import type { Repository } from '../git/git.ts';
import { recordSettings, settingsOf } from './settings.ts';
import { recordAct, type StepOptions, withLedger } from './step.ts';

export interface Peek {
  readonly environment: Environment;
  readonly policy: Policy;
  /** Such as `ablate`. */
  readonly command: string;
  readonly harness: Harness;
  /** Of any split; the sealed ones are recorded. */
  readonly tasks: readonly Task[];
}

/** Number of the record; null without a sealed task. Throws UsageError as `assertWritable`. */
export async function recordPeek(
  repository: Repository,
  { environment, policy, command, harness, tasks: all }: Peek,
  step: StepOptions,
): Promise<number | null> {
  const tasks = all.flatMap(({ id, split }) => (split === 'sealed' ? [id] : [])).sort();
  if (tasks.length === 0) return null;
  const { name, digest } = environment;
  return withLedger(repository, name, step, async (ledger) => {
    ledger.assertWritable();
    await recordSettings(ledger, settingsOf(environment, policy), step);
    const fields = { kind: 'peek' as const, data: { environment: digest }, command, harness: harness.id, tasks };
    const message = { subject: `chore(${name}): ${command} played ${tasks.length} sealed tasks`, body: '' };
    return (await recordAct(ledger, fields, step, { message })).seq;
  });
}
