/** A contrast as a clause: what is read, what is refused, and what the agent is told instead. */
import type { Edit } from '../../edit/schema.ts';
import { type Clause, clauseOf } from '../../harness/schema.ts';
import { idOf } from '../mine/names.ts';
import type { Condition, Contrast } from './contrast.ts';

const quoted = (value: string | boolean): string => (typeof value === 'string' ? JSON.stringify(value) : String(value));

function celOf({ source, values, begins }: Condition): string {
  const [only] = values;
  if (begins) {
    const each = values.map((value) => `${source}.startsWith(${quoted(value)})`);
    return each.length === 1 ? each.join('') : `(${each.join(' || ')})`;
  }
  if (values.length > 1) return `${source} in [${values.map(quoted).join(', ')}]`;
  const isComparison = /[=><]/.test(source);
  if (only === true) return isComparison ? `(${source})` : source;
  return only === false ? `!(${source})` : `${source} == ${quoted(only ?? '')}`;
}

function proseOf({ words, values, begins }: Condition): string {
  const [only] = values;
  if (typeof only === 'boolean') return only ? words : `it is not so that ${words}`;
  return `${words} ${begins ? 'begins with' : 'is'} ${values.join(' or ')}`;
}

function clauseFor({ tool, literals, by }: Contrast): Clause {
  const reads = [...new Map(literals.flatMap((one) => one.reads).map((read) => [read.as, read])).values()];
  const when = literals.map(proseOf).join(' and ');
  const names = literals.map(({ source, values }) => [source.replace(/^.*\./, ''), ...values].join('-'));
  const why = by === 'refusal' ? 'the tool refuses it' : 'it went wrong before';
  return clauseOf({
    id: idOf('logs', tool, ...names),
    tools: [tool],
    say: `Do not call it when ${when}: ${why}.`.slice(0, 600),
    prepare: reads.map(({ as, tool: call, parameter, from }) => ({ read: { as, call, with: { [parameter]: from } } })),
    require: `!(${literals.map(celOf).join(' && ')})`,
    enforce: 'block',
    otherwise: `This call was not made, because ${when}, and then ${why}. Check the policy and the request again; if both allow it, make the call once more.`,
    max_blocks: 1,
  });
}

/** The edit that adds the clause; its evidence are ids of traces. */
export function editFor(contrast: Contrast, traces: readonly string[]): Edit {
  const { tool, bad, good, by, p } = contrast;
  const clause = { ...clauseFor(contrast), evidence: traces.slice(0, 6) };
  const kind = by === 'refusal' ? ['refused', 'accepted'] : ['failing', 'passing'];
  return {
    ops: [{ op: 'clause.add', clause }],
    hypothesis: `In ${bad.size} ${kind[0]} and ${good.size} ${kind[1]} traces ${tool} is called in this case (chance ${p.toFixed(3)} among the traces that call it).`,
    addresses: [...traces],
    predicts: {
      fixes: bad.size,
      risks: 'Traces show what was done, not why it was wrong: they may have failed for another reason.',
    },
    proposer: 'logs',
  };
}
