/** Requests and replies of the chat completions interface, and which parts can be trusted. */
import type OpenAI from 'openai';
import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions';
import { z } from 'zod';
import { InfrastructureError } from '../errors.ts';
import { parseJson } from '../runtime/repair.ts';
import type { ChatMessage, ChatReply, JsonObject, Tool } from '../types.ts';
import { costOf, type Price } from './prices.ts';

export function toParam(message: ChatMessage): ChatCompletionMessageParam {
  if (message.role === 'tool') return { role: 'tool', tool_call_id: message.toolCallId, content: message.content };
  if (message.role !== 'assistant') return { role: message.role, content: message.content };
  if (message.toolCalls === undefined || message.toolCalls.length === 0)
    // Some servers reject an empty message.
    return { role: 'assistant', content: message.content === '' ? '(nothing)' : message.content };
  return {
    role: 'assistant',
    content: message.content,
    tool_calls: message.toolCalls.map((call) => ({
      id: call.id,
      type: 'function' as const,
      // Some servers fail on arguments in the history that are not JSON; the model already got an
      // error.
      function: { name: call.name, arguments: parseJson(call.arguments) === undefined ? '{}' : call.arguments },
    })),
  };
}

export const toToolParam = (tool: Tool) => ({
  type: 'function' as const,
  function: { name: tool.name, description: tool.description, parameters: tool.parameters as Record<string, unknown> },
});

export const toFormat = (schema: JsonObject) => ({
  type: 'json_schema' as const,
  json_schema: { name: 'reply', strict: true, schema: schema as Record<string, unknown> },
});

const FINISH: Readonly<Record<string, ChatReply['finish']>> = {
  stop: 'stop',
  tool_calls: 'tool_calls',
  function_call: 'tool_calls',
  length: 'length',
};

const tokens = z.int().min(0);
const ReportedUsage = z.object({
  prompt_tokens: tokens,
  completion_tokens: tokens,
  prompt_tokens_details: z.object({ cached_tokens: tokens.nullish() }).nullish(),
});

/** Some servers send the message in parts; parts that are not text are not the answer. */
const Content = z.union([
  z.string(),
  z
    .array(z.looseObject({ type: z.string(), text: z.string().optional() }))
    .transform((parts) => parts.map(({ type, text }) => (type === 'text' ? (text ?? '') : '')).join('')),
]);
/** JSON text; some servers send an object, or nothing for a tool without arguments. */
const Arguments = z
  .union([z.string(), z.record(z.string(), z.json())])
  .nullish()
  .transform((given) => (typeof given === 'string' ? given : JSON.stringify(given ?? {})));

/** Only the fields that are used; servers add and omit the others. */
const Completion = z.object({
  model: z.string().nullish(),
  choices: z
    .array(
      z.object({
        finish_reason: z.string().nullish(),
        error: z.looseObject({ message: z.string().optional() }).nullish(),
        message: z.object({
          content: Content.nullish(),
          refusal: z.string().nullish(),
          tool_calls: z
            .array(
              z.object({
                id: z.string().nullish(),
                function: z.object({ name: z.string(), arguments: Arguments }).nullish(),
              }),
            )
            .nullish(),
        }),
      }),
    )
    .min(1),
  usage: z.unknown().optional(),
});

/** Only the file name: the folder of a local model describes the machine, not the model. */
const servedName = (model: string): string =>
  /^(\/|[A-Za-z]:\\)/.test(model) ? (model.split(/[\\/]/).at(-1) ?? model) : model;

/**
 * `worstUsd` is charged when the reply has no usage. Throws InfrastructureError: retryable when
 * this is no chat completion, final when a content filter withheld the answer.
 */
export function toReply(
  completion: OpenAI.Chat.Completions.ChatCompletion,
  { price, worstUsd }: { price: Price; worstUsd: number },
): ChatReply {
  const parsed = Completion.safeParse(completion);
  if (!parsed.success)
    throw new InfrastructureError(`the endpoint replied without a message (${shapeOf(completion)})`, {
      retryable: true,
    });
  const { choices, model, usage } = parsed.data;
  const [{ message, finish_reason: finish, error }] = choices as [(typeof choices)[number]];
  if (finish === 'error' || error)
    throw new InfrastructureError(`the endpoint passed on a fault: ${error?.message ?? 'finish reason "error"'}`, {
      retryable: true,
    });
  if (finish === 'content_filter') throw new InfrastructureError("the endpoint's content filter withheld the reply");
  const reported = ReportedUsage.safeParse(usage).data;
  const counts = {
    inputTokens: reported?.prompt_tokens ?? 0,
    outputTokens: reported?.completion_tokens ?? 0,
    cachedTokens: reported?.prompt_tokens_details?.cached_tokens ?? 0,
  };
  return {
    content: withoutThoughts(message.content ?? message.refusal ?? ''),
    toolCalls: (message.tool_calls ?? []).flatMap((call, index) =>
      call.function ? [{ id: call.id || `call_${index}`, ...call.function }] : [],
    ),
    usage: { calls: 1, ...counts, costUsd: reported === undefined ? worstUsd : costOf(price, counts) },
    model: servedName(model ?? ''),
    finish: FINISH[finish ?? ''] ?? 'other',
  };
}

/** Removes a reasoning model's thoughts; a call in them is not a call. */
const withoutThoughts = (content: string): string => content.replace(/^\s*<think>[\s\S]*?(?:<\/think>\s*|$)/, '');

function shapeOf(value: unknown): string {
  if (typeof value === 'string') return value.trim() === '' ? 'it was empty' : 'it was no JSON';
  return 'it was JSON of another form';
}
