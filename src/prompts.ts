/** Prompts are Markdown files under `prompts/`, with `{{name}}` as placeholder. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

// One folder up from both src/ and dist/.
const FOLDER = join(import.meta.dirname, '../prompts');

/** Folder and file, without `.md`. */
export type PromptName = `reflect/${'system' | 'rule' | 'skill' | 'monitor' | 'line'}` | `judge/${'system' | 'pair'}`;

const texts = new Map<PromptName, string>();

/** The text of a prompt. Throws TypeError for a placeholder without a value. */
export function promptText(name: PromptName, values: Readonly<Record<string, string>> = {}): string {
  let text = texts.get(name);
  if (text === undefined) {
    text = readFileSync(join(FOLDER, `${name}.md`), 'utf8').trim();
    texts.set(name, text);
  }
  return text.replace(/\{\{(\w+)\}\}/g, (_, key: string) => {
    const value = values[key];
    if (value === undefined) throw new TypeError(`prompts/${name}.md: nothing is given for {{${key}}}`);
    return value;
  });
}

/** JSON that no text inside can leave: nothing between `<data>` and `</data>` ends it. */
export const asData = (value: unknown): string => JSON.stringify(value).replaceAll('<', '\\u003c');
