/** One signal for everything that runs in an episode; it is aborted at the end of the episode. */

export interface EpisodeSignal {
  readonly signal: AbortSignal;
  /** Something must be awaited: from now on the caller's abort reaches the signal. */
  wait(): void;
  /** Aborts what may still run. */
  end(): void;
}

const OVER = new Error('the episode is over');

/** An unused controller: an episode that waits for nothing needs none of its own. */
let unused: AbortController | null = null;

export function openEpisodeSignal(caller: AbortSignal | undefined): EpisodeSignal {
  const controller = unused ?? new AbortController();
  unused = null;
  let waits = false;
  const interrupt = () => controller.abort(caller?.reason);
  return {
    signal: controller.signal,
    wait() {
      if (waits) return;
      waits = true;
      if (caller?.aborted) interrupt();
      else caller?.addEventListener('abort', interrupt, { once: true });
    },
    end() {
      if (!waits) {
        unused = controller;
        return;
      }
      caller?.removeEventListener('abort', interrupt);
      controller.abort(OVER);
    },
  };
}
