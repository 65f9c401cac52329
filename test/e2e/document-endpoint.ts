/**
 * A scripted model for documents: it reads invoices as its instructions say, and as a proposer it
 * reads what was expected in failed runs and puts that into a rule.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Asked {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly response_format?: { readonly json_schema: { readonly schema: { readonly required: readonly string[] } } };
  readonly tools?: unknown;
}

const MONTHS = 'January February March April May June July August September October November December'.split(' ');

/** Fields as they stand in the text; the forms of date and vendor are those that it was told. */
function readInvoice(told: string, text: string): object {
  const [, seller = ''] = /^(?:From: )?([A-Z][\w &.]+ (?:GmbH|Ltd|Inc\.|S\.A\.|LLC))/m.exec(text) ?? [];
  const number = /\b(?:INV|R|A)-\d{4}\b/.exec(text)?.[0] ?? '';
  const [, day = '', month = '', year = ''] = /(\d{1,2}) ([A-Z][a-z]+) (\d{4})/.exec(text) ?? [];
  const [, month2 = month, day2 = day, year2 = year] = /([A-Z][a-z]+) (\d{1,2}), (\d{4})/.exec(text) ?? [];
  const iso = `${year2}-${String(MONTHS.indexOf(month2) + 1).padStart(2, '0')}-${day2.padStart(2, '0')}`;
  const total = Number(/([\d,]+\.\d\d)/.exec(text)?.[1]?.replaceAll(',', '') ?? '0');
  return {
    vendor: /without (?:its|the) legal form/i.test(told) ? seller.replace(/ \S+$/, '') : seller,
    number,
    date: /YYYY-MM-DD/.test(told) ? iso : `${day2} ${month2} ${year2}`,
    total,
  };
}

/** A line for the procedure, after its last one, from the first pair of expected and found. */
function lineFor(question: string): string {
  const [, expected = '', found = ''] = /expected \\"(.*?)\\", found \\"(.*?)\\"/.exec(question) ?? [];
  const text = /^\d{4}-\d\d-\d\d$/.test(expected)
    ? 'Write every date as YYYY-MM-DD.'
    : found.startsWith(`${expected} `)
      ? 'Give the vendor by its name without its legal form.'
      : 'Read it twice.';
  const line = [...question.matchAll(/^"(\d+): /gm)].length;
  return JSON.stringify({ how: 'insert', line, text });
}

export interface DocumentEndpoint {
  readonly url: string;
  readonly asked: readonly Asked[];
  close(): void;
}

export async function openDocumentEndpoint(): Promise<DocumentEndpoint> {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    if (request.url?.endsWith('/models')) {
      response.end(JSON.stringify({ object: 'list', data: [{ id: 'fake', object: 'model' }] }));
      return;
    }
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const one = JSON.parse(body) as Asked;
    asked.push(one);
    const [system, user] = one.messages.map(({ content }) => content);
    const proposing = system?.startsWith('You improve') ?? false;
    const content = proposing ? lineFor(user ?? '') : JSON.stringify(readInvoice(system ?? '', user ?? ''));
    const message = { role: 'assistant', content };
    response.end(
      JSON.stringify({
        id: 'x',
        object: 'chat.completion',
        model: 'fake-served',
        choices: [{ index: 0, message, finish_reason: 'stop' }],
        usage: { prompt_tokens: 500, completion_tokens: 50, total_tokens: 550 },
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    asked,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
