/** Scores a harness on an environment of one's own, with the simulated agent: no key, no network. */
import { defineEnvironment, evaluate, parseHarness, simulatedAgent, tool, z } from 'harness-optimizer';

interface Lights {
  on: string[];
}

const environment = defineEnvironment<Lights>({
  name: 'lights',
  tasks: ['hall', 'attic', 'porch'].map((room) => ({ id: room, input: `Please switch on the light in the ${room}.` })),
  reset: () => ({ on: [] }),
  tools: {
    switch_on: tool('Switch on the light of a room.', z.object({ room: z.string() }), (state: Lights, { room }) => {
      state.on.push(room);
    }),
  },
  score: (task, state) => ({ reward: state.on.join() === task.id ? 1 : 0, checks: [] }),
  oracle: (task) => ({ calls: [{ name: 'switch_on', arguments: { room: task.id } }], summary: 'done' }),
});
const harness = parseHarness('lights', new Map([['policy.md', 'Do what is asked with the tools.\n']]));
const { evaluation } = await evaluate({ harness, environment, agent: simulatedAgent('strong'), trials: 4 });
console.log(evaluation.tasks);
