/**
 * A tiny repair shop with an oracle, and hand-made traces on it, for tests of diagnosis and
 * proposal.
 */
import { canonicalJson, sha256 } from '../digest.ts';
import { Contract, HarnessSettings, Regulation } from '../harness/schema.ts';
import type { Harness, Json, Score, Step, SyncEnvironment, Task, Tool, ToolCall, ToolResult, Trace } from '../types.ts';

interface Part {
  part_id: string;
  model_id: string;
  name: string;
  traits: { colour: string; size: string };
}
interface Ticket {
  ticket_no: string;
  status: string;
  owner_id: string;
  parts: Part[];
}
type Workshop = Map<string, Ticket>;

const COLOURS = ['red', 'teal', 'grey'];
const SIZES = ['narrow', 'wide'];
const MODELS = ['Hinge', 'Lever', 'Spring'];
const REASONS = ['finished', 'abandoned'];

const modelId = (m: number): string => `mod${3100 + m}`;
const partId = (m: number, k: number): string => `${70010 + m * 100 + k * 7}`;
const traitsOf = (k: number) => ({ colour: COLOURS[k % 3] as string, size: SIZES[k % 2] as string });
/** The last kind of every model is out of stock. */
const inStock = (k: number): boolean => k !== 5;
const ticketNo = (n: number): string => `%T${4100 + n * 13}`;

function world(): Workshop {
  const tickets: Workshop = new Map();
  for (let n = 0; n < 40; n++) {
    const parts = [0, 1].map((p): Part => {
      const [m, k] = [(n + p) % 3, (n + p) % 3];
      return { part_id: partId(m, k), model_id: modelId(m), name: MODELS[m] as string, traits: traitsOf(k) };
    });
    const status = n % 2 === 0 ? 'open' : 'closed';
    tickets.set(ticketNo(n), { ticket_no: ticketNo(n), status, owner_id: `own_${900 + n}`, parts });
  }
  return tickets;
}

const text = { type: 'string' };
const tool = (name: string, properties: Record<string, Json>, readOnly: boolean): Tool => ({
  name,
  description: `${name.replace(/_/g, ' ')}.`,
  parameters: { type: 'object', properties, required: Object.keys(properties) },
  readOnly,
});
const list = { type: 'array', items: text };

const tools: Tool[] = [
  tool('get_ticket_details', { ticket_no: text }, true),
  tool('get_model', { model_id: text }, true),
  tool('swap_parts', { ticket_no: text, part_ids: list, new_part_ids: list }, false),
  tool('close_ticket', { ticket_no: text, reason: text }, false),
  tool('archive_ticket', { ticket_no: text, reason: text }, false),
];

const ok = (value: unknown): ToolResult => ({
  content: typeof value === 'string' ? value : JSON.stringify(value),
  error: false,
});
const fail = (why: string): ToolResult => ({ content: `Error: ${why}`, error: true });

function execute(state: Workshop, { name, arguments: args }: ToolCall): ToolResult {
  if (name === 'get_model') {
    const m = MODELS.findIndex((_, i) => modelId(i) === args.model_id);
    if (m < 0) return fail('model not found');
    const kinds = Object.fromEntries(
      [0, 1, 2, 3, 4, 5].map((k) => [partId(m, k), { part_id: partId(m, k), traits: traitsOf(k), stock: inStock(k) }]),
    );
    return ok({ model_id: modelId(m), name: MODELS[m], kinds });
  }
  const ticket = state.get(String(args.ticket_no));
  if (!ticket) return fail('ticket not found');
  if (name === 'get_ticket_details') return ok(ticket);
  if (name === 'swap_parts') {
    if (ticket.status !== 'open') return fail('ticket is not open');
    const [from, to] = [args.part_ids, args.new_part_ids];
    if (!Array.isArray(from) || !Array.isArray(to)) return fail('lists expected');
    if (from.length !== to.length) return fail('lengths differ');
    for (const [i, id] of from.entries()) {
      const part = ticket.parts.find((p) => p.part_id === id);
      if (!part) return fail(`part ${id} not on the ticket`);
      const m = MODELS.indexOf(part.name);
      const k = [0, 1, 2, 3, 4, 5].find((kind) => partId(m, kind) === to[i]);
      if (k === undefined || !inStock(k) || to[i] === id) return fail('no such part in stock');
    }
    for (const [i, id] of from.entries()) {
      const part = ticket.parts.find((p) => p.part_id === id);
      if (part) part.part_id = String(to[i]);
    }
    ticket.status = 'swapped';
    return ok(ticket);
  }
  if (name !== 'close_ticket' && name !== 'archive_ticket') return fail(`unknown tool ${name}`);
  if (ticket.status !== (name === 'close_ticket' ? 'open' : 'closed')) return fail(`cannot ${name} now`);
  if (!REASONS.includes(String(args.reason))) return fail('unknown reason');
  ticket.status = name === 'close_ticket' ? 'closed' : 'archived';
  return ok(ticket);
}

/**
 * Task n swaps one part (even n / 2) or closes (odd n / 2) an open ticket, or archives a closed
 * one.
 */
function task(n: number): Task<'train'> {
  const no = ticketNo(n);
  const reason = REASONS[n % 3 === 0 ? 0 : 1] as string;
  if (n % 2 === 1)
    return make(n, `Archive ticket ${no}, it was ${reason}.`, [call('archive_ticket', { ticket_no: no, reason })]);
  if (n % 4 === 0)
    return make(n, `Close ticket ${no}, it was ${reason}.`, [call('close_ticket', { ticket_no: no, reason })]);
  const m = n % 3;
  const [k, next] = [n % 3, (n % 3) + 2 < 5 ? (n % 3) + 2 : 1];
  const wish = traitsOf(next).colour === traitsOf(k).colour ? traitsOf(next).size : traitsOf(next).colour;
  const write = call('swap_parts', { ticket_no: no, part_ids: [partId(m, k)], new_part_ids: [partId(m, next)] });
  return make(n, `On ticket ${no} swap the ${MODELS[m]} for the ${wish} one.`, [write]);
}

const call = (name: string, args: Record<string, Json>): ToolCall => ({ name, arguments: args });
const make = (n: number, request: string, writes: ToolCall[]): Task<'train'> => ({
  id: `w-${n}`,
  split: 'train',
  tags: [],
  request,
  target: writes as unknown as Json,
});

function score(t: Task, state: Workshop): Score {
  const goal = world();
  for (const write of t.target as unknown as ToolCall[]) execute(goal, write);
  const passed = canonicalJson([...goal]) === canonicalJson([...state]);
  return { reward: passed ? 1 : 0, checks: [{ name: 'state', passed }] };
}

export const workshopTasks: Task<'train'>[] = Array.from({ length: 36 }, (_, n) => task(n));

export const workshop: SyncEnvironment<Workshop> = {
  name: 'workshop',
  digest: sha256('workshop'),
  tools,
  tasks: workshopTasks,
  maxTurns: 8,
  ceiling: 0,
  reset: world,
  execute,
  fork: (state) => structuredClone(state),
  changes: (state) => {
    const before = world();
    return [...state].flatMap(([no, t]) => (t.status === before.get(no)?.status ? [] : [`${no} status ${t.status}`]));
  },
  score,
  oracle: (t) => ({ calls: t.target as unknown as ToolCall[], summary: 'done' }),
};

/** The harness of a first day: nothing but a policy. */
export function bareHarness(change: Partial<Harness> = {}): Harness {
  return {
    id: 'bare',
    env: 'workshop',
    files: new Map([
      ['policy.md', 'Help people with their tickets.\n'],
      ['harness.yaml', 'version: 1\n'],
      ['contract.yaml', 'clauses: []\n'],
      ['regulation.yaml', 'monitors: []\n'],
    ]),
    policy: 'Help people with their tickets.\n',
    settings: HarnessSettings.parse({ version: 1 }),
    contract: Contract.parse({}),
    regulation: Regulation.parse({}),
    skills: [],
    ...change,
  };
}

/** One turn of a hand-made trace: a call, or a text. */
export type Turn = ToolCall | string;
const usage = { calls: 1, inputTokens: 0, outputTokens: 0, cachedTokens: 0, costUsd: 0 };

/**
 * Plays turns on the real workshop and scores the end: a trace as the bare runtime would record it.
 */
export function played(t: Task<'train'>, turns: readonly Turn[], id = `trace-${t.id}`): Trace<'train'> {
  const state = workshop.reset(t);
  const steps: Step[] = [];
  let reason: 'done' | 'steps' | 'text' = 'steps';
  let summary = '';
  for (const [i, turn] of turns.entries()) {
    const callId = `c${i}`;
    if (typeof turn === 'string') {
      steps.push({ kind: 'model', content: turn, toolCalls: [], usage });
      reason = 'text';
      continue;
    }
    reason = 'steps';
    steps.push({
      kind: 'model',
      content: '',
      toolCalls: [{ id: callId, name: turn.name, arguments: JSON.stringify(turn.arguments) }],
      usage,
    });
    if (turn.name === 'done') {
      reason = 'done';
      summary = String(turn.arguments.summary ?? '');
      break;
    }
    const readOnly = tools.find((x) => x.name === turn.name)?.readOnly ?? false;
    steps.push({ kind: 'call', callId, call: turn, readOnly });
    const result = workshop.execute(state, turn);
    steps.push({ kind: 'result', callId, content: result.content, error: result.error });
  }
  const ending = { reason, summary };
  steps.push({ kind: 'end', ending });
  return {
    id,
    harness: 'bare',
    env: 'workshop',
    agent: 'test',
    model: 'test',
    task: t.id,
    split: 'train',
    trial: 0,
    seed: 1,
    prompt: { system: '', user: t.request, tools },
    steps,
    score: workshop.score(t, state, ending),
    usage,
  };
}

export const done = (summary: string): ToolCall => call('done', { summary });
/** The oracle's write of a task. */
export const goldOf = (t: Task): ToolCall => (t.target as unknown as ToolCall[])[0] as ToolCall;
/** The gold write with some arguments replaced. */
export const changed = (t: Task, args: Record<string, Json>): ToolCall => ({
  ...goldOf(t),
  arguments: { ...goldOf(t).arguments, ...args },
});
