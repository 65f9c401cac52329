/** One signal for all that runs in an episode: it is aborted when the episode is over. */

export interface EpisodeSignal {
  readonly signal: AbortSignal;
  /** Something has to be waited for: from now on an abort of the caller reaches the signal. */
  wait(): void;
  /** Aborts what may still run. */
  end(): void;
}

const OVER = new Error('the episode is over');

/** A controller that nothing has waited on: an episode that waits for nothing needs none. */
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
