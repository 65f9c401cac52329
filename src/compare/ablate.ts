/** Measures what each layer of a harness contributes: alone, and left out. */
import { UsageError } from '../errors.ts';
import { evaluationOf, totalUsage } from '../evaluation/evaluator.ts';
import { scoreInterval } from '../gate/interval.ts';
import { Contract } from '../harness/schema.ts';
import type { ScoreLine } from '../report/events.ts';
import { NO_HARNESS } from '../runtime/compile.ts';
import type { Harness, Task } from '../types.ts';
import { type Advantage, advantageOf, type Rewards } from './advantage.ts';
import type { Stage } from './stage.ts';

const LAYERS = ['contract', 'skills', 'realization', 'regulation'] as const;
type Layer = (typeof LAYERS)[number];

/** The same documents with only these layers on; the policy is always shown. */
function withLayers(harness: Harness, on: readonly Layer[]): Harness {
  const layers = Object.fromEntries(LAYERS.map((layer) => [layer, on.includes(layer)])) as Record<Layer, boolean>;
  const id = on.length === LAYERS.length ? harness.id : `${harness.id}+${on.join('+') || 'none'}`;
  return { ...harness, id, settings: { ...harness.settings, layers } };
}

/** The policy alone, with calls and results as text; calls are found anywhere in the text. */
function inText(harness: Harness): Harness {
  const { settings } = withLayers(harness, ['realization']);
  return {
    ...harness,
    id: `${harness.id}+text`,
    contract: Contract.parse({}),
    settings: { ...settings, realization: { ...NO_HARNESS.settings.realization, protocol: 'text', rescue: true } },
  };
}

export type HarnessVariant = readonly [name: string, of: (harness: Harness) => Harness];

const without = (layer: Layer): readonly Layer[] => LAYERS.filter((other) => other !== layer);
const VARIANTS: Readonly<Record<string, HarnessVariant>> = {
  all: ['all layers', (harness) => harness],
  none: ['none', (harness) => withLayers(harness, [])],
  text: ['text protocol, rescue', inText],
  ...Object.fromEntries(
    LAYERS.flatMap((layer): [string, HarnessVariant][] => [
      [layer, [`${layer} alone`, (harness) => withLayers(harness, [layer])]],
      [`no-${layer}`, [`without ${layer}`, (harness) => withLayers(harness, without(layer))]],
    ]),
  ),
};

/** The whole harness comes first. Throws UsageError for an unknown name. */
export function variantsOf(names: readonly string[] = Object.keys(VARIANTS)): HarnessVariant[] {
  return [...new Set(['all', ...names])].map((name) => {
    const variant = VARIANTS[name];
    if (variant === undefined)
      throw new UsageError(`--variants: expected some of ${Object.keys(VARIANTS).join(', ')}, got "${name}"`);
    return variant;
  });
}

export interface Ablation extends ScoreLine {
  readonly variant: string;
  /** Advantage of the whole harness; null when no task was played by both. */
  readonly missing: Advantage | null;
  readonly rollouts: number;
  readonly calls: number;
  readonly outputTokens: number;
  /** US dollars; null when no price is known. */
  readonly usd: number | null;
}

/** Every variant plays the same tasks and trials in a drawn order: differences are paired. */
export async function ablate(
  stage: Stage,
  harness: Harness,
  tasks: readonly Task[],
  { variants, trials }: { readonly variants: readonly HarnessVariant[]; readonly trials: number },
): Promise<Ablation[]> {
  let whole: Rewards | null = null;
  const arms = variants.map(([, of]) => of(harness));
  const played = await stage.together(arms, tasks, trials, 'ablation');
  return variants.map(([variant], arm) => {
    const traces = played[arm] ?? [];
    const rows = evaluationOf(harness, tasks[0]?.split ?? 'train', tasks, traces).tasks;
    const rewards: Rewards = new Map(rows.map((row) => [row.task, row.rewards]));
    whole ??= rewards;
    const { calls, outputTokens, costUsd } = totalUsage(traces);
    return {
      variant,
      ...scoreInterval(rows.map((row) => row.rewards)),
      tasks: rows.length,
      missing: advantageOf(tasks, rewards, whole),
      rollouts: traces.length,
      calls,
      outputTokens,
      usd: stage.agent.unpriced ? null : costUsd,
    };
  });
}
