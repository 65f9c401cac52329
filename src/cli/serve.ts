/** `optimize serve`: the harness as an endpoint, in front of any agent. */
import { z } from 'zod';
import { EXIT } from '../exit-codes.ts';
import { serveGateway } from '../gateway/serve.ts';
import { amount } from '../report/terminal.ts';
import { command } from './command.ts';
import { interruptible } from './interruption.ts';
import { choice, flag, json, text, texts, whole } from './options.ts';
import { say, sayJson } from './output.ts';
import { openPlace } from './play.ts';

const options = z.object({
  env: text('<name>', 'environment: built-in, a folder under evals/, or a path to a file'),
  data: text('<dir>', 'folder of data that the environment takes').exactOptional(),
  upstream: text('<url>', 'endpoint that the agent called before, such as https://api.openai.com/v1'),
  harness: text(
    '<ref>',
    'commit, branch, tag, vN or prefix of a harness id; default: the work tree, followed',
  ).exactOptional(),
  mode: choice('<name>', 'what to do', ['enforce', 'shadow']).default('enforce'),
  host: text('<address>', 'address to listen on').default('127.0.0.1'),
  port: whole('<n>', 'port to listen on; 0 takes a free one').default(8787),
  allowHost: texts('<name>', 'further name by which clients may address it').default([]),
  failClosed: flag('refuse a request where a layer has a fault, in place of passing it unchanged'),
  most: whole('<n>', 'conversations in memory', { least: 1 }).default(2000),
  ...json,
});

export const serve = command({
  name: 'serve',
  summary: 'the harness as an endpoint in front of any agent',
  options,
  exits: ['interrupted'],
  example: 'serve --env retail --upstream https://api.openai.com/v1 --mode shadow',
  async run(flags) {
    const { repository, environment } = await openPlace(flags, { unscored: true });
    const warn = (message: string) => void process.stderr.write(`optimize: ${message}\n`);
    const { signal, stop } = interruptible();
    try {
      const gateway = await serveGateway({ ...flags, repository, environment, warn });
      if (flags.json) sayJson({ type: 'listening', url: gateway.url });
      else
        say(
          [
            `${gateway.url}: ${flags.mode === 'shadow' ? 'nothing is changed' : `harness ${gateway.harness} is in force`}, requests go to ${flags.upstream}`,
            `Set your agent's base URL to ${gateway.url}; its key stays as it is. Ctrl-C ends.`,
          ].join('\n'),
        );
      await new Promise<void>((ended) => {
        if (signal.aborted) ended();
        else signal.addEventListener('abort', () => ended(), { once: true });
      });
      const kept = await gateway.close();
      if (flags.json) sayJson({ type: 'summary', env: environment.name, ...kept });
      else say(`${amount(kept.stored, 'conversation')} stored as traces`);
      return EXIT.ok;
    } finally {
      stop();
    }
  },
});
