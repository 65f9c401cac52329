#!/usr/bin/env python3
"""Checks an exported chain of decisions without the program that made it: python3 verify.py [--trust FILE].

Needs Python 3.8 or newer, and `openssl` 3 for signatures. Reads the folder that it lies in: records/NNNN.json and .sig, blobs/SHA256,
start.json. Checks V1: chain, edits replayed from byte splices, verdicts and error rates recomputed, versions, and the harness to which
the decisions lead; and V2 with --trust: signatures against keys that you got another way. It does not check sentences (`detail`).
Exit 0: verified; 6: altered; 2: could not check.
"""
import argparse, base64, functools, hashlib, json, math, operator, pathlib, re, subprocess, sys, tempfile, types

HERE = pathlib.Path(__file__).absolute().parent
PREDICATE, STATEMENT = "urn:harness-optimizer:decision:v%d", "https://in-toto.io/Statement/v1"
PAYLOAD, RULES = "application/vnd.in-toto+json", {2: "gate/4", 3: "gate/5"}
Z95, LN2, SQRT1_2 = 1.959963984540054, 0.6931471805599453, 0.7071067811865476
# The kinds that the gate decides, with its stages; no other kind has scores.
JUDGED = {"candidate": ("keep", "prune"), "release": ("release",), "audit": ("audit",)}
BROKEN = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)  # What a malformed record may raise.
found = []
sha = lambda data: hashlib.sha256(data).hexdigest()
read = lambda *path: HERE.joinpath(*path).read_bytes()
# JSON has neither NaN nor Infinity; int() refuses both.
parsed = lambda data: json.loads(data.decode("utf-8"), object_pairs_hook=strict, parse_constant=int)
accepted = lambda record: record.get("verdict") is not None and record["verdict"]["decision"] == "accepted"

def note(where, field, expected, got):
    # ascii() keeps any content of a record on one line.
    found.append(ascii("ALTERED %s %s: expected %.200s, found %.200s" % (where, field, expected, got))[1:-1])

def hold(where, field, expected, got):
    if expected != got:
        note(where, field, expected, got)

def attempt(tell, where, step, *arguments):
    try:
        step(*arguments)
    except BROKEN as error:
        tell(where, "bytes", "a decision", "%s: %s" % (type(error).__name__, error))

def strict(pairs):
    return dict(pairs) if len(dict(pairs)) == len(pairs) else int("a key appears twice")

# --- numbers: only + - * / and sqrt, so that every machine gives the same ---
def ln(x):
    if not 0 < x < math.inf:
        raise ValueError("no logarithm of %s" % x)
    x, exponent = math.frexp(x)
    if x < SQRT1_2:
        x, exponent = x * 2, exponent - 1
    s = (x - 1) / (x + 1)
    square, series = s * s, 0.0
    for odd in range(23, 0, -2):
        series = series * square + 1 / odd
    return exponent * LN2 + 2 * s * series

def exp(x):
    exponent = math.floor(x / LN2 + 0.5)
    rest, value = x - exponent * LN2, 1.0
    for n in range(17, 0, -1):
        value = 1 + (rest / n) * value
    return math.ldexp(value, exponent) if x >= -745 else 0.0

# sum() rounds in another way from Python 3.12 on.
total = lambda values, start=0: functools.reduce(operator.add, values, start)
mean = lambda values: total(values) / len(values)
rounded = lambda value: float("%.12g" % value) or 0
snap = lambda value: math.floor(value * 1e12 + 0.5) / 1e12
mean_of = lambda values: snap(mean(values))
difference = lambda pair: snap(mean_of(pair["after"]) - mean_of(pair["before"]))
z_of = lambda ds: mean(ds) / math.sqrt(max(variance(ds), 0.03) / len(ds))

def variance(values):
    center = mean(values)
    return total((value - center) * (value - center) for value in values) / max(1, len(values) - 1)

def observations(pairs):
    families = {}
    for place, pair in enumerate(pairs):
        families.setdefault(pair.get("family", (place,)), []).append(difference(pair))
    return [mean_of(values) for values in families.values()]

def wald(ds):
    n = len(ds) + 2
    center = total(ds) / n
    return center, math.sqrt((total((d * d for d in ds), 1) / n - center * center) / n)

def interval(ds):
    center, error = wald(ds)
    return rounded(max(-1, center - Z95 * error)), rounded(min(1, center + Z95 * error))

def sign_test(better, worse):
    def tail(n, start):
        first = total((ln((n - i + 1) / i) for i in range(1, n - start + 1)), -n * LN2)
        ratio = ratios = 1
        for i in range(start, n):
            ratio *= (n - i) / (i + 1)
            ratios += ratio
        return min(1, exp(first) * ratios) if start <= n else 0
    n = better + worse
    return tail(n, better) if 2 * better > n else 1 - tail(n, n - better + 1)

def star(ds, alpha):
    target, log, squares = -ln(alpha), 0.0, 0
    for t, d in enumerate(ds):
        if log < target and d != 0:
            moment = max(0.005, (5 * 0.15 + squares) / (5 + t))
            stake = min(0.95, math.sqrt((2 * (target - log)) / ((len(ds) - t) * moment)))
            log += ln(1 + stake * d)
        squares += d * d
    return exp(log), log >= target

def mixture(ds):
    stakes = [(0.95 * (g - 0.5)) / 20 for g in range(1, 21)]
    return min(total(min(math.prod(1 + stake * d for d in ds), 1e300) / 20 for stake in stakes), 1e300)

# --- the gate: the verdict of each stage on recorded scores ---
decide = lambda *rows: next((decision, reason) for decision, reason, applies in rows if applies)

# --- the order of the arms: a coin per task, balanced between trials that are neighbours in rank ---
def arm_order(trials, *key):
    bit = lambda *parts: sha("\n".join(["arm order"] + [str(part) for part in key + parts]).encode("utf-8"))
    ranked = sorted(range(trials), key=lambda trial: bit("trial", trial))
    second = lambda rank: (bit(rank // 2, 1) < bit(rank // 2, 0)) != (rank % 2 == 1)
    return "".join("ba"[second(ranked.index(trial))] for trial in range(trials))

def check_order(where, record, *key):
    if record["verdict"]["rules"] == RULES[3]:
        for pair in record["gate"]["pairs"]:
            hold(where, "gate.pairs, order", arm_order(len(pair["after"]), *key, pair["task"]), pair.get("order"))

def carries(pairs):
    signed = lambda p: ((1 if o == "b" else -1) * (a + b) / 2 for o, a, b in zip(p["order"], p["after"], p["before"]))
    drawn = all(len(p.get("order", "")) == len(p["before"]) == len(p["after"]) for p in pairs)
    center, error = wald([total(signed(pair)) / len(pair["order"]) for pair in pairs] if drawn else [0])
    return rounded(center / error) > 2.6

def keep(pairs, options):
    planned, race = options["planned"], [difference(pair) for pair in pairs]
    stopped = next((tasks for tasks in range(20, len(race) + 1, 5) if z_of(race[:tasks]) < -0.3), planned)
    return decide(
        ("rejected", "hopeless", stopped < planned), ("inconclusive", "incomplete", len(race) + options.get("voids", 0) < planned),
        ("accepted", "improved", z_of(observations(pairs)) > 0.3), ("rejected", "not_better", True),
    ) + ("mean", rounded(z_of(race)), None)

def prune(pairs, _options):
    ds, stays = observations(pairs), ("accepted", "does_not_pay", True)
    return decide(("rejected", "no_task_differs", not any(ds)), ("rejected", "pays", mean(ds) < 0), stays) + ("mean", rounded(z_of(ds)), None)

def tag_blocks(pairs, tag):
    ds = observations([pair for pair in pairs if tag in pair["tags"]])
    return not ds or rounded(mean(ds)) <= -0.1 or mixture([-d for d in ds]) >= 3

def metric_blocks(pairs, metric, limit):
    rows = [pair["metrics"][metric] for pair in pairs if metric in pair.get("metrics", {})]
    return len(rows) < len(pairs) or mean([row["after"] - (1 + limit) * row["before"] for row in rows]) > 0

def release(pairs, options):
    alpha, planned, voids, tags = options.get("alpha", 0.02), options["planned"], options.get("voids", 0), options.get("protectedTags", [])
    ds, missing, limits = observations(pairs), planned - len(pairs) - voids, options.get("maxIncrease", {})
    single = all(tuple(pair[arm]) in ((0,), (1,)) for pair in pairs for arm in ("before", "after")) and len(ds) == len(pairs)
    def run(ds):
        p, (wealth, reached) = rounded(sign_test(sum(d > 0 for d in ds), sum(d < 0 for d in ds))), star(ds, alpha)
        return ("sign", p, p <= alpha and mean(ds) > 0) if single else ("star", rounded(wealth), reached and mean(ds) > 0)
    test, statistic, passed = run(ds) if missing <= 0 else ("none", None, False)
    # Void pairs as lost, first, where they cost the bet most.
    passed = passed and (options["rules"] != RULES[3] or run([-1] * voids + ds)[2])
    violations = sum(p.get("violationsAfter", 0) - p.get("violationsBefore", 0) for p in pairs)
    return decide(
        ("rejected", "violations", violations > missing * len(pairs[0]["before"])),
        ("inconclusive", "incomplete", missing > 0), ("inconclusive", "voids", voids > options.get("maxVoidShare", 0.02) * planned),
        ("inconclusive", "carry_over", options["rules"] == RULES[3] and carries(pairs)),
        ("rejected", "regression", interval(ds)[1] < 0),
        ("rejected", "guard", options.get("sizeWithinCap") is False or any(tag_blocks(pairs, tag) for tag in tags)),
        ("rejected", "guard", any(metric_blocks(pairs, metric, limits[metric]) for metric in limits)),
        ("accepted", "improved", passed), ("inconclusive", "inconclusive", True),
    ) + (test, statistic, alpha)

def audit(pairs, _options):
    (low, high), unsure = interval(observations(pairs)), ("inconclusive", "no_difference", True)
    return decide(("rejected", "regression", high < 0), ("accepted", "improved", low > 0), unsure) + ("none", None, None)

STAGES = {"keep": keep, "prune": prune, "release": release, "audit": audit}

def check_pairs(where, pairs, planned):
    tasks = [pair["task"] for pair in pairs]
    rewards = [reward for pair in pairs for reward in pair["before"] + pair["after"]]
    amounts = [pair.get(name, 0) for pair in pairs for name in ("violationsBefore", "violationsAfter")]
    amounts += [amount for pair in pairs for taken in pair.get("metrics", {}).values() for amount in taken.values()]
    if not len(set(tasks)) == len(tasks) <= planned:
        note(where, "gate.pairs", "every task once, at most %s" % planned, "%d, %d of them different" % (len(tasks), len(set(tasks))))
    for most, values in ((1, rewards), (1e300, amounts)):
        wrong = [value for value in values if type(value) not in (int, float) or not 0 <= value <= most]
        hold(where, "gate.pairs, numbers from 0 to %s" % most, [], wrong)

def check_verdict(where, record, rules):
    gate, verdict = record.get("gate"), record.get("verdict")
    if gate is not None and gate["stage"] not in JUDGED.get(record["kind"], ()):
        return note(where, "kind, gate.stage", "a kind of decision, and the rule that decides it", (record["kind"], gate["stage"]))
    if gate is None:
        return hold(where, "gate", "the scores behind an accepted verdict" if accepted(record) else None, None)
    if verdict is None or verdict["rules"] != rules:
        return note(where, "verdict.rules", rules, verdict and verdict["rules"])
    pairs, options = gate["pairs"], gate["options"]
    check_pairs(where, pairs, options.get("planned", math.inf))
    ds = observations(pairs)
    low, high = interval(ds)
    better, worse = sum(d > 0 for d in ds), sum(d < 0 for d in ds)
    decision, reason, test, statistic, alpha = STAGES[gate["stage"]](pairs, dict(options, rules=rules))
    expected = {
        "stage": gate["stage"], "decision": decision, "reason": reason, "test": test, "statistic": statistic, "alpha": alpha,
        "effect": rounded(mean(ds)), "low": low, "high": high, "better": better, "worse": worse, "same": len(ds) - better - worse,
        "tasks": len(pairs), "rollouts": options.get("rollouts", 0), "voids": options.get("voids", 0),
        "costUsd": rounded(options.get("costUsd", 0)),
    }
    for field, value in expected.items():
        hold(where, "verdict." + field, value, verdict[field])

def alpha_of(won, fdr):
    share = exp(-1.6 * ln(len(won) + 1)) / 2.2858
    return rounded(0.02 / ((won[::-1] + [True]).index(True) + 1) if fdr is None else min(0.2, fdr * share * (sum(won) + 1)))

def check_look(where, record, looks, head):
    gate, plan = record.get("gate"), record.get("plan")
    about = [record["run"], record.get("data"), record["parent"]["harness"], record["child"]["harness"]]
    if record["kind"] == "look":
        terms = plan["terms"]
        hold(where, "plan.terms.alpha", alpha_of([look["won"] for look in looks], terms.get("fdr")), terms.get("alpha", 0.02))
        hold(where, "plan.terms.planned", len(plan["tasks"]), terms["planned"])
        hold(where, "plan.head", head, plan.get("head", head))
        looks.append({"plan": plan, "about": about, "won": False, "closed": False})
    elif record["kind"] == "release":
        terms = {key: value for key, value in gate["options"].items() if key not in ("rollouts", "voids", "costUsd")}
        if not looks or looks[-1]["closed"] or "maxVoidShare" in terms:
            return note(where, "gate", "the scores of a look that was opened before, on the rule's own terms", gate["stage"])
        plan, pairs = looks[-1]["plan"], gate["pairs"]
        played = [pair["task"] for pair in pairs]
        hold(where, "gate.options", plan["terms"], terms)
        hold(where, "run, data, parent, child", looks[-1]["about"], about)
        hold(where, "gate.pairs, tasks in order", [task for task in plan["tasks"] if task in played], played)
        hold(where, "gate.pairs, trials", {plan["trials"]}, {len(pair[arm]) for pair in pairs for arm in ("before", "after")})
        looks[-1].update(won=accepted(record), closed=True)
        check_order(where, record, head or "", record["data"]["panel"], record["data"]["look"], *about[2:])
    elif record["kind"] == "peek":
        looks.append({"won": False, "closed": True})  # A command played sealed tasks: it counts as a look.
    elif record["kind"] == "audit":
        check_order(where, record, record["prev"] or "", record["data"]["panel"], 0, *about[2:])

# --- the harness to which the decisions lead, and what was released ---
def check_head(where, record, walk):
    kind, version, child = record["kind"], record.get("version"), record["child"]["harness"]
    moves = kind in ("external", "rollback", "merge") or (kind == "candidate" and accepted(record))
    if moves:
        hold(where, "parent.harness", walk.head, record["parent"]["harness"])
    if kind not in ("candidate", "external", "rollback", "apply", "audit"):
        hold(where, "child.harness", walk.head, child)
    walk.head = child if moves else walk.head
    if kind == "release":
        hold(where, "version", "v%d" % (len(walk.released) + 1) if accepted(record) else None, version)
        if accepted(record):
            walk.released[version] = child
    elif kind in ("rollback", "apply", "audit"):
        hold(where, "child.harness", walk.released.get(version, "what was released as %s" % version), child)

# --- edits: the child is the parent with the byte splices applied ---
def harness_id(files):
    rows = [[path, sha(files[path])] for path in sorted(files)]
    return sha(json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode("utf-8"))

def spliced(files, changes):
    out = dict(files)
    for change in changes:
        path, at = change["path"], change["at"]
        removed, inserted = change["removed"].encode("utf-8"), change["inserted"].encode("utf-8")
        old = out.get(path, b"")
        if (path in out) == (change["status"] == "added") or old[at : at + len(removed)] != removed:
            return None
        out[path] = old[:at] + inserted + old[at + len(removed) :]
        if change["status"] == "removed":
            del out[path]
    return out

def check_files(where, statement, record, known):
    kind, start = record["kind"], "harness/%s/" % record["env"]
    before = known.get(record["parent"]["harness"])
    if before is None and kind != "apply":
        return note(where, "parent.harness", "a harness of this chain", record["parent"]["harness"])
    replayed = kind in ("candidate", "external")
    child = spliced(before, record["changes"]) if replayed else known.get(record["child"]["harness"])
    if child is None:
        return note(where, "changes" if replayed else "child.harness", "a harness of this chain", "none that fits")
    digests = {start + path: sha(data) for path, data in child.items()}
    subject = {entry["name"]: entry["digest"]["sha256"] for entry in statement["subject"]}
    for path in sorted(set(digests) | set(subject)):
        hold(where, "subject " + path, digests.get(path, "no file"), subject.get(path, "no file"))
    hold(where, "child.harness", harness_id(child), record["child"]["harness"])
    known[harness_id(child)] = child

# --- signatures, by openssl: a key is valid for places in the chain, never for a time ---
def signed(payload, public_key, signature):
    body = b"DSSEv1 %d %s %d %s" % (len(PAYLOAD), PAYLOAD.encode(), len(payload), payload)
    with tempfile.TemporaryDirectory() as folder:
        for name, data in (("key.der", base64.b64decode(public_key)), ("body", body), ("sig", base64.b64decode(signature))):
            pathlib.Path(folder, name).write_bytes(data)
        command = "openssl pkeyutl -verify -pubin -keyform DER -inkey key.der -rawin -in body -sigfile sig".split()
        return subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0

def walk_keys(entries, trust, revoked, tell):
    keys, revocations = {}, {}
    def add(entry, start):
        keys.setdefault(entry["keyid"], dict(entry, start=start, until=revoked.get(entry["keyid"], math.inf)))
    def step(place, where, payload, record, envelope):
        if envelope is None or record.get("signer") is None:
            return tell(where, "signature", "a signature", "none")
        entry = envelope["signatures"][0]
        key = keys.get(entry["keyid"])
        if key is None or not key["start"] <= place < key["until"] or record["signer"] != entry["keyid"]:
            return tell(where, "keyid", "a trusted key that is valid at decision %d" % place, entry["keyid"])
        if envelope["payloadType"] != PAYLOAD or not signed(payload, key["publicKey"], entry["sig"]):
            return tell(where, "sig", "the signature of %s over these bytes" % key["principal"], "another")
        change = record["keys"] if record["kind"] == "keys" else None
        if change is None:
            return
        if change["action"] == "rotate":
            key["until"] = min(key["until"], place + 1)
            if sha(base64.b64decode(change["publicKey"])) != change["new"]:
                return tell(where, "keys.publicKey", "a key named by its digest", change["publicKey"])
            add({"keyid": change["new"], "publicKey": change["publicKey"], "role": key["role"], "principal": key["principal"]}, place + 1)
        elif keys.get(change["keyid"], {}).get("role") == "person" and key["role"] == "bot":
            tell(where, "signer", "a person's key, to revoke that of a person", "a bot's")
        else:
            revocations[change["keyid"]] = min(change["from"], revocations.get(change["keyid"], change["from"]))
            if change["keyid"] in keys:
                keys[change["keyid"]]["until"] = min(keys[change["keyid"]]["until"], max(change["from"], place))
    for entry in trust["keys"]:
        add(entry, 1)
    for entry in entries:
        attempt(tell, entry[1], step, *entry)
    return revocations

def check_signatures(walk, trust):
    signs = [place for place, _, _, record, envelope in walk.chain if envelope or record.get("signer")]
    start = trust.get("signedFrom", {}).get(walk.env) or min(signs, default=None)
    if start is None:
        return "nothing is signed"
    elif len(walk.chain) < start:
        note("records", "seq", "decision %d, from which on all are signed" % start, "%d decisions" % len(walk.chain))
    entries = [entry for entry in walk.chain if entry[0] >= start]
    walk_keys(entries, trust, walk_keys(entries, trust, {}, lambda *_: None), note)

def check_record(place, where, payload, walk):
    statement = parsed(payload)
    record = statement["predicate"]
    if statement["predicateType"] != PREDICATE % 2:
        walk.form = 3  # A v2 record must not come after one of v3.
    hold(where, "predicateType", (STATEMENT, PREDICATE % walk.form), (statement["_type"], statement["predicateType"]))
    hold(where, "seq", ("records/%04d.json" % place, place), (where, record["seq"]))
    hold(where, "prev, env", (walk.prev, walk.env), (record["prev"], record["env"]))
    check_verdict(where, record, RULES[walk.form])
    check_files(where, statement, record, walk.known)
    check_look(where, record, walk.looks, walk.heads.setdefault(record["run"], record["prev"]))
    check_head(where, record, walk)
    if record["kind"] == "candidate" and record.get("gate") is not None:
        key = (record["run"], record["gate"]["stage"], record["parent"]["harness"], record["child"]["harness"])
        hold(where, "seq, an earlier decision on this candidate", False, key in walk.judged)
        walk.judged.add(key)
    path = (HERE / where).with_suffix(".sig")
    walk.chain.append((place, where, payload, record, path.exists() and parsed(read(path)) or None))

def check_chain():
    start, files = parsed(read("start.json")), {}
    for path, digest in start["files"].items():
        files[path] = read("blobs", digest)
        hold("blobs/" + digest, "sha256", digest, sha(files[path]))
    walk = types.SimpleNamespace(form=2, env=start["env"], prev=None, head=harness_id(files), looks=[], heads={}, released={}, judged=set(), chain=[])
    walk.known = {walk.head: files, harness_id({}): {}}
    paths = [path for path in (HERE / "records").iterdir() if re.fullmatch(r"[0-9]{4,}\.json", path.name)]
    for place, path in enumerate(sorted(paths, key=lambda path: int(path.stem)), 1):
        where, payload = "records/" + path.name, read(path)
        attempt(note, where, check_record, place, where, payload, walk)
        walk.prev = sha(payload)
    hold("records", "end of the chain", start["head"], walk.prev)
    return walk

def main():
    parser = argparse.ArgumentParser(usage=argparse.SUPPRESS, allow_abbrev=False, description=__doc__)
    parser.add_argument("--trust", metavar="FILE", help="keys to check signatures with")
    trust, decisions, problem = parser.parse_args().trust, 0, None
    try:
        walk = check_chain()
        decisions = len(walk.chain)
        if trust is not None:
            problem = check_signatures(walk, parsed(read(pathlib.Path(trust).absolute())))
    except (OSError,) + BROKEN as error:
        problem = "could not check: %s: %s" % (type(error).__name__, error)
    verdict = "altered" if found else problem or "every one agrees with what it can be recomputed from"
    print(*found, "V%d: %d decisions, %s" % (1 if trust is None else 2, decisions, verdict), sep="\n")
    print("not covered: git commits and tags, traces and replies outside git, a history rewritten as a whole by a key's holder")
    return 6 if found else 2 if problem else 0

if __name__ == "__main__":
    sys.exit(main())
