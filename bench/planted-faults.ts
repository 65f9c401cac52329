/**
 * Runs that fail because of one planted fault, with the model turn at which it struck: what
 * attribution is scored against.
 */
import { seedOf } from '../dist/digest.js';
import { simulatedAgent } from '../dist/models/sim/agent.js';
import { FAULTS, type FaultKind, PROFILES, type Profile } from '../dist/models/sim/profiles.js';
import { playEpisode } from '../dist/runtime/play.js';
import type { Agent, Environment, Harness, Plan, Task, ToolCall, Trace } from '../dist/types.js';

/**
 * Told by the simulated agent: a fault, its key and tool, and the model turn (from 1) in which it
 * struck.
 */
interface Struck {
  readonly fault: FaultKind;
  readonly key: string;
  readonly tool: string | undefined;
  readonly turn: number;
}

export interface PlantedRun {
  readonly fault: FaultKind;
  readonly task: Task<'train'>;
  readonly trace: Trace<'train'>;
  /** Model turns that a right attribution may name; mostly one. */
  readonly turns: readonly number[];
}

/** A tool call of the trace: its model turn, and whether the tool did it. */
interface Made {
  readonly turn: number;
  readonly call: ToolCall;
  readonly done: boolean;
  readonly readOnly: boolean;
}

const none = Object.fromEntries(FAULTS.map((fault) => [fault, 0])) as Profile['rates'];

/** `held-out` without any fault. */
export const faultless: Profile = { ...PROFILES['held-out'], rates: none };

/** `held-out` with one fault alone, struck in at least 3 of 10 opportunities. */
export const alone = (fault: FaultKind, compliance?: number): Profile => {
  const base = PROFILES['held-out'];
  const rates = { ...none, [fault]: Math.max(0.3, base.rates[fault]) };
  if (compliance === undefined) return { ...base, rates };
  const places = Object.keys(base.compliance).map((place) => [place, compliance]);
  return { ...base, rates, compliance: Object.fromEntries(places) as Profile['compliance'] };
};

/** `held-out` as it is, or without one fault. */
const mixed = (without?: FaultKind): Profile => {
  const base = PROFILES['held-out'];
  return without === undefined ? base : { ...base, rates: { ...base.rates, [without]: 0 } };
};

/** Plays one task with a profile and keeps what struck. */
export async function playWatched(
  environment: Environment,
  harness: Harness,
  profile: Profile,
  task: Task<'train'>,
): Promise<{ trace: Trace<'train'>; struck: Struck[] }> {
  const struck: Struck[] = [];
  let turn = 0;
  const simulated = simulatedAgent(profile, (fault, key, topic) => struck.push({ fault, key, tool: topic.tool, turn }));
  const agent: Agent = {
    ...simulated,
    open: (episode) => {
      const model = simulated.open(episode);
      return {
        complete: (request, signal) => {
          turn += 1;
          return model.complete(request, signal);
        },
      };
    },
  };
  const trace = await playEpisode({ harness, environment, agent, task, trial: 0, seed: seedOf('planted', task.id) });
  return { trace: trace as Trace<'train'>, struck };
}

/**
 * Runs that fail with `fault` planted and pass without it, until `count` are found or the tasks are
 * out.
 */
export async function plantOne(
  environment: Environment,
  harness: Harness,
  fault: FaultKind,
  count: number,
  compliance?: number,
): Promise<PlantedRun[]> {
  const runs: PlantedRun[] = [];
  for (const task of environment.tasks as Task<'train'>[]) {
    if (runs.length >= count) break;
    const { trace, struck } = await playWatched(environment, harness, alone(fault, compliance), task);
    const own = struck.filter((strike) => strike.fault === fault);
    if (trace.score === null || trace.score.reward >= 1 || own.length === 0) continue;
    const clean = await playWatched(environment, harness, faultless, task);
    if ((clean.trace.score?.reward ?? 0) < 1) continue;
    runs.push({ fault, task, trace, turns: await responsibleTurns(environment, task, trace, fault, own) });
  }
  return runs;
}

/**
 * Runs of the whole profile in which many faults struck and taking one away, and no other, lets the
 * run pass.
 */
export async function plantMany(environment: Environment, harness: Harness, count: number): Promise<PlantedRun[]> {
  const runs: PlantedRun[] = [];
  for (const task of environment.tasks as Task<'train'>[]) {
    if (runs.length >= count) break;
    const { trace, struck } = await playWatched(environment, harness, mixed(), task);
    if (trace.score === null || trace.score.reward >= 1) continue;
    const faults = [...new Set(struck.map(({ fault }) => fault))];
    if (faults.length < 2) continue;
    const decisive: FaultKind[] = [];
    for (const fault of faults) {
      const other = await playWatched(environment, harness, mixed(fault), task);
      if ((other.trace.score?.reward ?? 0) >= 1) decisive.push(fault);
    }
    const [fault] = decisive;
    if (fault === undefined || decisive.length > 1) continue;
    const own = struck.filter((strike) => strike.fault === fault);
    runs.push({ fault, task, trace, turns: await responsibleTurns(environment, task, trace, fault, own) });
  }
  return runs;
}

/** The model turn that a step belongs to, from 1. */
export const turnOf = (trace: Trace, step: number): number =>
  trace.steps.slice(0, step + 1).filter(({ kind }) => kind === 'model').length;

function madeIn(trace: Trace): Made[] {
  return trace.steps.flatMap((step, index): Made[] => {
    if (step.kind === 'block') return [{ turn: turnOf(trace, index), call: step.call, done: false, readOnly: false }];
    if (step.kind !== 'call') return [];
    const done = trace.steps.some((other) => other.kind === 'result' && other.callId === step.callId && !other.error);
    return [{ turn: turnOf(trace, index), call: step.call, done, readOnly: step.readOnly }];
  });
}

/**
 * Where a fault took effect: a write that it spoilt and that went through; else
 * the first call of each chain that no later success made up for; for a fault of the whole run the
 * turns that ended it.
 */
async function responsibleTurns(
  environment: Environment,
  task: Task,
  trace: Trace,
  fault: FaultKind,
  struck: readonly Struck[],
): Promise<number[]> {
  const made = madeIn(trace);
  const last = turnOf(trace, trace.steps.length - 1);
  const plan = await environment.oracle?.(task);
  if (fault === 'partial' || fault === 'wrong_order' || fault === 'write_before_read')
    return unique(struck.map(({ key }) => plannedTurn(key, plan, made) ?? last));
  if (fault === 'text_call' || fault === 'gave_up' || fault === 'claim' || fault === 'missing_report') {
    const turns = unique(struck.map(({ turn }) => turn));
    const ending: number[] = [];
    for (let turn = turns.at(-1) ?? last; turns.includes(turn); turn--) ending.unshift(turn);
    return ending;
  }
  const through = struck.filter(({ turn }) => made.some((one) => one.turn === turn && one.done && !one.readOnly));
  if (through.length > 0) return [Math.min(...through.map(({ turn }) => turn))];
  const chains = new Map<string, number[]>();
  for (const { key, tool, turn } of struck) {
    const called = made.find((one) => one.turn === turn)?.call.name ?? '';
    const name = `${tool ?? called}\n${key}`;
    chains.set(name, [...(chains.get(name) ?? []), turn]);
  }
  const open = [...chains].filter(([name, turns]) => {
    const tool = name.split('\n')[0];
    return !made.some((one) => one.turn > (turns.at(-1) ?? 0) && one.done && one.call.name === tool);
  });
  return unique((open.length > 0 ? open : [...chains]).map(([, turns]) => Math.min(...turns)));
}

/**
 * The first turn with the call that a key such as `tool@3`, `forget tool@3` or `a@3 b@4` names;
 * undefined when it was never made.
 */
function plannedTurn(key: string, plan: Plan | undefined, made: readonly Made[]): number | undefined {
  const [, name, place] = /(\w+)@(\d+)$/.exec(key) ?? [];
  if (name === undefined || key.startsWith('forget ')) return undefined;
  const wanted = plan?.calls[Number(place)];
  const same = made.filter(({ call }) => call.name === name);
  const exact = same.find(({ call }) => call.arguments.order_id === wanted?.arguments.order_id);
  return (exact ?? same[0])?.turn;
}

const unique = (values: readonly number[]): number[] => [...new Set(values)].sort((a, b) => a - b);
