/** Asks the harness's monitors about an occasion; cooldown and cap are kept per episode. */
import type { Monitor, MonitorKind } from '../../harness/schema.ts';
import { budgetLeft } from './budget-left.ts';
import { consecutiveFailures } from './consecutive-failures.ts';
import { duplicateCall } from './duplicate-call.ts';
import type { Detector, Occasion } from './occasion.ts';
import { prematureFinish } from './premature-finish.ts';
import { textOnly } from './text-only.ts';

const DETECTORS: Readonly<Record<MonitorKind, Detector>> = {
  duplicate_call: duplicateCall,
  consecutive_failures: consecutiveFailures,
  text_only: textOnly,
  premature_finish: prematureFinish,
  budget_left: budgetLeft,
};

interface Firings {
  readonly times: number;
  /** Model turn of the last firing. */
  readonly last: number;
}

export interface Watch {
  /** The monitors that fire now, in the order of the harness. */
  fire(occasion: Occasion): readonly Monitor[];
}

/** `cooldown: 1` allows the next turn, 2 the one after; 0 and 1 differ only within a turn. */
export function openWatch(monitors: readonly Monitor[]): Watch {
  const firings = new Map<string, Firings>();
  return {
    fire: (occasion) =>
      monitors.filter((monitor) => {
        const before = firings.get(monitor.id);
        if (before !== undefined) {
          if (before.times >= monitor.cap || occasion.turn - before.last < monitor.cooldown) return false;
        }
        if (!DETECTORS[monitor.kind](monitor, occasion)) return false;
        firings.set(monitor.id, { times: (before?.times ?? 0) + 1, last: occasion.turn });
        return true;
      }),
  };
}
