/** `optimize doctor`: what an endpoint can do, and the settings to use with it. */

import { z } from 'zod';
import { UsageError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { openRepository } from '../ledger/git/git.ts';
import { examine } from '../models/doctor.ts';
import { openaiAgent } from '../models/openai.ts';
import { chooseModel } from '../open/model.ts';
import { command } from './command.ts';
import { endpoint, json, text } from './options.ts';
import { say, sayJson } from './output.ts';

/** Most concurrent calls of the examination. */
const AT_ONCE = 4;

export const doctor = command({
  name: 'doctor',
  summary: 'what an endpoint can do, in at most 9 calls, and the settings to use with it',
  options: z.object({
    model: text('<spec>', 'openai:NAME, or a name from models.yaml'),
    ...endpoint,
    ...json,
  }),
  example: 'doctor --model openai:NAME --base-url http://127.0.0.1:8080/v1',
  async run(flags) {
    const { root } = await openRepository(process.cwd());
    const choice = chooseModel(flags, root);
    if (choice.kind === 'sim')
      throw new UsageError('the simulated agent needs no doctor; name an endpoint: --model openai:NAME --base-url URL');
    const agent = await openaiAgent({ ...choice.settings, concurrency: AT_ONCE });
    const episode = {
      task: { id: 'doctor', split: 'train' as const, tags: [], request: '', target: null },
      tools: [],
      seed: 1,
    };
    const found = await examine(agent.open(episode), () => performance.now());
    if (flags.json) {
      sayJson({ type: 'doctor', agent: agent.id, ...found });
      return found.protocol === null ? EXIT.internal : EXIT.ok;
    }
    for (const { check, passed, detail } of found.findings)
      say(`${passed ? 'yes' : 'no '}  ${check.padEnd(15)} ${detail}`);
    say('');
    if (found.protocol === null)
      say('No way of calling tools works with this model: use another one, or a template that fits it.');
    else
      say(
        [
          `${found.calls} calls. Settings to use:`,
          '',
          '    # models.yaml',
          '    version: 1',
          '    models:',
          `      ${nameOf(choice.settings.model)}:`,
          `        model: ${JSON.stringify(choice.settings.model)}`,
          ...(choice.settings.baseUrl === undefined ? [] : [`        base_url: ${choice.settings.baseUrl}`]),
          `        concurrency: ${found.concurrency}`,
          ...(found.protocol === 'text' ? ['        protocol: text'] : []),
        ].join('\n'),
      );
    return found.protocol === null ? EXIT.internal : EXIT.ok;
  },
});

/** A name that models.yaml takes. */
const nameOf = (model: string): string =>
  model
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '') || 'model';
