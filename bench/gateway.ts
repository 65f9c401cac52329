/**
 * One machine: recorded retail episodes under the harness that a night released, played again by a
 * plain client loop through the gateway: `npx jiti bench/gateway.ts [--episodes 200]`. SIMULATED.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serveGateway } from '../src/gateway/serve.ts';
import { openRepository } from '../src/ledger/git/git.ts';
import { simulatedAgent } from '../src/models/sim/agent.ts';
import { openEnvironment } from '../src/open/environment.ts';
import { openHarness } from '../src/open/harness.ts';
import { playEpisode } from '../src/runtime/play.ts';
import type { ChatReply, ChatRequest, Json, JsonObject, Task } from '../src/types.ts';
import { printTable } from './rows.ts';
import { flag, temporaryRepository } from './temporary.ts';

const episodes = flag('episodes', 200);
const repository = temporaryRepository();
const night = repository.optimize('--budget', '20', '--env', 'retail', '--apply');
if (night.code !== 0) throw new Error(`the night ended with ${night.code}`);
const place = await openRepository(repository.root);
const environment = await openEnvironment({ env: 'retail' }, repository.root, { here: true });
const harness = await openHarness(place, 'retail', undefined);
const base = simulatedAgent('medium');

/** Replies of one episode in order, and what was asked upstream. */
let script: ChatReply[] = [];
let asked: JsonObject[] = [];
const upstream = createServer((request, response) => {
  let text = '';
  request.on('data', (part) => {
    text += String(part);
  });
  request.on('end', () => {
    asked.push(JSON.parse(text) as JsonObject);
    const reply = script.shift();
    response.writeHead(reply ? 200 : 500, { 'content-type': 'application/json' });
    response.end(JSON.stringify(reply ? completionOf(reply) : { error: { message: 'the script has ended' } }));
  });
});
const completionOf = ({ content, toolCalls }: ChatReply) => ({
  id: 'c',
  object: 'chat.completion',
  created: 1,
  model: 'sim',
  choices: [
    {
      index: 0,
      finish_reason: toolCalls.length > 0 ? 'tool_calls' : 'stop',
      message: {
        role: 'assistant',
        content,
        ...(toolCalls.length > 0
          ? {
              tool_calls: toolCalls.map(({ name, arguments: args }, i) => ({
                id: `v${i}`,
                type: 'function',
                function: { name, arguments: args },
              })),
            }
          : {}),
      },
    },
  ],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
});
await new Promise<void>((ready) => upstream.listen(0, '127.0.0.1', ready));
const gateway = await serveGateway({
  repository: place,
  environment,
  upstream: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/v1`,
  mode: 'enforce',
  host: '127.0.0.1',
  port: 0,
  allowHost: [],
  failClosed: true,
  most: 2000,
  warn: (message) => process.stderr.write(`${message}\n`),
});

const tools = environment.tools.map(({ name, description, parameters }) => ({
  type: 'function',
  function: { name, description, parameters },
}));

/** A plain loop as anybody writes it: no knowledge of the gateway but its URL. */
async function client(task: Task): Promise<{ calls: string[]; state: unknown; error: string | null }> {
  const state = await environment.reset(task);
  const messages: Json[] = [
    { role: 'system', content: harness.policy },
    { role: 'user', content: task.request },
  ];
  const calls: string[] = [];
  for (let turn = 0; turn < 60; turn++) {
    const response = await fetch(`${gateway.url}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer sk-bench' },
      body: JSON.stringify({ model: 'sim', messages, tools }),
    });
    const body = (await response.json()) as {
      choices?: {
        message: { content: string; tool_calls?: { id: string; function: { name: string; arguments: string } }[] };
      }[];
      error?: { message: string };
    };
    const message = body.choices?.[0]?.message;
    if (message === undefined) return { calls, state, error: body.error?.message ?? 'no reply' };
    messages.push(message as never);
    if (message.tool_calls === undefined) return { calls, state, error: null };
    for (const { id, function: made } of message.tool_calls) {
      const call = { name: made.name, arguments: JSON.parse(made.arguments) as JsonObject };
      calls.push(JSON.stringify([call.name, call.arguments]));
      const { content } = await environment.execute(state, call);
      messages.push({ role: 'tool', tool_call_id: id, content });
    }
  }
  return { calls, state, error: 'too many turns' };
}

const count = { calls: 0, state: 0, requests: 0, prefix: 0 };
const odd: string[] = [];
const tasks = environment.tasks.slice(0, episodes);
for (const [i, task] of tasks.entries()) {
  const replies: ChatReply[] = [];
  const requests: Omit<ChatRequest, 'seed'>[] = [];
  const agent = {
    ...base,
    open: (episode: Parameters<typeof base.open>[0]) => {
      const model = base.open(episode);
      return {
        complete(request: ChatRequest, signal?: AbortSignal) {
          const reply = model.complete(request, signal) as ChatReply;
          requests.push({ messages: request.messages, tools: request.tools });
          replies.push(reply);
          return reply;
        },
      };
    },
  };
  const states: unknown[] = [];
  const watched = {
    ...environment,
    reset: (one: Task) => {
      const state = environment.reset(one);
      states.push(state);
      return state;
    },
  };
  const trace = await playEpisode({ harness, environment: watched, agent, task, trial: 0, seed: i });
  script = [...replies];
  asked = [];
  const played = await client(task);
  const expected = trace.steps.flatMap((step) =>
    step.kind === 'call' && step.call.name !== 'done'
      ? [JSON.stringify([step.call.name, step.call.arguments])]
      : step.kind === 'read' && !step.reused
        ? [JSON.stringify([step.call.name, step.call.arguments])]
        : [],
  );
  const sameCalls =
    JSON.stringify([...played.calls].sort()) === JSON.stringify([...expected].sort()) && played.error === null;
  const sameState =
    JSON.stringify(environment.changes?.(played.state)) === JSON.stringify(environment.changes?.(states[0]));
  const sameRequests = asked.length === requests.length;
  const prefix = asked.every((one, at) => {
    const next = asked[at + 1];
    if (next === undefined) return true;
    const [a, b] = [one.messages as Json[], next.messages as Json[]];
    return (
      JSON.stringify(b.slice(0, a.length)) === JSON.stringify(a) &&
      JSON.stringify(one.tools) === JSON.stringify(next.tools)
    );
  });
  if (sameCalls) count.calls += 1;
  if (sameState) count.state += 1;
  if (sameRequests) count.requests += 1;
  if (prefix) count.prefix += 1;
  if (!(sameCalls && sameState && prefix && sameRequests) && odd.length < 5)
    odd.push(
      `${task.id}: ${played.error ?? ''} requests ${asked.length} of ${requests.length}; got ${played.calls.join(' ')}; expected ${expected.join(' ')}`,
    );
}
await gateway.close();
upstream.closeAllConnections();
upstream.close();
repository.remove();
printTable(
  ['what', 'equal', 'of'],
  [
    ['calls and reads of the client', String(count.calls), String(tasks.length)],
    ['end state', String(count.state), String(tasks.length)],
    ['number of upstream requests', String(count.requests), String(tasks.length)],
    ['each upstream request is a prefix of the next', String(count.prefix), String(tasks.length)],
  ],
);
for (const line of odd) process.stdout.write(`${line}\n`);
process.exitCode = odd.length === 0 ? 0 : 1;
