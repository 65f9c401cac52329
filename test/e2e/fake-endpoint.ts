/**
 * A small scripted agent behind an OpenAI-compatible endpoint on this machine: it reads what it is
 * sent, and repeats itself.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Message {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly content: string | null;
  readonly tool_calls?: readonly { readonly function: { readonly name: string; readonly arguments: string } }[];
}

interface Completion {
  readonly model: string;
  readonly messages: readonly Message[];
  readonly temperature: number;
  readonly tools?: readonly { readonly function: { readonly name: string } }[];
}

type Call = readonly [name: string, args: Readonly<Record<string, string>>];

export interface FakeEndpoint {
  /** For `--base-url`. */
  readonly url: string;
  readonly requests: readonly Completion[];
  /** Values of the authorization header that came in. */
  readonly keys: ReadonlySet<string>;
  /** Calls that got a whole answer. */
  readonly answered: readonly Completion[];
  /** Told of every call before it is answered; true drops it unanswered. */
  intercept: ((call: number) => boolean) | null;
  /** From now on it is overloaded, and asks to be tried again at once. */
  breakDown(): void;
  close(): void;
}

/** Tokens that every reply says it used: a thousand in, a hundred out. */
const USAGE = { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 };

/**
 * Sends a parcel without looking at its state, leaves the sign of every other parcel away, gives up
 * at an error, and does as it is told when a call is answered with a tool to use instead.
 */
function nextCall(messages: readonly Message[]): Call {
  const request = messages.find(({ role }) => role === 'user')?.content ?? '';
  const [, parcel = '', town = ''] = /parcel (#\d+) has to go to ([A-Z]\w+ [A-Z]\w+)/.exec(request) ?? [];
  const args = { parcel_id: Number(parcel.slice(1)) % 2 === 0 ? parcel.slice(1) : parcel, town };
  const answer = messages.findLast(({ role }) => role === 'tool')?.content;
  if (answer === undefined || answer === null) return ['send_parcel', args];
  const instead = /Call (\w+) with the same arguments/.exec(answer)?.[1];
  return instead === undefined ? ['done', { summary: 'It is on its way.' }] : [instead, args];
}

/** Of two runs in a judge's question the one that changed something. */
function betterOf(question: string): string {
  const [, first = false, second = false] = [...question.matchAll(/<data>\n(.*)\n<\/data>/g)].map(([, run = '']) =>
    /changed parcels/.test(run),
  );
  return first === second ? 'same' : first ? 'first' : 'second';
}

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
};

/** @param port default any free one */
export async function openFakeEndpoint(port = 0): Promise<FakeEndpoint> {
  const requests: Completion[] = [];
  const answered: Completion[] = [];
  const keys = new Set<string>();
  let intercept: FakeEndpoint['intercept'] = null;
  let broken = false;

  async function reply(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Careless servers repeat the key, in errors and in replies.
    const key = request.headers.authorization ?? '';
    keys.add(key);
    if (broken)
      return void response.writeHead(503, { 'retry-after-ms': '1' }).end(`{"error":{"message":"overloaded, ${key}"}}`);
    const send = (body: object) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    if (request.url?.endsWith('/models')) return send({ object: 'list', data: [{ id: 'fake', object: 'model' }] });
    const asked = JSON.parse(await bodyOf(request)) as Completion;
    requests.push(asked);
    if (intercept?.(requests.length)) return void response.destroy();
    answered.push(asked);
    const told = asked.messages[0]?.content ?? '';
    if (told.startsWith('You improve') || told.startsWith('You compare')) {
      const content = told.startsWith('You improve')
        ? '{"say": "Copy the parcel id with its sign, and look at the status of the parcel before it is sent."}'
        : `I say {"better": "${betterOf(asked.messages[1]?.content ?? '')}"}`;
      return send({
        id: 'x',
        object: 'chat.completion',
        model: 'fake-served',
        choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
        usage: USAGE,
      });
    }
    const [name, args] = nextCall(asked.messages);
    const call = {
      id: `c${asked.messages.length}`,
      type: 'function',
      function: { name, arguments: JSON.stringify(args) },
    };
    const message = { role: 'assistant', content: `Called with ${key}.`, tool_calls: [call] };
    send({
      id: 'x',
      object: 'chat.completion',
      model: 'fake-served',
      choices: [{ index: 0, message, finish_reason: 'tool_calls' }],
      usage: USAGE,
    });
  }

  const server = createServer((request, response) => void reply(request, response).catch(() => response.destroy()));
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    answered,
    keys,
    get intercept() {
      return intercept;
    },
    set intercept(told) {
      intercept = told;
    },
    breakDown: () => {
      broken = true;
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
