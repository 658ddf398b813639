# SPDX-License-Identifier: Apache-2.0
"""Two random policies of the simulation tests with the real processes, on the larger chassis:
apply, edit, delete; in the end every VF is free. `--seeds A,B,C` chooses others."""
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fabric import PROGRAMS, FabricTest

SEEDS = [3, 8]
if "--seeds" in sys.argv:
    at = sys.argv.index("--seeds")
    SEEDS = [int(s) for s in sys.argv[at + 1].split(",")]
    del sys.argv[at:at + 2]
BLADES = ["blade%02d" % i for i in range(1, 7)]  # as many as the printed policies use


def printed(seed, edits):
    return subprocess.run([PROGRAMS + "/seeds-policies", "--print-policy", str(seed), str(edits)],
                          capture_output=True, text=True, timeout=20, check=True).stdout


class Random(FabricTest):
    options = {"chassis": "config/large-chassis.yaml", "blades": BLADES, "hosts": None}

    def hosts(self):
        """The hosts first, so that their agents are known when they are given functions."""
        path = self.f.file("hosts.yaml", "---\n".join(
            "apiVersion: banyan/v1\nkind: Host\nmetadata: {name: %s}\n" % b for b in BLADES))
        self.f.banyan("apply", "-f", path, "--set", "random", code=0)
        self.f.until(self.f.agents_accepted, "all agents are accepted")

    def in_force(self, seed, edits):
        """Applied, at rest; what the blades show is what is assigned."""
        f = self.f
        path = f.file("random-%d-%d.yaml" % (seed, edits), printed(seed, edits))
        a = f.timed("seed %d, %s" % (seed, "edit" if edits else "apply"), lambda: f.banyan(
            "apply", "-f", path, "--set", "random", "--prune", "--yes", "--wait", "--timeout",
            "60s"))
        self.assertTrue(a.code == 0 or "is in force" in a.out + a.err, a)
        f.until(f.idle, "the manager is idle")
        have = f.assignments()
        phases = {x["phase"] for x in have.values()}
        self.assertLessEqual(phases, {"Active", "Pending"}, f.picture())
        self.assertEqual(a.code == 0, phases == {"Active"}, a)
        held = [x["function"] for x in have.values() if x["function"]]
        self.assertEqual(len(set(held)), len(held))
        for b in BLADES:
            bdfs = {x["bdf"] for x in have.values() if x["host"] == b and x["phase"] == "Active"}
            f.until(lambda: {d for d, x in f.functions_on(b).items() if not x["pf"]} == bdfs,
                    "%s shows %s" % (b, sorted(bdfs)), look=lambda: f.functions_on(b))
        again = f.banyan("plan", "-f", path, "--set", "random", "--prune",
                         "-o", "json")
        left = [c for c in again.json()["plan"]["changes"] if c["change"] != "pend"]
        self.assertEqual(left, [])
        return path

    def test_policies(self):
        for seed in SEEDS:
            with self.subTest(seed=seed):
                self.hosts()
                self.in_force(seed, 0)
                path = self.in_force(seed, 3)
                self.f.timed("seed %d, delete" % seed, lambda: self.f.banyan(
                    "delete", "-f", path, "--set", "random", "--yes", "--wait", "--timeout", "60s", code=0))
                self.assertEqual(self.f.assignments(), {})
                self.assertEqual(self.f.not_free(), [])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
