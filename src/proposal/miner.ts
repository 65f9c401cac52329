/** The miner as a proposer. */

import { mine as mineEdits } from './mine/mine.ts';
import { builtIn, type Proposer } from './proposer.ts';

/** Learns edits from train traces and probes; asks no model. */
export const mine: Proposer = builtIn({ name: 'mine', propose: mineEdits });
