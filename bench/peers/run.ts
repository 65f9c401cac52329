/**
 * The published engines of two peers and our rule on the same simulated nights, with the same
 * scripted proposer and the same rollouts: `npx jiti bench/peers/run.ts [--worlds N] [--rollouts N]
 * [--scenario NAME]`. Needs Python 3.10 or newer with venv, and the package index: it installs the
 * versions of `requirements.txt` into a virtual environment of its own (`bench/peers/.venv`).
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { mean } from '../../src/gate/arithmetic.ts';
import { OURS } from '../gate/rules.ts';
import { startRun } from '../gate/run-state.ts';
import { readScenario } from '../gate/scenario.ts';
import { openWorld } from '../gate/world.ts';
import { printTable, text } from '../rows.ts';

const worlds = Number(text('worlds') ?? 5);
const rollouts = Number(text('rollouts') ?? 37_000);
const scenarioName = text('scenario') ?? 'nights';
const scenario = readScenario(scenarioName);
if (scenario.kind !== 'year') throw new RangeError(`expected a scenario of nights, got ${scenarioName}`);

interface Row {
  readonly engine: string;
  readonly version: string;
  readonly rollouts: number;
  readonly truth: number;
  /** Null when nothing was accepted. */
  readonly reported: number | null;
  readonly accepted: number;
  readonly useless: number;
  /**
   * Time of the engine itself, without that of the simulated problem; null where it is not measured
   * here.
   */
  readonly engineMicroseconds: number | null;
}

const here = import.meta.dirname;
const venv = join(here, '.venv');
const python = join(venv, 'bin', 'python');
if (!existsSync(python)) {
  process.stderr.write('installing the peers into bench/peers/.venv\n');
  execFileSync('python3', ['-m', 'venv', venv], { stdio: ['ignore', 2, 2] });
}
execFileSync(python, ['-m', 'pip', 'install', '--quiet', '-r', join(here, 'requirements.txt')], {
  stdio: ['ignore', 2, 2],
});

/** The engine's own process, which asks the world in a second one. */
function peer(script: string, seed: number): Promise<Row> {
  const world = [process.execPath, '--import', 'jiti/register', join(here, 'world.ts')];
  return new Promise((resolve, reject) => {
    const child = spawn(python, [join(here, script), scenarioName, String(seed), String(rollouts), ...world], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, OPENAI_API_KEY: 'none' },
    });
    let out = '';
    child.stdout.on('data', (data) => {
      out += data;
    });
    child.on('error', reject);
    child.on('exit', (code) => {
      const line = out.trim().split('\n').at(-1) ?? '';
      if (code === 0 && line.startsWith('{')) resolve(JSON.parse(line) as Row);
      else reject(new Error(`${script} ended with code ${code}`));
    });
  });
}

function own(seed: number): Row {
  const run = startRun(openWorld(scenario as Extract<typeof scenario, { kind: 'year' }>, seed), seed, OURS);
  for (run.night = 0; run.rollouts < rollouts; run.night++) OURS.night(run);
  const { accepted, useless, reported } = run;
  return {
    engine: 'ours',
    version: OURS.name,
    rollouts: run.rollouts,
    truth: run.world.truth(run.release),
    reported: accepted > 0 ? reported : null,
    accepted,
    useless,
    engineMicroseconds: null,
  };
}

const rows: Row[] = [];
for (let seed = 0; seed < worlds; seed++)
  for (const [name, play] of [
    ['ours', async () => own(seed)],
    ['gepa', () => peer('run_gepa.py', seed)],
    ['skillopt', () => peer('run_skillopt.py', seed)],
  ] as const) {
    rows.push(await play());
    process.stderr.write(`world ${seed + 1} of ${worlds}: ${name}\n`);
  }

console.log(
  `${scenarioName} (file ${scenario.digest}), ${worlds} worlds, ${rollouts} rollouts asked for; means (least-most)\n`,
);
/** Mean, least and most of one column over the worlds. */
function range(of: readonly Row[], column: keyof Row, digits: number): string {
  const values = of.map((row) => row[column]).filter((value) => typeof value === 'number');
  if (values.length === 0) return '-';
  return `${mean(values).toFixed(digits)} (${Math.min(...values).toFixed(digits)}-${Math.max(...values).toFixed(digits)})`;
}

const COLUMNS = [
  ['rollouts', 'rollouts', 0],
  ['true score', 'truth', 3],
  ['reported', 'reported', 3],
  ['accepted', 'accepted', 1],
  ['of no value', 'useless', 1],
  ['engine, us a rollout', 'engineMicroseconds', 0],
] as const;
printTable(
  ['engine', 'version', ...COLUMNS.map(([head]) => head)],
  [...new Set(rows.map(({ engine }) => engine))].map((engine) => {
    const of = rows.filter((row) => row.engine === engine);
    return [engine, of[0]?.version ?? '', ...COLUMNS.map(([, column, digits]) => range(of, column, digits))];
  }),
);
