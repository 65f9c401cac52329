/** `openai`, chat completions. */
import OpenAI from 'openai';
import { run, setting, tools } from './tools.mjs';

const client = new OpenAI({ baseURL: setting.baseURL, apiKey: 'sk-bench' });
const messages = [
  { role: 'system', content: setting.system },
  { role: 'user', content: setting.request },
];
const functions = tools.map((tool) => ({ type: 'function', function: tool }));
for (;;) {
  const asked = { model: setting.model, messages, tools: functions };
  const completion = setting.streams
    ? await client.chat.completions.stream(asked).finalChatCompletion()
    : await client.chat.completions.create(asked);
  const { message } = completion.choices[0];
  messages.push(message);
  if (!message.tool_calls?.length) {
    console.log(message.content);
    break;
  }
  for (const { id, function: made } of message.tool_calls)
    messages.push({ role: 'tool', tool_call_id: id, content: await run(made.name, JSON.parse(made.arguments)) });
}
