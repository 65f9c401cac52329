/** Secrets of the night's shell, cut by chance from what an environment says, alter no night. */
import { expect, test } from 'vitest';
import { optimize, read, shopRepository, write } from './cli.ts';

const NIGHT = '--env my-shop --tasks 60 --budget 1';
const ROLLOUTS = 'runs/my-shop-0001/rollouts.jsonl';
const cutting = (value: string) => ({ env: { ACCESS_TOKEN: value, OPTIMIZE_PASS: 'ACCESS_TOKEN' } });
const agrees = [0, expect.stringMatching(/verified at V1, V4/)];

test('verify --rescore in a shell with other variables agrees', async () => {
  const dir = await shopRepository();
  expect((await optimize(dir, NIGHT, cutting('parcels.#'))).code).toBeOneOf([0, 3]);
  const stored = read(dir, ROLLOUTS);
  expect(stored).toContain('[secret]');
  for (const shell of [{}, cutting('call00001')]) {
    const { code, stdout } = await optimize(dir, 'verify --rescore', shell);
    expect([code, stdout]).toEqual(agrees);
  }
  write(dir, { [ROLLOUTS]: stored.replace('waiting', '[secret]') });
  expect((await optimize(dir, 'verify --rescore')).code).toBe(6);
});
