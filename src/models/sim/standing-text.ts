/** Reads each constant part of a prompt (system text, tools, skills) once. */
import type { Tool } from '../../types.ts';
import { type Advice, adviceOf, analyse } from './advice.ts';
import type { Lexicon } from './lexicon.ts';
import type { Locus } from './profiles.ts';
import { sentencesOf, type ToolIndex, unwrapped } from './sentence.ts';

/** A piece of advice and where it stands. */
export interface Placed {
  readonly advice: Advice;
  readonly locus: Locus;
  /** Words between the sentence and the end of the system text; 0 elsewhere. */
  readonly distance: number;
}

/** One part with its advice. */
export interface ReadPart {
  readonly placed: readonly Placed[];
  readonly words: number;
  readonly text: string;
}

const CAPACITY = 256;
/** A small cache that drops its oldest entry. */
function remembered<V>(cache: Map<string, V>, key: string, make: () => V): V {
  const known = cache.get(key);
  if (known !== undefined) return known;
  const value = make();
  if (cache.size >= CAPACITY) cache.delete(cache.keys().next().value as string);
  cache.set(key, value);
  return value;
}

export const wordCount = (text: string): number => text.match(/\S+/g)?.length ?? 0;

const toolParts = new WeakMap<readonly Tool[], ReadPart>();

const toolTexts = new WeakMap<Lexicon, Map<string, ReadPart>>();
function toolTextsOf({ lexicon }: ToolIndex): Map<string, ReadPart> {
  const known = toolTexts.get(lexicon) ?? new Map<string, ReadPart>();
  toolTexts.set(lexicon, known);
  return known;
}

/** Looks up by identity first, then by equal text. */
export function readToolTexts(tools: readonly Tool[], index: ToolIndex): ReadPart {
  const known = toolParts.get(tools);
  if (known) return known;
  const text = tools.map((tool) => `${tool.name} ${tool.description} ${JSON.stringify(tool.parameters)}`).join('\n');
  const part = remembered(toolTextsOf(index), text, () => analyseTools(tools, index, text));
  toolParts.set(tools, part);
  return part;
}

function analyseTools(tools: readonly Tool[], index: ToolIndex, text: string): ReadPart {
  const placed: Placed[] = [];
  let words = 0;
  for (const tool of tools) {
    words += wordCount(tool.description);
    for (const advice of analyse(tool.description, index, tool.name))
      placed.push({ advice, locus: 'description', distance: 0 });
    const properties = tool.parameters.properties;
    if (typeof properties !== 'object' || properties === null) continue;
    for (const [argument, schema] of Object.entries(properties)) {
      const text = (schema as { readonly description?: unknown }).description;
      if (typeof text !== 'string') continue;
      words += wordCount(text);
      for (const advice of analyse(`${argument}: ${text}`, index, tool.name))
        if (advice.fault !== 'wrong_name') placed.push({ advice, locus: 'schema', distance: 0 });
    }
  }
  return { placed, words, text };
}

/** Lines that begin with a tool's name, and indented lines below, belong to that tool. */
function readSystem(text: string, index: ToolIndex, listsTools: boolean): ReadPart {
  const found: { advice: Advice; own: boolean; before: number }[] = [];
  // Tool lines do not count as distance for the rules above them.
  let before = 0;
  let own: string | undefined;
  for (const line of unwrapped(text).split('\n')) {
    const start = /^\s*(?:[-*#]+\s*)?[`"*]*([A-Za-z_]\w*)/.exec(line);
    const name = start?.[1];
    if (listsTools && name !== undefined && index.has(name)) own = name;
    else if (!/^\s+\S/.test(line)) own = undefined;
    for (const sentence of sentencesOf(line, index, own))
      for (const advice of adviceOf(sentence, index)) found.push({ advice, own: own !== undefined, before });
    if (own === undefined) before += wordCount(line);
  }
  const placed = found.map(
    (item): Placed => ({
      advice: item.advice,
      locus: item.own ? 'description' : 'system',
      distance: before - item.before,
    }),
  );
  return { placed, words: wordCount(text), text };
}

interface Cache {
  readonly native: Map<string, ReadPart>;
  readonly text: Map<string, ReadPart>;
  readonly skills: Map<string, ReadPart>;
}
const caches = new WeakMap<ToolIndex, Cache>();

function cacheOf(index: ToolIndex): Cache {
  let cache = caches.get(index);
  if (!cache) {
    cache = { native: new Map(), text: new Map(), skills: new Map() };
    caches.set(index, cache);
  }
  return cache;
}

/** The system text; with `listsTools` lines about tools are read as descriptions. */
export function systemPart(text: string, index: ToolIndex, listsTools: boolean): ReadPart {
  const cache = cacheOf(index);
  return remembered(listsTools ? cache.text : cache.native, text, () => readSystem(text, index, listsTools));
}

/** The text beside the ticket in the first user message. */
export const skillPart = (text: string, index: ToolIndex): ReadPart =>
  remembered(cacheOf(index).skills, text, () => ({
    placed: analyse(text, index).map((advice): Placed => ({ advice, locus: 'skill', distance: 0 })),
    words: wordCount(text),
    text,
  }));
