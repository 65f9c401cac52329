/** Which variables the process of an environment gets. */
import { expect, it } from 'vitest';
import { childVariables } from './variables.ts';

it('gets what is plain, and of the rest only what a person names', () => {
  const plain = { PATH: '/bin', SCORE: '2', SHOP_MODE: 'slow', TZ: 'UTC', SHOP_URL: 'http://127.0.0.1:9' };
  const secret = {
    OPENAI_API_KEY: 'x',
    GITHUB_TOKEN: 'x',
    PGPASSWORD: 'x',
    AWS_SECRET_ACCESS_KEY: 'x',
    DATABASE_URL: 'postgres://h/d',
    CACHE: 'redis://user:pass@host/0',
    SSH_AUTH_SOCK: '/tmp/a',
    NODE_OPTIONS: '--require x',
    OPTIMIZE_SIGNING_KEY: 'x',
    OPTIMIZE_KEYS: '/k',
  };
  expect(childVariables({ ...plain, ...secret })).toEqual(plain);
  expect(childVariables({ ...plain, ...secret, OPTIMIZE_PASS: 'DATABASE_URL, CACHE' })).toEqual({
    ...plain,
    DATABASE_URL: 'postgres://h/d',
    CACHE: 'redis://user:pass@host/0',
  });
  expect(() => childVariables({ OPTIMIZE_PASS: 'OPTIMIZE_SIGNING_KEY' })).toThrow(/belongs to this program/);
});
