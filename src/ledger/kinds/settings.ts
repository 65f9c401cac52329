/** `settings`: what nights run under from here on; only a person may loosen it. */
import { z } from 'zod';
import { canonicalJson, sha256 } from '../../digest.ts';
import type { Pair } from '../../gate/pairs.ts';
import { loosenings } from '../../policy/loosenings.ts';
import { Policy } from '../../policy/policy.ts';
import { digest, sentences } from './fields.ts';
import { hold } from './finding.ts';
import { type AnyDecision, type Context, defineKind } from './kind.ts';

/** Where requests go, and the name of the variable whose value goes with them; null for none. */
export const Endpoint = z.strictObject({ baseUrl: z.string(), keyEnv: z.string().nullable() });

/** A model of a night, its own or a proposer's, and its endpoint. */
const NamedEndpoint = Endpoint.extend({ model: z.string() });
export type NamedEndpoint = z.infer<typeof NamedEndpoint>;

export const RecordedSettings = z.strictObject({
  policy: Policy,
  /** Digest of the environment: name, tools and tasks, and the bytes of its files. */
  environment: digest,
  /** Digest of its files alone: code and data that decide scores. */
  source: digest.optional(),
  /** For private tasks: tells the salt of their digests from another one. */
  salt: digest.optional(),
  /** Of the models that the last night asked; absent where it asked none. */
  endpoints: z.array(NamedEndpoint).min(1).optional(),
  tasks: z.array(
    z.strictObject({
      id: z.string(),
      split: z.enum(['train', 'dev', 'sealed']),
      tags: z.array(z.string()),
      sha256: digest,
    }),
  ),
});
export type RecordedSettings = z.infer<typeof RecordedSettings>;

/** One model of a night, for people. */
export const endpointText = ({ model, baseUrl, keyEnv }: NamedEndpoint): string =>
  `${model} at ${baseUrl}, ${keyEnv === null ? 'no key' : `key ${keyEnv}`}`;

/** Operator of the decisions by which a person adopts what a night would not. */
export const ADOPT = 'adopt';

export const settings = defineKind({
  kind: 'settings',
  fields: { settings: RecordedSettings, loosens: sentences },
  title: ({ settings: { endpoints = [] } }) => ['what nights run under', ...endpoints.map(endpointText)].join('; '),
  person: ({ loosens }) => loosens.length > 0,
  verify(decision, { before, note }) {
    const old = settingsInForce(before);
    const loose = old === null ? [] : loosened(old, decision.settings);
    hold(note, 'loosens', loose, decision.loosens);
    if (loose.length > 0 && decision.who.operator !== ADOPT) note('who.operator', ADOPT, decision.who.operator);
  },
});

/** The newest recorded settings; null before the first. */
export const settingsInForce = (decisions: readonly AnyDecision[]): RecordedSettings | null => {
  const last = decisions.findLast(settings.is);
  return last === undefined || !settings.is(last) ? null : last.settings;
};

/** Digests of the files that the environment had in any recorded settings; `keyed` with a salt. */
export interface RecordedSources {
  readonly plain: ReadonlySet<string>;
  readonly keyed: ReadonlySet<string>;
}
export function recordedSources(decisions: readonly AnyDecision[]): RecordedSources {
  const all = decisions.flatMap((decision) => (settings.is(decision) ? decision.settings : []));
  const of = (salted: boolean) =>
    new Set(all.flatMap(({ source, salt }) => ((salt !== undefined) === salted ? (source ?? []) : [])));
  return { plain: of(false), keyed: of(true) };
}

/** Digest of a policy, as approvals name it. */
export const policyDigest = (policy: Policy): string => sha256(canonicalJson(policy));

type Measured = AnyDecision & {
  readonly data: { readonly environment: string; readonly panelSeed?: number | undefined };
};

/** Under recorded settings, a decision must name their environment. */
export function verifyEnvironment({ data }: Measured, { before, note }: Context): void {
  const inForce = settingsInForce(before);
  if (inForce !== null) hold(note, 'data.environment', inForce.environment, data.environment);
}

/** Given pairs must be tasks of the split in force; with `tags`, their tags must agree too. */
export function verifyPairs(
  pairs: readonly Pair[],
  { split, tags: tagged = false }: { readonly split: 'dev' | 'sealed'; readonly tags?: boolean },
  { before, note }: Context,
): void {
  const inForce = settingsInForce(before);
  if (inForce === null) return;
  const rows = new Map(inForce.tasks.map((row) => [row.id, row]));
  for (const { task, tags } of pairs) {
    const row = rows.get(task);
    const what = row === undefined ? 'which is no task' : `a ${row.split} task`;
    if (row?.split !== split) note('gate.pairs', `${split} tasks`, `${task}, ${what}`);
    else if (tagged) hold(note, 'gate.pairs', row.tags, [...tags].sort());
  }
}

/** Under recorded settings, `tasks` must be sealed ones. */
export function verifySealed(field: string, tasks: readonly string[], { before, note }: Context): void {
  const inForce = settingsInForce(before);
  if (inForce === null) return;
  const sealed = new Set(inForce.tasks.flatMap(({ id, split }) => (split === 'sealed' ? [id] : [])));
  const foreign = tasks.find((task) => !sealed.has(task));
  if (foreign !== undefined) note(field, 'sealed tasks', foreign);
}

/** What only a person may adopt, one sentence each: a weaker policy, changed held-out tasks. */
export function loosened(before: RecordedSettings, after: RecordedSettings): string[] {
  const policy = loosenings(before.policy, after.policy);
  // Digests of another salt cannot be compared, so a person has to confirm the tasks.
  if (before.salt !== after.salt) return [...policy, 'the tasks are named and digested with another salt, or none'];
  const tasks = tasksLoosened(before, after);
  // Where the tasks are the same, what changed may be their scorer; a program's own has no files.
  const isOther = before.source !== undefined && after.source !== undefined && after.source !== before.source;
  const isSameTasks = canonicalJson(before.tasks) === canonicalJson(after.tasks);
  if (isOther && isSameTasks)
    return [...policy, 'files of the environment, which may score or start its tasks, are others than they were'];
  return [...policy, ...tasks];
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
  // The same task under another name.
  const known = new Set(before.tasks.map(({ id }) => id));
  const moved = after.tasks.flatMap(({ id, split, sha256: content }) => {
    const was = splits.get(content);
    return known.has(id) || was === undefined || was === split
      ? []
      : [`task ${id} was a ${was} task under another name`];
  });
  return [...tasks, ...moved];
}

/** A task that guards releases against damage that nobody would look for. */
const isCanary = ({ tags }: RecordedSettings['tasks'][number], policy: Policy): boolean =>
  tags.some((tag) => tag === 'refusal' || policy.protected_tags.includes(tag));
