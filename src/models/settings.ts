/** `models.yaml`: a team's models by name, with all settings of a call except the key. */
import { join } from 'node:path';
import { z } from 'zod';
import { UsageError } from '../errors.ts';
import { readPlain } from '../files.ts';
import { readAs, readYaml } from '../harness/yaml-document.ts';
import { isOwnVariable } from './key-hosts.ts';

export { isLoopback } from './key-hosts.ts';

/** Name of the file at the top of the repository. */
export const MODELS_FILE = 'models.yaml';

const amount = z.number().min(0).max(10_000);

/** US dollars per million tokens, and the source. */
export const PriceEntry = z.strictObject({
  input: amount,
  output: amount,
  /** Input tokens from a prefix cache. @default `input` */
  cached: amount.optional(),
  /** Date and place of the lookup. */
  date: z.iso.date(),
  source: z.string().min(1).max(300),
});
export type PriceEntry = z.infer<typeof PriceEntry>;

export const ModelEntry = z.strictObject({
  /** Name of the model at the endpoint. */
  model: z.string().min(1),
  base_url: z.url({ protocol: /^https?$/ }).optional(),
  /** Environment variable that holds the key; the key itself is never in a file. */
  key_env: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected the name of an environment variable, such as OPENAI_API_KEY')
    .refine((name) => !isOwnVariable(name), "expected the variable of an endpoint's key; OPTIMIZE_* is never sent")
    .default('OPENAI_API_KEY'),
  /** `text`: a model without native calls, in every harness; `native`: the harness decides. */
  protocol: z.enum(['native', 'text']).default('native'),
  temperature: z.number().min(0).max(2).default(0),
  /** Maximum tokens of a reply. */
  max_tokens: z.int().min(1).max(200_000).default(768),
  /** Tokens of request and reply; older tool results are shortened to fit. Default: no limit. */
  context: z.int().min(512).optional(),
  /** Maximum seconds per reply. */
  timeout_s: z.number().gt(0).max(3600).default(300),
  /** Retries after no answer, or an answer that asks to come back. */
  retries: z.int().min(0).max(20).default(4),
  /** Concurrent calls. Default: 1 for an endpoint on this machine, else 4. */
  concurrency: z.int().min(1).max(256).optional(),
  price: PriceEntry.optional(),
});
export type ModelEntry = z.infer<typeof ModelEntry>;

const ModelsFile = z.strictObject({
  version: z.literal(1),
  models: z.record(z.string().regex(/^[a-z0-9]+([._-][a-z0-9]+)*$/, 'expected a name such as qwen-small'), ModelEntry),
});

/** The models of a repository; none without a file. Throws UsageError with file and line. */
export function readModels(root: string): ReadonlyMap<string, ModelEntry> {
  const path = join(root, MODELS_FILE);
  const text = readPlain(path);
  if (text === null) return new Map();
  const { models } = readAs(ModelsFile, readYaml(text, { file: MODELS_FILE }), {
    version: 1,
    models: {},
  });
  return new Map(Object.entries(models));
}

/** The keys of a repository's models, whatever their variables are called. */
export const keysIn = (root: string, variables: Readonly<Record<string, string | undefined>>): string[] =>
  [...readModels(root).values()].flatMap(({ key_env: name }) => variables[name] ?? []);

/** The entry of that name. Throws UsageError that lists the known names. */
export function findModel(root: string, name: string, flag = '--model'): ModelEntry {
  const models = readModels(root);
  const entry = models.get(name);
  if (entry !== undefined) return entry;
  const known =
    models.size === 0 ? `there is no ${MODELS_FILE}` : `${MODELS_FILE} has ${[...models.keys()].join(', ')}`;
  throw new UsageError(
    `${flag}: expected sim:weak|medium|strong, openai:NAME or a name from ${MODELS_FILE}, got "${name}" (${known})`,
  );
}
