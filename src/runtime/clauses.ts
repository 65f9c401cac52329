/** Checks a tool's clauses on the final call: off, shadow, note, block, hard; first block wins. */
import { renderTemplate } from '../harness/cel/cel.ts';
import type { ToolCall } from '../types.ts';
import { disable, type Prepared, scopeOf } from './prepare.ts';
import { pushNote, type Session } from './session.ts';

export type ClauseVerdict =
  | { readonly kind: 'pass'; readonly notes: readonly string[] }
  /** `handOver`: a hard clause blocked too often; the episode ends. */
  | { readonly kind: 'block'; readonly by: string; readonly message: string; readonly handOver: boolean };

function messageOf(session: Session, call: ToolCall, { compiled, bindings }: Prepared): string {
  const { clause } = compiled;
  if (clause.otherwise !== undefined)
    return renderTemplate(clause.otherwise, scopeOf(session, call.arguments, bindings));
  return clause.say ?? `${call.name} cannot be called like this now.`;
}

/** True if the clause's condition is known to be unmet. */
function isUnmet(session: Session, call: ToolCall, { compiled, bindings }: Prepared): boolean {
  const { clause, require } = compiled;
  if (require === undefined || session.disabled.has(clause.id)) return false;
  const outcome = require.evaluate(scopeOf(session, call.arguments, bindings));
  if (outcome.kind === 'undecided') return false;
  if (outcome.kind === 'error') {
    disable(session, clause.id, outcome.message);
    return false;
  }
  if (outcome.value !== null && typeof outcome.value !== 'boolean') {
    disable(session, clause.id, `expected true or false, got ${typeof outcome.value}`);
  }
  return outcome.value === false;
}

/** `prepared` holds the clauses of the call by priority. */
export function checkClauses(session: Session, call: ToolCall, prepared: readonly Prepared[]): ClauseVerdict {
  const notes: { by: string; text: string }[] = [];
  for (const item of prepared) {
    if (!isUnmet(session, call, item)) continue;
    const { id, enforce, max_blocks: maxBlocks } = item.compiled.clause;
    const message = messageOf(session, call, item);
    if (enforce === 'shadow') {
      pushNote(session, id, `shadow: ${message}`);
    } else if (enforce === 'note') {
      notes.push({ by: id, text: message });
    } else {
      const blocks = (session.blocks.get(id) ?? 0) + 1;
      if (enforce === 'block' && blocks > maxBlocks) {
        pushNote(session, id, `passed: blocked ${maxBlocks} times before`);
        continue;
      }
      session.blocks.set(id, blocks);
      return { kind: 'block', by: id, message, handOver: enforce === 'hard' && blocks > maxBlocks };
    }
  }
  for (const { by, text } of notes) pushNote(session, by, text);
  return { kind: 'pass', notes: notes.map(({ text }) => text) };
}
