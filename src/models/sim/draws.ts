/** Decides whether a fault strikes: draws against a rate that advice, length and noise move. */
import { randomOf, seedOf } from '../../digest.ts';
import type { Advice } from './advice.ts';
import type { Lexicon } from './lexicon.ts';
import type { FaultKind, Locus, Profile } from './profiles.ts';
import { concerns, type Prompt, type Pull, type Topic } from './prompt.ts';

/** Told of each fault, for tests and for scoring attribution; it changes nothing. */
export type Strike = (fault: FaultKind, key: string, topic: Topic) => void;

export interface Mind {
  /** A number in [0, 1) from the stream (seed, label, key): equal in all arms of a pair. */
  draw(label: string, key: string): number;
  /** True if the fault strikes at this opportunity; `share` scales its rate. */
  strikes(fault: FaultKind, key: string, topic?: Topic, share?: number): boolean;
  /** As `strikes` for swapping two calls; `order` is what the text says about their order. */
  swaps(key: string, order: Pull): boolean;
  /** True if the agent follows text at this place. */
  obeys(locus: Locus, label: string, key: string): boolean;
  /** Learns advice from an answer and follows it from now on. */
  learn(advice: Advice): void;
  /** The agent found out by itself: the fault is over, for this key or everywhere. */
  overcome(fault: FaultKind, key?: string): void;
  knows(fault: FaultKind, key: string): boolean;
  /** True if the text asks to commit the fault, or an answer did. */
  isAskedFor(fault: FaultKind, topic: Topic, key: string): boolean;
}

const CEILING = 0.97;

/** FNV-1a (Fowler, Noll, Vo), 32 bits. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h;
}

/** MurmurHash3's finalizer (Appleby): every bit of the input reaches every bit of the output. */
function mix(h: number): number {
  let x = h ^ (h >>> 16);
  x = Math.imul(x, 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}

/** The first number of the stream (seed, label, key), without a digest per draw. */
function drawOf(base: number, label: string, key: string): number {
  const named = mix(base ^ hash(label));
  return (mix((named + Math.imul(mix(hash(key)), 0x9e3779b1)) | 0) >>> 0) / 4294967296;
}

/** Box and Muller's normal deviate from a stream. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** `rate` after advice: cures remove it, harm makes it certain, contradictions halve each other. */
export function advised(rate: number, { cure, harm }: Pull): number {
  const left = rate * (1 - cure * (1 - harm / 2));
  return Math.min(CEILING, left + (1 - left) * harm * (1 - cure / 2));
}

/** The mind of one episode; every draw calls `prompt`, which may change between turns. */
export function openMind(
  profile: Profile,
  task: string,
  seed: number,
  prompt: () => Prompt,
  lexicon: Lexicon,
  report?: Strike,
): Mind {
  const { noise, length } = profile;
  const factor = Math.exp(
    noise.task * normal(randomOf('sim', 'task', task)) + noise.trial * normal(randomOf(seed, 'sim', 'trial')),
  );
  const learned: Advice[] = [];
  const overcome = new Set<string>();
  const base = seedOf('sim', seed);
  const draw = (label: string, key: string): number => drawOf(base, label, key);

  const baseRate = (fault: FaultKind, share: number): number => {
    const excess = Math.max(0, prompt().words - length.freeWords) / 1000;
    return Math.min(CEILING, profile.rates[fault] * share * factor * (1 + length.perThousand * excess));
  };
  const lesson = (fault: FaultKind, topic: Topic): Advice | undefined =>
    learned.length === 0
      ? undefined
      : learned.findLast((advice) => advice.fault === fault && concerns(advice, topic, lexicon));
  const knows = (fault: FaultKind, key: string): boolean =>
    overcome.size > 0 && (overcome.has(fault) || overcome.has(`${fault}\n${key}`));

  const decide = (fault: FaultKind, key: string, topic: Topic, rate: number, pull: Pull): boolean => {
    if (knows(fault, key)) return false;
    const told = lesson(fault, topic);
    const struck = told ? told.polarity === -1 : draw(fault, key) < advised(rate, pull);
    if (struck) report?.(fault, key, topic);
    return struck;
  };

  return {
    draw,
    strikes: (fault, key, topic = {}, share = 1) =>
      decide(fault, key, topic, baseRate(fault, share), prompt().pull(fault, topic, profile)),
    swaps: (key, order) => decide('wrong_order', key, {}, baseRate('wrong_order', 1), order),
    obeys: (locus, label, key) => draw(`obey ${label}`, key) < profile.compliance[locus],
    learn: (advice) => void learned.push(advice),
    overcome: (fault, key) => void overcome.add(key === undefined ? fault : `${fault}\n${key}`),
    knows,
    isAskedFor: (fault, topic, key) => {
      if (knows(fault, key)) return false;
      const told = lesson(fault, topic);
      if (told) return told.polarity === -1;
      const { cure, harm } = prompt().pull(fault, topic, profile);
      return harm > 0 && draw(`asked ${fault}`, key) < harm * (1 - cure / 2);
    },
  };
}
