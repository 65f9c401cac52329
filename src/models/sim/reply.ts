/** Writes an action as native call, text call or words; a token is four characters. */
import type { ChatReply, ChatRequest, ToolCall, Usage } from '../../types.ts';

export type Form = 'native' | 'json' | 'fenced';

/** A reply with a call. `fenced` is the fault `text_call`; `json` follows `protocol: text`. */
export function callReply(request: ChatRequest, model: string, call: ToolCall, form: Form, id: string): ChatReply {
  if (form === 'native') {
    const args = JSON.stringify(call.arguments);
    return {
      content: '',
      toolCalls: [{ id, name: call.name, arguments: args }],
      usage: usageOf(request, call.name.length + args.length),
      model,
      finish: 'tool_calls',
    };
  }
  const json = JSON.stringify({ name: call.name, arguments: call.arguments });
  return textReply(request, model, form === 'json' ? json : `\`\`\`json\n${json}\n\`\`\``);
}

export const textReply = (request: ChatRequest, model: string, content: string): ChatReply => ({
  content,
  toolCalls: [],
  usage: usageOf(request, content.length),
  model,
  finish: 'stop',
});

function usageOf(request: ChatRequest, written: number): Usage {
  let read = 0;
  for (const message of request.messages) read += message.content.length;
  for (const tool of request.tools) read += tool.name.length + tool.description.length;
  return {
    calls: 1,
    inputTokens: Math.ceil(read / 4),
    outputTokens: Math.ceil(written / 4),
    cachedTokens: 0,
    costUsd: 0,
  };
}
