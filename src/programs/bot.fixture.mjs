/** An agent as anybody writes it: asks the model, runs its tools in the working folder, answers. */
import { readFileSync, writeFileSync } from 'node:fs';

const tools = ['read_file', 'write_file'].map((name) => ({
  type: 'function',
  function: { name, description: name, parameters: { type: 'object', properties: { path: { type: 'string' } } } },
}));
const run = {
  read_file: ({ path }) => readFileSync(path, 'utf8'),
  write_file: ({ path, text }) => {
    writeFileSync(path, text);
    return 'ok';
  },
};
const messages = [
  { role: 'system', content: `You work in ${process.cwd()} (pid ${process.pid}). It is ${new Date().toISOString()}.` },
  { role: 'user', content: process.env.OPTIMIZE_REQUEST },
];
for (let turn = 0; turn < 10; turn++) {
  const response = await fetch(`${process.env.OPENAI_BASE_URL}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${process.env.OPENAI_API_KEY}` },
    body: JSON.stringify({ model: 'm-1', temperature: 0, messages, tools }),
  });
  if (!response.ok) throw new Error(await response.text());
  const { message } = (await response.json()).choices[0];
  messages.push(message);
  for (const { id, function: made } of message.tool_calls ?? [])
    messages.push({ role: 'tool', tool_call_id: id, content: run[made.name](JSON.parse(made.arguments)) });
  if (message.tool_calls === undefined) {
    console.log(message.content);
    break;
  }
}
