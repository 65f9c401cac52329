/** The surfaces that are served. */
import { chat } from './chat.ts';
import { messages } from './messages.ts';
import { responses } from './responses.ts';
import type { WireSurface } from './surface.ts';

export const SURFACES: readonly WireSurface[] = [chat, responses, messages];

/** The surface that a path asks for; its base may end in `/v1` once, twice or not at all. */
export function surfaceAt(path: string): WireSurface | undefined {
  const asked = path.replace(/^(?:\/v1)+/, '').replace(/\/$/, '');
  return SURFACES.find((surface) => surface.path === asked);
}
