/** Finds quotations of tasks that no proposer may see. */
import { fileReplies } from '../models/replies.ts';
import { promptText } from '../prompts.ts';
import type { Task } from '../types.ts';
import { wordsIn } from '../words.ts';

/** Words in a row that identify a request; fewer are turns of phrase. */
const WORDS = 10;

function* runsOf(text: string): Generator<string> {
  const words = wordsIn(text);
  for (let at = 0; at + WORDS <= words.length; at++) yield words.slice(at, at + WORDS).join(' ');
}

/** Finds ten words in a row that only a dev or sealed request has: its task's id, or null. */
export function heldOutOf(tasks: readonly Pick<Task, 'id' | 'split' | 'request'>[]): (text: string) => string | null {
  const known = new Set(tasks.filter(({ split }) => split === 'train').flatMap(({ request }) => [...runsOf(request)]));
  const owners = new Map<string, string>();
  for (const { id, split, request } of tasks)
    if (split !== 'train') for (const run of runsOf(request)) if (!known.has(run)) owners.set(run, id);
  return (text) => {
    for (const run of runsOf(text)) {
      const owner = owners.get(run);
      if (owner !== undefined) return owner;
    }
    return null;
  };
}

/** Ids of held-out tasks that recorded questions to the proposer quote. */
export function quotedTasks(path: string, tasks: Parameters<typeof heldOutOf>[0]): string[] {
  const heldOut = heldOutOf(tasks);
  const system = promptText('reflect/system').trim().slice(0, 60);
  const found = new Set<string>();
  for (const { request } of fileReplies(path, { readOnly: true }).calls()) {
    const text = request.messages.map(({ content }) => content).join('\n');
    const task = text.includes(system) ? heldOut(text) : null;
    if (task !== null) found.add(task);
  }
  return [...found];
}
