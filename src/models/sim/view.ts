/** What the agent can see: standing text and conversation; every emitted value is checked here. */
import type { ChatMessage } from '../../types.ts';
import { REFUSAL } from './lexicon.ts';
import { contains } from './occurs.ts';

/** What came back since the agent's last reply. */
export interface SeenAnswer {
  /** `none`: only text that does not answer a call. */
  readonly outcome: 'success' | 'failure' | 'none';
  /** Text with advice: a whole failure, the words after a success, and messages. */
  readonly words: string;
}

export interface View {
  /** Reads messages since the last call. */
  observe(messages: readonly ChatMessage[]): SeenAnswer;
  /** True if visible text holds the value; short values must stand alone. */
  sees(value: string): boolean;
  /** True if only results show the value, neither the ticket nor the standing text. */
  isNews(value: string): boolean;
  /** Other visible values of equal shape (digits for digits), in order of appearance. */
  alike(value: string): readonly string[];
  /** Amounts of money in results, without repeats, oldest first. */
  amounts(): readonly number[];
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** `shows` tests system text, tools and skills, which may change between turns. */
export function openView(ticket: string, shows: (value: string) => boolean): View {
  const results: string[] = [];
  const heard: string[] = [];
  let taken = 0;

  return {
    observe: (messages) => {
      const fresh = messages
        .slice(taken)
        .filter((message) => message.role !== 'assistant' && message.role !== 'system');
      const first = taken === 0;
      taken = messages.length;
      if (first) return { outcome: 'none', words: '' };
      let outcome: SeenAnswer['outcome'] = 'none';
      const words: string[] = [];
      for (const message of fresh) {
        const result =
          message.role === 'tool' ? message.content : /^Result of \S+?:\s?([\s\S]*)$/.exec(message.content)?.[1];
        if (result === undefined) {
          heard.push(message.content);
          words.push(message.content);
          continue;
        }
        results.push(result);
        const record = recordIn(result);
        if (record !== undefined) {
          outcome = 'success';
          words.push(result.slice(record));
        } else {
          outcome = isRefusal(result) ? 'failure' : 'success';
          if (outcome === 'failure') words.push(result);
        }
      }
      return { outcome, words: words.join('\n').trim() };
    },
    sees: (value) => {
      if (value === '') return true;
      if (contains(ticket, value)) return true;
      for (let i = results.length - 1; i >= 0; i--) if (contains(results[i] as string, value)) return true;
      return heard.some((text) => contains(text, value)) || shows(value);
    },
    isNews: (value) => !contains(ticket, value) && !shows(value) && results.some((result) => contains(result, value)),
    alike: (value) => {
      const shape = escaped(value).replace(/\d+/g, (digits) => `\\d{${digits.length}}`);
      if (shape === escaped(value)) return [];
      const pattern = new RegExp(`(?<![\\w#])${shape}(?!\\w)`, 'g');
      const all = [ticket, ...results].flatMap((text) => text.match(pattern) ?? []);
      return [...new Set(all)].filter((other) => other !== value);
    },
    amounts: () => {
      const out = new Set<number>();
      for (const result of results)
        for (const match of result.matchAll(/"(?:price|amount|balance|\w*difference)": ?(-?\d+(?:\.\d+)?)/g))
          out.add(Number(match[1]));
      return [...out];
    },
  };
}

/** Index after the JSON object or list that begins a result; undefined for none. */
function recordIn(result: string): number | undefined {
  const open = result[0];
  if (open !== '{' && open !== '[') return undefined;
  return Math.max(result.lastIndexOf('}'), result.lastIndexOf(']')) + 1;
}

/** True for text that is an error, or a sentence with a refusal or an order. */
const isRefusal = (result: string): boolean =>
  /^\s*error\b/i.test(result) || (/\s/.test(result.trim()) && REFUSAL.test(result.toLowerCase()));
