/** Fires when a call of this turn got the same answer before, `threshold` times in all. */
import { callKey } from '../session.ts';
import { type Detector, inWindow } from './occasion.ts';

export const duplicateCall: Detector = (monitor, occasion) => {
  if (occasion.finishing) return false;
  const looked = inWindow(monitor, occasion);
  return looked.some((last) => {
    if (last.turn !== occasion.turn) return false;
    const key = callKey(last.call);
    const equal = looked.filter(({ call, content }) => content === last.content && callKey(call) === key);
    return equal.length >= monitor.threshold;
  });
};
