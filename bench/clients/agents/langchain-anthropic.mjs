/** LangChain, anthropic. */

import { ChatAnthropic } from '@langchain/anthropic';
import { HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages';
import { run, setting, tools } from './tools.mjs';

const model = new ChatAnthropic({
  model: setting.model,
  apiKey: 'sk-bench',
  anthropicApiUrl: setting.baseURL.replace(/\/v1$/, ''),
}).bindTools(tools.map(({ parameters, ...tool }) => ({ ...tool, input_schema: parameters })));
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
