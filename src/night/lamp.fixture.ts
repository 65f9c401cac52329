/** A night on forty tasks that one press of a switch solves. */
import { z } from 'zod';
import { defineEnvironment, tool } from '../environments/define.ts';
import { openBudget } from '../evaluation/budget.ts';
import { openEvaluator } from '../evaluation/evaluator.ts';
import { memoryJournal } from '../evaluation/journal.ts';
import { decideKeep } from '../gate/keep.ts';
import { parseHarness } from '../harness/parse.ts';
import { NO_POLICY } from '../policy/policy.ts';
import type { ScriptedCall, ScriptedTurn } from '../runtime/scripted-agent.fixture.ts';
import type { Agent, ChatRequest, Task, Verdict } from '../types.ts';
import type { NightContext, NightOptions } from './night.ts';
import type { Recorder } from './recorder.ts';

export const lamp = defineEnvironment({
  name: 'lamp',
  tasks: Array.from({ length: 40 }, (_, i) => ({ id: `t${i}`, input: `Lamp ${i}`, split: 'dev' as const })),
  reset: () => ({ lit: false }),
  tools: {
    press: tool('Press the switch.', z.object({}), (state: { lit: boolean }) => {
      state.lit = true;
      return 'It is lit.';
    }),
  },
  score: (_task, { lit }) => ({ reward: lit ? 1 : 0, checks: [] }),
});

export const done: ScriptedTurn = { name: 'done', arguments: { summary: '' } };
export const press: ScriptedCall = { name: 'press', arguments: {} };
/** Presses in half of its episodes, and in all of them when the policy says so. */
export const moody = (request: ChatRequest, index: number): ScriptedTurn =>
  index === 0 && (request.seed % 2 === 0 || JSON.stringify(request.messages).includes('Always press')) ? press : done;

type Lamp = Pick<
  NightContext,
  | 'agent'
  | 'chain'
  | 'decisions'
  | 'dev'
  | 'emit'
  | 'environment'
  | 'evaluator'
  | 'number'
  | 'options'
  | 'recorder'
  | 'release'
  | 'releases'
  | 'report'
  | 'sealed'
  | 'served'
  | 'signal'
>;

const unlimited = Number.POSITIVE_INFINITY;
const options: NightOptions = {
  env: 'lamp',
  budget: 5,
  seed: 1,
  proposers: ['mine'],
  checks: [],
  concurrency: 4,
  maxRollouts: unlimited,
  maxUsd: unlimited,
  maxMinutes: unlimited,
  tasks: null,
  tags: [],
  policy: NO_POLICY,
  apply: false,
};

/** Records nothing; every candidate is accepted. */
export const silent: Recorder = {
  decisions: [],
  stored: () => [],
  settings: () => {},
  refused: () => {},
  candidate: async () => verdict('accepted'),
  openLook: async () => {},
  release: async () => 'commit',
  close: async () => {},
};

export const verdict = (decision: Verdict['decision']): Verdict => ({
  ...decideKeep([{ task: 't', tags: [], before: [0], after: [1] }], { planned: 1 }),
  decision,
  better: 1,
  worse: 0,
});

/** What the stations that play take of a night. */
export function nightOf(agent: Agent, more: Partial<Lamp> = {}): Lamp {
  return {
    options,
    number: 1,
    agent,
    environment: lamp,
    dev: lamp.tasks as readonly Task<'dev'>[],
    sealed: [],
    evaluator: openEvaluator({
      environment: lamp,
      agent,
      budget: openBudget({ maxRollouts: unlimited, maxUsd: unlimited, maxMinutes: unlimited }, () => 0),
      journal: memoryJournal(),
      seed: 1,
      night: 1,
      concurrency: 4,
      timeoutMs: 10_000,
    }),
    emit: () => {},
    report: () => {},
    signal: new AbortController().signal,
    decisions: [],
    chain: null,
    recorder: silent,
    release: harness('Serve.'),
    releases: 0,
    served: () => 'scripted',
    ...more,
  };
}

export const harness = (policy: string) =>
  parseHarness(
    'lamp',
    new Map([
      ['policy.md', policy],
      ['harness.yaml', 'version: 1\n'],
    ]),
  );
