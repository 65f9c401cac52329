/**
 * Fires when the agent calls `done` and nothing has been changed; `threshold` is not used, `cap`
 * bounds it.
 */
import type { Detector } from './occasion.ts';

export const prematureFinish: Detector = (_monitor, occasion) => occasion.finishing && occasion.writes === 0;
