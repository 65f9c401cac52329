/** The prompts of the `reflect` proposer: Markdown files under `prompts/reflect/`, with `{{name}}` for what is filled in. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

// Three folders up from both src/ and dist/.
const FOLDER = join(import.meta.dirname, '../../../prompts/reflect');

export type PromptName = 'system' | 'rule' | 'skill' | 'monitor';

const texts = new Map<PromptName, string>();

/** The text of a prompt. Throws TypeError for a name that is not filled, so that no hole reaches a model. */
export function promptText(name: PromptName, values: Readonly<Record<string, string>> = {}): string {
  let text = texts.get(name);
  if (text === undefined) {
    text = readFileSync(join(FOLDER, `${name}.md`), 'utf8').trim();
    texts.set(name, text);
  }
  return text.replace(/\{\{(\w+)\}\}/g, (_, key: string) => {
    const value = values[key];
    if (value === undefined) throw new TypeError(`prompts/reflect/${name}.md: nothing is given for {{${key}}}`);
    return value;
  });
}
