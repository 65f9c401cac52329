/** `harness-optimizer/runtime`: the machine without I/O, its drivers, and `drive` for others. */
export { toolAnswers } from './answers.ts';
export { type Answer, type Ask, type AskedCall, type Asking, type CallResult, drive, type ModelFault } from './ask.ts';
export { admitCall } from './calls.ts';
export { type Compiled, compileHarness, NO_HARNESS, type Surface } from './compile.ts';
export { type ConversationStart, type OpenConversation, openConversation } from './conversation.ts';
export { type EpisodeResult, episode, type Fault } from './episode.ts';
export { type Followed, type FollowedCall, follow } from './follow.ts';
export { type HandledCall, handleCall } from './handle.ts';
export { type EpisodeOptions, playEpisode } from './play.ts';
export type { HeardCall } from './protocol.ts';
export { type Departure, type Replayed, replayEpisode } from './replay.ts';
export { openSession, type Session } from './session.ts';
