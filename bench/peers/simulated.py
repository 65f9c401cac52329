"""The simulated problem, asked over a pipe, and what every peer is measured by."""
import json
import subprocess
import sys
import time


class World:
    """One seeded world. Counts rollouts and the time that answers take, which is not the engine's."""

    def __init__(self, command, scenario, seed):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.rollouts = 0
        self.seconds = 0.0
        self.next_edit = 0
        facts = self.ask({"ask": "open", "scenario": scenario, "seed": seed})
        self.dev, self.sealed, self.proposals, self.digest = (facts[k] for k in ("dev", "sealed", "proposals", "digest"))

    def ask(self, question):
        started = time.perf_counter()
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        self.seconds += time.perf_counter() - started
        return answer

    def start(self):
        """From here on time is counted."""
        self.seconds = 0.0
        self.started = time.perf_counter()

    def engine_microseconds(self):
        """Time since the start without that of the answers, a rollout."""
        return 1e6 * (time.perf_counter() - self.started - self.seconds) / max(1, self.rollouts)

    def score(self, text, tasks):
        self.rollouts += len(tasks)
        return self.ask({"ask": "score", "text": text, "tasks": list(tasks)})

    def truth(self, text):
        return self.ask({"ask": "truth", "text": text})

    def propose(self):
        """The next line of the same scripted proposer, or None when it has said all."""
        if self.next_edit == self.proposals:
            return None
        self.next_edit += 1
        return f"edit {self.next_edit - 1}"

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def report(name, version, world, text, reported, accepted, engine):
    """One JSON line. `accepted`: pairs of parent text and child text."""
    useless = sum(1 for parent, child in accepted if world.truth(child) <= world.truth(parent))
    print(json.dumps({
        "engine": name, "version": version, "rollouts": world.rollouts, "truth": world.truth(text), "reported": reported,
        "accepted": len(accepted), "useless": useless,
        "engineMicroseconds": engine,
    }))
    sys.stdout.flush()
