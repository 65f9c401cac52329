/** The tool that ends an episode; the runtime adds it to the environment's tools. */
import type { Environment, Tool } from '../types.ts';
import { NEUTRAL } from '../vocabulary.ts';

export const DONE = 'done';

/** Read-only because it changes no state; `prepare` cannot call it, as the environment lacks it. */
const doneTool = (user: string): Tool => ({
  name: DONE,
  description: `End the work on this request; summary is the final message to the ${user}, in one or two sentences.`,
  parameters: {
    type: 'object',
    properties: { summary: { type: 'string', description: 'What was done, or why it could not be done.' } },
    required: ['summary'],
  },
  readOnly: true,
});

type Ended = Pick<Environment, 'tools' | 'vocabulary' | 'answer'>;

const cache = new WeakMap<Ended, readonly Tool[]>();

/** The environment's tools, and `done` where it ends an episode; cached per environment. */
export function toolsOf(environment: Ended): readonly Tool[] {
  if (environment.answer !== undefined && environment.answer.kind !== 'tool') return environment.tools;
  let tools = cache.get(environment);
  if (tools === undefined) {
    tools = [...environment.tools, doneTool((environment.vocabulary ?? NEUTRAL).user)];
    cache.set(environment, tools);
  }
  return tools;
}
