/** Plays one oracle plan through the faults of a profile, turn by turn. */
import type { ChatMessage, ChatReply, ChatRequest, Episode, Plan, ToolCall } from '../../types.ts';
import { openMind, type Strike } from './draws.ts';
import { claimText, GIVING_UP, honestText, summarise, unaskedWrite } from './faults/ending.ts';
import type { CallDraft, FaultScene, PlanStep } from './faults/fault.ts';
import { writeValues } from './faults/identifiers.ts';
import { reasonBadly } from './faults/reasoning.ts';
import { flattenTypes, renameSomething } from './faults/schema.ts';
import { schedule } from './faults/sequence.ts';
import { fitCall, mistakeState } from './faults/wrong-state.ts';
import type { Profile } from './profiles.ts';
import { type Prompt, readPrompt } from './prompt.ts';
import { heed, reactToRefusal } from './react.ts';
import { callReply, textReply } from './reply.ts';
import { indexTools } from './sentence.ts';
import { openView } from './view.ts';

/** Replies after which the agent ends the episode, so that it terminates. */
const MOST_TURNS = 40;

type Act =
  | { readonly kind: 'call'; readonly draft: CallDraft; readonly step?: PlanStep }
  | { readonly kind: 'done'; readonly summary: string }
  | { readonly kind: 'words'; readonly text: string };

/** A function from request to reply that remembers its episode; only here the plan enters. */
export function openPlayer(profile: Profile, episode: Episode, plan: Plan, model: string, report?: Strike) {
  const index = indexTools(episode.tools, episode.vocabulary);
  let prompt: Prompt | undefined;
  let stable: readonly [string, string, ChatRequest['tools']] | undefined;
  const currentPrompt = (): Prompt => prompt as Prompt;
  const view = openView(episode.task.request, (value) => currentPrompt().shows(value));
  const mind = openMind(profile, episode.task.id, episode.seed, currentPrompt, index.lexicon, report);
  const scene: FaultScene = { profile, index, mind, view, mentions: plan.mentions ?? {}, prompt: currentPrompt };

  let steps: PlanStep[] | undefined;
  let last: Act | undefined;
  let turn = 0;
  let asText = 0;
  let ends = 0;
  let wordsOnly = 0;
  let tempted = false;

  const look = (request: ChatRequest): void => {
    const system = firstOf(request.messages, 'system');
    const user = firstOf(request.messages, 'user');
    if (stable && stable[0] === system && stable[1] === user && stable[2] === request.tools) return;
    stable = [system, user, request.tools];
    prompt = readPrompt(request, episode.task.request, index);
  };

  const takeIn = (messages: readonly ChatMessage[], plannedSteps: PlanStep[]): void => {
    const answer = view.observe(messages);
    if (!last || turn === 0) return;
    if (last.kind === 'done') {
      takeRefusedEnd(answer.words, plannedSteps);
      return;
    }
    if (last.kind === 'words' || answer.outcome === 'none') {
      heed(answer.words, scene, `words ${turn}`, undefined, 'hint');
      // An answer to words alone implies that a call is expected.
      if (mind.obeys('hint', 'call', `${turn}`)) {
        mind.overcome('gave_up');
      }
      // Few agents that write calls as text change after being told that no call came.
      if (mind.obeys('result', 'text_call', 'episode') && mind.obeys('result', 'text_call', 'other way'))
        mind.overcome('text_call');
      return;
    }
    const { draft, step } = last;
    if (!step) return;
    if (answer.outcome === 'success') {
      step.state = 'done';
      if (answer.words !== '') heed(answer.words, scene, `note ${turn}`, draft.name, 'hint');
    } else reactToRefusal(answer.words, draft, step, plannedSteps, scene);
  };

  /** After a rejected `done`: returns to missing steps, or repeats it. */
  const takeRefusedEnd = (words: string, plannedSteps: PlanStep[]): void => {
    heed(words, scene, `end ${ends}`, 'done');
    if (!mind.obeys('block', 'missing call', `${ends}`)) return;
    mind.overcome('claim');
    for (const step of plannedSteps) {
      if (step.state !== 'dropped') continue;
      step.state = 'todo';
      step.tries = 0;
    }
  };

  const compose = (step: PlanStep): CallDraft => {
    let draft = writeValues(step, scene);
    if (!step.reads) draft = mistakeState(draft, step, scene);
    const other = step.instead === undefined ? undefined : index.get(step.instead);
    if (other) draft = fitCall(draft, other, mind.draw('which choice', step.key), scene) ?? draft;
    draft = reasonBadly(draft, step, scene);
    return renameSomething(flattenTypes(draft, scene), step.key, scene);
  };

  const choose = (plannedSteps: PlanStep[]): Act => {
    const next = plannedSteps.find((step) => step.state === 'todo');
    const untouched = !plannedSteps.some((step) => !step.reads && step.state !== 'todo');
    const writes = plannedSteps.some((step) => !step.reads);
    if (next && turn < MOST_TURNS) {
      if (untouched && writes && (!next.reads || turn === 0)) {
        if (ends === 0 && mind.strikes('claim', 'start')) return { kind: 'done', summary: claimText };
        if (wordsOnly < 3 && mind.strikes('gave_up', 'start')) return { kind: 'words', text: GIVING_UP };
      }
      return { kind: 'call', draft: compose(next), step: next };
    }
    if (!tempted && turn < MOST_TURNS) {
      tempted = true;
      const extra = unaskedWrite(plannedSteps, episode.task.request, scene);
      if (extra) return { kind: 'call', draft: { ...extra, mistakes: [{ fault: 'unasked_write' }] } };
    }
    return { kind: 'done', summary: closing(plannedSteps) };
  };

  const closing = (plannedSteps: readonly PlanStep[]): string => {
    const failed = plannedSteps.some((step) => !step.reads && step.state === 'dropped');
    if (!failed) return summarise(plan.summary, scene);
    // Most agents claim success after a failed write; the draw is separate.
    return mind.draw('claim failed', `${ends}`) < 0.7 ? claimText : honestText;
  };

  const doneCall = (summary: string): ToolCall => ({ name: 'done', arguments: { summary } });

  return (request: ChatRequest): ChatReply => {
    look(request);
    steps ??= schedule(plan, scene);
    takeIn(request.messages, steps);
    const act = choose(steps);
    last = act;
    turn++;
    if (act.kind === 'done') ends++;
    if (act.kind === 'words') {
      wordsOnly++;
      return textReply(request, model, act.text);
    }
    // Without `done` the last words are the answer.
    const callsDone = currentPrompt().textProtocol || request.tools.some(({ name }) => name === 'done');
    if (act.kind === 'done' && !callsDone) return textReply(request, model, act.summary);
    const call = act.kind === 'done' ? doneCall(act.summary) : { name: act.draft.name, arguments: act.draft.arguments };
    if (currentPrompt().textProtocol) return callReply(request, model, call, 'json', `call_${turn}`);
    if (!mind.strikes('text_call', 'episode')) return callReply(request, model, call, 'native', `call_${turn}`);
    asText++;
    if (asText > 2 && mind.draw('degeneration', `${turn}`) < profile.degeneration) return textReply(request, model, '');
    return callReply(request, model, call, 'fenced', `call_${turn}`);
  };
}

const firstOf = (messages: readonly ChatMessage[], role: 'system' | 'user'): string =>
  messages.find((message) => message.role === role)?.content ?? '';
