/** Fires when `threshold` replies in a row contained no call. */
import type { Detector } from './occasion.ts';

export const textOnly: Detector = (monitor, occasion) => !occasion.finishing && occasion.textOnly >= monitor.threshold;
