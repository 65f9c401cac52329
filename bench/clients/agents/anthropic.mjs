/** Anthropic SDK. */
import Anthropic from '@anthropic-ai/sdk';
import { run, setting, tools } from './tools.mjs';

const client = new Anthropic({ baseURL: setting.baseURL.replace(/\/v1$/, ''), apiKey: 'sk-bench' });
const messages = [{ role: 'user', content: setting.request }];
for (;;) {
  const asked = {
    model: setting.model,
    max_tokens: 1000,
    system: setting.system,
    messages,
    tools: tools.map(({ parameters, ...tool }) => ({ ...tool, input_schema: parameters })),
  };
  const { content } = setting.streams
    ? await client.messages.stream(asked).finalMessage()
    : await client.messages.create(asked);
  messages.push({ role: 'assistant', content });
  const calls = content.filter(({ type }) => type === 'tool_use');
  if (calls.length === 0) {
    console.log(content.map(({ text = '' }) => text).join(''));
    break;
  }
  const results = [];
  for (const { id, name, input } of calls)
    results.push({ type: 'tool_result', tool_use_id: id, content: await run(name, input) });
  messages.push({ role: 'user', content: results });
}
