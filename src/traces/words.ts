/** The words that distinguish two rollouts. */
import type { Trace } from '../types.ts';

/** What an agent said, word for word. */
export const wordsOf = ({ steps }: Trace): string =>
  JSON.stringify(steps.flatMap((step) => (step.kind === 'model' ? [step.content, step.toolCalls] : [])));
