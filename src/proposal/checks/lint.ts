/** Rejects rules that cannot work: unknown tools, arguments or result paths. */
import { canonicalJson } from '../../digest.ts';
import { lintHarness } from '../../harness/lint/lint.ts';
import { toolsOf } from '../../runtime/done.ts';
import type { Check } from '../check.ts';

/** Faults of the parent do not count against the candidate. */
export const lintCheck: Check = {
  name: 'lint',
  check({ parent, child, environment, shapes = new Map() }) {
    const tools = toolsOf(environment);
    const known = new Set(lintHarness(parent, tools, shapes).map((issue) => canonicalJson(issue)));
    const issues = lintHarness(child, tools, shapes).filter((issue) => issue.severity === 'error');
    const fresh = issues.find((issue) => !known.has(canonicalJson(issue)));
    return fresh === undefined ? null : `${fresh.where}: ${fresh.message}`;
  },
};
