/** The gateway of one rollout: its conversations, and the trace that they make together. */
import { sha256 } from '../digest.ts';
import { type InForce, type Setting, settingOf } from '../gateway/begin.ts';
import { type LiveConversations, openConversations } from '../gateway/conversations.ts';
import type { TalkJournal } from '../gateway/journal.ts';
import type { Live } from '../gateway/live.ts';
import { openGateway } from '../gateway/server.ts';
import type { Upstream } from '../gateway/upstream.ts';
import { compileHarness } from '../runtime/compile.ts';
import { promptOf } from '../runtime/episode.ts';
import type { EpisodeResult, ProgramRollout, Step } from '../types.ts';
import { markOf } from './files.ts';

export interface RolloutGateway {
  readonly url: string;
  /** All conversations, in the order of their beginnings, without an ending. */
  trace(): { readonly steps: readonly Step[]; readonly prompt: EpisodeResult['prompt'] };
  close(): Promise<void>;
}

/** Nobody goes on with a rollout in another process. */
const NO_JOURNAL: TalkJournal = {
  begin: () => {},
  add: () => {},
  write: () => {},
  read: () => null,
  sweep: () => {},
  views: () => [],
};
const MOST = 10_000;

/** The same rules, told elsewhere. */
const untold = (inForce: InForce): InForce => {
  const { harness } = inForce;
  const { settings } = harness;
  const layers = { ...settings.layers, contract: false, skills: false };
  return { ...inForce, harness: { ...harness, policy: '', settings: { ...settings, layers, preamble: false } } };
};

export async function openRolloutGateway(
  { harness, environment, task, seed }: ProgramRollout,
  { upstream, token }: { upstream: Upstream; token: string },
): Promise<RolloutGateway> {
  const inForce: InForce = { label: harness.id.slice(0, 12), harness };
  const setting: Setting = settingOf(environment);
  const known = openConversations({
    setting,
    journal: NO_JOURNAL,
    most: MOST,
    harnessOf: () => null,
    onDrop: () => {},
  });
  const lives: Live[] = [];
  const mark = markOf(harness);
  const conversations: LiveConversations = Object.create(known, {
    begin: {
      value(...[first, given]: Parameters<LiveConversations['begin']>): Live {
        // The ids of calls begin with it, and equal plays have equal ones.
        const id = sha256(`${seed} ${task.id} ${lives.length}`).slice(0, 12);
        const isTold = [first.opening.system, first.request].some((text) => text.includes(mark));
        const live = known.begin({ ...first, id }, isTold ? untold(given) : given);
        lives.push(live);
        return live;
      },
    },
  });
  const { close, url } = await openGateway({
    setting,
    upstream,
    versions: { current: () => inForce, of: () => harness, frozen: () => null, refresh: async () => {} },
    conversations,
    shadow: null,
    failClosed: true,
    host: '127.0.0.1',
    port: 0,
    names: [],
    token,
    all: true,
    outcome: () => false,
    warn: () => {},
  });
  return {
    url,
    close,
    trace() {
      const [first] = lives;
      const prompt = first === undefined ? promptOf(compileHarness(harness, environment), task) : firstPrompt(first);
      return { steps: lives.flatMap(stepsOf), prompt };
    },
  };
}

function firstPrompt({ opened: { session, talk } }: Live): EpisodeResult['prompt'] {
  const textOf = (wanted: string): string => talk.messages.find(({ role }) => role === wanted)?.content ?? '';
  return { system: textOf('system'), user: textOf('user'), tools: session.compiled.sentTools };
}

/** Its calls of a history stand in the conversation before; ends of answers end nothing. */
function stepsOf({ begun, opened: { session } }: Live, nth: number): Step[] {
  const own = begun.adopted === null ? session.steps : session.steps.slice(adoptedSteps(session.steps, begun.adopted));
  return own
    .filter(({ kind }) => kind !== 'end')
    .map((step) => (step.kind === 'model' && nth > 0 ? { ...step, conversation: nth } : step));
}

function adoptedSteps(steps: readonly Step[], calls: number): number {
  let left = calls;
  const last = steps.findIndex((step) => step.kind === 'result' && --left === 0);
  return last + 1;
}
