/** What the messages of a client lack, written down before a reply leaves. */
import { appendFileSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assertOwnFolder, linesOf } from '../files.ts';
import type { Redact } from '../secrets.ts';
import type { Begun } from './begin.ts';
import type { Told } from './live.ts';

export interface TalkJournal {
  begin(begun: Begun): void;
  /** Kept until `write`. */
  add(id: string, entry: Told): void;
  /** On disk, before the reply leaves. */
  write(id: string): void;
  /** Null for an unknown or unreadable conversation. */
  read(id: string): { readonly begun: Begun; readonly entries: readonly Told[] } | null;
  /** Removes what is too old. */
  sweep(): void;
  /** The view of each conversation after its newest reply, newest conversation last. */
  views(): readonly { readonly id: string; readonly view: string }[];
}

/** Conversations older than this are not gone on with. */
const DAY_MS = 86_400_000;
const ID = /^[0-9a-f]{12}$/;

/** One file of JSON lines per conversation below `runs/gateway/<env>`. */
export function openJournal(root: string, env: string, redact: Redact): TalkJournal {
  const folder = join(root, 'runs', 'gateway', env);
  assertOwnFolder(root, join('runs', 'gateway', env));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(root, 'runs', 'gateway', '.gitignore'), '*\n');
  const place = (id: string) => join(folder, `${id}.jsonl`);
  const waiting = new Map<string, string[]>();
  const add = (id: string, value: object): void => {
    const lines = waiting.get(id);
    if (lines === undefined) waiting.set(id, [JSON.stringify(value)]);
    else lines.push(JSON.stringify(value));
  };
  const read: TalkJournal['read'] = (id) => {
    if (!ID.test(id) || !existsSync(place(id))) return null;
    try {
      const [begun, ...entries] = [...linesOf(place(id))].flatMap(({ text }) => {
        try {
          return [JSON.parse(text) as object];
        } catch {
          // A line that was cut by a kill was never answered.
          return [];
        }
      });
      return begun === undefined ? null : { begun: begun as Begun, entries: entries as Told[] };
    } catch {
      return null;
    }
  };
  /** Oldest first, without those that are too old. */
  function files(): { readonly id: string; readonly at: number }[] {
    const all = readdirSync(folder)
      .filter((name) => ID.test(name.replace(/\.jsonl$/, '')))
      .map((name) => ({ id: name.slice(0, 12), at: statSync(join(folder, name)).mtimeMs }));
    const old = Date.now() - DAY_MS;
    for (const { id, at } of all) if (at < old) rmSync(place(id), { force: true });
    return all.filter(({ at }) => at >= old).sort((a, b) => a.at - b.at);
  }
  return {
    begin: (begun) => add(begun.id, begun),
    add,
    write(id) {
      const lines = waiting.get(id);
      if (lines === undefined) return;
      waiting.delete(id);
      appendFileSync(place(id), redact(`${lines.join('\n')}\n`), { mode: 0o600 });
    },
    read,
    sweep: () => void files(),
    views() {
      return files().flatMap(({ id }) => {
        const view = read(id)?.entries.findLast((entry) => 'view' in entry);
        return view !== undefined && 'view' in view ? [{ id, view: view.view }] : [];
      });
    },
  };
}
