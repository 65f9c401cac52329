/** `openai`, responses. */
import OpenAI from 'openai';
import { run, setting, tools } from './tools.mjs';

const client = new OpenAI({ baseURL: setting.baseURL, apiKey: 'sk-bench' });
const input = [{ role: 'user', content: setting.request }];
const functions = tools.map((tool) => ({ type: 'function', strict: false, ...tool }));
for (;;) {
  const asked = { model: setting.model, instructions: setting.system, input, tools: functions, store: false };
  const response = setting.streams
    ? await client.responses.stream(asked).finalResponse()
    : await client.responses.create(asked);
  input.push(...response.output);
  const calls = response.output.filter((item) => item.type === 'function_call');
  if (calls.length === 0) {
    console.log(response.output_text);
    break;
  }
  for (const { call_id, name, arguments: text } of calls)
    input.push({ type: 'function_call_output', call_id, output: await run(name, JSON.parse(text)) });
}
