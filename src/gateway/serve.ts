/** Puts the gateway together: the environment's words, versions in force, journal, traces. */
import type { Repository } from '../ledger/git/git.ts';
import { assertSound } from '../night/assert-lint.ts';
import { redactorOf } from '../secrets.ts';
import type { Environment } from '../types.ts';
import { settingOf } from './begin.ts';
import { openConversations } from './conversations.ts';
import { openJournal } from './journal.ts';
import { openKeeper } from './records.ts';
import { openGateway } from './server.ts';
import { openShadow } from './shadow.ts';
import { openUpstream } from './upstream.ts';
import { openVersions } from './versions.ts';

export interface ServeOptions {
  readonly repository: Repository;
  readonly environment: Environment;
  readonly upstream: string;
  readonly harness?: string;
  readonly mode: 'enforce' | 'shadow';
  readonly host: string;
  readonly port: number;
  readonly allowHost: readonly string[];
  readonly failClosed: boolean;
  /** Conversations in memory. */
  readonly most: number;
  warn(message: string): void;
}

export interface Served {
  readonly url: string;
  /** Version in force at the start. */
  readonly harness: string;
  /** Ends in order; what was heard is stored. */
  close(): Promise<{ readonly stored: number }>;
}

export async function serveGateway(options: ServeOptions): Promise<Served> {
  const { repository, environment, mode, most, warn } = options;
  const { root } = repository;
  const redact = redactorOf(process.env) ?? String;
  const upstream = openUpstream(options.upstream);
  const setting = settingOf(environment);
  const versions = await openVersions({
    repository,
    environment,
    ref: options.harness,
    check: (harness) => assertSound(harness, environment, null),
    warn,
  });
  const keeper = openKeeper({ root, setting, redact, warn });
  const journal = openJournal(root, environment.name, redact);
  const conversations = openConversations({
    setting,
    journal,
    most,
    harnessOf: ({ harness }) => versions.of(harness),
    onDrop: keeper.live,
  });
  const shadow = mode === 'shadow' ? openShadow(upstream, most, keeper.overheard) : null;
  const gateway = await openGateway({
    ...options,
    names: options.allowHost,
    setting,
    upstream,
    versions,
    conversations,
    shadow,
    outcome: (id, given) => keeper.outcome(id, given, conversations.has(id) || shadow?.talks.has(id) === true),
  });
  const timer = setInterval(() => {
    const long = Date.now() - IDLE_MS;
    for (const live of [...conversations.all()])
      if (live.ask.ask === 'user' && live.touched < long) conversations.drop(live);
    keeper.flush();
    journal.sweep();
  }, 60_000);
  timer.unref();
  return {
    url: gateway.url,
    harness: versions.current().label,
    async close() {
      clearInterval(timer);
      await gateway.close();
      for (const live of conversations.all()) keeper.live(live);
      for (const talk of shadow?.talks.values() ?? []) keeper.overheard(talk);
      keeper.flush();
      return { stored: keeper.stored };
    },
  };
}

/** A conversation at rest that long is stored; it can still go on. */
const IDLE_MS = 600_000;
