/** The cap of minutes ends what runs, and says so. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { BudgetError, endedBy, InterruptedError } from '../errors.ts';
import { untilCap } from './budget.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a signal is aborted when the minutes are over, with the cap as its reason', () => {
  const signal = untilCap(new AbortController().signal, { maxMinutes: 2 });
  vi.advanceTimersByTime(119_999);
  expect(signal.aborted).toBe(false);
  vi.advanceTimersByTime(1);
  expect(endedBy(signal)).toBeInstanceOf(BudgetError);
  expect(endedBy(signal).message).toBe('the cap of 2 minutes is reached');
});

test('an interruption before the cap stays one', () => {
  const controller = new AbortController();
  const signal = untilCap(controller.signal, { maxMinutes: 2 });
  controller.abort(new InterruptedError('Ctrl-C'));
  vi.advanceTimersByTime(200_000);
  expect(endedBy(signal)).toBeInstanceOf(InterruptedError);
});

test.each([undefined, Number.POSITIVE_INFINITY, 60_000])('%s minutes are no cap that a timer could end', (minutes) => {
  const controller = new AbortController();
  const caps = minutes === undefined ? {} : { maxMinutes: minutes };
  expect(untilCap(controller.signal, caps)).toBe(controller.signal);
});
