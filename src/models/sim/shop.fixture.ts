/**
 * A small shop for this folder's tests: orders with items, two states, lookups, and a bare episode
 * loop without any harness.
 */
import { retailVocabulary } from '../../environments/retail/vocabulary.ts';
import type { ChatMessage, Json, JsonObject, Plan, Task, Tool, ToolCall, ToolResult } from '../../types.ts';
import type { ProfileName } from './profiles.ts';
import { PROFILES, type Profile } from './profiles.ts';

const text = { type: 'string' };
const texts = { type: 'array', items: { type: 'string' } };
const tool = (name: string, description: string, properties: JsonObject, readOnly = false): Tool => ({
  name,
  description,
  parameters: { type: 'object', properties, required: Object.keys(properties) },
  readOnly,
});

/** Descriptions that advise nothing, so that a test decides what is told. */
export const shopTools: readonly Tool[] = [
  tool('get_order_details', 'Show one.', { order_id: text }, true),
  tool('get_product_details', 'Show one.', { product_id: text }, true),
  tool('cancel_pending_order', 'Cancel it.', { order_id: text }),
  tool('modify_pending_order_payment', 'Change who pays.', { order_id: text, payment_method_id: text }),
  tool('modify_pending_order_items', 'Change content.', { order_id: text, item_ids: texts, new_item_ids: texts }),
  tool('exchange_delivered_order_items', 'Swap content.', { order_id: text, item_ids: texts, new_item_ids: texts }),
];

/** The shop speaks as retail does. */
export const shopVocabulary = retailVocabulary;

export const doneTool = tool('done', 'Ends it.', { summary: text }, true);

const TICKET =
  'Hello. In #W7000001 I want the Desk Lamp (brass) and the Wall Clock (oak) as Desk Lamp, steel and Wall Clock, pine. Tell me what the lamp costs.';

export const shopPlan: Plan = {
  calls: [
    { name: 'get_order_details', arguments: { order_id: '#W7000001' } },
    { name: 'get_product_details', arguments: { product_id: '3111111111' } },
    { name: 'get_product_details', arguments: { product_id: '3222222222' } },
    {
      name: 'exchange_delivered_order_items',
      arguments: {
        order_id: '#W7000001',
        item_ids: ['4000000001', '4000000002'],
        new_item_ids: ['4000000011', '4000000012'],
      },
    },
  ],
  summary: 'Exchanged. The lamp costs 31.75.',
  mentions: {
    '4000000001': 'Desk Lamp (brass)',
    '4000000002': 'Wall Clock (oak)',
    '4000000011': 'Desk Lamp, steel',
    '4000000012': 'Wall Clock, pine',
  },
};

/**
 * Two writes on one pending order, of which the first blocks the second when they change places.
 */
export const pendingPlan: Plan = {
  calls: [
    { name: 'get_order_details', arguments: { order_id: '#W7000001' } },
    { name: 'modify_pending_order_payment', arguments: { order_id: '#W7000001', payment_method_id: 'card_9001' } },
    {
      name: 'modify_pending_order_items',
      arguments: { order_id: '#W7000001', item_ids: ['4000000001'], new_item_ids: ['4000000011'] },
    },
  ],
  summary: 'Changed.',
};

export const shopTask: Task = { id: 'lamp', split: 'train', tags: [], request: TICKET, target: null };

const RESULTS: Readonly<Record<string, Json>> = {
  '#W7000001': {
    order_id: '#W7000001',
    status: 'delivered',
    card: 'card_9001',
    items: [
      { name: 'Desk Lamp', item_id: '4000000001', product_id: '3111111111', price: 31.75 },
      { name: 'Wall Clock', item_id: '4000000002', product_id: '3222222222', price: 12.4 },
    ],
  },
  '3111111111': { variants: ['4000000001', '4000000011', '4000000021'] },
  '3222222222': { variants: ['4000000002', '4000000012', '4000000022'] },
};

/**
 * Answers of the shop: records for known keys, success for the plan's write, errors for all else.
 */
export function answer(call: ToolCall): ToolResult {
  const known = shopTools.find((candidate) => candidate.name === call.name);
  if (!known) return { content: `Error: no tool ${call.name}`, error: true };
  const wanted = Object.keys(known.parameters.properties as JsonObject);
  const missing = wanted.find((name) => call.arguments[name] === undefined);
  if (missing) return { content: 'Error: bad call', error: true };
  const key = call.arguments.order_id ?? call.arguments.product_id;
  const record = typeof key === 'string' ? RESULTS[key] : undefined;
  if (record === undefined) return { content: 'Error: nothing found', error: true };
  if (known.readOnly) return { content: JSON.stringify(record), error: false };
  const gold = shopPlan.calls.at(-1)?.arguments ?? {};
  const fits =
    call.name === 'exchange_delivered_order_items' && JSON.stringify(call.arguments) === JSON.stringify(gold);
  return fits
    ? { content: '{"status": "exchanged"}', error: false }
    : { content: 'Error: it does not work', error: true };
}

/** A profile without faults, obedience or noise but those given. */
export function profileWith(
  rates: Partial<Profile['rates']>,
  rest: Partial<Profile> = {},
  base: ProfileName = 'medium',
): Profile {
  const none = Object.fromEntries(Object.keys(PROFILES[base].rates).map((fault) => [fault, 0])) as Profile['rates'];
  return {
    ...PROFILES[base],
    name: 'test',
    noise: { task: 0, trial: 0 },
    selfCorrection: 0,
    ...rest,
    rates: { ...none, ...rates },
  };
}

/** One turn as the tests look at it. */
export interface Turn {
  readonly call: ToolCall | null;
  readonly content: string;
  /** All text that was visible when the reply was made. */
  readonly visible: string;
}

export interface Told {
  readonly system?: string;
  /** Appended to the description of a tool. */
  readonly tools?: Readonly<Record<string, string>>;
  readonly skill?: string;
  /** Instead of the shop's answer; undefined = the shop answers. */
  readonly answer?: (call: ToolCall) => string | undefined;
  readonly textProtocol?: boolean;
}

/**
 * A conversation without a harness: 12 turns at most; `done` ends it unless `answer` replies to it.
 */
export async function converse(
  complete: ReturnType<import('../../types.ts').Agent['open']>['complete'],
  told: Told = {},
  task: Task = shopTask,
  environmentTools: readonly Tool[] = shopTools,
): Promise<Turn[]> {
  const tools = [...environmentTools, doneTool].map((item) => {
    const more = told.tools?.[item.name];
    return more === undefined ? item : { ...item, description: `${item.description}\n${more}` };
  });
  const messages: ChatMessage[] = [
    { role: 'system', content: told.system ?? 'You serve a shop.' },
    { role: 'user', content: told.skill === undefined ? task.request : `${told.skill}\n\n${task.request}` },
  ];
  const turns: Turn[] = [];
  for (let turn = 0; turn < 12; turn++) {
    const sent = told.textProtocol ? [] : tools;
    const visible = [
      ...messages.filter((m) => m.role !== 'assistant').map((m) => m.content),
      JSON.stringify(sent),
    ].join('\n');
    const reply = await complete({ messages: [...messages], tools: sent, seed: 1 });
    const native = reply.toolCalls[0];
    const written = /\{"name"[\s\S]*\}/.exec(reply.content)?.[0];
    const call: ToolCall | null = native
      ? { name: native.name, arguments: JSON.parse(native.arguments) as JsonObject }
      : written
        ? (JSON.parse(written) as ToolCall)
        : null;
    turns.push({ call, content: reply.content, visible });
    messages.push({ role: 'assistant', content: reply.content, toolCalls: reply.toolCalls });
    if (!call) {
      messages.push({ role: 'user', content: 'Nothing was called.' });
      continue;
    }
    const content = told.answer?.(call) ?? (call.name === 'done' ? undefined : answer(call).content);
    if (content === undefined) break;
    messages.push(
      native
        ? { role: 'tool', toolCallId: native.id, content }
        : { role: 'user', content: `Result of ${call.name}: ${content}` },
    );
  }
  return turns;
}
