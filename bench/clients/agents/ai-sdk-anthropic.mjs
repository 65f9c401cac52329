/** AI SDK, anthropic. */
import { createAnthropic } from '@ai-sdk/anthropic';
import { generateText, jsonSchema, stepCountIs, streamText, tool } from 'ai';
import { run, setting, tools } from './tools.mjs';

const provider = createAnthropic({ baseURL: setting.baseURL, apiKey: 'sk-bench' });
const asked = {
  model: provider(setting.model),
  system: setting.system,
  prompt: setting.request,

  stopWhen: stepCountIs(60),
  maxRetries: 0,
  tools: Object.fromEntries(
    tools.map(({ name, description, parameters }) => [
      name,
      tool({ description, inputSchema: jsonSchema(parameters), execute: (args) => run(name, args) }),
    ]),
  ),
};
if (setting.streams) {
  const { textStream, text } = streamText({
    ...asked,
    onError: ({ error }) => {
      throw error;
    },
  });
  for await (const _ of textStream) void _;
  console.log(await text);
} else console.log((await generateText(asked)).text);
