/** `optimize ablate`: what each layer of a harness is worth, alone and left out. */
import { resolve } from 'node:path';
import { UsageError } from '../errors.ts';
import { evaluationOf, totalUsage } from '../evaluation/evaluator.ts';
import { mean } from '../gate/arithmetic.ts';
import { pairedInterval, scoreInterval } from '../gate/interval.ts';
import { pairDifferences } from '../gate/pairs.ts';
import { openRepository } from '../ledger/git.ts';
import { money, percent, points } from '../report/terminal.ts';
import type { Harness, Split } from '../types.ts';
import { EXIT } from './exit.ts';
import { say, sayJson } from './open-ledger.ts';
import { harnessOf } from './run.ts';
import { openEnvironment, type PlayFlags, selectTasks } from './setup.ts';
import { openStage } from './stage.ts';

interface AblateFlags extends PlayFlags {
  readonly harness?: string;
  readonly split: string;
  readonly trials: number;
}

const LAYERS = ['contract', 'skills', 'realization', 'regulation'] as const;
type Layer = (typeof LAYERS)[number];

/** The same documents with only these layers on; the policy is always told. */
function withLayers(harness: Harness, on: readonly Layer[]): Harness {
  const layers = Object.fromEntries(LAYERS.map((layer) => [layer, on.includes(layer)])) as Record<Layer, boolean>;
  const id = on.length === LAYERS.length ? harness.id : `${harness.id}+${on.join('+') || 'none'}`;
  return { ...harness, id, settings: { ...harness.settings, layers } };
}

const VARIANTS: readonly (readonly [name: string, on: readonly Layer[]])[] = [
  ['all layers', LAYERS],
  ['none', []],
  ...LAYERS.map((layer) => [`${layer} alone`, [layer]] as const),
  ...LAYERS.map((layer) => [`without ${layer}`, LAYERS.filter((other) => other !== layer)] as const),
];

/** Every variant plays the same tasks and trials, so that differences to the whole harness are paired. */
export async function ablateCommand(given: Record<string, unknown>): Promise<number> {
  const flags = given as unknown as AblateFlags;
  if (flags.trials < 1) throw new UsageError(`--trials: expected 1 or more, got ${flags.trials}`);
  if (!['train', 'dev', 'sealed'].includes(flags.split))
    throw new UsageError(`--split: expected train, dev or sealed, got "${flags.split}"`);
  const repository = await openRepository(process.cwd());
  const environment = await openEnvironment(
    { env: flags.env, ...(flags.data === undefined ? {} : { data: resolve(flags.data) }) },
    repository.root,
  );
  const harness = await harnessOf(repository, environment.name, flags.harness);
  const own = environment.tasks.filter((task) => task.split === (flags.split as Split));
  const tasks = selectTasks(own, { ...(flags.tags ? { tags: flags.tags } : {}), count: flags.tasks ?? null });
  const stage = await openStage(flags, repository.root, environment);
  const label = stage.agent.simulated ? `${stage.agent.id}, SIMULATED` : stage.agent.id;
  if (!flags.json)
    say(
      `${environment.name}, harness ${harness.id.slice(0, 12)}, agent ${label}, ${tasks.length} ${flags.split} tasks x ${flags.trials}`,
    );
  let whole: ReadonlyMap<string, readonly number[]> | null = null;
  try {
    for (const [name, on] of VARIANTS) {
      const traces = await stage.play(withLayers(harness, on), tasks, flags.trials, name);
      const rows = evaluationOf(harness, flags.split as Split, tasks, traces).tasks;
      const rewards = new Map(rows.map((row) => [row.task, row.rewards]));
      whole ??= rewards;
      const reference = whole;
      const pairs = rows.flatMap(({ task, rewards: before }) => {
        const after = reference.get(task);
        return after === undefined ? [] : [{ task, tags: [], before, after }];
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
          `${name.padEnd(20)} ${percent(score.score).padStart(5)} % (${percent(score.low)} to ${percent(score.high)})` +
            `${name === 'all layers' || loss === null ? '' : `, all layers are ${points(loss.effect)} points better (${points(loss.low)} to ${points(loss.high)})`}` +
            `; ${(calls / traces.length).toFixed(1)} calls and ${Math.round(outputTokens / traces.length)} tokens a task, ${money(usd)}`,
        );
    }
  } finally {
    stage.close();
  }
  return EXIT.ok;
}
