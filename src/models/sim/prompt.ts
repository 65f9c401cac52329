/** Computes how strongly a request's standing text pulls towards or against a fault. */
import type { ChatMessage, ChatRequest } from '../../types.ts';
import type { Advice } from './advice.ts';
import type { Lexicon } from './lexicon.ts';
import { contains } from './occurs.ts';
import type { FaultKind, Profile } from './profiles.ts';
import type { ToolIndex } from './sentence.ts';
import { type Placed, type ReadPart, readToolTexts, skillPart, systemPart } from './standing-text.ts';

/** What a question is about. */
export interface Topic {
  readonly tool?: string;
  readonly argument?: string;
  /** `partial`: a forgotten wish rather than an item. */
  readonly wishes?: boolean;
}

/** How readily text is followed, 0-1: to avoid the fault (`cure`) or commit it (`harm`). */
export interface Pull {
  readonly cure: number;
  readonly harm: number;
}

export interface Prompt {
  /** Words of system text, tool descriptions and skills. */
  readonly words: number;
  /** True if system text, tools or skills hold the value. */
  shows(value: string): boolean;
  /** True if tools are listed in the system text and calls are written as JSON. */
  readonly textProtocol: boolean;
  pull(fault: FaultKind, topic: Topic, profile: Profile): Pull;
  /** How strongly the text orders `first` before `second`, 0-1 each way; nouns tell them apart. */
  order(first: ReadonlySet<string>, second: ReadonlySet<string>, profile: Profile): Pull;
}

/** Faults that a procedure fixes better than a remark; factor on `description` and `schema`. */
const PROCEDURAL: ReadonlySet<FaultKind> = new Set(['partial', 'wrong_order', 'missing_report']);
const REMARK = 0.35;

const prompts = new WeakMap<ReadPart, WeakMap<ReadPart, WeakMap<ReadPart, Prompt>>>();
const MOST_ASKED = 5000;
const NOTHING: ReadPart = { placed: [], words: 0, text: '' };

const content = (messages: readonly ChatMessage[], role: 'system' | 'user'): string =>
  messages.find((message) => message.role === role)?.content ?? '';

/**
 * The standing text of an episode. `ticket` is the task's request, which gives no advice; the rest
 * of the first user message (skills) does. `index` knows the tools for the text protocol.
 */
export function readPrompt(request: ChatRequest, ticket: string, index: ToolIndex): Prompt {
  const textProtocol = request.tools.length === 0;
  const system = systemPart(content(request.messages, 'system'), index, textProtocol);
  const skillText = content(request.messages, 'user')
    .replace(ticket, () => '')
    .trim();
  const skill = skillText === '' ? NOTHING : skillPart(skillText, index);
  const tools = textProtocol ? NOTHING : readToolTexts(request.tools, index);
  const bySkill = prompts.get(system) ?? new WeakMap<ReadPart, WeakMap<ReadPart, Prompt>>();
  prompts.set(system, bySkill);
  const byTools = bySkill.get(skill) ?? new WeakMap<ReadPart, Prompt>();
  bySkill.set(skill, byTools);
  let prompt = byTools.get(tools);
  if (!prompt) {
    prompt = combine([system, skill, tools], textProtocol, index.lexicon);
    byTools.set(tools, prompt);
  }
  return prompt;
}

function combine(parts: readonly ReadPart[], textProtocol: boolean, lexicon: Lexicon): Prompt {
  const byFault = new Map<FaultKind, Placed[]>();
  for (const placed of parts.flatMap((part) => part.placed)) {
    const list = byFault.get(placed.advice.fault) ?? [];
    list.push(placed);
    byFault.set(placed.advice.fault, list);
  }
  const asked = new Map<string, boolean>();
  return {
    words: parts.reduce((sum, part) => sum + part.words, 0),
    shows: (value) => {
      let shown = asked.get(value);
      if (shown === undefined) {
        shown = parts.some((part) => contains(part.text, value));
        if (asked.size >= MOST_ASKED) asked.clear();
        asked.set(value, shown);
      }
      return shown;
    },
    textProtocol,
    pull: (fault, topic, profile) => {
      let cure = 0;
      let harm = 0;
      for (const placed of byFault.get(fault) ?? []) {
        if (!concerns(placed.advice, topic, lexicon)) continue;
        const weight = weightOf(placed, profile);
        if (placed.advice.polarity === 1) cure = withAnother(cure, weight);
        else harm = withAnother(harm, weight);
      }
      return { cure, harm };
    },
    order: (first, second, profile) => {
      let cure = 0;
      let harm = 0;
      for (const placed of byFault.get('wrong_order') ?? []) {
        const { earlier = '', later = '' } = placed.advice;
        const weight = weightOf(placed, profile);
        if (covers(earlier, later, first) && covers(later, earlier, second)) cure = withAnother(cure, weight);
        else if (covers(earlier, later, second) && covers(later, earlier, first)) harm = withAnother(harm, weight);
      }
      return { cure, harm };
    },
  };
}

/** A second sentence adds half: repetition helps, but less than the first sentence. */
const withAnother = (pull: number, weight: number): number => {
  const [more, less] = pull > weight ? [pull, weight] : [weight, pull];
  return more + (1 - more) * less * 0.5;
};

/** True if the side names one of the nouns; '*' names what the other side does not. */
function covers(side: string, other: string, nouns: ReadonlySet<string>): boolean {
  const says = (text: string): boolean => {
    const plain = text.replace(/_/g, ' ');
    return [...nouns].some((noun) => new RegExp(`\\b${noun}(?:s|es)?\\b`).test(plain));
  };
  return side === '*' ? !says(other) : says(side);
}

function weightOf({ advice, locus, distance }: Placed, profile: Profile): number {
  const base = profile.compliance[locus];
  if (locus === 'system') return distance > profile.attention.words ? base * profile.attention.beyond : base;
  const remark = locus === 'description' || locus === 'schema';
  return remark && PROCEDURAL.has(advice.fault) ? base * REMARK : base;
}

/** True if the advice is about the tool and the argument in question. */
export function concerns(advice: Advice, topic: Topic, lexicon: Lexicon): boolean {
  if ((advice.wishes ?? false) !== (topic.wishes ?? false)) return false;
  if (advice.tools !== null && topic.tool !== undefined && !advice.tools.has(topic.tool)) return false;
  if (topic.argument === undefined) return true;
  if (advice.argument !== undefined) return advice.argument === topic.argument;
  const { nouns } = advice;
  return nouns === null || lexicon.nounsOf(topic.argument).some((noun) => nouns.has(noun));
}
