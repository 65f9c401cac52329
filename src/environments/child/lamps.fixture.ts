/** Environment files of a lamp per task, in a folder of their own. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Environment, Task } from '../../types.ts';
import { endChildren } from './child.ts';
import { openApart } from './environment.ts';

const root = join(import.meta.dirname, '..', '..', '..');

interface Lamp {
  /** Code of the file. */
  readonly top?: string;
  /** Code in the tool; `n` is the number of the task. */
  readonly onSwitch?: string;
  /** More members of the definition. */
  readonly more?: string;
}

export function lampFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'apart-'));
  // Installed, the package needs no detour to be found.
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules', 'harness-optimizer'));
  let files = 0;
  return {
    folder,
    open: (file: string, mostMb?: number): Promise<Environment> => openApart(file, folder, mostMb),
    remove(): void {
      endChildren();
      rmSync(folder, { recursive: true, force: true });
    },
    write({ top = '', onSwitch = '', more = '' }: Lamp): string {
      const file = join(folder, `e${++files}.mjs`);
      writeFileSync(
        file,
        `import { defineEnvironment, tool, z } from 'harness-optimizer';
${top}
export default defineEnvironment({
  name: 'lamps',
  tasks: ({ seed, tasks }) => Array.from({ length: tasks }, (_, i) => ({ id: \`t\${seed}-\${i}\`, input: \`Lamp \${i} of house \${seed}\` })),
  reset: ({ input }) => ({ lamp: input, on: false, n: Number(input.split(' ')[1]) }),
  tools: { switch_on: tool('Switch on.', z.object({}), (state) => { const { n } = state; ${onSwitch}; state.on = true; return 'on'; }) },
  score: (_, { on }) => ({ reward: on ? 1 : 0, checks: [] }),
  oracle: () => ({ summary: 'On.', calls: [{ name: 'switch_on', arguments: {} }] }),
  ${more}
});`,
      );
      return file;
    },
  };
}

/** What a rollout of one call comes to: its parts, or why there is no score. */
export async function played(environment: Environment, task: Task): Promise<unknown> {
  try {
    const plan = await environment.oracle?.(task);
    const state = await environment.reset(task);
    const fork = await environment.fork?.(state);
    const result = await environment.execute(state, { name: 'switch_on', arguments: {} });
    await new Promise((resolve) => setTimeout(resolve));
    const score = await environment.score(task, state, { reason: 'done', summary: '' });
    const changes = [environment.changes?.(state), environment.changes?.(fork)];
    await environment.dispose?.(state);
    return { plan, result, score, changes };
  } catch (error) {
    return (error as Error).message;
  }
}

export const firstTwo = async (environment: Environment): Promise<unknown[]> => [
  await played(environment, environment.tasks[0] as Task),
  await played(environment, environment.tasks[1] as Task),
];
