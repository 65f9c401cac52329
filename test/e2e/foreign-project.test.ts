/**
 * A project of somebody else: the packed package, an environment that does real work, a proposer, a
 * check, and programs of its own that import `harness-optimizer` and nothing inside of it.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, realpathSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { NightSummary } from '../../src/report/events.ts';
import { ROOT } from './build.ts';
import { cleanEnv, decisionsOf, git, newFolder, RELEASING, read, repositoryOf } from './cli.ts';

/** Reads its stock from a file at every reset; scores it by what was written to another one. */
const ENVIRONMENT = `import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineEnvironment, tool, z } from 'harness-optimizer';

const towns = ['Amber Bay', 'Birch Hill', 'Cedar Gate'];
const args = z.object({ parcel_id: z.string(), town: z.enum(towns) });
const load = async ({ path }) => JSON.parse(await readFile(path, 'utf8'));
const find = async (state, { parcel_id: id }) => {
  const parcels = await load(state);
  if (!parcels[id]) throw new Error(\`There is no parcel \${id}; parcel ids look like #123\`);
  return parcels[id];
};
const open = async (parcels) => {
  const folder = await mkdtemp(join(tmpdir(), 'parcels-'));
  const state = { folder, path: join(folder, 'parcels.json') };
  await writeFile(state.path, JSON.stringify(parcels));
  return state;
};
export default defineEnvironment({
  name: 'parcels',
  tasks: Array.from({ length: 120 }, (_, i) => ({ id: \`t\${i}\`, input: { id: \`#\${100 + i}\`, town: towns[i % 3] } })),
  prompt: ({ input: { id, town } }) => \`My parcel \${id} has to go to \${town}, please. I agree to exactly this.\`,
  reset: ({ input: { id } }) => open({ [id]: { parcel_id: id, town: 'Depot' } }),
  snapshot: load,
  restore: open,
  dispose: ({ folder }) => rm(folder, { recursive: true }),
  tools: {
    get_parcel: tool('Show a parcel.', args.pick({ parcel_id: true }), find, { readOnly: true }),
    send_parcel: tool('Send a parcel to a town.', args, async (state, given) => {
      const parcel = { ...(await find(state, given)), town: given.town };
      await writeFile(state.path, JSON.stringify({ [parcel.parcel_id]: parcel }));
      return parcel;
    }),
  },
  score: async ({ input: { id, town } }, state) => ({ reward: (await load(state))[id].town === town ? 1 : 0, checks: [] }),
  oracle: async ({ input: { id, town } }) => ({
    summary: \`Sent to \${town}.\`,
    calls: [{ name: 'get_parcel', arguments: { parcel_id: id } }, { name: 'send_parcel', arguments: { parcel_id: id, town } }],
  }),
});
`;

/** Twenty lines: what failed decides which of two cures is proposed, and one edit is nonsense. */
const PROPOSER = `/** Cures for what it knows; everything else is left to others. */
const cures = {
  missing_prefix: () => ({
    op: 'format.add',
    format: { argument: 'parcel_id', pattern: '^#[0-9]+$', repair: { prefix: '#' } },
  }),
  text_call: () => ({ op: 'switch.set', key: 'rescue', value: true }),
};
export const cure = {
  name: 'cure',
  async propose({ diagnoses, tasks, environment }) {
    if (environment.generate || tasks.some(({ split }) => split !== 'train')) throw new Error('I see too much');
    const edits = Object.entries(cures).flatMap(([pattern, op]) => {
      const addresses = diagnoses.filter((one) => one.pattern === pattern).map(({ trace }) => trace);
      return addresses.length === 0 ? [] : [{ ops: [op()], hypothesis: \`They fail by \${pattern}.\`, addresses }];
    });
    return { edits: [...edits, { ops: 'nonsense' }], notes: [\`\${diagnoses.length} failures seen\`] };
  },
};
`;

const CHECK = `export const small = {
  name: 'small',
  check: async ({ child }) => (child.contract.formats.length > 9 ? 'more than nine formats' : null),
};
`;

const ASK = `
const events = [];
const summary = await runNight({
  root: process.cwd(),
  environment,
  agent: simulatedAgent('weak'),
  proposers: [broken, cure],
  checks: [small],
  policy: { version: 1, max_increase: { calls: 1 } },
  budget: 2,
  emit: (event) => events.push(event),
});
console.log(JSON.stringify({ summary, warnings: events.filter(({ type }) => type === 'warning') }));
`;

const BROKEN = `const broken = { name: 'broken', propose() { throw new Error('no luck'); } };`;

const ESM = `import { loadEnvironment, runNight, simulatedAgent } from 'harness-optimizer';
import { small } from './check.mjs';
import { cure } from './proposer.mjs';
${BROKEN}
const environment = await loadEnvironment('parcels.mjs', { root: process.cwd() });
${ASK}`;

const COMMONJS = `const { runNight, simulatedAgent, UsageError } = require('harness-optimizer');
const { episode } = require('harness-optimizer/runtime');
const { small } = require('./check.mjs');
const { default: environment } = require('./parcels.mjs');
const { cure } = require('./proposer.mjs');
${BROKEN}
(async () => {
  if (typeof episode !== 'function' || !(new UsageError('x') instanceof Error)) throw new Error('exports are missing');
  ${ASK}
})();
`;

/** The tarball that would be published, unpacked as an installation has it. */
function install(dir: string): void {
  const place = newFolder();
  const [packed] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', place], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  ) as [{ filename: string }];
  const installed = join(dir, 'node_modules', 'harness-optimizer');
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', join(place, packed.filename), '-C', installed, '--strip-components=1']);
  const { dependencies } = JSON.parse(read(ROOT, 'package.json')) as { dependencies: Record<string, string> };
  for (const name of Object.keys(dependencies)) {
    mkdirSync(join(dir, 'node_modules', name, '..'), { recursive: true });
    symlinkSync(realpathSync(join(ROOT, 'node_modules', name)), join(dir, 'node_modules', name));
  }
}

interface Told {
  readonly summary: NightSummary;
  readonly warnings: readonly { readonly message: string }[];
}

describe('a project that has installed the package', () => {
  let dir: string;
  const node = (...argv: string[]): string =>
    execFileSync(process.execPath, argv, { cwd: dir, env: cleanEnv, encoding: 'utf8', stdio: 'pipe' });
  const optimize = (...argv: string[]): string => node('node_modules/harness-optimizer/dist/cli.js', ...argv);
  beforeAll(() => {
    dir = repositoryOf({
      'package.json': '{"private": true, "type": "module"}\n',
      '.gitignore': 'node_modules\n',
      'parcels.mjs': ENVIRONMENT,
      'proposer.mjs': PROPOSER,
      'check.mjs': CHECK,
      'night.mjs': ESM,
      'night.cjs': COMMONJS,
      'harness/parcels/policy.md': '# Policy\n\nDo exactly what is asked with the tools, then call done.\n',
      'harness/parcels/harness.yaml': 'version: 1\n',
    });
    install(dir);
  });

  it('imports no internal path', () => {
    const files = ['parcels.mjs', 'proposer.mjs', 'check.mjs', 'night.mjs', 'night.cjs'].map((path) => read(dir, path));
    const asked = files.flatMap((text) => [...text.matchAll(/'(harness-optimizer[^']*)'/g)].map(([, name]) => name));
    expect(new Set(asked)).toEqual(new Set(['harness-optimizer', 'harness-optimizer/runtime']));
    expect(PROPOSER.trimEnd().split('\n').length).toBeLessThanOrEqual(20);
  });

  it('plays a night with its own environment, proposer and check, from an ES module', () => {
    const { summary, warnings } = JSON.parse(node('night.mjs')) as Told;
    expect(summary).toMatchObject({ env: 'parcels', night: 1, exitCode: 0, released: { version: 'v1' } });
    expect(warnings.map(({ message }) => message)).toEqual(
      expect.arrayContaining([
        'proposer broken: it failed: no luck',
        expect.stringMatching(/^proposer cure: edit \d is left out: .*ops/),
      ]),
    );
    const decisions = decisionsOf(dir, 'parcels');
    const kept = decisions.filter(({ kind, verdict }) => kind === 'candidate' && verdict?.decision === 'accepted');
    expect(kept.flatMap(({ edits = [] }) => edits.map(({ proposer }) => proposer))).toContain('cure');
    expect(kept.every(({ who }) => who.proposer === 'broken, cure')).toBe(true);
    expect(readFileSync(join(dir, 'runs', summary.run, 'report.md'), 'utf8')).toContain('released v1');
    expect(readdirSync(cleanEnv.TMPDIR ?? '').filter((name) => name.startsWith('parcels-'))).toEqual([]);
  });

  it('goes on with the next night from CommonJS', () => {
    const { summary } = JSON.parse(node('night.cjs')) as Told;
    expect(summary).toMatchObject({ env: 'parcels', night: 2, run: 'parcels-0002' });
  });

  it('is verified and played again without its proposer and check, from what they answered', () => {
    expect(optimize('verify', '--env', 'parcels')).toContain(
      'every decision agrees with what it can be recomputed from',
    );
    expect(optimize('replay', 'parcels-0001', '--env', 'parcels.mjs')).toContain('came out equal');
  });

  it('gets an environment of its own by init, checked, with a night that verifies', () => {
    optimize('init', 'my-shop');
    git(dir, 'add', '-A');
    git(dir, 'commit', '-q', '-m', 'my-shop');
    expect(optimize('env', 'check', 'my-shop')).toContain('sound');
    expect(optimize(...RELEASING.split(' '))).toContain('# my-shop, night 1: released v1');
    expect(optimize('verify', '--env', 'my-shop')).toContain('every decision agrees');
  });
});
