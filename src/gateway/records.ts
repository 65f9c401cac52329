/** Conversations as traces of the store, with the outcomes that clients tell. */
import type { NO_USAGE } from '../chat.ts';
import type { Redact } from '../secrets.ts';
import { openai } from '../traces/formats/openai.ts';
import { atTheDoor, personalFields } from '../traces/redact.ts';
import { openStore, type StoredOutcome, type StoredTrace } from '../traces/store.ts';
import { NO_OUTCOME, UNKNOWN, UNKNOWN_USAGE } from '../traces/stored.ts';
import type { JsonObject } from '../types.ts';
import type { Setting } from './begin.ts';
import type { Live } from './live.ts';
import type { Overheard } from './shadow.ts';
import { RefusedRequest } from './surfaces/wire.ts';

export interface Keeper {
  /** Stores a conversation that has left the memory. */
  live(live: Live): void;
  overheard(talk: Overheard): void;
  /** False for an unknown conversation. Throws RefusedRequest for no outcome. */
  outcome(id: string, given: JsonObject, isOpen: boolean): boolean;
  /** Writes what was kept back. */
  flush(): void;
  /** Conversations that were not stored before. */
  readonly stored: number;
}

export interface KeeperOptions {
  readonly root: string;
  readonly setting: Setting;
  readonly redact: Redact;
  warn(message: string): void;
}

/** Stored together: the day's file is written as a whole. */
const BATCH = 200;
const MOST_SYSTEMS = 50;

export function openKeeper({ root, setting, redact, warn }: KeeperOptions): Keeper {
  const store = openStore(root, setting.env);
  const door = { secrets: redact, personal: personalFields(setting.surface.vocabulary?.personalFields ?? []) };
  const outcomes = new Map<string, StoredOutcome>();
  const waiting = new Map<string, StoredTrace>();
  let stored = 0;

  /** Conversations of one agent share a long system text: it is cleaned once. */
  const systems = new Map<string, string>();
  function systemOf(text: string): string {
    const known = systems.get(text);
    if (known !== undefined) return known;
    const { prompt } = atTheDoor(withSystem(text), door);
    if (systems.size >= MOST_SYSTEMS) systems.clear();
    systems.set(text, prompt.system);
    return prompt.system;
  }

  function flush(): void {
    if (waiting.size === 0) return;
    const traces = [...waiting.values()];
    waiting.clear();
    try {
      // A conversation that went on replaces what was stored of it, but for its outcome.
      const ids = new Set(traces.map(({ id }) => id));
      const before = new Map([...store.read(ids)].map(({ id, outcome }) => [id, outcome]));
      if (before.size > 0) store.remove(ids);
      const kept = traces.map((trace) =>
        trace.outcome.by === null ? { ...trace, outcome: before.get(trace.id) ?? trace.outcome } : trace,
      );
      stored += store.append(kept).added - before.size;
    } catch (error) {
      warn(`${traces.length} conversations were not stored: ${(error as Error).message}`);
    }
  }
  function keep(trace: StoredTrace): void {
    const { id } = trace;
    const { system } = trace.prompt;
    const kept = atTheDoor(
      { ...trace, outcome: outcomes.get(id) ?? NO_OUTCOME, prompt: { ...trace.prompt, system: '' } },
      door,
    );
    waiting.set(id, { ...kept, prompt: { ...kept.prompt, system: systemOf(system) } });
    outcomes.delete(id);
    if (waiting.size >= BATCH) flush();
  }

  return {
    flush,
    get stored() {
      return stored;
    },
    live: (live) => {
      if (live.opened.session.steps.length > 0) keep(traceOf(live, setting.env));
    },
    overheard(talk) {
      const { traces } = openai.read([{ line: 1, value: recordOf(talk) }], setting);
      for (const trace of traces) keep({ ...trace, id: talk.id, source: 'serve', time: talk.time });
    },
    outcome(id, given, isOpen) {
      const outcome = outcomeIn(given);
      const kept = waiting.get(id);
      if (kept !== undefined) waiting.set(id, { ...kept, outcome });
      else if (isOpen) outcomes.set(id, outcome);
      else return store.setOutcome(id, outcome);
      return true;
    },
  };
}

const withSystem = (system: string): StoredTrace => ({
  v: 1,
  id: '',
  env: '',
  source: 'serve',
  task: null,
  time: null,
  agent: UNKNOWN,
  model: UNKNOWN,
  harness: null,
  split: 'train',
  outcome: NO_OUTCOME,
  prompt: { system, user: '', tools: [] },
  steps: [],
  usage: UNKNOWN_USAGE,
});

function outcomeIn({ reward = null, label }: JsonObject): StoredOutcome {
  const known = reward === null || (typeof reward === 'number' && reward >= 0 && reward <= 1);
  if (!known || (reward === null && typeof label !== 'string'))
    throw new RefusedRequest('expected "reward" from 0 to 1, or a "label" that is a text');
  return { reward: reward as number | null, ...(typeof label === 'string' ? { label } : {}), by: 'client' };
}

/** What the machine saw and did. */
function traceOf({ begun, opened: { session, talk } }: Live, env: string): StoredTrace {
  const { compiled, steps } = session;
  const [system, user] = [
    talk.messages.find(({ role }) => role === 'system')?.content ?? '',
    talk.messages.find(({ role }) => role === 'user')?.content ?? '',
  ];
  return {
    v: 1,
    id: begun.id,
    env,
    source: 'serve',
    task: null,
    time: begun.time,
    agent: UNKNOWN,
    model: talk.model === '' ? UNKNOWN : talk.model,
    harness: begun.label,
    split: 'train',
    outcome: NO_OUTCOME,
    prompt: { system, user, tools: compiled.sentTools },
    steps:
      begun.adopted === null
        ? steps
        : [{ kind: 'note', by: 'serve', text: `adopted ${begun.adopted} calls` }, ...steps],
    usage: usageOf(usagesIn(steps)),
  };
}

const usagesIn = (steps: Live['opened']['session']['steps']) =>
  steps.flatMap((step) => (step.kind === 'model' ? [step.usage] : []));

function usageOf(usages: readonly (typeof NO_USAGE)[]): StoredTrace['usage'] {
  if (usages.length === 0) return UNKNOWN_USAGE;
  const sum = (read: (usage: typeof NO_USAGE) => number) => usages.reduce((total, usage) => total + read(usage), 0);
  return {
    calls: usages.length,
    inputTokens: sum(({ inputTokens }) => inputTokens),
    outputTokens: sum(({ outputTokens }) => outputTokens),
    cachedTokens: sum(({ cachedTokens }) => cachedTokens),
    // The gateway knows no prices.
    costUsd: null,
  };
}

/** A conversation that was only heard, in the form of a log. */
function recordOf({ body, reply, usages, model }: Overheard): JsonObject {
  const messages = Array.isArray(body.messages) ? body.messages : [];
  const last = usages.at(-1);
  return {
    messages: [...messages, reply],
    ...(body.tools === undefined ? {} : { tools: body.tools }),
    ...(model === '' ? {} : { model }),
    ...(usages.length === 1 && last !== undefined ? { usage: last } : {}),
  };
}
