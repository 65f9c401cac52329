/** Before any rollout: refuses clauses with unknown tools, arguments or result paths. */
import { EnvironmentError, UsageError } from '../errors.ts';
import { type LintIssue, lintHarness, type Shapes, shapesOf } from '../harness/lint/lint.ts';
import { amount } from '../report/terminal.ts';
import type { Environment, Harness } from '../types.ts';

/** From this many results of a tool on, a member that none of them has is unknown. */
const ENOUGH_RESULTS = 10;

/** Faults of the environment after which no more results are gathered. */
const FAULTS = 3;

/**
 * Throws UsageError with the first fault that `known`, which was checked before, does not have.
 * Without an oracle, every result path passes.
 */
export async function assertSound(harness: Harness, environment: Environment, known: Harness | null): Promise<void> {
  const shapes = await oracleShapes(environment);
  const faultsOf = (one: Harness) =>
    lintHarness(one, environment.tools, shapes)
      .filter(({ severity }) => severity === 'error')
      .map((issue) => ({ issue, text: `${issue.where}: ${issue.message}` }));
  const old = new Set(known === null ? [] : faultsOf(known).map(({ text }) => text));
  const fresh = faultsOf(harness).filter(({ text }) => !old.has(text));
  const first = fresh[0];
  if (first === undefined) return;
  const more = fresh.length > 1 ? ` (and ${amount(fresh.length - 1, 'more fault')})` : '';
  throw new UsageError(`${first.text}; correct it or take it out${more}`, { where: placeOf(harness, first.issue) });
}

/** `harness/<env>/contract.yaml:12` for a clause, the file alone for its other parts. */
function placeOf({ env, files }: Harness, { where }: LintIssue): string {
  if (['permissions', 'caps', 'protected', 'editable'].includes(where)) return `harness/${env}/harness.yaml`;
  const id = /^clause (\S+)$/.exec(where)?.[1];
  const lines = (files.get('contract.yaml') ?? '').split('\n');
  const line = lines.findIndex(
    (text) =>
      id !== undefined &&
      text
        .replace(/["',{}]/g, ' ')
        .trim()
        .endsWith(`id: ${id}`),
  );
  return `harness/${env}/contract.yaml${line < 0 ? '' : `:${line + 1}`}`;
}

/** Results of the tools as the oracle plays train; reads are repeated after the writes. */
async function oracleShapes(environment: Environment): Promise<Shapes> {
  const { oracle } = environment;
  if (oracle === undefined) return new Map();
  const readOnly = new Set(environment.tools.filter((tool) => tool.readOnly).map(({ name }) => name));
  const results: { tool: string; content: string }[] = [];
  let faults = 0;
  for (const task of environment.tasks.filter(({ split }) => split === 'train')) {
    try {
      const state = await environment.reset(task);
      const { calls } = await oracle.call(environment, task);
      for (const call of [...calls, ...calls.filter(({ name }) => readOnly.has(name))]) {
        const { content, error } = await environment.execute(state, call);
        if (!error) results.push({ tool: call.name, content });
      }
      await environment.dispose?.(state);
    } catch (error) {
      // A fault makes rollouts void, which a night counts; each may cost a whole time limit.
      if (!(error instanceof EnvironmentError)) throw error;
      faults += 1;
      if (faults === FAULTS) break;
    }
  }
  const counts = new Map<string, number>();
  for (const { tool } of results) counts.set(tool, (counts.get(tool) ?? 0) + 1);
  return shapesOf(results.filter(({ tool }) => (counts.get(tool) ?? 0) >= ENOUGH_RESULTS));
}
