/** Plays rollouts: one cache, one budget, retries for infrastructure faults only. */
import { addUsage, NO_USAGE } from '../chat.ts';
import { canonicalJson, sha256 } from '../digest.ts';
import { EnvironmentError, endedBy, InfrastructureError } from '../errors.ts';
import { assertSameModel } from '../models/served.ts';
import { firstRequest, playEpisode } from '../runtime/play.ts';
import { redacted } from '../secrets.ts';
import type { Agent, Environment, Evaluation, Harness, Split, Task, Trace, Usage } from '../types.ts';
import type { Budget } from './budget.ts';
import type { Journal, JournalEntry } from './journal.ts';
import { openOutages } from './outages.ts';
import { type TrialKey, trialSeed } from './seeds.ts';

/** Part of every cache key: raise it when the runtime changes what a rollout does. */
export const ENGINE_VERSION = 'engine/3';

/** Maximum share of rollouts voided by environment faults, from the third fault on. */
const MAX_FAULTS = 0.02;
const LEAST_FAULTS = 3;

export interface EvaluatorOptions {
  readonly environment: Environment;
  readonly agent: Agent;
  readonly budget: Budget;
  readonly journal: Journal;
  readonly seed: number;
  readonly night: number;
  /** Concurrent rollouts. */
  readonly concurrency: number;
  /** See `EpisodeOptions`. */
  readonly timeoutMs: number;
  /** Tries of a rollout that met an infrastructure fault, including the first. @default 3 */
  readonly tries?: number;
  readonly signal?: AbortSignal;
  onRollout?(trace: Trace): void;
}

export interface Rollout {
  readonly harness: Harness;
  readonly task: Task;
  readonly trial: number;
  /** Names the noise: arms of one comparison share it, separate comparisons do not. */
  readonly tier: string;
  /** In place of the evaluator's seed and night. */
  readonly noise?: Pick<TrialKey, 'seed' | 'night'>;
  /** An environment other than the evaluator's own, e.g. a fresh panel. */
  readonly environment?: Environment;
}

export interface Evaluator {
  readonly options: EvaluatorOptions;
  /** Usage of all rollouts so far, each counted once. */
  readonly usage: Usage;
  /**
   * One rollout, cached. A void trace has `error`; the fifth void in a row throws
   * InfrastructureError, so that no night decides without its endpoint. `signal` ends this rollout.
   */
  play(rollout: Rollout, signal?: AbortSignal): Promise<Trace>;
  /** True once a content filter refused the prompt of a rollout. */
  readonly filters: boolean;
  /**
   * True if a filter refuses the first request of this rollout. A reply is kept for the rollout, so
   * that nothing is paid twice; nothing is scored.
   */
  isFiltered(rollout: Rollout, signal?: AbortSignal): Promise<boolean>;
  /** Writes the voids so far, because a decision will use them. */
  settle(): void;
}

export function openEvaluator(options: EvaluatorOptions): Evaluator {
  const { agent, budget, journal } = options;
  const taskDigests = new WeakMap<Task, string>();
  const digestOf = (task: Task) => {
    let digest = taskDigests.get(task);
    if (digest === undefined) {
      digest = sha256(canonicalJson(task));
      taskDigests.set(task, digest);
    }
    return digest;
  };
  const counted = new Set<string>();
  let usage = NO_USAGE;
  const count = (key: string, trace: Trace) => {
    counted.add(key);
    usage = addUsage(usage, trace.usage);
  };
  /** Voids that count only if the endpoint answers again or a decision uses them. */
  let voids: JournalEntry[] = [];
  const settle = () => {
    for (const entry of voids) journal.put(entry);
    voids = [];
  };
  let lastYieldMs = performance.now();
  const outages = openOutages();
  /** Rollouts of this process, and the number of them in which the environment failed. */
  let fresh = 0;
  let faults = 0;
  const assertEnvironmentWorks = (trace: Trace): void => {
    fresh += 1;
    if (trace.fault !== 'environment') return;
    faults += 1;
    if (faults >= LEAST_FAULTS && faults > MAX_FAULTS * fresh)
      throw new EnvironmentError(
        `${trace.error}; the environment failed in ${faults} of ${fresh} rollouts, and more than 2 % decide nothing: correct it, then type the same command again`,
      );
  };
  let served: string | null = null;
  const assertServed = ({ model, error }: Trace): void => {
    // A rollout without a reply has the agent's own name.
    if (model === '' || model === agent.id || error !== undefined) return;
    assertSameModel(served, model);
    served = model;
  };

  let filters = false;
  const seedOf = ({ task, trial, tier, noise = options }: Rollout): number =>
    trialSeed({ seed: noise.seed, night: noise.night, tier, task: task.id, trial });

  return {
    options,
    settle,
    get filters() {
      return filters;
    },
    async isFiltered(rollout, signal) {
      // What a program would ask is known to it alone.
      if (agent.program !== undefined) return false;
      const { harness, task, environment = options.environment } = rollout;
      const asked = firstRequest(harness, environment, agent, task);
      try {
        const request = { ...asked, seed: seedOf(rollout) };
        await agent.open({ task, tools: asked.tools, seed: request.seed }).complete(request, signal);
        return false;
      } catch (error) {
        if (error instanceof InfrastructureError && !error.fatal) return error.about === 'filter' && error.final;
        throw error;
      }
    },
    get usage() {
      return usage;
    },
    async play(rollout, own) {
      const { harness, task, trial, environment = options.environment } = rollout;
      const signal = own && options.signal ? AbortSignal.any([own, options.signal]) : (own ?? options.signal);
      const seed = seedOf(rollout);
      const key = sha256(
        [harness.id, digestOf(task), seed, environment.digest, agent.digest, ENGINE_VERSION, options.timeoutMs].join(
          '|',
        ),
      );
      const known = journal.get(key);
      if (known !== undefined) {
        // The interrupted part of this night played it: it counts once.
        if (!counted.has(key)) {
          budget.restore();
          count(key, known);
        }
        assertServed(known);
        filters ||= known.fault === 'filter' && known.refused === true;
        options.onRollout?.(known);
        return known;
      }
      // A simulated rollout never leaves the microtask queue, but timers and signals need turns.
      if (performance.now() - lastYieldMs > 25) {
        await new Promise((resolve) => setImmediate(resolve));
        lastYieldMs = performance.now();
      }
      budget.reserve();
      const place = outages.start();
      for (let attempt = 1; ; attempt++) {
        if (signal?.aborted) throw endedBy(signal);
        const { redact } = environment;
        const played = await playEpisode({
          harness,
          environment,
          agent,
          task,
          trial,
          seed,
          timeoutMs: options.timeoutMs,
          ...(signal ? { signal } : {}),
        });
        const trace = redact === undefined ? played : redacted(played, redact);
        if (signal?.aborted) throw endedBy(signal);
        // Retries are for faults that pass; without a sign of life one try is enough.
        const most = trace.fault === 'filter' ? 2 : (options.tries ?? 3);
        const tries = outages.tried(place, trace) || trace.fault === 'environment' ? 1 : most;
        if (trace.error === undefined || attempt >= tries || trace.refused) {
          count(key, trace);
          assertServed(trace);
          filters ||= trace.fault === 'filter' && trace.refused === true;
          assertEnvironmentWorks(trace);
          if (trace.error !== undefined) voids.push({ key, trace });
          else {
            settle();
            journal.put({ key, trace });
          }
          outages.end(place, trace);
          options.onRollout?.(trace);
          return trace;
        }
      }
    },
  };
}

/** Total usage of the rollouts. */
export function totalUsage(traces: readonly Trace[]): Usage {
  return traces.reduce((total, { usage }) => addUsage(total, usage), NO_USAGE);
}

/** Per-task rewards of one harness's traces, in the order of `tasks`, without voided tasks. */
export function evaluationOf(
  harness: Harness,
  split: Split,
  tasks: readonly Task[],
  traces: readonly Trace[],
): Evaluation {
  const byTask = new Map<string, Trace[]>();
  for (const trace of traces) {
    const list = byTask.get(trace.task);
    if (list) list.push(trace);
    else byTask.set(trace.task, [trace]);
  }
  const rows = tasks.flatMap((task) => {
    const played = byTask.get(task.id) ?? [];
    if (played.length === 0 || played.some((trace) => trace.score === null)) return [];
    return [
      {
        task: task.id,
        rewards: played.map((trace) => trace.score?.reward ?? 0),
        violations: played.filter((trace) => trace.score?.violation).length,
      },
    ];
  });
  return {
    harness: harness.id,
    split,
    tasks: rows,
    rollouts: traces.length,
    voids: traces.filter((trace) => trace.error !== undefined).length,
    usage: totalUsage(traces),
  };
}

/** Throws if no rollout of a phase could be scored: nothing is decided without an endpoint. */
export function assertScored(traces: readonly Trace[]): void {
  if (traces.length > 0 && traces.every((trace) => trace.error !== undefined))
    throw new InfrastructureError(
      `none of ${traces.length} rollouts could be scored; the first fault: ${traces[0]?.error}`,
    );
}
