/** All trace formats. */
import type { TraceFormat } from './format.ts';
import { openai } from './openai.ts';
import { tau } from './tau.ts';

export const FORMAT_NAMES = ['openai', 'tau'] as const;
export type FormatName = (typeof FORMAT_NAMES)[number];

export const FORMATS: Readonly<Record<FormatName, TraceFormat>> = { openai, tau };
