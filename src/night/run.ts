/** A run's folder and its `config.json`; finds the run that a night starts or resumes. */
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { canonicalJson, jsonOf, sha256 } from '../digest.ts';
import { splitDigest } from '../environments/split.ts';
import { assertOwnFolder, readPlain } from '../files.ts';
import { parseHarness } from '../harness/parse.ts';
import { changeOfSettings, endpointsOf, type GivenSettings, settingsOf } from '../ledger/acts/settings.ts';
import { startNight } from '../ledger/acts/start.ts';
import type { Ledger } from '../ledger/branch/ledger.ts';
import { nightOf } from '../ledger/branch/versions.ts';
import type { Decision } from '../ledger/kinds/index.ts';
import { Endpoint } from '../ledger/kinds/settings.ts';
import { NO_POLICY, Policy } from '../policy/policy.ts';
import { VERSION } from '../version.ts';
import { assertSound } from './assert-lint.ts';
import type { NightInput, NightOptions } from './night.ts';

/** JSON has no Infinity: a cap that was not given is null. */
const cap = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.POSITIVE_INFINITY);

const Options = z.object({
  env: z.string(),
  budget: z.int(),
  seed: z.int(),
  proposers: z.array(z.string()).readonly(),
  checks: z.array(z.string()).readonly().default([]),
  concurrency: z.int(),
  maxRollouts: cap,
  maxUsd: cap,
  maxMinutes: cap,
  tasks: z.int().nullable(),
  tags: z.array(z.string()).readonly(),
  policy: Policy.default(NO_POLICY),
  apply: z.boolean(),
  given: z.literal(true).optional(),
}) satisfies z.ZodType<NightOptions>;

/** A program that was the agent, and the digest of the files that its command names. */
const Program = z.object({
  command: z.string(),
  cwd: z.string().optional(),
  timeoutS: z.number().optional(),
  upstream: z.string().optional(),
  digest: z.string(),
});

/** `config.json`: what a run needs to be resumed, or replayed once it is finished. */
export const RunConfig = z.object({
  /** Digest of options, data, agent and program: a night resumes only with the same one. */
  key: z.string(),
  /** Of this run alone, where two clones or work trees begin runs of the same name. */
  id: z.string().optional(),
  /** Ids of its tries before: each its own, as a folder may be copied and played on in both. */
  earlier: z.array(z.string()).optional(),
  night: z.int(),
  firstSeq: z.int(),
  /** Commit of the branch; before the first decision, the checked-out one. */
  start: z.string(),
  started: z.string(),
  options: Options,
  agent: z.object({
    id: z.string(),
    simulated: z.boolean(),
    digest: z.string(),
    unpriced: z.boolean(),
    contextTokens: z.number().optional(),
    protocol: z.literal('text').optional(),
    endpoint: Endpoint.optional(),
    program: Program.optional(),
  }),
  /** Models of the proposers. */
  proposerModels: z
    .array(z.object({ proposer: z.string(), id: z.string(), digest: z.string(), endpoint: Endpoint.optional() }))
    .default([]),
  /** Digest of the environment and of its selected tasks. */
  data: z.object({ environment: z.string(), split: z.string() }),
  timeoutMs: z.number(),
});
export type RunConfig = z.infer<typeof RunConfig>;

const modelsOf = (proposers: NightInput['proposers']): RunConfig['proposerModels'] =>
  proposers.flatMap(({ proposer, agent }) =>
    agent === null
      ? []
      : [
          {
            proposer: proposer.name,
            id: agent.id,
            digest: agent.digest,
            ...(agent.endpoint === undefined ? {} : { endpoint: agent.endpoint }),
          },
        ],
  );

/** What a night runs under. */
export const settingsOfNight = ({ agent, environment, options, proposers }: NightInput): GivenSettings => ({
  ...settingsOf(environment, options.policy),
  endpoints: endpointsOf([agent, ...proposers.flatMap((one) => one.agent ?? [])]),
});

export const whoOf = ({
  agent,
  options,
  proposers,
}: Pick<NightInput, 'agent' | 'options' | 'proposers'>): Decision['who'] => ({
  tool: `harness-optimizer ${VERSION}`,
  agent: agent.id,
  served: agent.id,
  proposer: [...options.proposers, ...modelsOf(proposers).map(({ id }) => id)].join(', '),
  simulated: agent.simulated,
  operator: options.given ? 'try' : 'unattended',
});

export interface NightRun {
  /** `<env>-0007` */
  readonly name: string;
  readonly config: RunConfig;
  /** True if the run was interrupted before. */
  readonly resumed: boolean;
}

/** The interrupted run of the same configuration, unless others recorded since; or a new run. */
export async function findRun(input: NightInput, ledger: Ledger): Promise<NightRun> {
  const { options, environment, agent } = input;
  const folder = join(input.root, 'runs');
  const models = modelsOf(input.proposers);
  const key = sha256(
    canonicalJson({
      ...options,
      // Neither caps nor the order of rollouts change a decision.
      maxRollouts: null,
      maxUsd: null,
      maxMinutes: null,
      concurrency: null,
      environment: environment.digest,
      tasks: splitDigest(input.tasks),
      agent: agent.digest,
      proposerModels: models.map(({ digest }) => digest),
      proposerDigests: input.proposers.map(({ proposer }) => proposer.digest ?? null),
      version: VERSION,
    }),
  );
  const own = runPattern(options.env);
  const runs = runNames(folder, options.env);
  const last = runs.at(-1);
  for (const name of ['', ...(last === undefined ? [] : [`/${last}`])]) assertOwnFolder(input.root, `runs${name}`);
  const config = last === undefined ? null : readConfig(join(folder, last));
  if (
    last !== undefined &&
    config !== null &&
    config.key === key &&
    !existsSync(join(folder, last, 'summary.json')) &&
    (await goesOn(ledger, last, config))
  )
    return { name: last, config: nextTry(join(folder, last), config, options), resumed: true };

  // A folder without a configuration was cut off before any rollout; its number is used again.
  const begun = runs.filter((name) => existsSync(join(folder, name, 'config.json')));
  const taken = [...begun, ...ledger.decisions().map((decision) => decision.run)].flatMap(
    (name) => own.exec(name)?.[1] ?? [],
  );
  const night = Math.max(0, ...taken.map(Number)) + 1;
  const run = `${options.env}-${String(night).padStart(4, '0')}`;
  const time = new Date(input.now()).toISOString();
  const known = ledger.started ? parseHarness(options.env, ledger.head().files) : null;
  await assertSound(parseHarness(options.env, input.workTree), environment, known);
  // Throws, before anything is written, for changes that only a person may take over.
  changeOfSettings(options.env, ledger.decisions(), settingsOfNight(input));
  const started = await startNight(ledger, { workTree: input.workTree, run, who: whoOf(input), time });
  const fresh: RunConfig = {
    key,
    id: randomUUID(),
    night,
    firstSeq: ledger.nextSeq,
    start: started.commit,
    started: time,
    options,
    agent: {
      id: agent.id,
      simulated: agent.simulated,
      digest: agent.digest,
      unpriced: agent.unpriced === true,
      ...(agent.contextTokens === undefined ? {} : { contextTokens: agent.contextTokens }),
      ...(agent.protocol === undefined ? {} : { protocol: agent.protocol }),
      ...(agent.endpoint === undefined ? {} : { endpoint: agent.endpoint }),
      ...(agent.program === undefined ? {} : { program: { ...agent.program.settings, digest: agent.program.digest } }),
    },
    proposerModels: models,
    data: { environment: environment.digest, split: splitDigest(input.tasks) },
    timeoutMs: input.timeoutMs,
  };
  assertOwnFolder(input.root, `runs/${run}`);
  mkdirSync(join(folder, run), { recursive: true });
  // Keeps the run out of `git status`; its decisions are on the branch.
  writeFileSync(join(folder, run, '.gitignore'), '*\n');
  writeConfig(join(folder, run), fresh);
  return { name: run, config: fresh, resumed: false };
}

/** Whether what was recorded since the run began is its own, not that of another run. */
async function goesOn(ledger: Ledger, run: string, { id, earlier = [], firstSeq }: RunConfig): Promise<boolean> {
  const since = ledger.decisions().filter(({ seq }) => seq >= firstSeq);
  const last = since.at(-1);
  if (since.some((decision) => decision.run !== run)) return false;
  if (last === undefined || id === undefined) return true;
  const night = await nightOf(ledger, last);
  return night !== null && [id, ...earlier].includes(night);
}

/** Records a try: its own id, and its caps, as a replay has to meet those of the last one. */
function nextTry(folder: string, config: RunConfig, { maxRollouts, maxUsd, maxMinutes }: NightOptions): RunConfig {
  const { id, earlier = [] } = config;
  const changed = {
    ...config,
    ...(id === undefined ? {} : { id: randomUUID(), earlier: [...earlier, id] }),
    options: { ...config.options, maxRollouts, maxUsd, maxMinutes },
  };
  writeConfig(folder, changed);
  return changed;
}

/** Writes all of it or nothing. */
function writeConfig(folder: string, config: RunConfig): void {
  writeFileSync(join(folder, 'config.json.new'), `${JSON.stringify(config, null, 1)}\n`);
  renameSync(join(folder, 'config.json.new'), join(folder, 'config.json'));
}

const runPattern = (env: string): RegExp => new RegExp(`^${env}-(\\d{4,})$`);

/** Names of the runs of an environment in `folder`, oldest first. */
export const runNames = (folder: string, env: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => runPattern(env).test(name))
        .sort()
    : [];

/** Null when the run was cut off before its configuration was complete. */
export function readConfig(folder: string): RunConfig | null {
  try {
    return RunConfig.parse(inNames(jsonOf(readPlain(join(folder, 'config.json')) ?? '') as never));
  } catch {
    return null;
  }
}

/** Runs of version 2 name one proposer, and one model as `thinker`. */
function inNames(config: { options: { proposer?: string }; thinker?: object | null }): object {
  const { proposer } = config.options;
  if (proposer === undefined) return config;
  return {
    ...config,
    options: { ...config.options, proposers: proposer === 'both' ? ['mine', 'reflect'] : [proposer] },
    proposerModels: config.thinker ? [{ proposer: 'reflect', ...config.thinker }] : [],
  };
}
