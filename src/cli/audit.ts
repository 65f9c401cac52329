/** `optimize audit`: what the release in force is worth on tasks that decided nothing. */
import { z } from 'zod';
import { audit as auditRelease } from '../compare/audit.ts';
import { EXIT } from '../exit-codes.ts';
import { auditScore } from '../gate/audit.ts';
import { stepOf } from '../ledger/acts/step.ts';
import { labelOf } from '../open/model.ts';
import { readPolicy } from '../policy/policy.ts';
import { command } from './command.ts';
import { playing, trials } from './options.ts';
import { say, sayJson } from './output.ts';
import { openPlace, withStages } from './play.ts';

export const audit = command({
  name: 'audit',
  summary: 'what the release in force is worth on fresh tasks, or on tasks kept for it; the figure to publish',
  options: z.object({ ...playing, trials: trials() }),
  exits: ['regression', 'budget', 'interrupted'],
  example: 'audit --env retail',
  async run(flags) {
    const { repository, root, environment } = await openPlace(flags);
    const env = environment.name;
    const done = await withStages(flags, root, (stageOn) =>
      auditRelease({
        repository,
        environment,
        policy: readPolicy(root, env),
        step: stepOf('audit', repository),
        tags: flags.tags,
        tasks: flags.tasks,
        trials: flags.trials,
        now: Date.now(),
        stageOn,
        onStart({ version, against, panel }, agent) {
          if (flags.json) return;
          const kind = panel.seed === null ? 'tasks that no look plays' : 'fresh tasks';
          say(
            `audit of ${version} on ${panel.tasks.length} ${kind} x ${flags.trials}, against ${against.name}, agent ${labelOf(agent)}`,
          );
        },
      }),
    );
    const { plan, agent, gate, verdict, commit } = done;
    const { effect, low: effectLow, high: effectHigh, decision, reason } = verdict;
    if (flags.json)
      sayJson({
        type: 'audit',
        env,
        agent: agent.id,
        simulated: agent.simulated,
        version: plan.version,
        against: plan.against.name,
        ...auditScore(gate.pairs),
        effect,
        effectLow,
        effectHigh,
        decision,
        reason,
        fresh: plan.panel.seed !== null,
        commit,
      });
    else say(`${reason}: ${verdict.detail}${agent.simulated ? '; SIMULATED' : ''}`);
    return reason === 'regression' ? EXIT.regression : EXIT.ok;
  },
});
