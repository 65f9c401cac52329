/** What nights run under: policy, environment, tasks. Only a person records what loosens. */
import { canonicalJson, sha256 } from '../../digest.ts';
import { UsageError } from '../../errors.ts';
import type { Policy } from '../../policy/policy.ts';
import type { Agent, Environment, Task } from '../../types.ts';
import type { Ledger } from '../branch/ledger.ts';
import type { AnyDecision } from '../kinds/kind.ts';
import { loosened, type NamedEndpoint, type RecordedSettings, settingsInForce } from '../kinds/settings.ts';
import { recordAct, type StepOptions } from './step.ts';

type Described = Pick<Environment, 'digest' | 'source' | 'tasks' | 'mac'>;

export const settingsOf = ({ digest, source, tasks, mac }: Described, policy: Policy): RecordedSettings => ({
  policy,
  environment: digest,
  ...(source === undefined ? {} : { source }),
  ...(mac === undefined ? {} : { salt: mac('salt') }),
  tasks: tasks.map((task) => rowOf(task, mac ?? sha256)).sort((a, b) => (a.id < b.id ? -1 : 1)),
});

const rowOf = (task: Task, digestOf: (text: string) => string): RecordedSettings['tasks'][number] => ({
  id: task.id,
  split: task.split,
  tags: [...task.tags].sort(),
  // Request and target identify a task under another name or in another split.
  sha256: digestOf(canonicalJson({ request: task.request, target: task.target })),
});

/** What there is to record; without `endpoints`, those in force stay. */
export type GivenSettings = Omit<RecordedSettings, 'endpoints'> & {
  readonly endpoints?: readonly NamedEndpoint[] | undefined;
};

/** Of every model that sends requests, each once, in order. */
export function endpointsOf(agents: readonly Pick<Agent, 'id' | 'endpoint'>[]): NamedEndpoint[] {
  const rows = agents.flatMap(({ id, endpoint }) => (endpoint === undefined ? [] : [{ model: id, ...endpoint }]));
  const byText = new Map(rows.map((row) => [canonicalJson(row), row]));
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}

export interface SettingsChange {
  readonly kind: 'settings';
  readonly settings: RecordedSettings;
  readonly loosens: string[];
}

/** What there is to record; null for nothing. Throws UsageError if it loosens without `adopt`. */
export function changeOfSettings(
  env: string,
  decisions: readonly AnyDecision[],
  given: GivenSettings,
  { adopt = false } = {},
): SettingsChange | null {
  const before = settingsInForce(decisions);
  const { endpoints = before?.endpoints ?? [], ...rest } = given;
  const settings: RecordedSettings = endpoints.length === 0 ? rest : { ...rest, endpoints: [...endpoints] };
  if (before !== null && canonicalJson(before) === canonicalJson(settings)) return null;
  const loosens = before === null ? [] : loosened(before, settings);
  if (loosens.length > 0 && !adopt)
    throw new UsageError(
      `${env} asks for less than its nights ran under: ${listed(loosens)}; undo that, or, if a person means it: npx optimize adopt --env ${env}`,
    );
  return { kind: 'settings', settings, loosens };
}

/** Records settings outside of a night unless they are in force. Throws as `changeOfSettings`. */
export async function recordSettings(
  ledger: Ledger,
  settings: GivenSettings,
  { adopt = false, ...options }: StepOptions & { readonly adopt?: boolean },
): Promise<void> {
  const change = changeOfSettings(ledger.env, ledger.decisions(), settings, { adopt });
  if (change === null) return;
  const body = change.loosens.map((line) => `- ${line}`).join('\n');
  await recordAct(ledger, change, options, {
    message: { subject: `chore(${ledger.env}): what nights run under`, body },
  });
}

function listed(lines: readonly string[]): string {
  const more = lines.length > 5 ? ` and ${lines.length - 5} more` : '';
  return `${lines.slice(0, 5).join('; ')}${more}`;
}
