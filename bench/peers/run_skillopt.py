"""The published `skillopt` trainer on the simulated problem: run_skillopt.py SCENARIO SEED ROLLOUTS COMMAND..."""
import contextlib
import io
import json
import math
import os
import sys
import tempfile
from importlib.metadata import version

from skillopt.datasets.base import SplitDataLoader
from skillopt.engine.trainer import ReflACTTrainer
from skillopt.envs.base import EnvAdapter

import skillopt.gradient.aggregate as aggregate

from simulated import World, report

# The wheel comes without its prompt files. One patch a step needs no model to be merged, so the prompt is never sent.
aggregate.load_prompt = lambda *names, **options: ""

BATCH = 10
scenario, seed, budget = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
world = World(sys.argv[4:], scenario, seed)
tasks_of = lambda items: [int(item["id"]) for item in items]


class Adapter(EnvAdapter):
    def __init__(self, split_dir):
        self.analyst_workers, self.failure_only, self.minibatch_size, self.edit_budget = 1, False, 8, 1
        self.loader = SplitDataLoader(split_dir=split_dir, split_mode="split_dir", seed=seed)

    def setup(self, cfg):
        super().setup(cfg)
        self.loader.setup(cfg)

    def get_dataloader(self):
        return self.loader

    def build_env_from_batch(self, batch, **kwargs):
        return list(batch.payload or [])

    def build_train_env(self, batch_size, seed, **kwargs):
        return self.build_env_from_batch(self.loader.build_train_batch(batch_size=batch_size, seed=seed))

    def build_eval_env(self, env_num, split, seed, **kwargs):
        return self.build_env_from_batch(self.loader.build_eval_batch(env_num=env_num, split=split, seed=seed))

    def rollout(self, env_manager, skill_content, out_dir, **kwargs):
        scores = world.score(skill_content, tasks_of(env_manager))
        return [
            {"id": item["id"], "hard": int(score), "soft": float(score), "task_type": "task", "fail_reason": ""}
            for item, score in zip(env_manager, scores)
        ]

    def reflect(self, results, skill_content, out_dir, **kwargs):
        line = world.propose()
        if line is None:
            return []
        edit = {"op": "append", "content": line, "target": ""}
        return [{"source_type": "failure", "batch_size": len(results), "patch": {"reasoning": "scripted", "edits": [edit]}}]

    def get_task_types(self):
        return ["task"]


with tempfile.TemporaryDirectory() as folder:
    splits = {"train": range(world.dev, world.dev + world.sealed), "val": range(world.dev), "test": range(1)}
    for name, tasks in splits.items():
        os.makedirs(os.path.join(folder, "split", name))
        with open(os.path.join(folder, "split", name, "items.json"), "w") as out:
            json.dump([{"id": str(task), "question": "", "task_type": "task"} for task in tasks], out)
    skill = os.path.join(folder, "skill.md")
    with open(skill, "w") as out:
        out.write("Rules:\n")
    steps = math.ceil(budget / (BATCH + world.dev))
    epochs = max(1, round(steps / (world.sealed / BATCH)))
    config = {
        "out_root": os.path.join(folder, "out"), "env": "simulated", "skill_init": skill, "optimizer_model": "none",
        "target_model": "none", "model_backend": "openai_chat", "batch_size": BATCH, "num_epochs": epochs, "accumulation": 1,
        "seed": seed, "merge_batch_size": 8, "analyst_workers": 1, "edit_budget": 1, "min_edit_budget": 1,
        "lr_scheduler": "constant", "sel_env_num": 0, "test_env_num": 0, "eval_test": False, "use_slow_update": False,
        "use_meta_skill": False, "use_gate": True, "train_size": 0,
    }
    world.start()
    with contextlib.redirect_stdout(io.StringIO()):
        ReflACTTrainer(config, Adapter(os.path.join(folder, "split"))).train()
    engine = world.engine_microseconds()
    with open(os.path.join(config["out_root"], "history.json")) as source:
        history = json.load(source)
    with open(os.path.join(config["out_root"], "best_skill.md")) as source:
        best = source.read()
    accepted, parent = [], "Rules:\n"
    reported = 0.0
    for step in history:
        action = step.get("action") or step.get("gate_action") or ""
        if not action.startswith("accept"):
            continue
        with open(os.path.join(config["out_root"], "skills", f"skill_v{step['step']:04d}.md")) as source:
            child = source.read()
        accepted.append((parent, child))
        parent = child
        reported = max(reported, step["selection_hard"])
    report("skillopt", version("skillopt"), world, best, reported, accepted, engine)
world.close()
