/** A call ends with its answer, its limit, or its caller. */
import { expect, test } from 'vitest';
import { withinLimit } from './deadline.ts';

const never = () => new Promise<never>(() => {});
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test('the answer, the limit and the reason of an abort', async () => {
  expect(await withinLimit(async () => 'here', 60_000, undefined)).toBe('here');
  await expect(withinLimit(never, 1, undefined)).rejects.toThrow('no answer within 0.001 s');
  const controller = new AbortController();
  const call = withinLimit(never, 60_000, controller.signal);
  controller.abort(new Error('enough'));
  await expect(call).rejects.toThrow('enough');
  await expect(withinLimit(never, 60_000, controller.signal)).rejects.toThrow('enough');
});

test('forty calls on one signal are no leak', async () => {
  const warnings: Error[] = [];
  const see = (warning: Error) => warnings.push(warning);
  process.on('warning', see);
  const controller = new AbortController();
  const calls = Array.from({ length: 40 }, () => withinLimit(never, 60_000, controller.signal).catch(() => 'ended'));
  await turn();
  controller.abort(new Error('enough'));
  expect(new Set(await Promise.all(calls))).toEqual(new Set(['ended']));
  await turn();
  process.off('warning', see);
  expect(warnings).toEqual([]);
});
