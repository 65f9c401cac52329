/** The profiles on generated retail tickets, through the real runtime. */
import { beforeAll, describe, expect, it } from 'vitest';
import { seedOf } from '../../digest.ts';
import { generateRetail } from '../../environments/retail/generate/index.ts';
import { retailVocabulary } from '../../environments/retail/vocabulary.ts';
import { parseHarness } from '../../harness/parse.ts';
import { playEpisode } from '../../runtime/play.ts';
import type { Agent, ChatRequest, Environment, Harness, Json, ToolCall } from '../../types.ts';
import { simulatedAgent } from './agent.ts';
import { claimText, honestText } from './faults/ending.ts';
import { inventedId, UNKNOWN } from './faults/identifiers.ts';
import { lexiconOf } from './lexicon.ts';
import type { ProfileName } from './profiles.ts';

const bare = parseHarness(
  'retail',
  new Map([
    ['policy.md', '# Policy\n\nServe the ticket.\n'],
    ['harness.yaml', 'version: 1\n'],
  ]),
);

const prepared = parseHarness(
  'retail',
  new Map([
    ...bare.files,
    ['harness.yaml', 'version: 1\nrealization: {rescue: true, rename: true, coerce: true}\n'],
    [
      'contract.yaml',
      `formats:
  - {argument: order_id, pattern: "^#W[0-9]{7}$", repair: {prefix: "#"}}
clauses:
  - id: look-first
    tools: [cancel_pending_order, modify_pending_order_address, modify_pending_order_payment, modify_pending_order_items, return_delivered_order_items, exchange_delivered_order_items]
    say: Read the customer's profile and the order beforehand.
`,
    ],
  ]),
);

let environment: Environment;
beforeAll(() => {
  environment = generateRetail({ seed: 11, tasks: 60 }) as Environment;
});

async function scoreOf(harness: Harness, profile: ProfileName): Promise<number> {
  let sum = 0;
  const agent = simulatedAgent(profile);
  for (const task of environment.tasks)
    for (let trial = 0; trial < 2; trial++) {
      const trace = await playEpisode({
        harness,
        environment,
        agent,
        task,
        trial,
        seed: seedOf('test', task.id, trial),
      });
      sum += trace.score?.reward ?? 0;
    }
  return sum / (2 * environment.tasks.length);
}

const leaves = (value: Json): string[] =>
  typeof value === 'string'
    ? [value]
    : typeof value === 'object' && value !== null
      ? Object.values(value).flatMap(leaves)
      : [];

describe('profiles on retail', () => {
  it('are as able as they are called, and leave room for a harness', async () => {
    const weak = await scoreOf(bare, 'weak');
    const medium = await scoreOf(bare, 'medium');
    const strong = await scoreOf(bare, 'strong');
    expect(weak).toBeGreaterThan(0.08);
    expect(weak).toBeLessThan(0.35);
    expect(medium).toBeGreaterThan(0.3);
    expect(medium).toBeLessThan(0.58);
    expect(strong).toBeGreaterThan(0.62);
    expect(strong).toBeLessThan(0.92);
    expect(await scoreOf(prepared, 'medium')).toBeGreaterThan(medium + 0.03);
  });

  it('say only what they see, or a declared corruption of it', async () => {
    const said: { readonly call: ToolCall; readonly visible: string }[] = [];
    const watched: Agent = {
      ...simulatedAgent('weak'),
      open: (episode) => {
        const model = simulatedAgent('weak').open(episode);
        return {
          complete: async (request: ChatRequest) => {
            const reply = await model.complete(request);
            const texts = request.messages.flatMap((message) =>
              message.role === 'assistant' ? [] : [message.content],
            );
            const visible = [...texts, JSON.stringify(request.tools)].join('\n');
            for (const call of reply.toolCalls)
              said.push({ call: { name: call.name, arguments: JSON.parse(call.arguments) }, visible });
            return reply;
          },
        };
      },
    };
    for (const task of environment.tasks)
      await playEpisode({ harness: bare, environment, agent: watched, task, trial: 0, seed: seedOf('said', task.id) });

    const declared = (argument: string, value: string, visible: string): boolean =>
      visible.includes(value) ||
      visible.includes(`#${value}`) ||
      value === UNKNOWN ||
      (value.startsWith('[') && (JSON.parse(value) as string[]).every((part) => declared(argument, part, visible))) ||
      ['order_id', 'user_id', 'item_ids', 'product_id', 'item_id', 'new_item_ids', 'payment_method_id'].some(
        (name) => inventedId(name, lexiconOf(retailVocabulary)) === value,
      ) ||
      (argument !== 'summary' &&
        value.includes(', ') &&
        value.split(', ').every((part) => declared(argument, part, visible)));
    expect(said.length).toBeGreaterThan(100);
    for (const { call, visible } of said)
      for (const [argument, value] of Object.entries(call.arguments))
        if (argument === 'summary') {
          const rest = String(value).replace(claimText, '').replace(honestText, '');
          // Figures and ids of a summary have been read or added up; here only ids can be told
          // apart.
          for (const id of rest.match(/#?[A-Za-z_]*\d{5,}/g) ?? []) expect(visible).toContain(id);
        } else
          for (const text of leaves(value))
            expect(declared(argument, text, visible), `${argument}: ${text}`).toBe(true);
  });
});
