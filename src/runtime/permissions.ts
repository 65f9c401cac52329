/** Which calls may be made: allowed tools, numeric limits, and calls that need consent. */
import { valuesAt } from '../harness/argument-paths.ts';
import type { Permissions } from '../harness/schema.ts';
import type { ToolCall } from '../types.ts';
import { NEUTRAL } from '../vocabulary.ts';
import type { Compiled } from './compile.ts';
import { DONE } from './done.ts';

/**
 * Phrases of standing consent in a request: an agreement ("I confirm"), a go-ahead ("you may
 * proceed") or a waiver ("without asking"). None counts shortly after "not", "n't", "never" or
 * "before you".
 */
const CONSENT =
  /\bi (?:hereby |already |fully )?(?:confirm|consent|agree|authori[sz]e|approve)\b|\bgo ahead\b|\byou (?:may|can) proceed\b|\bplease proceed\b|\bno need to (?:ask|confirm|check)\b|\bwithout (?:asking|checking|(?:further )?confirmation)\b|\bstanding consent\b/gi;
const DENIAL = /(?:\bnot|n't|\bnever|\bbefore (?:you|i)|\buntil|\bunless|\bonly (?:if|when|after))\b[^.!?]*$/i;

export function givesConsent(request: string): boolean {
  for (const match of request.matchAll(CONSENT)) {
    if (!DENIAL.test(request.slice(Math.max(0, match.index - 60), match.index))) return true;
  }
  return false;
}

/** What to do without consent: ask if somebody answers, else end. */
export function insteadOf({ environment, answer }: Pick<Compiled, 'environment' | 'answer'>): string {
  if (environment.user !== undefined) return 'ask for it first';
  return answer.kind === 'tool' ? 'call done and say so' : 'say so in your answer';
}

/** Why a call may not be made, for the model; null if it may. `done` is always allowed. */
export function refusalOf(
  call: ToolCall,
  permissions: Permissions,
  request: string,
  user = NEUTRAL.user,
  instead = 'call done and say so',
): string | null {
  if (call.name === DONE) return null;
  if (permissions.tools !== undefined && !permissions.tools.includes(call.name)) {
    return `${call.name} is not permitted here.`;
  }
  for (const { tool, argument, max } of permissions.limits) {
    if (tool !== call.name) continue;
    for (const { place, value } of valuesAt(call.arguments, argument)) {
      const amount = typeof value === 'string' ? Number(value) : value;
      if (typeof amount === 'number' && amount > max) return `${place} of ${tool} may be at most ${max}.`;
    }
  }
  if (permissions.confirm.includes(call.name) && !givesConsent(request)) {
    return `${call.name} needs the ${user}'s confirmation, and the request does not give it. Do not call it; ${instead}.`;
  }
  return null;
}
