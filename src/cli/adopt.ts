/** `optimize adopt`: takes over what a person changed by hand, as decisions. */
import { z } from 'zod';
import { EXIT } from '../exit-codes.ts';
import { adopt as adoptChanges } from '../ledger/acts/adopt.ts';
import { stepOf } from '../ledger/acts/step.ts';
import { type Decision, titleOf } from '../ledger/kinds/index.ts';
import { openWorkTree } from '../open/harness.ts';
import { readPolicy } from '../policy/policy.ts';
import { shownParts } from '../report/shown.ts';
import { command } from './command.ts';
import { data, fdr, json, text } from './options.ts';
import { say, sayJson } from './output.ts';
import { openPlace } from './play.ts';

export const adopt = command({
  name: 'adopt',
  summary: 'take over what a person changed by hand, in the harness, the policy or the tasks, as decisions',
  options: z.object({ env: text('<name>', 'environment'), ...data, ...fdr, ...json }),
  example: 'adopt --env retail',
  async run(flags) {
    const { repository, root, environment } = await openPlace(flags);
    const env = environment.name;
    const adopted = await adoptChanges(
      repository,
      { environment, policy: readPolicy(root, env, flags), workTree: (await openWorkTree(repository, env)).files },
      stepOf('adopt', repository),
    );
    if (flags.json)
      sayJson({
        type: 'adopted',
        env,
        decisions: adopted.map((one) => ({ seq: one.seq, kind: one.kind, limits: limitsOf(one) })),
      });
    else if (adopted.length === 0) say(`nothing to adopt: ${env} is what its decisions lead to`);
    for (const one of flags.json ? [] : adopted)
      say([`decision ${one.seq}: ${one.kind}`, limitsOf(one).join('; ')].filter((part) => part !== '').join(', '));
    return EXIT.ok;
  },
});

/** What a decision gives up; edits by hand first say that no gate tested them. */
function limitsOf(decision: Decision): readonly string[] {
  const { loosens } = shownParts(decision);
  return decision.kind === 'external' ? [titleOf(decision), ...loosens] : loosens;
}
