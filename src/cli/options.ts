/** Kinds of options, how their values are read, and options that commands share. */
import { z } from 'zod';
import { redactorOf } from '../secrets.ts';
import { OPTION_HELP } from './command.ts';

const LIST = new Intl.ListFormat('en', { type: 'disjunction' });

/** `parse` returns undefined for a text that is not `expected`; `shown` quotes it. */
const reader = <T>(
  value: string,
  help: string,
  expected: string,
  parse: (text: string) => T | undefined,
  shown: (text: string) => string = JSON.stringify,
) =>
  z
    .string()
    .transform((text, context) => {
      const read = parse(text);
      if (read !== undefined) return read;
      context.addIssue({ code: 'custom', message: `expected ${expected}, got ${shown(text)}` });
      return z.NEVER;
    })
    .register(OPTION_HELP, { value, help });

const bare = (text: string): string => (/^\S+$/.test(text) ? text : JSON.stringify(text));

/** A switch. */
export const flag = (help: string) => z.boolean().register(OPTION_HELP, { help }).default(false);
export const text = (value: string, help: string) => z.string().register(OPTION_HELP, { value, help });
/** May be given more than once. */
export const texts = (value: string, help: string) =>
  z.array(z.string()).register(OPTION_HELP, { value, help, repeats: true });
/** `a,b` */
export const list = (value: string, help: string) =>
  reader<readonly string[]>(value, help, 'words separated by commas', (text) =>
    text.split(',').filter((part) => part !== ''),
  );

/** A whole number from `least` (0) on; `of` names what it counts. */
export const whole = (value: string, help: string, { least = 0, of = '' } = {}) => {
  const expected = `a whole number${of && ` of ${of}`}, ${least} or more`;
  const parse = (text: string) => {
    const read = numberIn(text);
    return Number.isSafeInteger(read) && read >= least ? read : undefined;
  };
  return reader(value, help, expected, parse, bare);
};

/** A number that `fits`; `expected` describes it. */
export const number = (
  value: string,
  help: string,
  expected = 'a number, 0 or more',
  fits: (value: number) => boolean = (read) => read >= 0,
) => {
  const parse = (text: string) => {
    const read = numberIn(text);
    return Number.isFinite(read) && fits(read) ? read : undefined;
  };
  return reader(value, help, expected, parse, bare);
};

const numberIn = (text: string): number => (text.trim() === '' ? Number.NaN : Number(text));

/** One of `words`; `why` explains why no other is allowed. */
export const choice = <const T extends string>(value: string, help: string, words: readonly T[], why = '') =>
  reader(value, `${help} (${words.join(', ')})`, `${LIST.format(words)}${why && ` (${why})`}`, (text) =>
    words.find((word) => word === text),
  );

/** A person's reason, without secrets of the process. */
export const reason = (help: string) =>
  z
    .string()
    .transform((text) => (redactorOf(process.env) ?? String)(text.trim()))
    .refine((why) => why.length > 0 && why.length <= 500, {
      error: ({ input }) => `expected 1 to 500 characters, got ${String(input).length}`,
    })
    .register(OPTION_HELP, { value: '<text>', help });

export const json = { json: flag('events on stdout, one JSON object per line') };

export const endpoint = { baseUrl: text('<url>', 'OpenAI-compatible endpoint of openai:NAME').exactOptional() };

/** The data folder that some environments need. */
export const data = { data: text('<dir>', 'folder of data, if its nights had one').exactOptional() };

/** Options of every command that plays rollouts. */
export const playing = {
  env: text('<name>', 'environment: built-in, a folder under evals/, or a path to a file'),
  data: text('<dir>', 'folder of data that the environment takes, such as public benchmark files').exactOptional(),
  model: text('<spec>', 'agent: sim:weak|medium|strong, openai:NAME, command:CMD, or a name from models.yaml').default(
    'sim:medium',
  ),
  ...endpoint,
  upstream: text('<url>', 'OpenAI-compatible endpoint that the program of command:CMD reaches').exactOptional(),
  priceIn: number('<usd>', 'US dollars per million input tokens').exactOptional(),
  priceOut: number('<usd>', 'US dollars per million output tokens').exactOptional(),
  maxTokens: whole('<n>', 'longest reply of the model', { of: 'tokens' }).exactOptional(),
  seed: whole('<n>', 'seed of every random choice').default(1),
  concurrency: whole('<n>', 'rollouts at the same time [8 for sim, 1 for a loopback endpoint, else 4]', {
    least: 1,
  }).exactOptional(),
  maxRollouts: whole('<n>', 'hard cap', { of: 'rollouts' }).exactOptional(),
  maxUsd: number('<x>', 'hard cap in US dollars').exactOptional(),
  maxMinutes: number('<n>', 'hard cap, of this try if the night goes on from an earlier one').exactOptional(),
  tasks: whole('<n>', 'use that many tasks: of a night over all splits, of run in its split', {
    least: 1,
    of: 'tasks',
  }).exactOptional(),
  tags: list('<a,b>', 'use tasks with one of these tags').exactOptional(),
  ...json,
};
export type PlayFlags = z.output<z.ZodObject<typeof playing>>;

export const trials = (help = 'trials per task') => whole('<n>', help, { least: 1 }).default(1);

export const fdr = {
  fdr: number(
    '<rate>',
    'hold the share of false releases of a branch below this, by e-LOND',
    'a rate above 0 and up to 0.5',
    (rate) => rate > 0 && rate <= 0.5,
  ).exactOptional(),
};

/** What a measurement plays. */
export const measuring = {
  harness: text('<ref>', 'commit, branch, tag, vN or prefix of a harness id; default: the work tree').exactOptional(),
  unusedBy: text('<run>', 'only tasks that a run here did not select').exactOptional(),
};
const SPLITS = ['train', 'dev', 'sealed', 'all'] as const;
export const split = (fallback: (typeof SPLITS)[number]) => choice('<name>', 'tasks of', SPLITS).default(fallback);
export const unsealed = choice('<name>', 'tasks of', ['train', 'dev'], 'sealed tasks are for releases alone').default(
  'dev',
);

/** Options of every command that asks a ledger. */
export const answering = {
  env: text('<name>', 'environment [the only one with a branch]').exactOptional(),
  ...json,
};
export type LedgerFlags = z.output<z.ZodObject<typeof answering>>;
export const answeringAll = {
  env: text('<name>', 'environment [every one with a branch]').exactOptional(),
  ...json,
};
