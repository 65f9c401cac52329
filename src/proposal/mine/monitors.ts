/** Monitors for diagnosed loops, claims and stops. */

import type { Edit } from '../../edit/schema.ts';
import type { Monitor } from '../../harness/schema.ts';
import type { Diagnosis } from '../../types.ts';
import type { MineContext } from './context.ts';
import { matching, toEdit } from './gains.ts';

interface Plan {
  readonly monitor: Monitor;
  readonly patterns: readonly string[];
  readonly hypothesis: string;
}

const monitor = (fields: Pick<Monitor, 'id' | 'kind' | 'message'> & Partial<Monitor>): Monitor => ({
  window: 0,
  threshold: 2,
  then: 'hint',
  cooldown: 1,
  cap: 3,
  ...fields,
});

/** One edit per monitor that the harness lacks and a diagnosis asks for. */
export function mineMonitors(context: MineContext): Edit[] {
  const writes = context.environment.tools.filter((t) => !t.readOnly).map((t) => t.name);
  const edits: Edit[] = [];
  for (const plan of plansOf(usedFirst(writes, context.diagnoses))) {
    const answers = matching(context.diagnoses, plan.patterns);
    const has = context.harness.regulation.monitors.some((m) => m.id === plan.monitor.id);
    if (answers.length === 0 || has) continue;
    edits.push(
      toEdit({
        ops: [{ op: 'monitor.add', monitor: plan.monitor }],
        hypothesis: plan.hypothesis,
        answers,
        risks: 'A message more to read for runs that would have recovered alone.',
      }),
    );
  }
  return edits;
}

/** Tools, those that failures name most often first. */
function usedFirst(tools: readonly string[], diagnoses: readonly Diagnosis[]): string[] {
  const times = (tool: string): number => diagnoses.filter((d) => d.tool === tool).length;
  return [...tools].sort((a, b) => times(b) - times(a));
}

function plansOf(writes: readonly string[]): Plan[] {
  const named = writes.slice(0, 6).join(', ');
  return [
    {
      monitor: monitor({
        id: 'same-call-again',
        kind: 'duplicate_call',
        threshold: 2,
        message:
          'This very call was made before, and repeating it changes nothing. Use the answer that you have, change the arguments, or make the next call of the request.',
      }),
      patterns: ['loop'],
      hypothesis: 'Runs that repeat a call go on when they are told that its answer stays the same.',
    },
    {
      monitor: monitor({
        id: 'same-call-stop',
        kind: 'duplicate_call',
        threshold: 4,
        then: 'stop',
        message: 'The same call came four times: the run is ended.',
      }),
      patterns: ['loop'],
      hypothesis: 'A run that repeats one call four times does not recover; ending it saves turns.',
    },
    {
      monitor: monitor({
        id: 'failures-in-a-row',
        kind: 'consecutive_failures',
        threshold: 2,
        message:
          'Several calls failed in a row. Do not give up and do not send the same call again: read the last answer, correct the argument that it names, and call again.',
      }),
      patterns: ['loop', 'gave_up'],
      hypothesis: 'Runs that give up after failures go on when they are told to correct the argument named.',
    },
    {
      monitor: monitor({
        id: 'call-a-tool',
        kind: 'text_only',
        threshold: 1,
        then: 'directive',
        message:
          'A message without a tool call does nothing. Make the next tool call now; when every part of the request is finished, call done.',
      }),
      patterns: ['gave_up', 'text_call'],
      hypothesis: 'Runs that talk in place of acting go on when they are asked for the next call.',
    },
    {
      monitor: monitor({
        id: 'nothing-done-yet',
        kind: 'premature_finish',
        threshold: 1,
        then: 'directive',
        cap: 2,
        message: `No change has succeeded so far, so do not claim one. Make the call that the request asks for (${named}) and call done after it has succeeded.`,
      }),
      patterns: ['claim', 'text_call'],
      hypothesis:
        'Runs that claim an effect without a successful call make the call when they are told that nothing happened.',
    },
    {
      monitor: monitor({
        id: 'few-turns-left',
        kind: 'budget_left',
        threshold: 4,
        cap: 1,
        message: 'Few turns are left. Make the calls that are still missing now, then call done.',
      }),
      patterns: ['gave_up'],
      hypothesis: 'Runs that run out of turns finish when they are told how few are left.',
    },
  ];
}
