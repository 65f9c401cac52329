/** Faults against a tool's schema: wrong argument or tool names, a text where a list belongs. */
import { pick } from '../../../digest.ts';
import type { Json } from '../../../types.ts';
import type { Lexicon } from '../lexicon.ts';
import type { CallDraft, FaultScene } from './fault.ts';
import { takesKey } from './fault.ts';

const camelCase = (name: string): string => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** Names that this agent always confuses with an argument: another spelling, another word. */
export function confusedNames(argument: string, taken: readonly string[], { speech }: Lexicon): readonly string[] {
  const stem = argument.replace(/_(?:ids?|keys?|numbers?)$/i, (ending) => (ending.endsWith('s') ? 's' : ''));
  const tail = argument.slice(argument.indexOf('_') + 1);
  const other = speech.confusions[argument] ?? (stem === argument ? tail : stem);
  const usable = [camelCase(argument), other].filter((name) => name !== argument && !taken.includes(name));
  return usable.length > 0 ? usable : [`${argument}_value`];
}

/** A tool's name without its middle words, e.g. `renew_loan` for `renew_overdue_loan`. */
export function confusedTool(name: string): string {
  const words = name.split('_');
  return words.length > 2 ? [words[0], words[words.length - (words.length > 3 ? 2 : 1)]].join('_') : name;
}

/** Renames one argument, or at a tenth of the rate the tool. */
export function renameSomething(draft: CallDraft, key: string, { mind, index }: FaultScene): CallDraft {
  const names = Object.keys(draft.arguments);
  const renamed = confusedTool(draft.name);
  if (!index.has(renamed) && mind.strikes('wrong_name', `${draft.name}.tool`, { tool: draft.name }, 0.1))
    return { ...draft, name: renamed, mistakes: [...draft.mistakes, { fault: 'wrong_name' }] };
  const keys = names.filter(takesKey);
  const choices = keys.length > 0 ? keys : names;
  const argument = choices[Math.floor(mind.draw('which name', key) * choices.length)];
  if (argument === undefined || !mind.strikes('wrong_name', draft.name, { tool: draft.name, argument })) return draft;
  const wrong = pick(confusedNames(argument, names, index.lexicon), () => mind.draw('which confusion', draft.name));
  const renamedArguments = Object.fromEntries(
    names.map((name) => [name === argument ? wrong : name, draft.arguments[name] as Json]),
  );
  return { ...draft, arguments: renamedArguments, mistakes: [...draft.mistakes, { fault: 'wrong_name', argument }] };
}

/** Writes lists as one text (bare, JSON or joined by commas) and numbers as text. */
export function flattenTypes(draft: CallDraft, { mind }: FaultScene): CallDraft {
  const args: Record<string, Json> = { ...draft.arguments };
  const mistakes = [...draft.mistakes];
  for (const [argument, value] of Object.entries(draft.arguments)) {
    const key = `${draft.name}.${argument}`;
    const written = asText(value, () => mind.draw('which type', key) < 0.6);
    if (written === undefined || !mind.strikes('wrong_type', key, { tool: draft.name, argument })) continue;
    args[argument] = written;
    mistakes.push({ fault: 'wrong_type', argument });
  }
  return { ...draft, arguments: args, mistakes };
}

function asText(value: Json, asJson: () => boolean): string | undefined {
  if (typeof value === 'number') return String(value);
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const texts = value.filter((element): element is string => typeof element === 'string');
  if (texts.length < value.length) return undefined;
  return texts.length > 1 && asJson() ? JSON.stringify(texts) : texts.join(', ');
}
