/** Fires when `threshold` or fewer model turns are left. */
import type { Detector } from './occasion.ts';

export const budgetLeft: Detector = (monitor, occasion) =>
  !occasion.finishing && occasion.turnsLeft > 0 && occasion.turnsLeft <= monitor.threshold;
