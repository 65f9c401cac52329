/** Line ends that a checkout wrote: what counts is what git stores. */
import type { HarnessFiles } from '../types.ts';

export const withLineFeeds = (text: string): string => text.replaceAll('\r\n', '\n');

/**
 * Files of a work tree as git stores them: a file that differs from the stored one in line ends
 * alone is that one, and any other has line feeds unless the stored one has not.
 */
export const asStored = (workTree: HarnessFiles, stored: HarnessFiles): HarnessFiles =>
  new Map(
    [...workTree].map(([path, text]) => {
      const [old, plain] = [stored.get(path), withLineFeeds(text)];
      if (old === undefined) return [path, plain];
      const plainOld = withLineFeeds(old);
      return [path, plainOld === plain ? old : plainOld === old ? plain : text];
    }),
  );
