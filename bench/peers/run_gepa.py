"""The published `gepa` engine on the simulated problem: run_gepa.py SCENARIO SEED ROLLOUTS COMMAND..."""
import sys
from importlib.metadata import version

import gepa
from gepa import EvaluationBatch
from gepa.core.adapter import GEPAAdapter

from simulated import World, report

scenario, seed, budget = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
world = World(sys.argv[4:], scenario, seed)
accepted = []


class Adapter(GEPAAdapter):
    propose_new_texts = None

    def evaluate(self, batch, candidate, capture_traces=False):
        scores = world.score(candidate["skill"], batch)
        traces = [{"task": t, "score": s} for t, s in zip(batch, scores)] if capture_traces else None
        return EvaluationBatch(outputs=scores, scores=scores, trajectories=traces)

    def make_reflective_dataset(self, candidate, batch, components):
        return {name: [{"Feedback": str(trace)} for trace in batch.trajectories] for name in components}


def proposer(candidate, reflective_dataset, components):
    line = world.propose()
    return {name: candidate[name] + (f"{line}\n" if line else "") for name in components}


class Quiet:
    def log(self, *args, **kwargs):
        pass


class Seen:
    """Pairs of parent and child of everything that the engine takes into its pool."""

    def __init__(self):
        self.texts = []

    def on_valset_evaluated(self, event):
        text = event["candidate"]["skill"]
        if self.texts:
            accepted.append((text[: text.rstrip("\n").rfind("\n") + 1], text))
        self.texts.append(text)


world.start()
result = gepa.optimize(
    seed_candidate={"skill": "Rules:\n"},
    trainset=list(range(world.dev, world.dev + world.sealed)),
    valset=list(range(world.dev)),
    adapter=Adapter(),
    custom_candidate_proposer=proposer,
    max_metric_calls=budget,
    reflection_minibatch_size=3,
    logger=Quiet(),
    callbacks=[Seen()],
    run_dir=None,
    seed=seed,
)
engine = world.engine_microseconds()
best = result.best_candidate["skill"]
report("gepa", version("gepa"), world, best, result.val_aggregate_scores[result.best_idx], accepted, engine)
world.close()
