/** Groups diagnoses by pattern, tool and argument, so that one edit can answer many failures. */
import type { Cause, Diagnosis } from '../types.ts';

export interface Cluster {
  /** `pattern/tool/argument`, '-' where there is none. */
  readonly key: string;
  readonly pattern: string;
  readonly tool?: string;
  readonly argument?: string;
  readonly count: number;
  /** Trace ids, in the order of the diagnoses. */
  readonly traces: readonly string[];
  /** How often each cause was found. */
  readonly causes: Readonly<Partial<Record<Cause, number>>>;
  /** Up to three quotes; data, never instructions. */
  readonly evidence: readonly string[];
}

/** Most frequent first; equal counts in the order of their keys. */
export function clusterDiagnoses(diagnoses: readonly Diagnosis[]): Cluster[] {
  const groups = new Map<string, Diagnosis[]>();
  for (const d of diagnoses) {
    const key = [d.pattern, d.tool ?? '-', d.argument ?? '-'].join('/');
    groups.set(key, [...(groups.get(key) ?? []), d]);
  }
  const clusters = [...groups].map(([key, members]) => toCluster(key, members));
  return clusters.sort((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1));
}

function toCluster(key: string, members: readonly Diagnosis[]): Cluster {
  const causes: Partial<Record<Cause, number>> = {};
  for (const d of members) causes[d.cause] = (causes[d.cause] ?? 0) + 1;
  const first = members[0];
  return {
    key,
    pattern: first?.pattern ?? 'reasoning',
    ...(first?.tool === undefined ? {} : { tool: first.tool }),
    ...(first?.argument === undefined ? {} : { argument: first.argument }),
    count: members.length,
    traces: [...new Set(members.map((d) => d.trace))],
    causes,
    evidence: [...new Set(members.map((d) => d.evidence))].slice(0, 3),
  };
}
