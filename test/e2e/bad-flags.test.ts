/**
 * Bad flags: a sentence that says what is wrong and what would be right, with the exit code of its
 * kind.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { optimize, retailRepository, shopRepository } from './cli.ts';
import { NIGHT, refuse } from './refusal.ts';

describe.concurrent('flags', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await shopRepository();
  });

  it.each<[string, number, RegExp[]]>([
    ['--env nope', 2, [/no environment nope/, /my-shop, retail/, /optimize init nope/]],
    ['--env evals/other.js', 2, [/evals\/other\.js: no such environment file/]],
    [`${NIGHT} --budget 0`, 5, [/--budget 0/, /least is 1/]],
    [`${NIGHT} --budget -1`, 2, [/--budget: expected a whole number of candidates, 0 or more, got -1/]],
    [`${NIGHT} --budget 1.5`, 2, [/--budget: expected a whole number of candidates, 0 or more, got 1\.5/]],
    [`${NIGHT} --budget many`, 2, [/--budget: expected a whole number of candidates.*got many/]],
    [`${NIGHT} --max-rollouts 20`, 5, [/--max-rollouts 20 cannot decide anything.*need \d+/]],
    [`${NIGHT} --max-minutes 0`, 5, [/--max-minutes 0/]],
    [`${NIGHT} --bugdet 3`, 2, [/unknown option '--bugdet'/, /Did you mean --budget\?/]],
    ['log --evn my-shop', 2, [/^optimize: unknown option '--evn'/, /Did you mean --env\?/]],
    ['log --wrnog', 2, [/^optimize: unknown option '--wrnog'; expected --env, .*--json/, /see --help/]],
    [
      `${NIGHT} --proposer nobody`,
      2,
      [/--proposer: expected mine, reflect, both, null, harmful or command:CMD, got "nobody"/],
    ],
    [`${NIGHT} --concurrency 0`, 2, [/--concurrency.*1 or more/]],
    [`${NIGHT} --seed x`, 2, [/--seed: expected a whole number, 0 or more, got x/]],
    [`${NIGHT} --tags gold`, 2, [/--tags gold: no task has one of them/]],
    ['--env my-shop --tasks 8', 2, [/\d+ (?:dev|train|sealed) tasks.*at least \d+.*--tasks/]],
    [
      `${NIGHT} --model gpt`,
      2,
      [/--model: expected sim:weak\|medium\|strong, openai:NAME or a name from models\.yaml, got "gpt"/],
    ],
    [`${NIGHT} --model sim:huge`, 2, [/sim:weak.*sim:huge/]],
    [`${NIGHT} --model openai:x`, 2, [/OPENAI_API_KEY/, /--base-url/]],
    [`${NIGHT} --model openai:x --base-url nowhere`, 2, [/--base-url: expected an address.*"nowhere"/]],
    [`${NIGHT} --model openai:x --base-url http://127.0.0.1:1/v1 --max-usd 1`, 2, [/--price-in/]],
    [
      `${NIGHT} --model openai:x --base-url http://127.0.0.1:1/v1 --price-in 1`,
      2,
      [/--price-in is given alone; .*--price-out/],
    ],
    [
      `${NIGHT} --model openai:x --base-url http://me:pass@127.0.0.1:1/v1`,
      2,
      [/--base-url holds a name, password or key/],
    ],
    [
      `${NIGHT} --model openai:x --base-url http://127.0.0.1:1/v1?api_key=abc`,
      2,
      [/--base-url holds a name, password or key/],
    ],
    [`${NIGHT} --data data`, 2, [/--data.*takes no data/]],
    ['verfy', 2, [/unknown command 'verfy'/, /Did you mean verify\?/]],
    ['keys verfy', 2, [/unknown command 'verfy'/]],
    ['env verfy', 2, [/unknown command 'verfy'/]],
    ['', 2, [/--env <name>/]],
    ['rollback --env my-shop --to v1', 2, [/nothing has been released.*optimize --env my-shop/]],
    ['apply --env my-shop', 2, [/nothing has been released.*optimize --env my-shop/]],
    ['log --env nope', 2, [/neither a branch optimize\/nope nor an environment nope; known are my-shop, retail/]],
    ['run --env my-shop --task nobody', 2, [/--task nobody: no such task; the first ids are /]],
    ['run --env my-shop --harness v7', 2, [/nothing has been released/]],
    [
      'run --env my-shop --harness nobody',
      2,
      [/no harness of my-shop is called "nobody"; expected a commit, a branch/],
    ],
    ['run --env my-shop --tasks 0', 2, [/--tasks: expected a whole number of tasks, 1 or more, got 0/]],
    ['run --env my-shop --trials 0', 2, [/--trials: expected a whole number, 1 or more, got 0/]],
    ['log', 2, [/no optimize\/\* branch yet/]],
    ['run --env my-shop --split every', 2, [/--split: expected train, dev, sealed, or all, got "every"/]],
    ['init Shop', 2, [/lower-case/]],
    ['init my-shop', 2, [/my-shop\S* is already there/]],
    ['env check nope', 2, [/no environment nope/]],
    ['env generate my-shop --seed 1 --tasks 5 --out new', 2, [/expected retail/]],
    ['env generate retail --seed 1 --tasks 5 --out evals', 2, [/--out evals is already there/]],
  ])('optimize %s', (args, code, says) => refuse(dir, args, code, ...says));

  it('an error is one JSON line as well with --json', async () => {
    const { code, stdout, stderr } = await optimize(dir, '--env nope --json');
    expect(JSON.parse(stdout)).toEqual({
      type: 'error',
      code: 2,
      message: expect.stringContaining('no environment nope'),
    });
    expect([code, stdout.split('\n').length]).toEqual([2, 2]);
    expect(stderr).toContain('no environment nope');
  });

  it('tags are listed where there are some', async () => {
    await refuse(retailRepository(), '--env retail --tags gold', 2, /--tags gold.*known tags: .*T1/);
  });
});
