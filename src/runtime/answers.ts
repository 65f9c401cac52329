/** What the play driver answers with: an agent's model, and an environment's tools. */
import { EnvironmentError, InfrastructureError } from '../errors.ts';
import type { Agent, ChatModel, ChatReply, Environment, MaybePromise } from '../types.ts';
import { type Answer, type Ask, type AskedCall, type CallResult, isPromise, type ModelFault } from './ask.ts';
import { withinLimit } from './deadline.ts';

/** Why a model gave no reply; rethrows errors that must stop everything. */
export function faultOf(error: unknown): ModelFault {
  if (!(error instanceof InfrastructureError) || error.fatal || error instanceof EnvironmentError) throw error;
  const { message, final, about } = error;
  if (about === 'length') return { fault: 'too_long', message };
  if (about === 'filter') return { fault: final ? 'filtered' : 'withheld', message };
  return { fault: final ? 'refused' : 'gone', message };
}

export interface ModelAnswerOptions {
  readonly agent: Pick<Agent, 'simulated'>;
  readonly seed: number;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

/** What the agent's model says. A simulated agent answers at once and needs no limit. */
export function modelAnswers(
  model: ChatModel,
  { agent, seed, signal, timeoutMs }: ModelAnswerOptions,
): (ask: Ask & { ask: 'model' }) => MaybePromise<Answer> {
  return ({ request }) => {
    const complete = (inner: AbortSignal | undefined) => model.complete({ ...request, seed }, inner);
    try {
      const reply: MaybePromise<ChatReply> = agent.simulated
        ? complete(signal)
        : withinLimit(async (inner) => complete(inner), timeoutMs, signal);
      return isPromise(reply) ? reply.catch(faultOf) : reply;
    } catch (error) {
      return faultOf(error);
    }
  };
}

/** Runs calls against one state; a successful write also reports the changes. */
export function toolAnswers(
  environment: Environment,
  state: unknown,
  signal?: AbortSignal,
): (calls: readonly AskedCall[]) => MaybePromise<readonly CallResult[]> {
  const isRead = ({ call }: AskedCall) => environment.tools.find(({ name }) => name === call.name)?.readOnly === true;
  const withChanges = (asked: AskedCall, result: CallResult): CallResult =>
    result.error || environment.changes === undefined || isRead(asked)
      ? result
      : { ...result, changes: environment.changes(state) };
  const run = (asked: AskedCall): MaybePromise<CallResult> => {
    const result = environment.execute(state, asked.call, signal);
    return isPromise(result) ? result.then((one) => withChanges(asked, one)) : withChanges(asked, result);
  };
  return (calls) => {
    const results = calls.map(run);
    if (!results.some(isPromise)) return results as readonly CallResult[];
    // All calls end before anything goes on: nothing may run behind the next call.
    return Promise.allSettled(results).then((ended) =>
      ended.map((one) => {
        if (one.status === 'rejected') throw one.reason;
        return one.value;
      }),
    );
  };
}
