/** Results of tau-bench: one object per conversation, with `traj`, `reward` and `task_id`. */
import { isObject } from '../../digest.ts';
import type { Json, JsonObject } from '../../types.ts';
import { UNKNOWN } from '../stored.ts';
import { conversationOf, saidIn } from './conversation.ts';
import { kindOf, RecordFault, readEach, type TraceFormat } from './format.ts';
import { readMessages, readTools, writeMessages, writeTools } from './messages.ts';
import { known, nameOf, outcomeIn, storedOf, timeOf, usageOf, wholeOf, writeUsage } from './record.ts';

export const tau: TraceFormat = {
  name: 'tau',
  read: (records, context) => ({
    ...readEach(records, ({ value }) => {
      if (!isObject(value)) throw new RecordFault(`expected a result of tau-bench, found ${kindOf(value)}`);
      if (value.traj === undefined)
        throw new RecordFault('expected a result of tau-bench with its messages in traj, found none');
      const { task_id: task, reward, trial, info } = value;
      const told: JsonObject = isObject(info) && isObject(info.import) ? info.import : {};
      const conversation = conversationOf(readMessages(value.traj, 'traj'), readTools(told.tools, context), context);
      return storedOf({
        env: context.env,
        source: 'tau',
        conversation,
        id: nameOf(value.id),
        // What only the simulated person saw is no part of what the agent did.
        record: [task ?? null, trial ?? null, reward ?? null, value.traj as Json],
        task: nameOf(task),
        trial: wholeOf(trial),
        time: timeOf(told.time),
        agent: nameOf(told.agent),
        model: nameOf(told.model),
        harness: nameOf(told.harness),
        outcome: outcomeIn(reward, told.label),
        usage: usageOf(told.usage),
      });
    }),
    warnings: [],
  }),
  write: (traces) =>
    traces.map((trace) => ({
      id: trace.id,
      ...known({ task_id: trace.task, trial: trace.trial, reward: trace.outcome.reward }),
      traj: writeMessages(saidIn(trace)),
      info: {
        import: known({
          time: trace.time,
          agent: trace.agent === UNKNOWN ? null : trace.agent,
          model: trace.model === UNKNOWN ? null : trace.model,
          harness: trace.harness,
          label: trace.outcome.label,
          tools: trace.prompt.tools.length === 0 ? null : writeTools(trace.prompt.tools),
          usage: writeUsage(trace.usage),
        }),
      },
    })),
};
