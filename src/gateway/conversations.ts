/** Finds the conversation of a request: by header, by ids, by the longest equal prefix. */
import type { Begun, InForce, Setting } from './begin.ts';
import type { TalkJournal } from './journal.ts';
import { fitOf, type Live, openLive, retell } from './live.ts';
import { viewOf, type WireMessage } from './surfaces/wire.ts';

export interface LiveConversations {
  /** Null for none: trimmed, summarized, forked, another agent's or new. */
  find(messages: readonly WireMessage[], named: string | undefined): Live | null;
  begin(begun: Begun, inForce: InForce): Live;
  /** After a reply, before it leaves: by its view it is found from now on, after a restart too. */
  settled(live: Live): void;
  /** Writes down what happened to a conversation whose reply does not come. */
  write(live: Live): void;
  get(id: string): Live | null;
  /** True in memory. */
  has(id: string): boolean;
  all(): Iterable<Live>;
  /** Forgets what its client no longer asks about; it can be rebuilt from the journal. */
  drop(live: Live): void;
  readonly size: number;
}

export interface LiveConversationsOptions {
  readonly setting: Setting;
  readonly journal: TalkJournal;
  /** Most conversations in memory. */
  readonly most: number;
  /** The harness of a label, as a conversation began with it; null when it is gone. */
  harnessOf(begun: Begun): InForce['harness'] | null;
  /** Called before one leaves the memory. */
  onDrop(live: Live): void;
}

/** Views by which conversations are found that have left the memory. */
const MOST_VIEWS = 100_000;
const OWN_ID = /^hor?_([0-9a-f]{12})_\d+$/;

export function openConversations({
  setting,
  journal,
  most,
  harnessOf,
  onDrop,
}: LiveConversationsOptions): LiveConversations {
  /** Least recently used first. */
  const byId = new Map<string, Live>();
  const byView = new Map<string, string[]>();
  const viewById = new Map<string, string>();
  const index = (id: string, view: string): void => {
    const before = viewById.get(id);
    const left = before === undefined ? [] : (byView.get(before) ?? []).filter((one) => one !== id);
    if (before !== undefined && left.length === 0) byView.delete(before);
    else if (before !== undefined) byView.set(before, left);
    viewById.delete(id);
    viewById.set(id, view);
    byView.set(view, [...(byView.get(view) ?? []), id]);
    if (viewById.size <= MOST_VIEWS) return;
    const [[oldest, old] = ['', '']] = viewById;
    viewById.delete(oldest);
    byView.delete(old);
  };
  for (const { id, view } of journal.views()) index(id, view);

  const keep = (live: Live): Live => {
    byId.delete(live.begun.id);
    byId.set(live.begun.id, live);
    live.touched = Date.now();
    if (byId.size > most) {
      const [oldest] = byId.values();
      if (oldest !== undefined) drop(oldest);
    }
    return live;
  };
  const drop = (live: Live): void => {
    onDrop(live);
    byId.delete(live.begun.id);
  };
  const toldOf =
    (id: string): Live['told'] =>
    (entry) =>
      journal.add(id, entry);

  function get(id: string): Live | null {
    const known = byId.get(id);
    if (known !== undefined) return keep(known);
    const found = journal.read(id);
    const harness = found === null ? null : harnessOf(found.begun);
    if (found === null || harness === null) return null;
    const live = openLive(found.begun, harness, setting, toldOf(id));
    retell(live, found.entries);
    return keep(live);
  }

  return {
    get size() {
      return byId.size;
    },
    get,
    has: (id) => byId.has(id),
    all: () => byId.values(),
    drop,
    find(messages, named) {
      const fits = (id: string | undefined): Live | null => {
        const live = id === undefined ? null : get(id);
        return live !== null && fitOf(live, messages) !== 'other' ? live : null;
      };
      if (named !== undefined) return fits(named);
      const calls = messages.flatMap(({ calls }) => calls);
      const own = calls.findLast(({ id }) => OWN_ID.test(id));
      if (own !== undefined) return fits(OWN_ID.exec(own.id)?.[1]);
      const last = messages.findLastIndex(({ role }) => role === 'assistant');
      if (last < 0) return null;
      const ids = byView.get(viewOf(messages.slice(0, last + 1))) ?? [];
      for (const id of ids) {
        const live = fits(id);
        if (live !== null) return live;
      }
      return null;
    },
    begin(begun, { harness }) {
      const live = openLive(begun, harness, setting, toldOf(begun.id));
      journal.begin(begun);
      return keep(live);
    },
    settled(live) {
      const { id } = live.begun;
      index(id, live.view);
      journal.write(id);
    },
    write: ({ begun }) => journal.write(begun.id),
  };
}
