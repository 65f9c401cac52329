/** Verified tasks over a generated world: quotas per tier, a seed per task, no repetition. */
import { canonicalJson, randomOf, shuffled } from '../../../digest.ts';
import type { Task } from '../../../types.ts';
import { assignSplits } from '../../split.ts';
import type { RetailWorld } from '../store.ts';
import { retailScorer } from '../tasks.ts';
import { draftTicket, type Slot, type TicketDraft, type Tier, taskOf } from './draft.ts';
import { verifyTask } from './verify.ts';

/** Share of each tier, and the share of must-refuse tasks in it: 4.5 % of all tasks. */
const quotas: readonly { readonly tier: Tier; readonly share: number; readonly refused: number }[] = [
  { tier: 'T1', share: 0.45, refused: 0 },
  { tier: 'T2', share: 0.25, refused: 0 },
  { tier: 'T3', share: 0.15, refused: 0 },
  { tier: 'T4', share: 0.1, refused: 0.3 },
  { tier: 'T5', share: 0.05, refused: 0.3 },
];

/** Maximum draws of one task before the world counts as unfit for it. */
const maxDraws = 3000;

function slotsFor(tasks: number, seed: number): Slot[] {
  const random = randomOf('retail-tiers', seed);
  const slots: Slot[] = [];
  let sum = 0;
  for (const { tier, share, refused } of quotas) {
    const before = Math.round(sum * tasks);
    sum += share;
    const count = Math.round(sum * tasks) - before;
    const refusals = Math.floor(count * refused);
    for (let i = 0; i < count; i++) slots.push({ tier, refusal: i < refusals, kind: random() });
  }
  return shuffled(slots, random);
}

/** Two tasks with equal keys ask the same. */
const keyOf = ({ target, request }: TicketDraft): string =>
  target.writes.length > 0 ? canonicalJson(target.writes) : canonicalJson([target.user_id, target.reports, request]);

export interface TaskOptions {
  readonly seed: number;
  readonly tasks: number;
  /** Ids are `<prefix>-0001` and so on; default `g<seed>`. */
  readonly prefix?: string;
}

/**
 * Tasks in random tier order (45 % T1, 25 % T2, 15 % T3, 10 % T4, 5 % T5), split 50/25/25 by stable
 * hash; all passed `verify.ts`. Equal arguments give equal tasks. Throws RangeError when the world
 * is too small.
 */
export function generateTasks(world: RetailWorld, options: TaskOptions): Task[] {
  const { seed, tasks, prefix = `g${seed}` } = options;
  const score = retailScorer(world, 'fixed');
  const seen = new Set<string>();
  const made = slotsFor(tasks, seed).map((slot, index) => {
    const id = `${prefix}-${String(index + 1).padStart(4, '0')}`;
    for (let attempt = 0; attempt < maxDraws; attempt++) {
      const redraw = (): TicketDraft | undefined =>
        draftTicket(world, slot, randomOf('retail-task', seed, index, attempt));
      const draft = redraw();
      if (!draft || seen.has(keyOf(draft))) continue;
      // The scorer remembers a task's goal by its id.
      const task = taskOf(draft, `${id}/${attempt}`);
      if (verifyTask({ world, score, task, target: draft.target, draft }, redraw) !== undefined) continue;
      seen.add(keyOf(draft));
      return taskOf(draft, id);
    }
    throw new RangeError(
      `generateTasks: expected a world with room for ${tasks} tasks, found no further ${slot.tier} task`,
    );
  });
  return assignSplits(made, `retail ${seed}`);
}
