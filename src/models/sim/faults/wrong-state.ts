/** Chooses the tool for another state of the record, e.g. for an open loan when it is closed. */
import type { Json } from '../../../types.ts';
import type { ToolFacts, ToolIndex } from '../sentence.ts';
import type { CallDraft, FaultScene, PlanStep } from './fault.ts';

/** The tool for another state that shares most arguments; undefined when none can be filled. */
export function sibling(name: string, given: readonly string[], index: ToolIndex): ToolFacts | undefined {
  const own = index.get(name);
  if (!own?.state) return undefined;
  let best: ToolFacts | undefined;
  let most = 0;
  for (const facts of index.values()) {
    if (facts.readOnly || !facts.state || facts.state === own.state) continue;
    if (!facts.required.every((argument) => given.includes(argument) || choicesOf(facts, argument).length > 0))
      continue;
    const shared = facts.arguments.filter((argument) => given.includes(argument)).length;
    if (shared > most) {
      best = facts;
      most = shared;
    }
  }
  return best;
}

/** The fixed choices of an argument: its enum, else what its description puts in quotes. */
export function choicesOf(facts: ToolFacts, argument: string): readonly string[] {
  const properties = facts.tool.parameters.properties as
    | Readonly<Record<string, { enum?: unknown; description?: unknown }>>
    | undefined;
  const schema = properties?.[argument];
  if (Array.isArray(schema?.enum)) return schema.enum.filter((choice): choice is string => typeof choice === 'string');
  const quoted = typeof schema?.description === 'string' ? schema.description.match(/'([a-z][a-z ]+)'/g) : null;
  return quoted && quoted.length > 1 ? quoted.map((text) => text.slice(1, -1)) : [];
}

/** Fits a call to another tool; undefined when an argument cannot be filled. */
export function fitCall(draft: CallDraft, facts: ToolFacts, pickAt: number, scene: FaultScene): CallDraft | undefined {
  const args: Record<string, Json> = {};
  for (const argument of facts.required) {
    const choices = choicesOf(facts, argument).filter((choice) => scene.view.sees(choice));
    const value = draft.arguments[argument] ?? choices[Math.floor(pickAt * choices.length)];
    if (value === undefined) return undefined;
    args[argument] = value;
  }
  return { ...draft, name: facts.name, arguments: args };
}

/** Once per write; half as often when a result already shows the right state. */
export function mistakeState(draft: CallDraft, step: PlanStep, scene: FaultScene): CallDraft {
  const { mind, index, view } = scene;
  const other = sibling(draft.name, Object.keys(draft.arguments), index);
  if (!other) return draft;
  const shown = view.sees(`"status": "${index.get(draft.name)?.state}"`);
  if (!mind.strikes('wrong_state', step.key, { tool: draft.name }, shown ? 0.5 : 1)) return draft;
  const fitted = fitCall(draft, other, mind.draw('which choice', step.key), scene);
  return fitted ? { ...fitted, mistakes: [...draft.mistakes, { fault: 'wrong_state' }] } : draft;
}
