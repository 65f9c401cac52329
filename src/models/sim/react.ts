/** Reacts to a refused call: follows the answer, fixes the call, repeats it, or drops it. */
import { type Advice, understand } from './advice.ts';
import type { CallDraft, FaultScene, PlanStep } from './faults/fault.ts';
import { INSTRUCTION } from './lexicon.ts';
import type { Locus } from './profiles.ts';
import { concerns } from './prompt.ts';
import type { Sentence } from './sentence.ts';

/** Place of refusing words; an answer that says what to do is followed most readily. */
export function locusOf(sentence: Sentence, called: string): Locus {
  return INSTRUCTION.test(sentence.text) || sentence.named.some((name) => name !== called) ? 'block' : 'result';
}

/** Learns what the words say, with a draw per piece; true if something was learned. */
export function heed(
  words: string,
  scene: FaultScene,
  key: string,
  called: string | undefined,
  place?: Locus,
): boolean {
  const { mind, index } = scene;
  let heeded = false;
  for (const { sentence, advice: said } of understand(words, index, called)) {
    const locus = place ?? locusOf(sentence, called ?? '');
    for (const advice of said) {
      if (!mind.obeys(locus, advice.fault, key)) continue;
      mind.learn(advice);
      heeded = true;
    }
  }
  return heeded;
}

/** Changes steps and mind after a refused call; the step is retried unless `dropped`. */
export function reactToRefusal(
  words: string,
  draft: CallDraft,
  step: PlanStep,
  steps: readonly PlanStep[],
  scene: FaultScene,
): void {
  const { mind, profile, index } = scene;
  step.tries++;
  const key = `${step.key}#${step.tries}`;
  if (step.tries >= profile.tries) {
    step.state = 'dropped';
    return;
  }

  let changed = false;
  for (const { sentence, advice: said } of understand(words, index, draft.name)) {
    const locus = locusOf(sentence, draft.name);
    for (const advice of said) {
      if (!mind.obeys(locus, advice.fault, key)) continue;
      changed = take(advice, draft, step, scene) || changed;
    }
    for (const name of sentence.named) changed = follow(name, sentence, draft, step, steps, scene, key) || changed;
  }
  const asksForOptions =
    /\b(?:options?|propert(?:y|ies)|which one|describe)\b/i.test(words) && mind.obeys('block', 'options', key);
  if (asksForOptions) changed = nameInFull(draft, step, steps, scene) || changed;
  if (changed) return;

  const mend = mind.draw('mend', key) < profile.selfCorrection;
  if (mend && mendAlone(draft, step, steps, scene)) return;
  if (!mind.strikes('loop', key, { tool: draft.name })) {
    // A warned agent tries another way once more before it drops the call.
    const warned =
      mind.draw('second thought', key) < scene.prompt().pull('loop', {}, profile).cure * profile.selfCorrection;
    if (!(warned && mendAlone(draft, step, steps, scene))) step.state = 'dropped';
  }
}

/** Learns one piece of advice; true if it changes the call. */
function take(advice: Advice, draft: CallDraft, step: PlanStep, { mind, index }: FaultScene): boolean {
  if (advice.fault === 'wrong_state') {
    // A statement about the called tool reveals a wrong choice, or else misleads.
    const wrong = draft.mistakes.some((mistake) => mistake.fault === 'wrong_state');
    if (wrong) mind.overcome('wrong_state', step.key);
    else if (advice.polarity === -1) mind.learn(advice);
    return wrong || advice.polarity === -1;
  }
  mind.learn(advice);
  if (advice.fault === 'loop') return false;
  return draft.mistakes.some((mistake) => {
    const about = mistake.fault === advice.fault || (mistake.fault === 'invented_id' && advice.fault === 'name_for_id');
    const topic = { tool: step.call.name, ...(mistake.argument ? { argument: mistake.argument } : {}) };
    return about && concerns(advice, topic, index.lexicon);
  });
}

/** Does what an answer names: the read first, or the other tool. */
function follow(
  name: string,
  sentence: Sentence,
  draft: CallDraft,
  step: PlanStep,
  steps: readonly PlanStep[],
  scene: FaultScene,
  key: string,
): boolean {
  const { mind, index } = scene;
  if (name === draft.name || name === 'done') return false;
  const negated = new RegExp(`\\b(?:not|never|don't|no)\\b(?:\\s+\\S+){0,3}\\s+\\W?${name.toLowerCase()}`).test(
    sentence.text,
  );
  if (negated || !mind.obeys('block', name, key)) return false;
  if (index.get(name)?.readOnly) return revive(steps, step, name);
  if (name === step.call.name) {
    mind.overcome('wrong_state', step.key);
    delete step.instead;
    return true;
  }
  step.instead = name;
  return true;
}

/** Restores skipped reads before the step; with a name only those of that tool. */
function revive(steps: readonly PlanStep[], step: PlanStep, name?: string): boolean {
  const ahead = steps
    .slice(0, steps.indexOf(step))
    .filter((other) => other.reads && (other.state === 'skipped' || other.state === 'dropped'));
  const wanted = name === undefined ? ahead : ahead.filter((other) => other.call.name === name);
  for (const read of wanted) {
    read.state = 'todo';
    read.tries = 0;
  }
  return wanted.length > 0;
}

/** Fixes the first mistake without help; skipped reads come first. */
function mendAlone(draft: CallDraft, step: PlanStep, steps: readonly PlanStep[], scene: FaultScene): boolean {
  if (draft.mistakes.some(({ fault }) => fault === 'invented_id' || fault === 'name_for_id') && revive(steps, step))
    return true;
  const mistake = draft.mistakes.find(({ fault }) => fault !== 'reasoning' && fault !== 'invented_id');
  if (!mistake) return revive(steps, step);
  scene.mind.overcome(mistake.fault, keyOf(mistake.fault, mistake.argument, draft, step));
  return true;
}

/** The key of the fault's draw. */
function keyOf(fault: string, argument: string | undefined, draft: CallDraft, step: PlanStep): string | undefined {
  if (fault === 'wrong_name') return argument === undefined ? `${step.call.name}.tool` : step.call.name;
  if (fault === 'wrong_type') return `${draft.name}.${argument}`;
  if (fault === 'name_for_id') return `${step.key}.${argument}`;
  return fault === 'wrong_state' ? step.key : undefined;
}

/** Names options in full; the second time it reads what it skipped and sends the id. */
function nameInFull(draft: CallDraft, step: PlanStep, steps: readonly PlanStep[], { mind }: FaultScene): boolean {
  const named = draft.mistakes.filter((mistake) => mistake.fault === 'name_for_id');
  if (named.length === 0) return false;
  const keys = named.flatMap(({ argument }) =>
    Array.from({ length: 8 }, (_, place) => `${step.key}.${argument}.${place}.options`),
  );
  if (!keys.every((key) => mind.knows('name_for_id', key))) {
    for (const key of keys) mind.overcome('name_for_id', key);
    return true;
  }
  for (const { argument } of named) mind.overcome('name_for_id', `${step.key}.${argument}`);
  revive(steps, step);
  return true;
}
