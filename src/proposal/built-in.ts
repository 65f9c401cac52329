/** The built-in proposers by the name that `--proposer` takes. */
import type { AgentSource } from '../models/source.ts';
import { harmful } from './harmful.ts';
import { mine } from './miner.ts';
import { neutral } from './null.ts';
import type { Proposer, ProposerName } from './proposer.ts';
import { reflect } from './reflect/proposer.ts';

/** `model`: what `reflect` asks. */
export function builtInProposers(name: ProposerName, model: AgentSource | null): Proposer[] {
  const thinking = model === null ? [] : [reflect(model)];
  const proposers: Record<ProposerName, Proposer[]> = {
    mine: [mine],
    reflect: thinking,
    both: [mine, ...thinking],
    null: [neutral],
    harmful: [harmful],
  };
  return proposers[name];
}
