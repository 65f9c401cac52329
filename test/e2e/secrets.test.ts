/**
 * Keys of the process, said by tools, errors, requests and the endpoint: they reach the endpoint's
 * header and nothing else.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decisionsOf, git, type Outcome, optimize, read, shopRepository, write } from './cli.ts';
import { type FakeEndpoint, openFakeEndpoint } from './fake-endpoint.ts';

/** The second one's variable has a name that says nothing. */
const CANARIES = {
  PARCEL_TOKEN: 'canary-tool-"91c4"\\x',
  WAREHOUSE: 'canary-model-7e20',
  UNUSED_SECRET: 'canary-idle-55a1',
};
/** The key may go to this machine. */
const VARIABLES = {
  ...CANARIES,
  OPTIMIZE_KEY_HOSTS: 'WAREHOUSE=127.0.0.1',
  OPTIMIZE_PASS: Object.keys(CANARIES).join(','),
};

const said = (name: keyof typeof CANARIES): string => `\${process.env.${name}}`;
const leaky = (text: string): string =>
  text
    .replace('There is no parcel', `${said('PARCEL_TOKEN')}: there is no parcel`)
    .replace("town: 'Depot'", `town: 'Depot', note: \`${said('WAREHOUSE')} ${said('PARCEL_TOKEN')}\``)
    .replace('I agree to exactly this.', `I agree to exactly this. My code is ${said('UNUSED_SECRET')}.`)
    .replace('checks: []', `checks: [{ name: 't', passed: false, detail: \`${said('PARCEL_TOKEN')}\` }]`);

describe('a night in which everything repeats the keys', () => {
  let endpoint: FakeEndpoint;
  let dir: string;
  let outcomes: Outcome[];
  beforeAll(async () => {
    endpoint = await openFakeEndpoint();
    dir = await shopRepository();
    const environment = 'evals/my-shop/environment.js';
    write(dir, {
      [environment]: leaky(read(dir, environment)),
      'models.yaml': `version: 1\nmodels:\n  fake:\n    model: fake\n    base_url: ${endpoint.url}\n    key_env: WAREHOUSE\n    retries: 0\n`,
    });
    git(dir, 'add', '-A');
    git(dir, 'commit', '-q', '-m', 'leaky');
    const night = '--env my-shop --tasks 120 --budget 2 --proposer both --model fake';
    outcomes = [await optimize(dir, `${night} --json`, { env: VARIABLES })];
    for (const command of [
      'run --env my-shop --split dev --tasks 2 --model fake',
      'verify',
      'log',
      'replay my-shop-0001',
    ])
      outcomes.push(await optimize(dir, command, { env: VARIABLES }));
    endpoint.breakDown();
    outcomes.push(await optimize(dir, `run --env my-shop --split train --tasks 7 --model fake`, { env: VARIABLES }));
  });
  afterAll(() => endpoint.close());

  it('plays, decides, asks the proposer and fails as it should', () => {
    expect(outcomes.map(({ code }) => code)).toEqual([expect.toBeOneOf([0, 3]), 0, 0, 0, 0, 1]);
    expect(decisionsOf(dir, 'my-shop').length).toBeGreaterThan(0);
    expect(endpoint.requests.some(({ messages }) => messages[0]?.content?.startsWith('You improve'))).toBe(true);
    expect(outcomes.at(-1)?.stderr).toMatch(/no answer from .*503 overloaded, Bearer \[secret\]/);
  });

  it('sends the key of the endpoint in its header', () => {
    expect([...endpoint.keys]).toEqual([`Bearer ${CANARIES.WAREHOUSE}`]);
  });

  /** As they are, and as JSON writes them. */
  const forms = Object.values(CANARIES).flatMap((value) => [value, JSON.stringify(value).slice(1, -1)]);

  it('tells the model none of them', () => {
    const texts = endpoint.requests.flatMap(({ messages }) => messages.map(({ content }) => content ?? ''));
    expect(texts.filter((text) => forms.some((form) => text.includes(form)))).toEqual([]);
    expect(texts.some((text) => text.includes('My code is [secret].'))).toBe(true);
    expect(texts.some((text) => text.includes('[secret]: there is no parcel'))).toBe(true);
  });

  it('prints none of them', () => {
    for (const { stdout, stderr } of outcomes) for (const form of forms) expect(stdout + stderr).not.toContain(form);
  });

  it('writes none of them into a file or an object of git', () => {
    const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const paths = files.map((entry) => join(entry.parentPath, entry.name));
    expect(paths.filter((path) => forms.some((form) => readFileSync(path).includes(form)))).toEqual([]);
    for (const line of git(dir, 'cat-file', '--batch-all-objects', '--batch-check=%(objectname) %(objecttype)').split(
      '\n',
    )) {
      const [name, type] = line.split(' ') as [string, string];
      const text = git(dir, 'cat-file', type === 'tree' ? '-p' : type, name);
      for (const form of forms) expect(text).not.toContain(form);
    }
  });
});
