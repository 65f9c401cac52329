/** `openai`, the loop of `runTools`. */
import OpenAI from 'openai';
import { run, setting, tools } from './tools.mjs';

const client = new OpenAI({ baseURL: setting.baseURL, apiKey: 'sk-bench' });
const runner = client.chat.completions.runTools(
  {
    model: setting.model,
    messages: [
      { role: 'system', content: setting.system },
      { role: 'user', content: setting.request },
    ],
    tools: tools.map((tool) => ({
      type: 'function',
      function: { ...tool, parse: JSON.parse, function: (args) => run(tool.name, args) },
    })),
    ...(setting.streams ? { stream: true } : {}),
  },
  { maxChatCompletions: 60 },
);
console.log(await runner.finalContent());
