/** A scripted endpoint: it copies a word into a file, with capitals if it was told to. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Asked {
  readonly body: { readonly messages: readonly { role: string; content: string | null }[] };
  readonly headers: IncomingHttpHeaders;
}

export interface ScriptedEndpoint {
  readonly url: string;
  readonly asked: Asked[];
  close(): void;
}

/** `status` answers every completion with that status. */
export async function openEndpoint({ status = 200 }: { status?: number } = {}): Promise<ScriptedEndpoint> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (part) => {
      text += String(part);
    });
    request.on('end', () => {
      response.setHeader('content-type', 'application/json');
      if (request.method === 'GET') return response.end('{"data":[]}');
      const body = JSON.parse(text) as Asked['body'];
      asked.push({ body, headers: request.headers });
      response.statusCode = status;
      if (status !== 200) return response.end('{"error":{"message":"out of order"}}');
      const [system, user, ...later] = body.messages;
      const folder = /in (\S+) \(/.exec(system?.content ?? '')?.[1];
      const word = /word (\w+)/.exec(user?.content ?? '')?.[1] ?? '';
      const told = body.messages.some(({ content }) => content?.includes('capital letters') === true);
      const call = {
        id: `v-${asked.length}`,
        type: 'function',
        function: {
          name: 'write_file',
          arguments: JSON.stringify({ path: `${folder}/out.txt`, text: told ? word.toUpperCase() : word }),
        },
      };
      const message = later.length === 0 ? { content: null, tool_calls: [call] } : { content: `I wrote ${folder}.` };
      const usage = { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 };
      response.end(
        JSON.stringify({ model: 'm-1', choices: [{ index: 0, message: { role: 'assistant', ...message } }], usage }),
      );
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    asked,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
