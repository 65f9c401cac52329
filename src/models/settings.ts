/**
 * `models.yaml`: the models that a team uses, by a name of their own, with everything that a call
 * needs but the key.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { UsageError } from '../errors.ts';
import { readAs, readYaml } from '../harness/yaml-document.ts';

/** Name of the file at the top of the repository. */
export const MODELS_FILE = 'models.yaml';

const amount = z.number().min(0).max(10_000);

/** US dollars a million tokens, and where that is written. */
export const PriceEntry = z.strictObject({
  input: amount,
  output: amount,
  /** Input tokens that a prefix cache held; default: `input`. */
  cached: amount.optional(),
  /** When it was looked up, and where. */
  date: z.iso.date(),
  source: z.string().min(1).max(300),
});
export type PriceEntry = z.infer<typeof PriceEntry>;

export const ModelEntry = z.strictObject({
  /** Name that the endpoint knows. */
  model: z.string().min(1),
  base_url: z.url({ protocol: /^https?$/ }).optional(),
  /** Name of the environment variable that holds the key; the key itself never stands in a file. */
  key_env: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected the name of an environment variable, such as OPENAI_API_KEY')
    .default('OPENAI_API_KEY'),
  /**
   * `text` for a model that cannot make native calls: every harness is then played so. With
   * `native` the harness says.
   */
  protocol: z.enum(['native', 'text']).default('native'),
  temperature: z.number().min(0).max(2).default(0),
  /** Longest reply. */
  max_tokens: z.int().min(1).max(200_000).default(768),
  /**
   * Tokens of request and reply together; older tool results are shortened to stay below. Default:
   * no limit.
   */
  context: z.int().min(512).optional(),
  /** Seconds that one reply may take. */
  timeout_s: z.number().gt(0).max(3600).default(300),
  /** Tries after the first one when there is no answer, or one that asks to come back. */
  retries: z.int().min(0).max(20).default(4),
  /** Calls at the same time. Default: 1 for an endpoint on this machine, else 4. */
  concurrency: z.int().min(1).max(256).optional(),
  price: PriceEntry.optional(),
});
export type ModelEntry = z.infer<typeof ModelEntry>;

/**
 * True for an address of this machine: it needs no key, costs nothing, and serves one call at a
 * time. False for what is no address.
 */
export function isLoopback(url: string): boolean {
  const host = URL.canParse(url) ? new URL(url).hostname : '';
  return host === 'localhost' || host === '[::1]' || host.startsWith('127.');
}

const ModelsFile = z.strictObject({
  version: z.literal(1),
  models: z.record(z.string().regex(/^[a-z0-9]+([._-][a-z0-9]+)*$/, 'expected a name such as qwen-small'), ModelEntry),
});

/** The models of a repository; none without the file. Throws UsageError with file and line. */
export function readModels(root: string): ReadonlyMap<string, ModelEntry> {
  const path = join(root, MODELS_FILE);
  if (!existsSync(path)) return new Map();
  const { models } = readAs(ModelsFile, readYaml(readFileSync(path, 'utf8'), { file: MODELS_FILE }), {
    version: 1,
    models: {},
  });
  return new Map(Object.entries(models));
}

/** The keys that the models of a repository use, whatever their variables are called. */
export const keysIn = (root: string, variables: Readonly<Record<string, string | undefined>>): string[] =>
  [...readModels(root).values()].flatMap(({ key_env: name }) => variables[name] ?? []);

/** The entry of that name. Throws UsageError that lists the names there are. */
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
