/** `optimize ablate`: what each layer of a harness is worth, alone and left out. */
import { resolve } from 'node:path';
import { UsageError } from '../errors.ts';
import { evaluationOf, totalUsage } from '../evaluation/evaluator.ts';
import { EXIT } from '../exit-codes.ts';
import { mean } from '../gate/arithmetic.ts';
import { pairedInterval, scoreInterval } from '../gate/interval.ts';
import { pairDifferences } from '../gate/pairs.ts';
import { Contract } from '../harness/schema.ts';
import { openRepository } from '../ledger/git/git.ts';
import { money, percent, points } from '../report/terminal.ts';
import { NO_HARNESS } from '../runtime/compile.ts';
import type { Harness } from '../types.ts';
import { say, sayJson } from './open-ledger.ts';
import { harnessOf } from './run.ts';
import { chooseTasks, openEnvironment, type PlayFlags, type TaskFlags } from './setup.ts';
import { openStage } from './stage.ts';

interface AblateFlags extends PlayFlags, TaskFlags {
  readonly tasks?: number;
  readonly tags?: readonly string[];
  readonly harness?: string;
  readonly trials: number;
  readonly variants?: readonly string[];
}

const LAYERS = ['contract', 'skills', 'realization', 'regulation'] as const;
type Layer = (typeof LAYERS)[number];

/** The same documents with only these layers on; the policy is always told. */
function withLayers(harness: Harness, on: readonly Layer[]): Harness {
  const layers = Object.fromEntries(LAYERS.map((layer) => [layer, on.includes(layer)])) as Record<Layer, boolean>;
  const id = on.length === LAYERS.length ? harness.id : `${harness.id}+${on.join('+') || 'none'}`;
  return { ...harness, id, settings: { ...harness.settings, layers } };
}

/**
 * Nothing of the harness but its policy, with calls and results as text and calls found wherever
 * the model writes them.
 */
function inText(harness: Harness): Harness {
  const { settings } = withLayers(harness, ['realization']);
  return {
    ...harness,
    id: `${harness.id}+text`,
    contract: Contract.parse({}),
    settings: { ...settings, realization: { ...NO_HARNESS.settings.realization, protocol: 'text', rescue: true } },
  };
}

type Variant = readonly [name: string, of: (harness: Harness) => Harness];
const VARIANTS: Readonly<Record<string, Variant>> = {
  all: ['all layers', (harness) => harness],
  none: ['none', (harness) => withLayers(harness, [])],
  text: ['text protocol, rescue', inText],
  ...Object.fromEntries(
    LAYERS.map((layer) => [layer, [`${layer} alone`, (harness: Harness) => withLayers(harness, [layer])]]),
  ),
  ...Object.fromEntries(
    LAYERS.map((layer) => [
      `no-${layer}`,
      [
        `without ${layer}`,
        (harness: Harness) =>
          withLayers(
            harness,
            LAYERS.filter((other) => other !== layer),
          ),
      ],
    ]),
  ),
};

/** The whole harness first: the others are held against it. */
function variantsOf(names: readonly string[] = Object.keys(VARIANTS)): Variant[] {
  const chosen = new Set(['all', ...names]);
  return [...chosen].map((name) => {
    const variant = VARIANTS[name];
    if (variant === undefined)
      throw new UsageError(`--variants: expected some of ${Object.keys(VARIANTS).join(', ')}, got "${name}"`);
    return variant;
  });
}

/**
 * Every variant plays the same tasks and trials, so that differences to the whole harness are
 * paired.
 */
export async function ablateCommand(given: Record<string, unknown>): Promise<number> {
  const flags = given as unknown as AblateFlags;
  if (flags.trials < 1) throw new UsageError(`--trials: expected 1 or more, got ${flags.trials}`);
  const variants = variantsOf(flags.variants);
  const repository = await openRepository(process.cwd());
  const environment = await openEnvironment(
    { env: flags.env, ...(flags.data === undefined ? {} : { data: resolve(flags.data) }) },
    repository.root,
  );
  const harness = await harnessOf(repository, environment.name, flags.harness);
  const tasks = chooseTasks(environment, flags, repository.root);
  const stage = await openStage(flags, repository.root, environment);
  const label = stage.agent.simulated ? `${stage.agent.id}, SIMULATED` : stage.agent.id;
  if (!flags.json)
    say(
      `${environment.name}, harness ${harness.id.slice(0, 12)}, agent ${label}, ${tasks.length} ${flags.split} tasks x ${flags.trials}`,
    );
  const families = new Map(tasks.map(({ id, family }) => [id, family]));
  let whole: ReadonlyMap<string, readonly number[]> | null = null;
  try {
    for (const [name, of] of variants) {
      const traces = await stage.play(of(harness), tasks, flags.trials, name);
      const rows = evaluationOf(harness, tasks[0]?.split ?? 'train', tasks, traces).tasks;
      const rewards = new Map(rows.map((row) => [row.task, row.rewards]));
      whole ??= rewards;
      const reference = whole;
      const pairs = rows.flatMap(({ task, rewards: before }) => {
        const after = reference.get(task);
        const family = families.get(task);
        return after === undefined
          ? []
          : [{ task, tags: [], before, after, ...(family === undefined ? {} : { family }) }];
      });
      const score = scoreInterval(rows.map((row) => row.rewards));
      const differences = pairs.length === 0 ? [] : pairDifferences(pairs);
      const loss = differences.length === 0 ? null : { effect: mean(differences), ...pairedInterval(differences) };
      const { calls, outputTokens, costUsd } = totalUsage(traces);
      const usd = stage.agent.unpriced ? null : costUsd;
      if (flags.json)
        sayJson({
          type: 'ablation',
          variant: name,
          agent: stage.agent.id,
          simulated: stage.agent.simulated,
          ...score,
          tasks: rows.length,
          missing: loss,
          calls,
          outputTokens,
          usd,
        });
      else
        say(
          `${name.padEnd(22)} ${percent(score.score).padStart(5)} % (${percent(score.low)} to ${percent(score.high)})` +
            `${name === 'all layers' || loss === null ? '' : `, all layers are ${points(loss.effect)} points better (${points(loss.low)} to ${points(loss.high)})`}` +
            `; ${(calls / traces.length).toFixed(1)} calls and ${Math.round(outputTokens / traces.length)} tokens a task, ${money(usd)}`,
        );
    }
  } finally {
    stage.close();
  }
  return EXIT.ok;
}
