/** A failure by replies that were cut or empty is a class of its own. */
import { expect, test } from 'vitest';
import type { Step, Task, Trace } from '../types.ts';
import { diagnose } from './diagnose.ts';
import { bareHarness, done, goldOf, played, type Turn, workshop, workshopTasks } from './workshop.fixture.ts';

const task = workshopTasks[0] as Task<'train'>;
const read: Turn = { name: 'get_ticket_details', arguments: { ticket_no: goldOf(task).arguments.ticket_no ?? '' } };

/** The trace with the nth replies cut. */
function cut(trace: Trace<'train'>, ...which: readonly number[]): Trace<'train'> {
  let nth = -1;
  const steps = trace.steps.map((step): Step => {
    if (step.kind !== 'model') return step;
    nth += 1;
    return which.includes(nth) ? { ...step, cut: true } : step;
  });
  return { ...trace, steps };
}

test.each<[string, Trace<'train'>, object]>([
  ['nothing but thoughts', cut(played(task, ['', '']), 0, 1), { pattern: 'cut', failure: 'lost_reply', step: 1 }],
  ['half a sentence at the end', cut(played(task, [read, 'I will now']), 1), { pattern: 'cut', cause: 'reply_limit' }],
  ['most replies, then done', cut(played(task, ['a', 'b', done('ok')]), 0, 1), { pattern: 'cut', step: 1 }],
  ['empty replies', played(task, ['', ' ']), { pattern: 'empty', failure: 'lost_reply' }],
  ['one of many, and it went on', cut(played(task, ['x', read, read, done('ok')]), 0), { pattern: 'claim' }],
  ['words', played(task, ['I cannot.', 'No.']), { pattern: 'gave_up' }],
])('%s', async (_, trace, found) => {
  expect(await diagnose(trace, { task, environment: workshop, harness: bareHarness() })).toMatchObject(found);
});

test('a passed trace has none, although a reply was cut', async () => {
  const trace = cut(played(task, ['x', goldOf(task), done('ok')]), 0);
  const passed = { ...trace, score: { reward: 1, checks: [] } };
  expect(await diagnose(passed, { task, environment: workshop, harness: bareHarness() })).toBeNull();
});
