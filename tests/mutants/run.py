#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every known bug of common/mutant.h is caught by the tests.

run.py BIN [--jobs N] [--update] [MUTANT...]      what catch.txt says catches it does, and passes without it
run.py BIN --survey [MUTANT...]                   looks for what catches it, cheapest first

BIN is the bin folder of the build `mutants`. catch.txt has a line for each mutant: its name and the command that
catches it. docs/testing.md shows the same, written by --update; a line there that is not current is a failure.
"""
import argparse
import concurrent.futures
import os
import re
import signal
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
CATCH = os.path.join(HERE, "catch.txt")
DOC = os.path.join(TOP, "docs", "testing.md")
BEGIN, END = "<!-- mutants: written by tests/mutants/run.py -->", "<!-- end of the mutants -->"
DEMO = "--chassis config/demo-chassis.yaml"
LIMIT_S = 300  # of a run that never ends: an error of this test, not a catch

SURVEY = (
    ["seeds-corners --count 4", "seeds-roots --count 2", "seeds-swarm --aim --seed 1 --count 40 --no-shrink"]
    + [f"seeds-faults {DEMO} --seed {i}" for i in range(1, 5)]
    + ["sim-test-" + n for n in ("pair", "pull", "data", "count", "drain", "language", "attrs", "replace", "mrpcim_chassis",
                                 "mrpcim_lvf", "mrpcim_class", "attach", "oracle")]
    + ["seeds-registers --count 1 --accesses 10000"]
    + [f"seeds-faults --pull {DEMO} --seed {i}" for i in range(1, 3)]
    + ["unit-fm_engine-" + n for n in ("agents", "owner", "faults", "failover", "plan")]
    + ["unit-ag_core-" + n for n in ("fences", "session", "verbs")]
    + ["unit-fm_plan-" + n for n in ("plan", "language", "limits", "again")]
    + [f"seeds-faults {DEMO} --seed {i}" for i in range(5, 13)]
    + ["seeds-policies --seed 1", "sim-test-moves"]
)


def run(bin_dir, command, mutant=""):
    """(caught, complaint) of one command with a mutant; the complaint is empty when it passed."""
    words = command.split()
    env = dict(os.environ, BANYAN_MUTANT=mutant, CK_DEFAULT_TIMEOUT="200")
    try:
        p = subprocess.run([os.path.join(bin_dir, words[0])] + words[1:], cwd=TOP, env=env, capture_output=True,
                           text=True, errors="replace", timeout=LIMIT_S, check=False)
    except subprocess.TimeoutExpired:
        return False, f"did not end in {LIMIT_S} s"
    if p.returncode == 0:
        return False, ""
    if p.returncode == 64:
        return False, "usage"
    return True, complaint(p)


def complaint(p):
    text = p.stdout + p.stderr
    for pattern in (r"^FAILED: (.*)$", r":[FE]:[^:]*:[^:]*:\d+: (.*)$", r"(Assertion .*)$", r"^(.*runtime error.*)$"):
        found = re.search(pattern, text, re.M)
        if found:
            return found.group(1).strip()
    if p.returncode < 0:
        return "ended by " + signal.Signals(-p.returncode).name
    return (text.strip().splitlines() or ["exit code %d" % p.returncode])[-1]


def mutants_of(bin_dir):
    text = subprocess.run([os.path.join(bin_dir, "seeds-faults")], env=dict(os.environ, BANYAN_MUTANT="list"),
                          capture_output=True, text=True, check=True).stdout
    return [line.split("\t") for line in text.splitlines()]


def read_catch():
    rows = {}
    with open(CATCH, encoding="ascii") as f:
        for number, line in enumerate(f, 1):
            words = line.split(None, 1)
            if not words or words[0].startswith("#"):
                continue
            if len(words) != 2 or words[0] in rows:
                sys.exit(f"{CATCH}:{number}: expected a mutant, once, and the command that catches it")
            rows[words[0]] = words[1].strip()
    return rows


def table(mutants, catch):
    lines = ["| mutant | meant to break | what it does | caught by |", "|---|---|---|---|"]
    lines += [f"| {n} | {inv} | {text} | `{catch[n]}` |" for n, inv, text in mutants]
    return "\n".join(lines)


def document(wanted, update):
    """Whether docs/testing.md shows the table; 'update' writes it."""
    with open(DOC, encoding="utf-8") as f:
        text = f.read()
    head, rest = text.split(BEGIN + "\n", 1)
    shown, tail = rest.split(END, 1)
    if shown.strip() == wanted:
        return True
    if update:
        with open(DOC, "w", encoding="utf-8") as f:
            f.write(f"{head}{BEGIN}\n{wanted}\n{END}{tail}")
        return True
    print("FAILED: docs/testing.md does not show this table; run tests/mutants/run.py BIN --update")
    return False


def survey(bin_dir, pool, names):
    def one(name):
        for command in SURVEY:
            caught, why = run(bin_dir, command, name)
            if caught:
                return command, why
        return "", ""
    for name, (command, why) in zip(names, pool.map(one, names)):
        print(f"{name} {command or 'SURVIVES'}\n    {why[:160]}", flush=True)


def check(bin_dir, pool, mutants, catch):
    """All caught, and nothing complains without a mutant."""
    good = True
    commands = sorted({catch[n] for n, _, _ in mutants})
    for command, (caught, why) in zip(commands, pool.map(lambda c: run(bin_dir, c), commands)):
        if caught or why:
            good = False
            print(f"FAILED: {command} complains without a mutant: {why}")
    results = pool.map(lambda m: run(bin_dir, catch[m[0]], m[0]), mutants)
    for (name, invariant, _), (caught, why) in zip(mutants, results):
        good = good and caught
        print(f"{'caught' if caught else 'FAILED: survives'}  {name:24} {invariant:4} {catch[name]}\n        {why[:150]}")
    return good


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("bin")
    p.add_argument("mutant", nargs="*")
    p.add_argument("--survey", action="store_true")
    p.add_argument("--update", action="store_true")
    p.add_argument("--jobs", type=int, default=os.cpu_count())
    o = p.parse_intermixed_args()
    known = mutants_of(o.bin)
    mutants = [m for m in known if not o.mutant or m[0] in o.mutant]
    with concurrent.futures.ThreadPoolExecutor(o.jobs) as pool:
        if o.survey:
            survey(o.bin, pool, [m[0] for m in mutants])
            return 0
        catch = read_catch()
        wrong = {m[0] for m in known} ^ set(catch)
        if wrong:
            sys.exit("catch.txt and common/mutant.h differ: " + ", ".join(sorted(wrong)))
        good = check(o.bin, pool, mutants, catch)
    good = document(table(known, catch), o.update) and good
    print(f"{len(mutants)} mutants: {'all are caught' if good else 'FAILED'}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
