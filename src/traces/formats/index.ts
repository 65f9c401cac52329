/** All trace formats. */

import { atif } from './atif.ts';
import type { TraceFormat } from './format.ts';
import { openai } from './openai.ts';
import { otel } from './otel.ts';
import { tau } from './tau.ts';

export const FORMAT_NAMES = ['openai', 'otel', 'atif', 'tau'] as const;
export type FormatName = (typeof FORMAT_NAMES)[number];

export const FORMATS: Readonly<Record<FormatName, TraceFormat>> = { openai, otel, atif, tau };
