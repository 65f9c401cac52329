/** Fires when the agent calls `done` before any change; `cap` bounds it, `threshold` is unused. */
import type { Detector } from './occasion.ts';

export const prematureFinish: Detector = (_monitor, occasion) => occasion.finishing && occasion.writes === 0;
