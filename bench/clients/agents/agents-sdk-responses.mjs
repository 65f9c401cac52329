/** OpenAI Agents SDK, responses. */
import { Agent, run as play, setDefaultOpenAIClient, setOpenAIAPI, setTracingDisabled, tool } from '@openai/agents';
import OpenAI from 'openai';
import { run, setting, tools } from './tools.mjs';

setTracingDisabled(true);
setDefaultOpenAIClient(new OpenAI({ baseURL: setting.baseURL, apiKey: 'sk-bench' }));
setOpenAIAPI('responses');
const agent = new Agent({
  name: 'clerk',
  instructions: setting.system,
  model: setting.model,
  tools: tools.map((one) =>
    tool({
      ...one,
      strict: false,
      parameters: { ...one.parameters, additionalProperties: true },
      execute: (args) => run(one.name, args),
    }),
  ),
});
const options = { maxTurns: 60, stream: setting.streams };
const result = await play(agent, setting.request, options);
if (setting.streams) for await (const _ of result.toTextStream()) void _;
if (setting.streams) await result.completed;
console.log(result.finalOutput);
