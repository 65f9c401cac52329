/** Words for the concepts of advice; understanding finds concepts, not template phrases. */
import { NEUTRAL, type Speech, type Vocabulary } from '../../vocabulary.ts';

/** Words that negate a statement; two of them cancel out. */
export const NEGATION =
  /\b(?:no|not|never|none|neither|nor|cannot|without|avoid|avoiding|unless|\w+n't|refrain(?:ing)? from|rather than|instead of|in place of|stop)\b/g;
/** Verbs and adjectives that mean leaving something out. */
export const REMOVAL =
  /\b(?:omit\w*|drop(?:s|ped|ping)?|strip(?:s|ped|ping)?|remov\w+|(?:leav\w+|left) (?:\S+ ){0,3}?(?:off|out|away)|skip\w*|forget\w*|forgotten|lack\w*|missing|ignor\w+|bare|free of)\b/g;
/** Words about a call that fails. */
export const FAILURE =
  /\b(?:not (?:be )?(?:found|known|exist|accepted|recogni[sz]ed|work)|(?:cannot|can't|won't|will not|not) be (?:found|used|matched)|fails?|failing|errors?|invalid|refused|rejected|unknown|does not exist|doesn't exist)\b/g;
/** Words that call a read needless. */
export const NEEDLESS =
  /\b(?:unnecessary|needless|pointless|useless|superfluous|a waste|wasteful|optional|no need|not needed|not necessary|not required|redundant)\b/;

export const LOOKUP =
  /\b(?:look(?:s|ing|ed)? (?:(?:it|them|this|that|(?:the|its|their|every|each|an?)(?: \w+){1,2}) )?up|look(?:ing|ed)? (?:at|into)|lookups?|reads?|reading|check(?:s|ed|ing)?|fetch\w*|retriev\w+|consult\w*|inspect\w*|view(?:ing|ed)?|open(?:ing|ed)? (?:the|its|their|every|each|an?)|pull(?:ing|ed)? (?:(?:the|its) \w+ )?up|quer(?:y|ied|ying)|examin\w+|review\w*|obtain\w*|get(?:ting)? (?:the|its|their|all)|find(?:ing)? out|verif\w+|stud(?:y|ied|ying)|load(?:ing|ed)?|see(?:ing|n)? (?:what|which|the)|gather(?:ing|ed)? (?:the )?(?:details|facts))\b/;
export const BEFORE = /\b(?:before|beforehand|until|prior to|ahead of|in advance|unless|without)\b/;
export const FIRST =
  /\b(?:first|start|begin|once|after|afterwards|then|only when|already|must have|have been|earlier)\b/;
export const AT_ONCE =
  /\b(?:immediately|right away|straight ?away|directly|without delay|instantly|as (?:your|the) first)\b/;

export const PREFIX =
  /#|\b(?:hash(?:es|tag)?(?: sign| mark| symbol| character)?|pound sign|number sign|octothorpe|prefix\w*|(?:leading|first|initial) (?:sign|symbol|character|mark))/;
export const LIST =
  /\b(?:(?:an?|as|in|into|the) (?:json )?(?:list|array)|arrays?|lists|square brackets|brackets|sequence of|one entry (?:for|per))\b|(?<!\w)\[/;
export const SINGLE_TEXT = /\b(?:(?:single|plain|bare|one) (?:string|text|word|value)|as (?:a )?(?:string|text))\b/;

export const IDENTIFIER = /\b(?:ids?|identifiers?|\w+_ids?|numeric (?:keys?|codes?)|codes?|keys|item numbers?)\b/;
export const NAME =
  /\b(?:names|titles?|descriptions?|descri(?:be|bes|bing)|wording|words|in words|labels?)\b|\bname\b(?! (?:all|every|each|the|them|it|any|both|items)\b)|\bname\b.*\b(?:options?|properties|colou?r|size|material)\b/;
export const SOURCE =
  /\b(?:from|listed|shown|stands?|found|appears?|returned|copy|copied|taken|take|look(?:ed|ing)? (?:\w+ )?up|real|exact|actual|genuine|digits?|numeric|are numbers)\b/;
/** Something else does the lookup. */
export const RESOLVED =
  /\b(?:(?:is|are|gets?|get|will be|being) (?:then |automatically )?(?:looked up|resolved|found|filled in|worked out|matched|translated|determined)|(?:looks?|looked) (?:\w+ )?up for you|for you|automatically)\b/;
export const THING = /\b(?:items?|products?|variants?|articles?|goods|options?|payment|method|card|cards)\b/;
export const INVENT =
  /\b(?:invent\w*|make (?:one |it |them |something |values? )?up|made[- ]up|making up|guess\w*|fabricat\w*|imagin\w*|assum\w*|fictional)\b/;

export const ALL_THINGS =
  /\b(?:all|every|each|whole|complete|full|entire|both|together|collect\w*|gather\w*|bundle\w*|combine\w*|list)\b[^.]*\b(?:items?|products?|articles?|pieces|goods|wishes|lines|things|ids|changes|them|\w+_ids)\b/;
export const ONE_CALL =
  /\b(?:(?:one|a|the|that|this) (?:\w+ )?(?:call|go|step|request|list|shot|time|action|sweep)|single|once|together|in one|at the same time|collect\w*|gather\w*|bundle\w*|combine\w*|complete)\b/;
export const SEPARATE =
  /\b(?:separate(?:ly)?|individual(?:ly)?|one at a time|one by one|one (?:item|article|product) (?:per|a|for each|in each)|(?:a|one) call (?:for each|per|for every)|each (?:item|one|article) (?:on its own|alone|by itself|in its own)|split\w*|(?:in|over|into|as) (?:several|two|more) calls|piecemeal)\b/;
export const EVERY_WISH =
  /\b(?:every|each|all(?: of)?(?: the)?|both|several|second|further|remaining|other|rest of the|more than one)(?: \w+){0,2} (?:orders?|wish\w*|requests?|tasks?|parts?|changes|points?|things)\b/;

/** Working through a request. */
export const HANDLE =
  /\b(?:do|does|done|handl\w+|works?|working|go(?:es|ing)? through|carr(?:y|ied|ies) out|complet\w+|finish\w*|process|cover\w*|forget\w*|leav\w+|left|until|deal\w*|make|tak(?:e|ing) care|address|serve|open|counts?)\b/;

export const REPORT =
  /\b(?:stat(?:e|es|ing)|report\w*|includ\w+|mention\w*|tell\w*|quot(?:e|es|ing)|give|giv(?:es|ing)|list|writ(?:e|es|ing)|put|repeat|answer\w*|name|cit(?:e|es|ing)|contains?|with|add|say)\b/;
export const CLOSING =
  /\b(?:summary|summaries|summari[sz]\w+|done|final|closing|wrap[- ]up|last message|conclusion|ending|at the end)\b/;

export const SUCCESS =
  /\b(?:succe\w+|went through|gone through|confirm\w*|worked|accepted|executed|carried out|changed something|taken effect|performed|completed|came back without|no error|without (?:an )?error)\b/;
export const FINISH = /\b(?:done|finish\w*|claim\w*|end(?:ing)?|summary|complet\w+|closing|say|report)\b/;
export const REPEAT =
  /\b(?:repeat\w*|same call|again|resend\w*|retry\w*|re-?submit\w*|identical|once more|keep (?:on )?(?:calling|trying|sending))\b/;
export const OTHERWISE =
  /\b(?:something else|another (?:way|approach|call|tool|value)|different\w*|other (?:arguments|values|approach|tool)|change (?:the|your) (?:arguments|approach|values)|alter)\b/;
export const UNASKED =
  /\b(?:beyond|(?:un|not )(?:asked|requested|wanted|mentioned)|nobody asked|only (?:what|the changes|changes|do what)|nothing (?:else|more|but)|extra|additional|unsolicited|never asked)\b/;
export const USE_TOOL =
  /\b(?:(?:use|call|make|with|send|answer with|reply with) (?:\w+ ){0,3}(?:tools?|tool calls?|functions?)|tool call)\b/;
export const TEXT_CALL =
  /\b(?:json|code block|fenced?|in (?:the|your) message|as text|written out|markdown|backticks)\b/;
export const NATIVE_CALL =
  /\b(?:function[- ]calling|tool[- ]calling|native\w*|(?:tool|function) interface|structured (?:calls?|tools?)|tool_calls)\b/;

/** Words of an answer that says what to do. */
export const INSTRUCTION =
  /\b(?:use|call|give|write|send|pass|add|include|must|should|start|begin|first|look|read|choose|name|instead|put|say|state|collect|need|needs|make|try|carry)\b/;
/** Words of a refusal that does not begin with "Error". */
export const REFUSAL =
  /\b(?:error|first|instead|must|only|say|write|use|fits? no|no such|no new|there is no|cannot|can't|not|before|missing|already|refused|expected|needs?|invalid|unknown|blocked|denied|several|which|no such|without|stop|again|failed|never|should|please|give)\b/;

/** Concepts whose words depend on the domain. */
export interface Lexicon {
  /** What can be read. */
  readonly record: RegExp;
  /** What a closing summary may have to hold. */
  readonly figures: RegExp;
  readonly prose: RegExp;
  /** Verbs of tool names and how people say them. */
  readonly verbs: ReadonlyMap<string, RegExp>;
  /** State words, and phrases that are first replaced by their state. */
  readonly states: ReadonlySet<string>;
  readonly stateWord: RegExp;
  readonly statePhrases: readonly (readonly [RegExp, string])[];
  /** Nouns that people use for an argument: `new_item_ids` -> its own name, item, ... */
  nounsOf(argument: string): readonly string[];
  readonly speech: Speech;
}

const VERBS = {
  cancel: '\\bcancel\\w*|\\bcall(?:ing|ed)? off|\\bannul\\w*',
  modify: '\\bmodif\\w+|\\bchang(?:e|es|ed|ing)\\b|\\balter\\w*|\\bupdat\\w+|\\bedit(?:s|ed|ing)?\\b|\\badjust\\w*',
};
const STATES = ['cancelled', 'active', 'inactive', 'open', 'closed'];

/** Approximate singular of an English noun, so that `items` matches `item`. */
export function singular(word: string): string {
  if (word.endsWith('ies') && word.length > 4) return `${word.slice(0, -3)}y`;
  if (word.endsWith('sses')) return word.slice(0, -2);
  return word.endsWith('s') && !word.endsWith('ss') && word.length > 3 ? word.slice(0, -1) : word;
}

const lexicons = new WeakMap<Vocabulary, Lexicon>();

/** Kept per vocabulary. */
export function lexiconOf(vocabulary: Vocabulary = NEUTRAL): Lexicon {
  let known = lexicons.get(vocabulary);
  if (known === undefined) {
    known = makeLexicon(vocabulary);
    lexicons.set(vocabulary, known);
  }
  return known;
}

function makeLexicon({ user, speech }: Vocabulary): Lexicon {
  const { verbs, states, nouns, figures } = speech;
  const stateWords = [...new Set([...STATES, ...Object.keys(states)])];
  const nounsByArgument = new Map<string, readonly string[]>();
  return {
    record: new RegExp(
      `\\b(?:orders?|details?|records?|products?|items?|users?|accounts?|profiles?|status|${user}s?|catalogue?|variants?|data|facts|state|entry|entries|contents?|options|anything|things)\\b`,
    ),
    figures: new RegExp(
      `\\b(?:${['values?|amounts?|totals?|numbers?|figures?|prices?|sums?', ...figures].join('|')}|details?|asked|requested|wanted|questions?|facts?|balance|inform\\w*|everything|costs?)\\b`,
    ),
    prose: new RegExp(
      `\\b(?:prose|plain text|text only|only text|chat\\w*|ask(?:s|ing)? (?:the ${user}|questions?|back|for (?:confirmation|details|more|permission))|talk\\w*|explain\\w*|message alone|in your message|apologi\\w+|give up|giving up)\\b`,
    ),
    verbs: new Map(Object.entries({ ...VERBS, ...verbs }).map(([verb, said]) => [verb, new RegExp(said)])),
    states: new Set(stateWords),
    stateWord: new RegExp(`(non-)?\\b(${stateWords.join('|')})\\b`, 'g'),
    statePhrases: Object.entries(states).flatMap(([state, said]) =>
      said === '' ? [] : [[new RegExp(said, 'g'), ` ${state} `] as const],
    ),
    nounsOf: (argument) => {
      let known = nounsByArgument.get(argument);
      if (known === undefined) {
        const words = argument
          .toLowerCase()
          .split(/[_\W]+/)
          .map(singular)
          .filter((word) => word !== 'id' && word !== 'new');
        const all = words.flatMap((word) => [word, ...(Object.hasOwn(nouns, word) ? (nouns[word] ?? []) : [])]);
        known = [...new Set([argument.toLowerCase(), ...all])];
        nounsByArgument.set(argument, known);
      }
      return known;
    },
    speech,
  };
}
