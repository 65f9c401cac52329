/** Fires when the last `threshold` answers were errors or blocks. */
import { type Detector, inWindow } from './occasion.ts';

export const consecutiveFailures: Detector = (monitor, occasion) => {
  const looked = inWindow(monitor, occasion);
  if (occasion.finishing || looked.at(-1)?.turn !== occasion.turn || looked.length < monitor.threshold) return false;
  return looked.slice(-monitor.threshold).every(({ outcome }) => outcome !== 'ok');
};
