/**
 * What else runs on the machine: a second night, dead owners of a lock, an editor, and endpoints
 * that do not answer.
 */
import { spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pidSpace } from '../../src/ledger/git/process.ts';
import {
  decisionsOf,
  git,
  leftoversOf,
  type Outcome,
  optimize,
  read,
  refsOf,
  runsOf,
  shopRepository,
  summaryOf,
  write,
} from './cli.ts';
import { expectRefusal, NIGHT, refuse } from './refusal.ts';

const listen = async (server: Server): Promise<string> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
};
const at = (url: string): string => `${NIGHT} --model openai:fake --base-url ${url}`;

/**
 * Takes connections and says nothing; asked first, so that its time-out passes beside the other
 * tests.
 */
const silent = createTcpServer(() => {});
let unanswered: Promise<Outcome>;
beforeAll(async () => {
  unanswered = optimize(await shopRepository(), at(await listen(silent)));
});
afterAll(() => void silent.close());

describe.concurrent('other processes', () => {
  it('a second night at the same time is refused, and the first one is not disturbed', async () => {
    const dir = await shopRepository();
    let second: Promise<Outcome> | undefined;
    const first = await optimize(dir, `${NIGHT} --json`, {
      onLine(_, kill) {
        if (second !== undefined) return;
        kill('SIGSTOP');
        second = optimize(dir, NIGHT).finally(() => kill('SIGCONT'));
      },
    });
    expectRefusal(
      await (second as Promise<Outcome>),
      2,
      /my-shop is being worked on by process \d+ on this machine.*wait for it, or stop it: kill \d+/,
    );
    expect([0, 3]).toContain(first.code);
    expect(summaryOf(first).run).toBe('my-shop-0001');
    expect([runsOf(dir), leftoversOf(dir)]).toEqual([['my-shop-0001'], []]);
  });

  it('the lock of a dead process is taken over, that of another machine is not', async () => {
    const dir = await shopRepository();
    const { pid } = spawnSync('true');
    const lockOf = (host: string) =>
      `${JSON.stringify({ host, pid, started: null, nonce: 'a1', time: '2026-01-01T00:00:00.000Z' })}\n`;
    write(dir, { '.git/optimize/my-shop.lock': lockOf('elsewhere') });
    await refuse(dir, NIGHT, 2, /container \(elsewhere\).*remove .*my-shop\.lock/);
    write(dir, { '.git/optimize/my-shop.lock': lockOf(pidSpace()) });
    expect([0, 3]).toContain((await optimize(dir, NIGHT)).code);
    expect(leftoversOf(dir)).toEqual([]);
  });

  it('a harness that is edited during a night: it finishes, and the next one stops until it is adopted', async () => {
    const dir = await shopRepository();
    const path = 'harness/my-shop/policy.md';
    const night = await optimize(dir, `${NIGHT} --json`, {
      onLine(line) {
        if (line.startsWith('{"type":"learned"')) write(dir, { [path]: `${read(dir, path)}Be kind.\n` });
      },
    });
    expect([0, 3]).toContain(night.code);
    expect(decisionsOf(dir, 'my-shop').map(({ kind }) => kind)).not.toContain('external');
    expect(git(dir, 'show', `optimize/my-shop:${path}`)).not.toContain('Be kind.');
    const stopped = await optimize(dir, NIGHT);
    expect([stopped.code, stopped.stderr]).toEqual([2, expect.stringMatching(/optimize adopt[\s\S]*\+Be kind\./)]);
    expect((await optimize(dir, 'adopt --env my-shop')).code).toBe(0);
    expect((await optimize(dir, NIGHT)).code).not.toBe(2);
    expect(decisionsOf(dir, 'my-shop').filter(({ kind }) => kind === 'external')).toHaveLength(1);
    expect(git(dir, 'show', `optimize/my-shop:${path}`)).toContain('Be kind.');
    expect(git(dir, 'status', '--porcelain').trim()).toBe(`M ${path}`);
    expect((await optimize(dir, 'verify')).code).toBe(0);
  });
});

describe.concurrent('endpoints', () => {
  it('nothing listens', async () => {
    const dir = await shopRepository();
    const server = createTcpServer();
    const url = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    await refuse(
      dir,
      at(url),
      1,
      /no answer from http:\/\/127\.0\.0\.1:\d+\/v1 \(.*ECONNREFUSED.*\); check the address/,
    );
  });

  it.each([
    ['at once', () => true],
    ['at the first question', (path: string) => path.endsWith('/chat/completions')],
  ])('the key is refused %s', async (_, refused) => {
    const dir = await shopRepository();
    const server = createServer((request, response) => {
      const status = refused(request.url ?? '') ? 401 : 200;
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify(status === 200 ? { data: [] } : { error: { message: 'Incorrect API key provided' } }),
      );
    });
    const { code, stderr } = await optimize(dir, at(await listen(server)), { env: { OPENAI_API_KEY: 'sk-wrong' } });
    server.close();
    expect(stderr).toMatch(/refused the key \(HTTP 401.*\); set OPENAI_API_KEY/);
    expect(stderr).not.toContain('sk-wrong');
    expect(code).toBe(2);
    expect(refsOf(dir)).not.toContain('optimize/my-shop');
    expect(leftoversOf(dir)).toEqual([]);
  });

  it('something listens and never answers', async () => {
    expectRefusal(
      await unanswered,
      1,
      /no answer from http:\/\/127\.0\.0\.1:\d+\/v1 \(.*\); check the address and that the server runs/,
    );
  });
});
