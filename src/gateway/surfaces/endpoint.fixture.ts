/** A scripted endpoint's replies in the form of each surface, whole and streamed. */
import type { Json, JsonObject } from '../../types.ts';

/** What the endpoint says next: a message, or a status with a body. */
export type Said =
  | {
      readonly content?: string;
      readonly calls?: readonly (readonly [name: string, args: object | string])[];
      /** Blocks or items that stand before the text, as the surface has them. */
      readonly before?: readonly JsonObject[];
      readonly cut?: boolean;
    }
  | { readonly status: number; readonly body: string };

export type SaidMessage = Exclude<Said, { status: number }>;

interface Spoken {
  whole(said: SaidMessage, n: number): JsonObject;
  stream(said: SaidMessage, n: number): string;
}

const wordsOf = (text: string): string[] => text.split(/(?<= )/).filter((word) => word !== '');
const textOf = (args: object | string): string => (typeof args === 'string' ? args : JSON.stringify(args));
const named = (events: readonly JsonObject[]): string =>
  events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('');

const chat: Spoken = {
  whole: ({ content = '', calls = [], cut = false }, n) => ({
    id: `up-${n}`,
    object: 'chat.completion',
    created: 7,
    model: 'm-1',
    choices: [
      {
        index: 0,
        finish_reason: calls.length > 0 ? 'tool_calls' : cut ? 'length' : 'stop',
        message: {
          role: 'assistant',
          content,
          ...(calls.length === 0
            ? {}
            : {
                tool_calls: calls.map(([name, args], i) => ({
                  id: `vendor-${n}-${i}`,
                  type: 'function',
                  function: { name, arguments: textOf(args) },
                })),
              }),
        },
      },
    ],
    usage: { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 },
  }),
  stream(said, n) {
    const { id, choices, usage } = chat.whole(said, n);
    const [{ message, finish_reason: reason }] = choices as [{ message: JsonObject; finish_reason: string }];
    const event = (delta: object, finish: string | null = null) =>
      `data: ${JSON.stringify({ id, object: 'chat.completion.chunk', created: 7, model: 'm-1', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
    const calls = (message.tool_calls ?? []) as JsonObject[];
    return [
      event({ role: 'assistant' }),
      ...wordsOf(String(message.content)).map((content) => event({ content })),
      ...calls.map((call, index) => event({ tool_calls: [{ index, ...call }] })),
      event({}, reason),
      `data: ${JSON.stringify({ id, choices: [], usage })}\n\n`,
      'data: [DONE]\n\n',
    ].join('');
  },
};

const messages: Spoken = {
  whole: ({ content = '', calls = [], before = [], cut = false }, n) => ({
    id: `msg_up${n}`,
    type: 'message',
    role: 'assistant',
    model: 'm-1',
    content: [
      ...before,
      ...(content === '' ? [] : [{ type: 'text', text: content }]),
      ...calls.map(([name, args], i) => ({
        type: 'tool_use',
        id: `toolu_${n}_${i}`,
        name,
        input: typeof args === 'string' ? (args === '' ? {} : (JSON.parse(args) as Json)) : (args as Json),
      })),
    ],
    stop_reason: calls.length > 0 ? 'tool_use' : cut ? 'max_tokens' : 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: 10, output_tokens: 2 },
  }),
  stream(said, n) {
    const { content, stop_reason: reason, usage, ...message } = messages.whole(said, n);
    const blocks = content as JsonObject[];
    return named([
      {
        type: 'message_start',
        message: { ...message, content: [], stop_reason: null, usage: { input_tokens: 10, output_tokens: 1 } },
      },
      { type: 'ping' },
      ...blocks.flatMap((block, index): JsonObject[] => {
        const at = (type: string, members: JsonObject) => ({ type, index, ...members });
        const [start, deltas]: [JsonObject, JsonObject[]] =
          block.type === 'text'
            ? [{ ...block, text: '' }, wordsOf(String(block.text)).map((text) => ({ type: 'text_delta', text }))]
            : block.type === 'thinking'
              ? [
                  { ...block, thinking: '', signature: '' },
                  [
                    ...wordsOf(String(block.thinking)).map((thinking) => ({ type: 'thinking_delta', thinking })),
                    { type: 'signature_delta', signature: block.signature as Json },
                  ],
                ]
              : block.type === 'tool_use'
                ? [
                    { ...block, input: {} },
                    piecesOf(block.input as JsonObject).map((partial_json) => ({
                      type: 'input_json_delta',
                      partial_json,
                    })),
                  ]
                : [block, []];
        return [
          at('content_block_start', { content_block: start }),
          ...deltas.map((delta) => at('content_block_delta', { delta })),
          at('content_block_stop', {}),
        ];
      }),
      {
        type: 'message_delta',
        delta: { stop_reason: reason as Json, stop_sequence: null },
        usage: { output_tokens: 2 },
      },
      { type: 'message_stop' },
    ]);
  },
};

/** No arguments come as one empty piece. */
const piecesOf = (input: JsonObject): string[] =>
  Object.keys(input).length === 0 ? [''] : (JSON.stringify(input).match(/[\s\S]{1,7}/g) ?? []);

const responses: Spoken = {
  whole: ({ content = '', calls = [], before = [], cut = false }, n) => ({
    id: `resp_up${n}`,
    object: 'response',
    created_at: 7,
    model: 'm-1',
    status: cut ? 'incomplete' : 'completed',
    incomplete_details: cut ? { reason: 'max_output_tokens' } : null,
    error: null,
    instructions: 'told',
    metadata: {},
    temperature: null,
    top_p: null,
    parallel_tool_calls: true,
    tool_choice: 'auto',
    tools: [],
    output: [
      ...before,
      ...(content === ''
        ? []
        : [
            {
              id: `msg_${n}`,
              type: 'message',
              status: 'completed',
              role: 'assistant',
              content: [{ type: 'output_text', text: content, annotations: [], logprobs: [] }],
            },
          ]),
      ...calls.map(([name, args], i) => ({
        id: `fc_${n}_${i}`,
        type: 'function_call',
        call_id: `call_${n}_${i}`,
        name,
        arguments: textOf(args),
        status: 'completed',
      })),
    ],
    usage: {
      input_tokens: 10,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: 2,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 12,
    },
  }),
  stream(said, n) {
    const whole = responses.whole(said, n);
    const begun = { ...whole, status: 'in_progress', output: [], usage: null };
    const events: JsonObject[] = [
      { type: 'response.created', response: begun },
      { type: 'response.in_progress', response: begun },
      ...(whole.output as JsonObject[]).flatMap((item, output_index): JsonObject[] => {
        const at = { output_index, item_id: item.id as Json };
        const added = (members: JsonObject) => ({
          type: 'response.output_item.added',
          output_index,
          item: { ...item, ...members },
        });
        const done = { type: 'response.output_item.done', output_index, item };
        if (item.type === 'function_call')
          return [
            added({ arguments: '', status: 'in_progress' }),
            { type: 'response.function_call_arguments.delta', ...at, delta: item.arguments as Json },
            { type: 'response.function_call_arguments.done', ...at, arguments: item.arguments as Json },
            done,
          ];
        if (item.type !== 'message') return [added({}), done];
        const [part] = item.content as [JsonObject];
        const place = { ...at, content_index: 0 };
        return [
          added({ content: [], status: 'in_progress' }),
          { type: 'response.content_part.added', ...place, part: { ...part, text: '' } },
          ...wordsOf(String(part.text)).map((delta) => ({
            type: 'response.output_text.delta',
            ...place,
            delta,
            logprobs: [],
          })),
          { type: 'response.output_text.done', ...place, text: part.text as Json, logprobs: [] },
          { type: 'response.content_part.done', ...place, part },
          done,
        ];
      }),
      { type: whole.status === 'incomplete' ? 'response.incomplete' : 'response.completed', response: whole },
    ];
    return named(events.map((event, sequence_number) => ({ ...event, sequence_number })));
  },
};

export const SPOKEN: Readonly<Record<string, Spoken>> = {
  '/v1/chat/completions': chat,
  '/v1/messages': messages,
  '/v1/responses': responses,
};
