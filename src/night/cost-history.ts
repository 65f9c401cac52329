/** What finished nights cost, for the plan of the next one. */
import { join } from 'node:path';
import { z } from 'zod';
import { jsonOf } from '../digest.ts';
import { readPlain } from '../files.ts';
import { readConfig, runNames } from './run.ts';

/** Means of a finished night. */
export interface Past {
  readonly run: string;
  readonly usdPerRollout: number;
  readonly secondsPerRollout: number;
}

const Summary = z.object({ rollouts: z.number().min(1), seconds: z.number(), usd: z.number() });

/** The newest finished night of this environment and agent in `runs/`; null for none. */
export function pastOf(root: string, env: string, agent: string): Past | null {
  const folder = join(root, 'runs');
  for (const run of runNames(folder, env).reverse()) {
    if (readConfig(join(folder, run))?.agent.id !== agent) continue;
    const summary = readSummary(join(folder, run));
    if (summary === null) continue;
    const { rollouts, seconds, usd } = summary;
    return { run, usdPerRollout: usd / rollouts, secondsPerRollout: seconds / rollouts };
  }
  return null;
}

/** Null for a night that did not finish. */
function readSummary(folder: string): z.infer<typeof Summary> | null {
  try {
    return Summary.parse(jsonOf(readPlain(join(folder, 'summary.json')) ?? ''));
  } catch {
    return null;
  }
}
