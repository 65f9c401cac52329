/** Risk classes of edits, from their content alone: author and hypothesis do not count. */
import type { RiskFinding } from '../../edit/op.ts';
import { rulesOf } from '../../edit/ops/index.ts';
import type { Edit, Op } from '../../edit/schema.ts';
import { hiddenCharacter } from '../../harness/text-checks.ts';
import { NEUTRAL, type Vocabulary } from '../../vocabulary.ts';
import { asRead, disguised } from './disguise.ts';

/** Words that may override a protected rule by meaning; a match sends the edit to a person. */
const TRIPWIRES: readonly (readonly [why: string, pattern: RegExp])[] = [
  [
    'speaks of leaving out a rule or a check',
    /\b(?:ignore|skip|bypass|override|overrule|disregard|waive|omit|drop|disable|turn off|do not (?:check|verify|ask|log|refuse|confirm)|without (?:an? |any |the |their |your |further |prior )?(?:ask|check|verif|confirm|approv|log|authori|permi|consent|question|review)\w*|no need to|instead of refusing|no longer|except(?:ion)?s?|unless|even if|urgent\w*|emergenc\w+)\b/i,
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
    /\b(?:refus\w+|escalat\w+|transfer\w* to|human agent|supervisor|deny|denied|forbid\w*|forbidden|allow\w*|permit\w*|permission\w*|authori[sz]\w+|approv\w+|accept(?:s|ed|ing)? (?:any|every|all|whatever)|always (?:agree|comply|grant)|say(?:s|ing)? yes|(?:agree|consent)(?:s|ing)? to (?:any|every|all|each|whatever)\w*|(?:comply|complies|complying|go along) with (?:any|every|all|each|what|the (?:person|wish|user|client|caller))\w*|(?:grant|fulfil|meet)\w* (?:any|every|all|each)\w*)\b/i,
  ],
  [
    'speaks of whom to trust or obey',
    /\b(?:authoritative|trust(?:ed)?|obey\w*|believe\w*|treat (?:the|any|every|each|all|whoever|anyone)\b.*\bas|as (?:the|an?) (?:owner|admin\w*|manager|employee|staff|operator)|whatever (?:the |they |he |she |it )?\w+ (?:say|ask|want|claim|request)\w*|do (?:exactly |just )?(?:as|what|anything|everything) (?:the |a |this |that |each |every )?(?!it\b|request\b)\w+ (?:says?|said|asks?|asked|wants?|tells?|told|wishes|likes?|demands?|requires?|pleases)|follow (?:the |any |all )?instructions?|system (?:message|prompt)|developer message|policy|policies|scor(?:e|er|ing)|grader|judge|gate|audit\w*|evaluat\w+|test tasks?)\b/i,
  ],
  [
    'speaks of rules in another language',
    /(?<!\p{L})(?:ohne|ignorier\w*|überspring\w*|umgeh\w*|sans|ignore[rz]|contourne[rz]?|omit[ae]\w*|ignora\w*|(?:sin|sem|senza|zonder) (?:verifi|comprob|pregunt|pergunt|control|revis|valid|confirm|conferm|autori|approv|aprob|chied)\w*|без|не проверя\S*|игнорир\S*|bez|tanpa|utan|uden|\p{L}+(?:madan|meden)|onaysız|kontrolsüz|बिना|بدون|تجاهل|نادیده)(?!\p{L})|忽略|跳过|跳過|无需|無需|不要检查|未经|未經|不经|無視|(?:確認|承認|検証|許可|同意|チェック)[をはもが]?(?:な[しく]|無し|せず|しない|取らず)|없이|무시|하지 ?(?:말고|않고)/iu,
  ],
  [
    'copies itself on',
    /\b(?:repeat this|copy this|include this (?:text|sentence|line|rule)|keep this (?:text|rule))\b/i,
  ],
  [
    'holds an address, code or an encoded text',
    /\b(?:https?|ftps?|wss?|file|data|javascript|mailto|tel|ssh|git):|\/\/[\w[]|www\.|\[[0-9a-f]*:[0-9a-f:.]*\]|\b[a-z0-9-]{2,}\.[a-z]{2,}(?::\d+)?\/\w|\b[\w.]+@[\w-]+\.\w|\b[a-z0-9-]{2,}\.(?:com|org|net|io|dev|ai|app|co|info|biz|xyz|example|ru|cn|de|uk|fr|eu|us|tk|top|site|online|shop|link|click|zip|me|gg|ly)\b|\b\d{1,3}(?:\.\d{1,3}){3}\b|<[/!?a-z]|-->|!?\[[^\]]*\]\(|```|---|[A-Za-z0-9+/]{40,}={0,2}|\\u[0-9a-f]{4}/i,
  ],
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
  const written = [rules.aside?.(op) ?? '', rules.words(op)].join('\n');
  if (hiddenCharacter(written) !== undefined) return { risk: 'R2', why: 'holds characters that do not show' };
  const hidden = disguised(written);
  if (hidden !== null) return { risk: 'R2', why: `disguises a word ("${printable(hidden).slice(0, 40)}")` };
  // What does not show is looked for as written, all else as it reads.
  const text = `${written}\n${asRead(written)}`;
  const all = [...TRIPWIRES, ['speaks of what is sensitive here', sensitive(vocabulary)] as const];
  for (const [why, pattern] of all) {
    const hit = pattern.exec(text);
    if (hit !== null) return { risk: 'R2', why: `${why} ("${printable(hit[0]).slice(0, 40)}")` };
  }
  return rules.risk;
}

const printable = (text: string): string => text.replace(/[\p{Cc}\p{Cf}]/gu, '?');
