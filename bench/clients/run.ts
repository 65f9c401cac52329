/**
 * Published client libraries, unchanged but for their base URL, on retail tickets through the
 * gateway: `npx jiti bench/clients/run.ts [--episodes 3] [--only NAME]`. Each plays recorded
 * episodes of the simulated agent, whole and streamed; an episode counts where the tools got the
 * recorded calls.
 */
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { serveGateway } from '../../src/gateway/serve.ts';
import { SPOKEN } from '../../src/gateway/surfaces/endpoint.fixture.ts';
import { openRepository } from '../../src/ledger/git/git.ts';
import { simulatedAgent } from '../../src/models/sim/agent.ts';
import { openEnvironment } from '../../src/open/environment.ts';
import { openHarness } from '../../src/open/harness.ts';
import { playEpisode } from '../../src/runtime/play.ts';
import type { ChatReply, ChatRequest, JsonObject, Task } from '../../src/types.ts';
import { printTable, text } from '../rows.ts';
import { flag, temporaryRepository } from '../temporary.ts';

const PACKAGES = [
  'openai@6.49.0',
  '@openai/agents@0.20.0',
  'ai@6.0.326',
  '@ai-sdk/openai@3.0.141',
  '@ai-sdk/openai-compatible@2.0.92',
  '@ai-sdk/anthropic@3.0.140',
  '@anthropic-ai/sdk@1.14.0',
  '@langchain/core@1.4.0',
  '@langchain/openai@1.5.8',
  '@langchain/anthropic@1.5.11',
  'zod@4.6.7',
];

/** A folder of its own, kept for the next run. */
function install(): string {
  const folder = join(tmpdir(), 'optimize-bench-clients');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const options = ['--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline'];
  execFileSync('npm', ['install', ...options, ...PACKAGES], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  cpSync(join(import.meta.dirname, 'agents'), folder, { recursive: true });
  return folder;
}

const textOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
};
const listen = async (server: Server): Promise<string> => {
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const folder = install();
const repository = temporaryRepository();
const night = repository.optimize('--budget', '20', '--env', 'retail', '--apply');
if (night.code !== 0) throw new Error(`the night ended with ${night.code}`);
const place = await openRepository(repository.root);
const environment = await openEnvironment({ env: 'retail' }, repository.root, { here: true });
const harness = await openHarness(place, 'retail', undefined);
const base = simulatedAgent('medium');

let script: ChatReply[] = [];
let asked = 0;
const endpoint = createServer(async (request, response) => {
  const body = JSON.parse(await textOf(request)) as JsonObject;
  const spoken = SPOKEN[request.url ?? ''];
  const reply = script.shift();
  asked += 1;
  if (spoken === undefined || reply === undefined) {
    response.writeHead(500, { 'content-type': 'application/json' });
    return void response.end(JSON.stringify({ error: { message: `nothing to say at ${request.url}` } }));
  }
  const said = {
    content: reply.content,
    calls: reply.toolCalls.map(({ name, arguments: args }) => [name, args] as const),
  };
  const streams = body.stream === true;
  response.writeHead(200, { 'content-type': streams ? 'text/event-stream' : 'application/json' });
  response.end(streams ? spoken.stream(said, asked) : JSON.stringify(spoken.whole(said, asked)));
});

let state: unknown;
let calls: string[] = [];
const toolServer = createServer(async (request, response) => {
  if (request.url === '/tools')
    return void response.end(
      JSON.stringify(environment.tools.map(({ name, description, parameters }) => ({ name, description, parameters }))),
    );
  const { name, args } = JSON.parse(await textOf(request)) as { name: string; args: JsonObject };
  calls.push(JSON.stringify([name, args]));
  response.end((await environment.execute(state, { name, arguments: args })).content);
});

const toolsUrl = await listen(toolServer);
const gateway = await serveGateway({
  repository: place,
  environment,
  upstream: `${await listen(endpoint)}/v1`,
  mode: 'enforce',
  host: '127.0.0.1',
  port: 0,
  allowHost: [],
  failClosed: true,
  most: 2000,
  warn: (message) => process.stderr.write(`${message}\n`),
});

interface Episode {
  readonly task: Task;
  readonly replies: readonly ChatReply[];
  readonly calls: readonly string[];
}

async function record(task: Task, seed: number): Promise<Episode> {
  const replies: ChatReply[] = [];
  const agent = {
    ...base,
    open: (episode: Parameters<typeof base.open>[0]) => {
      const model = base.open(episode);
      return {
        complete(request: ChatRequest, signal?: AbortSignal) {
          const reply = model.complete(request, signal) as ChatReply;
          replies.push(reply);
          return reply;
        },
      };
    },
  };
  const { steps } = await playEpisode({ harness, environment, agent, task, trial: 0, seed });
  const made = steps.flatMap((step) => {
    const reaches = step.kind === 'call' ? step.call.name !== 'done' : step.kind === 'read' && !step.reused;
    return reaches && 'call' in step ? [JSON.stringify([step.call.name, step.call.arguments])] : [];
  });
  return { task, replies, calls: made };
}

const episodes: Episode[] = [];
for (const task of environment.tasks) {
  if (episodes.length === flag('episodes', 3)) break;
  const episode = await record(task, episodes.length);
  // A ticket without an answer of several turns says little about a client.
  if (episode.calls.length >= 3) episodes.push(episode);
}

async function play(agent: string, { task, replies }: Episode, streams: boolean): Promise<string | null> {
  script = [...replies];
  calls = [];
  state = await environment.reset(task);
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: folder,
    BASE_URL: gateway.url,
    TOOLS_URL: toolsUrl,
    SYSTEM: harness.policy,
    REQUEST: task.request,
    STREAM: streams ? '1' : '0',
  };
  const child = spawn('node', [join(folder, agent)], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, error] = ['', ''];
  child.stdout.on('data', (part) => {
    out += String(part);
  });
  child.stderr.on('data', (part) => {
    error += String(part);
  });
  const late = setTimeout(() => child.kill('SIGKILL'), 60_000);
  const code = await new Promise<number | null>((ended) => child.on('close', ended));
  clearTimeout(late);
  if (code !== 0) return /^.*Error.*$/m.exec(error)?.[0] ?? `exit code ${code}`;
  return out.trim() === '' ? 'no text at the end' : null;
}

const agents = readdirSync(join(import.meta.dirname, 'agents'))
  .filter((name) => name !== 'tools.mjs' && name.startsWith(text('only') ?? ''))
  .sort();
const lines: string[][] = [];
const notes: string[] = [];
for (const agent of agents) {
  const row: string[] = [];
  for (const streams of [false, true]) {
    let equal = 0;
    for (const episode of episodes) {
      const problem = await play(agent, episode, streams);
      const same = JSON.stringify([...calls].sort()) === JSON.stringify([...episode.calls].sort());
      if (problem === null && same) equal += 1;
      else notes.push(`${agent}${streams ? ', streamed' : ''}, ${episode.task.id}: ${problem ?? 'other calls'}`);
    }
    row.push(`${equal} of ${episodes.length}`);
  }
  const [about = ''] = readFileSync(join(import.meta.dirname, 'agents', agent), 'utf8').split('\n');
  lines.push([about.replace(/^\/\*\* | \*\/$/g, '').replace(/\.$/, ''), basename(agent, '.mjs'), ...row]);
}
await gateway.close();
for (const server of [endpoint, toolServer]) {
  server.closeAllConnections();
  server.close();
}
repository.remove();
printTable(['client', 'agent', 'whole', 'streamed'], lines);
for (const note of notes) process.stdout.write(`${note}\n`);
process.exitCode = notes.length === 0 ? 0 : 1;
