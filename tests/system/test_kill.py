# SPDX-License-Identifier: Apache-2.0
"""kill -9 of the manager, and of agents, at random moments of applies, edits and deletes.

After each restart the system converges to the last acknowledged policy and nothing that was
acknowledged is lost. `--kills N` (10) and `--seed N` (1) choose how many and which.
"""
import os
import random
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fabric import BLADES, DEADLINE, DEMO, PROGRAMS, FabricTest


def option(name, default):
    if name not in sys.argv:
        return default
    i = sys.argv.index(name)
    value = int(sys.argv[i + 1])
    del sys.argv[i:i + 2]
    return value


KILLS, SEED = option("--kills", 10), option("--seed", 1)
AGENT_KILLS = option("--agent-kills", 3)
POOLS = ("nic", "{class: ethernet}"), ("hba", "{class: fibre-channel}"), ("flash", "{class: nvme}")
BASE = "".join("""apiVersion: banyan/v1
kind: AdapterPool
metadata: {name: %s}
spec: {adapterSelector: %s}
---
""" % p for p in POOLS) + """apiVersion: banyan/v1
kind: IdentityPool
metadata: {name: macs}
spec: {type: mac, ranges: [{start: "02:25:b5:00:00:00", end: "02:25:b5:00:00:ff"}]}
---
apiVersion: banyan/v1
kind: FabricPolicy
metadata: {name: default}
spec: {unknownHosts: refuse, update: {drain: {mode: request, timeout: 10s}}}
"""
PROFILE = """---
apiVersion: banyan/v1
kind: ServerProfile
metadata: {name: %s}
spec:
  host: %s
  devices:
%s"""
DEVICES = {"nic": "    - {name: %s, class: ethernet, pool: nic, qos: {limit: %dGbit}, "
                  "identity: {mac: {pool: macs}}}\n",
           "hba": "    - {name: %s, class: fibre-channel, pool: hba, qos: {limit: %dGbit}}\n",
           "flash": "    - {name: %s, class: nvme, pool: flash}\n"}


class Policies:
    """Random policies over the demo chassis; each is one of the last with something changed."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.profiles = {}

    def devices(self):
        r = self.random
        out = {}
        for i in range(r.randint(1, 3)):
            kind = r.choice(sorted(DEVICES))
            out["d%d" % i] = (kind, r.choice((5, 10, 20)))
        return out

    def change(self):
        r = self.random
        for b in r.sample(BLADES, 2):
            if b in self.profiles and r.random() < 0.4:
                del self.profiles[b]
            else:
                self.profiles[b] = self.devices()
        return self.text(), self.names()

    def text(self):
        out = BASE
        for b, devices in sorted(self.profiles.items()):
            out += PROFILE % ("p-" + b, b, "".join(
                DEVICES[k] % ((n, rate) if "%d" in DEVICES[k] else n)
                for n, (k, rate) in devices.items()))
        return out

    def names(self):
        """{assignment: (host, class of the pool, limit in Mbit/s or None)}"""
        return {"p-%s/%s" % (b, n): (b, k, rate * 1000 if "%d" in DEVICES[k] else None)
                for b, devices in self.profiles.items() for n, (k, rate) in devices.items()}


class Kill(FabricTest):
    @classmethod
    def prepare(cls):
        cls.random = random.Random(SEED)
        cls.policies = Policies(SEED)
        cls.acked = {}
        cls.version = cls.f.status()["version"]

    def begin(self, path):
        """apply without --wait, as a process of its own: the acknowledgement is its exit code 0."""
        words = ["apply", "-f", path, "--prune", "--set", "kill", "--yes"]
        argv = [PROGRAMS + "/banyan", "--manager", "unix:" + self.f.dir + "/manager.sock", *words]
        return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def matches(self, want):
        have = self.f.assignments()
        return set(have) == set(want) and all(
            a["phase"] == "Active" and a["host"] == want[n][0] and
            want[n][2] in (None, a["attributes"].get("limitMbps")) for n, a in have.items())

    def converged(self, candidates):
        if not self.f.idle():
            return None
        return next((c for c in candidates if self.matches(c)), None)

    def shown(self, want):
        """What the blades' kernels show is what is assigned, and no function is in two places."""
        have = self.f.assignments()
        self.assertEqual(len({a["function"] for a in have.values()}), len(have))
        macs = [a["attributes"]["mac"] for a in have.values() if "mac" in a["attributes"]]
        self.assertEqual(len(set(macs)), len(macs))
        for b in BLADES:
            # a manager that was just started hears of the addresses by its agents' reports
            self.f.until(lambda: {d for d, x in self.f.functions_on(b).items() if not x["pf"]} ==
                         {a["bdf"] for a in self.f.assignments().values() if a["host"] == b},
                         "%s shows what is assigned" % b, look=lambda: self.f.functions_on(b))
        self.assertEqual(set(want), set(have))

    def test_1_manager(self):
        for i in range(KILLS):
            text, names = self.policies.change()
            path = self.f.file("policy-%d.yaml" % i, text)
            moment = self.random.choice((0.002, 0.02, 0.3, 1.5, 3.0)) * self.random.random()
            with self.subTest(kill=i, seed=SEED, after_ms=int(moment * 1000)):
                self.one(path, names, moment)

    def one(self, path, names, moment):
        f = self.f
        p = self.begin(path)
        try:
            code = p.wait(moment)
            end = time.monotonic() + self.random.random() * 2 * moment
            try:
                f.manager.p.wait(max(end - time.monotonic(), 0.001))
            except subprocess.TimeoutExpired:
                pass
        except subprocess.TimeoutExpired:
            code = None
        f.kill_manager()
        out = p.communicate(timeout=DEADLINE)[0]
        code = p.returncode
        self.assertIn(code, (0, 69), out)
        f.timed("restart after kill -9", f.start_manager)
        # not acknowledged: it may be in force or not, but nothing in between
        candidates = [names] if code == 0 else [names, self.acked]
        now = f.timed("converged after kill -9 (%s)" % ("acknowledged" if code == 0 else "not"),
                      lambda: f.until(lambda: [c for c in [self.converged(candidates)]
                                               if c is not None],
                                      "one of %r" % (candidates,)))[0]
        type(self).acked = now
        if now is not names:
            self.f.apply(path, "--prune", "--set", "kill", "--yes")
            type(self).acked = names
        version = f.status()["version"]
        self.assertGreaterEqual(version, self.version)
        type(self).version = version
        self.shown(self.acked)

    def test_2_agents(self):
        f = self.f
        for i in range(AGENT_KILLS):
            text, names = self.policies.change()
            path = f.file("agents-%d.yaml" % i, text)
            p = self.begin(path)
            self.assertEqual(p.wait(DEADLINE), 0, p.stdout.read())
            p.stdout.close()
            victims = self.random.sample(BLADES, 2)
            try:
                f.manager.p.wait(self.random.random() * 1.5)
            except subprocess.TimeoutExpired:
                pass
            for b in victims:
                f.kill_agent(b, signal.SIGKILL)
            for b in victims:
                f.start_agent(b)
            with self.subTest(kill=i, seed=SEED, victims=victims):
                f.timed("converged after kill -9 of two agents",
                        lambda: f.until(lambda: self.converged([names]) is not None,
                                        "it is %r" % names))
                type(self).acked = names
                self.shown(names)

    def test_3_everything_is_free_in_the_end(self):
        path = self.f.file("none.yaml", BASE)
        self.f.apply(path, "--prune", "--set", "kill", "--yes")
        self.assertEqual(self.f.assignments(), {})
        self.assertEqual(self.f.not_free(), [])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
