/** Lends a model to a proposer: calls are counted, and no text of a held-out task reaches it. */
import { BudgetError, InfrastructureError, InterruptedError } from '../errors.ts';
import type { ChatModel } from '../types.ts';

export interface LentModel {
  readonly model: ChatModel;
  /** Calls so far. */
  readonly calls: number;
  /** True for an error that ends the night, even if a proposer threw it again. */
  ends(error: unknown): boolean;
  /** The model answers only while `run` runs. */
  during<T>(signal: AbortSignal, run: () => Promise<T>): Promise<T>;
}

/** `quotes`: the text holds ten words in a row of a held-out task's request. */
export function lendModel(model: ChatModel, quotes: (text: string) => boolean): LentModel {
  const ending = new Set<unknown>();
  let calls = 0;
  let open: AbortSignal | null = null;
  return {
    get calls() {
      return calls;
    },
    ends: (error) => ending.has(error),
    async during(signal, run) {
      open = signal;
      try {
        return await run();
      } finally {
        open = null;
      }
    },
    model: {
      async complete(request, signal) {
        if (open === null)
          throw new InfrastructureError(
            'this proposer was asked in an earlier round; only use the model during propose()',
            { final: true },
          );
        if (quotes(request.messages.map(({ content }) => content).join('\n')))
          throw new InfrastructureError(
            'the request quotes a held-out task, so the model was not asked; send other words',
            { final: true },
          );
        calls += 1;
        try {
          return await model.complete(request, signal ? AbortSignal.any([signal, open]) : open);
        } catch (error) {
          if (error instanceof BudgetError || error instanceof InterruptedError) ending.add(error);
          if (error instanceof InfrastructureError && error.fatal) ending.add(error);
          throw error;
        }
      },
    },
  };
}
