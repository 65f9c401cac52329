/**
 * The simulated problem of `bench/gate`, for an engine in another process: one JSON question a line
 * on stdin, one answer a line on stdout. A harness is a text; every line `edit N` in it is proposal
 * number N of the world, on top of the lines before it.
 */
import { createInterface } from 'node:readline';
import { randomOf } from '../../src/digest.ts';
import { readScenario, type Year } from '../gate/scenario.ts';
import { openWorld, type State } from '../gate/world.ts';

type Question =
  | { readonly ask: 'open'; readonly scenario: string; readonly seed: number }
  /** One trial of each task; a task that was asked before with the same text is rolled afresh. */
  | { readonly ask: 'score'; readonly text: string; readonly tasks: readonly number[] }
  | { readonly ask: 'truth'; readonly text: string };

function serve(scenario: Year, seed: number) {
  const world = openWorld(scenario, seed);
  const states = new Map<string, State>([['', world.start]]);
  const trials = new Map<string, number>();
  const editsOf = (text: string): string[] => [...text.matchAll(/^edit (\d+)$/gm)].map((match) => match[1] as string);
  const stateOf = (edits: readonly string[]): State => {
    const key = edits.join(' ');
    const known = states.get(key);
    if (known !== undefined) return known;
    const parent = stateOf(edits.slice(0, -1));
    const number = Number(edits.at(-1));
    const { candidates } = scenario;
    const state = world.apply(parent, world.propose(parent, Math.floor(number / candidates), number % candidates));
    states.set(key, state);
    return state;
  };
  return (question: Question): unknown => {
    if (question.ask === 'open') throw new TypeError('the world is open');
    const edits = editsOf(question.text);
    const state = stateOf(edits);
    if (question.ask === 'truth') return world.truth(state);
    return question.tasks.map((task) => {
      const key = `${edits.join(' ')}|${task}`;
      const trial = trials.get(key) ?? 0;
      trials.set(key, trial + 1);
      return world.play(state, task, 0, randomOf('peer', scenario.digest, seed, key, trial));
    });
  };
}

let answer: ReturnType<typeof serve> | null = null;
for await (const line of createInterface({ input: process.stdin })) {
  const question = JSON.parse(line) as Question;
  if (question.ask === 'open') {
    const scenario = readScenario(question.scenario);
    if (scenario.kind !== 'year') throw new TypeError(`${question.scenario} has no nights`);
    answer = serve(scenario, question.seed);
    const { dev, sealed, candidates, nights, digest } = scenario;
    process.stdout.write(`${JSON.stringify({ dev, sealed, proposals: candidates * nights, digest })}\n`);
  } else if (answer === null) throw new TypeError('the first question is open');
  else process.stdout.write(`${JSON.stringify(answer(question))}\n`);
}
