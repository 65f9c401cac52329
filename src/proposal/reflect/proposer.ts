/** The proposer `reflect`, for one model. */
import type { AgentSource } from '../../models/source.ts';
import { builtIn, type Proposer } from '../proposer.ts';
import { reflect as reflectOn } from './reflect.ts';

/** Shows `model` one cluster of failures at a time and asks for one kind of edit. */
export const reflect = (model: AgentSource): Proposer =>
  builtIn({
    name: 'reflect',
    model,
    async propose(context) {
      if (context.model === null) throw new TypeError('reflect: expected a model to ask, got none');
      return reflectOn(context, {
        model: context.model,
        tried: context.tried,
        found: context.found,
        seed: context.seed,
        signal: context.signal,
      });
    },
  });
