#!/usr/bin/env python3
"""Checks an exported chain of decisions without the program that made it: python3 verify.py [--trust FILE].

Needs Python 3.8 or newer, and `openssl` 3 for signatures. Reads the folder that it lies in: records/NNNN.json and .sig, blobs/SHA256,
start.json. Checks V1: chain, edits replayed from byte splices, verdicts and error rates recomputed; and V2 with --trust: signatures
against keys that you were given by another way. Sentences (`detail`) are not checked. Exit 0: verified; 6: altered; 2: could not check.
"""
import base64, hashlib, json, math, os, re, subprocess, sys, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
PREDICATE, STATEMENT = "urn:harness-optimizer:decision:v2", "https://in-toto.io/Statement/v1"
PAYLOAD, RULES = "application/vnd.in-toto+json", "gate/4"
Z95, LN2, SQRT2, SQRT1_2 = 1.959963984540054, 0.6931471805599453, 1.4142135623730951, 0.7071067811865476
found = []
sha = lambda data: hashlib.sha256(data).hexdigest()
mean_of = lambda values: snap(mean(values))
difference = lambda pair: snap(mean_of(pair["after"]) - mean_of(pair["before"]))
def note(where, field, expected, got):
    found.append({"file": where, "field": field, "expected": str(expected)[:200], "found": str(got)[:200]})

def read(*path):
    with open(os.path.join(HERE, *path), "rb") as file:
        return file.read()

def strict(pairs):
    keys = [key for key, _ in pairs]
    if len(keys) != len(set(keys)):
        raise ValueError("a key stands twice")
    return dict(pairs)

# --- numbers: the rules' own functions, from + - * / and sqrt alone, so that every machine gives the same ---
def ln(x):
    exponent = 0
    while x > SQRT2:
        x, exponent = x / 2, exponent + 1
    while x < SQRT1_2:
        x, exponent = x * 2, exponent - 1
    s = (x - 1) / (x + 1)
    square, series = s * s, 0.0
    for odd in range(23, 0, -2):
        series = series * square + 1 / odd
    return exponent * LN2 + 2 * s * series

def exp(x):
    if x < -745:
        return 0.0
    exponent = math.floor(x / LN2 + 0.5)
    rest, value = x - exponent * LN2, 1.0
    for n in range(17, 0, -1):
        value = 1 + (rest / n) * value
    for _ in range(abs(exponent)):
        value = value * 2 if exponent > 0 else value / 2
    return value

def mean(values):
    total = 0
    for value in values:
        total += value
    return total / len(values)

def variance(values):
    if len(values) < 2:
        return 0
    center, total = mean(values), 0
    for value in values:
        total += (value - center) * (value - center)
    return total / (len(values) - 1)

def rounded(value):
    return float("%.12g" % value) or 0

def snap(value):
    return math.floor(value * 1e12 + 0.5) / 1e12

def observations(pairs):
    out, families = [], {}
    for pair in pairs:
        family = pair.get("family")
        if family is not None and family in families:
            families[family].append(difference(pair))
            continue
        out.append([difference(pair)])
        if family is not None:
            families[family] = out[-1]
    return [mean_of(values) for values in out]

def interval(ds):
    total, squares = 0, 1
    for d in ds:
        total += d
        squares += d * d
    n = len(ds) + 2
    center = total / n
    half = Z95 * math.sqrt((squares / n - center * center) / n)
    return rounded(max(-1, center - half)), rounded(min(1, center + half))

def sign_test(better, worse):
    def tail(n, start):
        if start > n:
            return 0
        first = -n * LN2
        for i in range(1, n - start + 1):
            first += ln((n - i + 1) / i)
        ratio = total = 1
        for i in range(start, n):
            ratio *= (n - i) / (i + 1)
            total += ratio
        return min(1, exp(first) * total)
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
    total = 0
    for g in range(1, 21):
        stake, wealth = (0.95 * (g - 0.5)) / 20, 1
        for d in ds:
            wealth *= 1 + stake * d
        total += min(wealth, 1e300) / 20
    return min(total, 1e300)

def z_of(ds):
    return mean(ds) / math.sqrt(max(variance(ds), 0.03) / len(ds))

# --- the gate: what each stage makes of the recorded scores ---
def keep(pairs, options):
    planned, voids, race = options["planned"], options.get("voids", 0), [difference(pair) for pair in pairs]
    z = rounded(z_of(race))
    stopped = next((tasks for tasks in range(20, len(race) + 1, 5) if z_of(race[:tasks]) < -0.3), None)
    if stopped is not None and stopped < planned:
        return "rejected", "hopeless", "mean", z, None
    if len(race) + voids < planned:
        return "inconclusive", "incomplete", "mean", z, None
    better = z_of(observations(pairs)) > 0.3
    return ("accepted", "improved", "mean", z, None) if better else ("rejected", "not_better", "mean", z, None)

def prune(pairs, _options):
    ds = observations(pairs)
    z = rounded(z_of(ds))
    if all(d == 0 for d in ds):
        return "rejected", "no_task_differs", "mean", z, None
    return ("rejected", "pays", "mean", z, None) if mean(ds) < 0 else ("accepted", "does_not_pay", "mean", z, None)

def win_or_lose(pairs):
    families = [pair["family"] for pair in pairs if "family" in pair]
    single = all(len(p["before"]) == len(p["after"]) == 1 and p["before"][0] in (0, 1) and p["after"][0] in (0, 1) for p in pairs)
    return single and len(families) == len(set(families))

def tag_blocks(pairs, tag):
    ds = observations([pair for pair in pairs if tag in pair["tags"]])
    return not ds or rounded(mean(ds)) <= -0.1 or mixture([-d for d in ds]) >= 3

def metric_blocks(pairs, metric, limit):
    rows = [pair["metrics"][metric] for pair in pairs if metric in pair.get("metrics", {})]
    return len(rows) < len(pairs) or mean([row["after"] - (1 + limit) * row["before"] for row in rows]) > 0

def release(pairs, options):
    alpha, planned, voids = options.get("alpha", 0.02), options["planned"], options.get("voids", 0)
    ds, test, statistic, passed = observations(pairs), "none", None, False
    if len(pairs) + voids >= planned:
        above = mean(ds) > 0
        if win_or_lose(pairs):
            test, statistic = "sign", rounded(sign_test(sum(d > 0 for d in ds), sum(d < 0 for d in ds)))
            passed = above and statistic <= alpha
        else:
            wealth, reached = star(ds, alpha)
            test, statistic, passed = "star", rounded(wealth), above and reached
    result = (test, statistic, alpha)
    violations = sum(p.get("violationsAfter", 0) - p.get("violationsBefore", 0) for p in pairs)
    if violations > (planned - len(pairs) - voids) * len(pairs[0]["before"]):
        return ("rejected", "violations") + result
    if test == "none":
        return ("inconclusive", "incomplete") + result
    if voids > options.get("maxVoidShare", 0.02) * planned:
        return ("inconclusive", "voids") + result
    if interval(ds)[1] < 0:
        return ("rejected", "regression") + result
    limits = options.get("maxIncrease", {})
    if options.get("sizeWithinCap") is False or any(tag_blocks(pairs, tag) for tag in options.get("protectedTags", [])) or any(
        metric_blocks(pairs, metric, limits[metric]) for metric in limits
    ):
        return ("rejected", "guard") + result
    return (("accepted", "improved") if passed else ("inconclusive", "inconclusive")) + result

def audit(pairs, _options):
    low, high = interval(observations(pairs))
    verdict = ("rejected", "regression") if high < 0 else ("accepted", "improved") if low > 0 else ("inconclusive", "no_difference")
    return verdict + ("none", None, None)

STAGES = {"keep": keep, "prune": prune, "release": release, "audit": audit}

def check_verdict(where, record):
    gate, verdict = record["gate"], record["verdict"]
    if gate is None:
        if verdict is not None and verdict["decision"] == "accepted":
            note(where, "gate", "the scores behind an accepted verdict", None)
        return
    if verdict is None:
        return note(where, "verdict", "a verdict on the recorded scores", None)
    if verdict["rules"] != RULES:
        return note(where, "verdict.rules", RULES, verdict["rules"])
    pairs, options = gate["pairs"], gate["options"]
    ds = observations(pairs)
    low, high = interval(ds)
    better, worse = sum(d > 0 for d in ds), sum(d < 0 for d in ds)
    decision, reason, test, statistic, alpha = STAGES[gate["stage"]](pairs, options)
    expected = {
        "stage": gate["stage"], "decision": decision, "reason": reason, "test": test, "statistic": statistic, "alpha": alpha,
        "effect": rounded(mean(ds)), "low": low, "high": high, "better": better, "worse": worse, "same": len(ds) - better - worse,
        "tasks": len(pairs), "rollouts": options.get("rollouts", 0), "voids": options.get("voids", 0),
        "costUsd": rounded(options.get("costUsd", 0)),
    }
    for field, value in expected.items():
        if verdict[field] != value:
            note(where, "verdict." + field, value, verdict[field])

def alpha_of(looks, since, releases, fdr):
    if fdr is None:
        return rounded(0.02 / (since + 1))
    return rounded(min(0.2, fdr * (exp(-1.6 * ln(looks + 1)) / 2.2858) * (releases + 1)))

def check_look(where, record, looks):
    gate, plan = record["gate"], record.get("plan")
    if record["kind"] == "look":
        wins = [i for i, look in enumerate(looks) if look["won"]]
        expected = alpha_of(len(looks), len(looks) - 1 - (wins[-1] if wins else -1), len(wins), plan["terms"].get("fdr"))
        if plan["terms"].get("alpha", 0.02) != expected:
            note(where, "plan.terms.alpha", expected, plan["terms"].get("alpha"))
        looks.append({"record": record, "won": False})
    elif record["kind"] == "release":
        opened = looks[-1]["record"] if looks and "closed" not in looks[-1] else record
        terms = {key: value for key, value in gate["options"].items() if key not in ("rollouts", "voids", "costUsd")}
        if gate["stage"] != "release" or opened is record or "maxVoidShare" in terms:
            return note(where, "gate", "the scores of a look that was opened before, on the rule's own terms", gate["stage"])
        expected = [opened["plan"]["terms"], opened["run"], opened["data"], opened["parent"]["harness"], opened["child"]["harness"]]
        if expected != [terms, record["run"], record["data"], record["parent"]["harness"], record["child"]["harness"]]:
            note(where, "gate.options", "what the decision said that opened this look", terms)
        if [task for task in opened["plan"]["tasks"] if task in {pair["task"] for pair in gate["pairs"]}] != [pair["task"] for pair in gate["pairs"]]:
            note(where, "gate.pairs", "tasks of the look, in its order", "others")
        looks[-1].update(won=record["verdict"]["decision"] == "accepted", closed=True)

# --- edits: the child is the parent with its byte splices done ---
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
        if change["status"] == "removed":
            del out[path]
        else:
            out[path] = old[:at] + inserted + old[at + len(removed) :]
    return out

def check_files(where, statement, record, known):
    start = "harness/%s/" % record["env"]
    before = known.get(record["parent"]["harness"])
    if before is None:
        return record["kind"] == "apply" or note(where, "parent.harness", "a harness of this chain", record["parent"]["harness"])
    replayed = record["kind"] in ("candidate", "external")
    child = spliced(before, record["changes"]) if replayed else known.get(record["child"]["harness"])
    if child is None:
        return note(where, "changes" if replayed else "child.harness", "a harness of this chain", "none that fits")
    digests = {start + path: sha(data) for path, data in child.items()}
    subject = {entry["name"]: entry["digest"]["sha256"] for entry in statement["subject"]}
    for path in sorted(set(digests) | set(subject)):
        if digests.get(path) != subject.get(path):
            note(where, "subject " + path, digests.get(path, "no file"), subject.get(path, "no file"))
    if harness_id(child) != record["child"]["harness"]:
        note(where, "child.harness", harness_id(child), record["child"]["harness"])
    known[harness_id(child)] = child

# --- signatures, by openssl: a key is valid for places in the chain, never for a time ---
def signed(payload_type, payload, public_key, signature):
    body = b"DSSEv1 %d %s %d %s" % (len(payload_type), payload_type.encode(), len(payload), payload)
    with tempfile.TemporaryDirectory() as folder:
        names = [os.path.join(folder, name) for name in ("key.der", "body", "sig")]
        for name, data in zip(names, (base64.b64decode(public_key), body, signature)):
            with open(name, "wb") as file:
                file.write(data)
        command = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", names[0], "-rawin", "-in", names[1], "-sigfile", names[2]]
        return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0

def walk_keys(entries, trust, revoked, tell):
    keys, revocations = {}, {}
    def add(entry, start):
        keys.setdefault(entry["keyid"], dict(entry, start=start, until=revoked.get(entry["keyid"], math.inf)))
    for entry in trust["keys"]:
        add(entry, 1)
    for place, where, payload, record, envelope in entries:
        if envelope is None or record.get("signer") is None:
            tell(where, "signature", "a signature", "none")
            continue
        keyid = envelope["signatures"][0]["keyid"]
        key = keys.get(keyid)
        if key is None or not key["start"] <= place < key["until"] or record["signer"] != keyid:
            tell(where, "keyid", "a trusted key that is valid at decision %d" % place, keyid)
            continue
        if envelope["payloadType"] != PAYLOAD or not signed(envelope["payloadType"], payload, key["publicKey"], base64.b64decode(envelope["signatures"][0]["sig"])):
            tell(where, "sig", "the signature of %s over these bytes" % key["principal"], "another")
            continue
        change = record.get("keys")
        if change is None:
            continue
        if change["action"] == "rotate":
            key["until"] = min(key["until"], place + 1)
            if sha(base64.b64decode(change["publicKey"])) != change["new"]:
                tell(where, "keys.publicKey", "a key named by its digest", change["publicKey"])
            else:
                add({"keyid": change["new"], "publicKey": change["publicKey"], "role": key["role"], "principal": key["principal"]}, place + 1)
        elif keys.get(change["keyid"], {}).get("role") == "person" and key["role"] == "bot":
            tell(where, "signer", "a person's key, to revoke that of a person", "a bot's")
        else:
            revocations[change["keyid"]] = min(change["from"], revocations.get(change["keyid"], change["from"]))
            if change["keyid"] in keys:
                keys[change["keyid"]]["until"] = min(keys[change["keyid"]]["until"], max(change["from"], place))
    return revocations

def check_signatures(chain, trust):
    env = chain[0][3]["env"] if chain else ""
    first = trust.get("signedFrom", {}).get(env) or next((place for place, _, _, record, envelope in chain if envelope or record.get("signer")), None)
    if first is None:
        return "nothing is signed"
    if len(chain) < first:
        note("records", "seq", "decision %d, from which on all are signed" % first, "%d decisions" % len(chain))
    entries = [entry for entry in chain if entry[0] >= first]
    walk_keys(entries, trust, walk_keys(entries, trust, {}, lambda *_: None), note)
    return None

def check_chain():
    start = json.loads(read("start.json"), object_pairs_hook=strict)
    files = {}
    for path, digest in start["files"].items():
        data = read("blobs", digest)
        if sha(data) != digest:
            note("blobs/" + digest, "sha256", digest, sha(data))
        files[path] = data
    known = {harness_id(files): files, harness_id({}): {}}
    chain, prev, looks, seen = [], None, [], set()
    names = sorted(name for name in os.listdir(os.path.join(HERE, "records")) if re.fullmatch(r"\d{4,}\.json", name))
    for place, name in enumerate(names, 1):
        where, payload = "records/" + name, read("records", name)
        try:
            statement = json.loads(payload.decode("utf-8"), object_pairs_hook=strict)
            record = statement["predicate"]
            if (statement["_type"], statement["predicateType"]) != (STATEMENT, PREDICATE):
                note(where, "predicateType", PREDICATE, statement["predicateType"])
            if int(name[:-5]) != place or record["seq"] != place:
                note(where, "seq", place, record["seq"])
            if record["prev"] != prev:
                note(where, "prev", prev, record["prev"])
            check_verdict(where, record)
            check_files(where, statement, record, known)
            check_look(where, record, looks)
            key = (record["run"], record["gate"] and record["gate"]["stage"], record["parent"]["harness"], record["child"]["harness"])
            if record["kind"] == "candidate" and record["gate"] is not None and key in seen:
                note(where, "seq", "one decision on this candidate", place)
            seen.add(key)
            path = os.path.join(HERE, "records", name[:-5] + ".sig")
            envelope = json.loads(read(path), object_pairs_hook=strict) if os.path.exists(path) else None
            chain.append((place, where, payload, record, envelope))
        except (KeyError, IndexError, TypeError, ValueError, ZeroDivisionError) as error:
            note(where, "bytes", "a decision", "%s: %s" % (type(error).__name__, error))
        prev = sha(payload)
    if prev != start["head"]:
        note("records", "end of the chain", start["head"], prev)
    return chain

def main(args):
    trust = args[args.index("--trust") + 1] if "--trust" in args[:-1] else None
    try:
        chain, unchecked = check_chain(), None
        if trust is not None:
            unchecked = check_signatures(chain, json.loads(read(os.path.abspath(trust))))
    except (OSError, ValueError, KeyError) as error:
        print("could not check: %s" % error)
        return 2
    level = "V1" if trust is None else "V2"
    print("".join("ALTERED %(file)s %(field)s: expected %(expected)s, found %(found)s\n" % one for one in found), end="")
    print("%s: %d decisions, %s" % (level, len(chain), "altered" if found else unchecked or "every one agrees with what it can be recomputed from"))
    print("not covered: git commits and tags, traces and replies outside git, a history rewritten as a whole by a key's holder")
    return 6 if found else 2 if unchecked else 0

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
