/** LangChain, openai. */
import { HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages';
import { ChatOpenAI } from '@langchain/openai';
import { run, setting, tools } from './tools.mjs';

const model = new ChatOpenAI({
  model: setting.model,
  apiKey: 'sk-bench',
  configuration: { baseURL: setting.baseURL },
}).bindTools(tools.map((tool) => ({ type: 'function', function: tool })));
const messages = [new SystemMessage(setting.system), new HumanMessage(setting.request)];
for (;;) {
  let reply;
  if (setting.streams)
    for await (const chunk of await model.stream(messages)) reply = reply === undefined ? chunk : reply.concat(chunk);
  else reply = await model.invoke(messages);
  messages.push(reply);
  if (!reply.tool_calls?.length) {
    console.log(reply.text);
    break;
  }
  for (const { id, name, args } of reply.tool_calls)
    messages.push(new ToolMessage({ tool_call_id: id, content: await run(name, args) }));
}
