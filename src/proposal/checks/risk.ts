/** Risk classes of edits, from their content alone: author and hypothesis do not count. */
import type { RiskFinding } from '../../edit/op.ts';
import { rulesOf } from '../../edit/ops/index.ts';
import type { Edit, Op } from '../../edit/schema.ts';
import { NEUTRAL, type Vocabulary } from '../../vocabulary.ts';

/** Words that may override a protected rule by meaning; a match sends the edit to a person. */
const TRIPWIRES: readonly (readonly [why: string, pattern: RegExp])[] = [
  [
    'speaks of leaving out a rule or a check',
    /\b(?:ignore|skip|bypass|override|overrule|disregard|waive|omit|drop|disable|turn off|do not (?:check|verify|ask|log|refuse|confirm)|without (?:asking|checking|verifying|confirm\w*|approval|logging)|no need to|instead of refusing|no longer|except(?:ion)?s?|unless|even if|urgent\w*|emergenc\w+)\b/i,
  ],
  [
    'speaks of identity',
    /\b(?:identit\w+|authenticat\w+|verif\w+ (?:the |their )?(?:user|identity)|password|impersonat\w+|log ?in)\b/i,
  ],
  [
    'speaks of money',
    /\b(?:payment\w*|pay(?:s|ing)?|price\w*|discount\w*|credit\w*|charge\w*|compensat\w+|limit\w*|\$\s?\d|usd|eur)\b/i,
  ],
  [
    'speaks of personal data',
    /\b(?:personal(?: data)?|address(?:es)?|e-?mail\w*|phone\w*|birth\w*|ssn|social security|privacy|user data|reveal\w*|disclos\w+|leak\w*)\b/i,
  ],
  [
    'speaks of refusing or escalating',
    /\b(?:refus\w+|escalat\w+|transfer\w* to|human agent|supervisor|deny|denied|forbid\w*|forbidden|allow\w*|permit\w*|permission\w*|authori[sz]\w+)\b/i,
  ],
  [
    'speaks of whom to trust or obey',
    /\b(?:authoritative|trust(?:ed)?|obey\w*|follow (?:the |any |all )?instructions?|system (?:message|prompt)|developer message|policy|policies|scor(?:e|er|ing)|grader|judge|gate|audit\w*|evaluat\w+|test tasks?)\b/i,
  ],
  [
    'copies itself on',
    /\b(?:repeat this|copy this|include this (?:text|sentence|line|rule)|keep this (?:text|rule))\b/i,
  ],
  [
    'holds an address, code or an encoded text',
    /https?:|www\.|\b[\w.]+@[\w-]+\.\w|<\/?[a-z][^>]*>|```|---|[A-Za-z0-9+/]{40,}={0,2}|\bjavascript:|\\u[0-9a-f]{4}/i,
  ],
  ['holds characters that do not show', /\p{Cf}|[^\P{Cc}\n\t]/u],
];

const own = new WeakMap<Vocabulary, RegExp>();

/** The environment's sensitive words, and phrases with its word for the user. */
function sensitive(vocabulary: Vocabulary): RegExp {
  const known = own.get(vocabulary);
  if (known !== undefined) return known;
  const { user, sensitiveWords } = vocabulary;
  const words = [`verif\\w+ (?:the |their )?${user}`, `${user} data`, ...sensitiveWords];
  const pattern = new RegExp(`\\b(?:${words.join('|')})\\b`, 'i');
  own.set(vocabulary, pattern);
  return pattern;
}

/** The class of an edit: the highest of its operations. */
export function riskOf(edit: Pick<Edit, 'ops'>, vocabulary: Vocabulary = NEUTRAL): RiskFinding {
  const found = edit.ops.map((op) => riskOfOp(op, vocabulary));
  return found.reduce((worst, one) => (one.risk > worst.risk ? one : worst), { risk: 'R0', why: 'changes no rule' });
}

/** The class of an operation; words of its texts may raise it. */
function riskOfOp(op: Op, vocabulary: Vocabulary): RiskFinding {
  const rules = rulesOf(op);
  if (rules.risk.risk >= 'R2') return rules.risk;
  const text = [rules.aside?.(op) ?? '', rules.words(op)].join('\n');
  const all = [...TRIPWIRES, ['speaks of what is sensitive here', sensitive(vocabulary)] as const];
  for (const [why, pattern] of all) {
    const hit = pattern.exec(text);
    if (hit !== null) return { risk: 'R2', why: `${why} ("${printable(hit[0]).slice(0, 40)}")` };
  }
  return rules.risk;
}

const printable = (text: string): string => text.replace(/[\p{Cc}\p{Cf}]/gu, '?');
