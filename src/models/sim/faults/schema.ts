/** Faults against a tool's schema: wrong argument or tool names, a text where a list belongs. */
import type { Json } from '../../../types.ts';
import type { Draft, Scene } from './fault.ts';
import { takesKey } from './fault.ts';

/** The name that this agent confuses an argument with; always the same, as models do. */
export function confusedName(argument: string, taken: readonly string[]): string {
  const stem = argument.replace(/_(?:ids?|keys?|numbers?)$/i, (ending) => (ending.endsWith('s') ? 's' : ''));
  const candidates = [
    argument === 'product_id' ? 'item_id' : argument === 'item_id' ? 'product_id' : stem,
    argument.includes('_') ? argument.slice(argument.indexOf('_') + 1) : `${argument}_value`,
    `the_${argument}`,
  ];
  return candidates.find((name) => name !== argument && !taken.includes(name)) ?? `the_${argument}`;
}

/** A tool's name without its middle words, e.g. `cancel_order` for `cancel_pending_order`. */
export function confusedTool(name: string): string {
  const words = name.split('_');
  return words.length > 2 ? [words[0], words[words.length - (words.length > 3 ? 2 : 1)]].join('_') : name;
}

/** Renames one argument, now and then the tool (a tenth of the rate). */
export function renameSomething(draft: Draft, key: string, { mind, index }: Scene): Draft {
  const names = Object.keys(draft.arguments);
  const renamed = confusedTool(draft.name);
  if (!index.has(renamed) && mind.strikes('wrong_name', `${draft.name}.tool`, { tool: draft.name }, 0.1))
    return { ...draft, name: renamed, mistakes: [...draft.mistakes, { fault: 'wrong_name' }] };
  const keys = names.filter(takesKey);
  const choices = keys.length > 0 ? keys : names;
  const argument = choices[Math.floor(mind.draw('which name', key) * choices.length)];
  if (argument === undefined || !mind.strikes('wrong_name', draft.name, { tool: draft.name, argument })) return draft;
  const wrong = confusedName(argument, names);
  const renamedArguments = Object.fromEntries(
    names.map((name) => [name === argument ? wrong : name, draft.arguments[name] as Json]),
  );
  return { ...draft, arguments: renamedArguments, mistakes: [...draft.mistakes, { fault: 'wrong_name', argument }] };
}

/** Writes lists as one text, and numbers as text. */
export function flattenTypes(draft: Draft, scene: Scene): Draft {
  const args: Record<string, Json> = { ...draft.arguments };
  const mistakes = [...draft.mistakes];
  for (const [argument, value] of Object.entries(draft.arguments)) {
    const flat =
      Array.isArray(value) && value.every((element) => typeof element === 'string') ? value.join(', ') : undefined;
    const written = flat ?? (typeof value === 'number' ? String(value) : undefined);
    if (
      written === undefined ||
      !scene.mind.strikes('wrong_type', `${draft.name}.${argument}`, { tool: draft.name, argument })
    )
      continue;
    args[argument] = written;
    mistakes.push({ fault: 'wrong_type', argument });
  }
  return { ...draft, arguments: args, mistakes };
}
