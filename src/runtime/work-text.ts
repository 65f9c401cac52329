/** How to work and how to end, as the runtime says it when the preamble is on. */
import type { AnswerForm } from '../types.ts';

export interface WorkSituation {
  /** What the person who asks is called. */
  readonly user: string;
  readonly answer: AnswerForm;
  readonly hasTools: boolean;
  /** True if somebody answers what the agent says. */
  readonly talks: boolean;
}

function ending({ user, answer }: WorkSituation): string {
  switch (answer.kind) {
    case 'tool':
      return `When the work is finished, or when it cannot be done, call done with a summary for the ${user}.`;
    case 'text':
      return `When the work is finished, or when it cannot be done, answer the ${user} in plain text.`;
    case 'json':
      return `When the work is finished, answer with one JSON value and nothing else. It has to meet this JSON Schema:\n${JSON.stringify(answer.schema)}`;
  }
}

/** Two or three sentences. */
export function workText(situation: WorkSituation): string {
  const { user, hasTools, talks } = situation;
  const how =
    hasTools || situation.answer.kind === 'tool' ? 'Work on the request with the tools.' : 'Work on the request.';
  const who = talks
    ? `The ${user} reads what you write without a call, and answers.`
    : `The request is all that the ${user} says: nobody answers questions.`;
  return `${how} ${who} ${ending(situation)}`;
}
