/** Errors of reasoning: another visible value than the right one. No text fixes them. */
import type { Json } from '../../../types.ts';
import { type CallDraft, type FaultScene, type PlanStep, takesKey } from './fault.ts';
import { choicesOf } from './wrong-state.ts';

/** Once per write: an argument gets another value of its shape, or loses a part of its words. */
export function reasonBadly(draft: CallDraft, step: PlanStep, scene: FaultScene): CallDraft {
  const { mind, view, index } = scene;
  if (step.reads || !mind.strikes('reasoning', step.key, { tool: draft.name })) return draft;
  const names = Object.keys(draft.arguments);
  const start = Math.floor(mind.draw('which argument', step.key) * names.length);
  const order = [...names.slice(start), ...names.slice(0, start)].sort(
    (a, b) => Number(takesKey(b)) - Number(takesKey(a)),
  );
  const choose = <T>(items: readonly T[]): T | undefined =>
    items[Math.floor(mind.draw('which value', step.key) * items.length)];

  for (const argument of order) {
    const value = draft.arguments[argument] as Json;
    const list = Array.isArray(value) ? value : [value];
    const text = list[list.length - 1];
    if (typeof text !== 'string') continue;
    const facts = index.get(draft.name);
    const choices = facts ? choicesOf(facts, argument).filter((choice) => choice !== text && view.sees(choice)) : [];
    const wrong =
      choose(view.alike(text).filter((other) => !list.includes(other))) ?? choose(choices) ?? withoutLastPart(text);
    if (wrong === undefined) continue;
    const changed = Array.isArray(value) ? [...value.slice(0, -1), wrong] : wrong;
    return {
      ...draft,
      arguments: { ...draft.arguments, [argument]: changed },
      mistakes: [...draft.mistakes, { fault: 'reasoning', argument }],
    };
  }
  return draft;
}

/** `Notebook, A6, soft cover` -> `Notebook, A6`; undefined when there is only one part. */
function withoutLastPart(words: string): string | undefined {
  const cut = words.lastIndexOf(', ');
  return cut > 0 ? words.slice(0, cut) : undefined;
}
