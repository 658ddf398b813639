# SPDX-License-Identifier: Apache-2.0
"""kill -9 of the manager, of agents, of the simulator, and of several at once, at random moments of
applies, edits and deletes, in one fabric.

After each restart the system converges to the last acknowledged policy and nothing that was
acknowledged is lost. The simulator is the chassis: its switch has what it kept (--memory).
`--cycles N` (50) and `--seed N` (1) choose how many and which.
"""
import os
import random
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fabric import BLADES, DEADLINE, PROGRAMS, FabricTest


def option(name, default):
    if name not in sys.argv:
        return default
    i = sys.argv.index(name)
    value = int(sys.argv[i + 1])
    del sys.argv[i:i + 2]
    return value


CYCLES, SEED = option("--cycles", 50), option("--seed", 1)
MOMENTS = 0.002, 0.02, 0.1, 0.3, 1.0  # s; a random part of one of them
VICTIMS = ["manager"] * 5 + ["agents"] * 2 + ["sim", "manager and agents", "all"]
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
        b = r.choice(BLADES)
        if b not in self.profiles:
            self.profiles[b] = self.devices()
        elif r.random() < 0.3:
            del self.profiles[b]
        else:  # one device goes, comes, or has another rate
            name = "d%d" % r.randrange(3)
            was = self.profiles[b]
            now = {n: d for n, d in was.items() if n != name}
            if name not in was or r.random() < 0.5:
                now[name] = (was[name][0] if name in was else r.choice(sorted(DEVICES)),
                             r.choice((5, 10, 20)))
            if now:
                self.profiles[b] = now
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
    def setUpClass(cls):
        folder = tempfile.mkdtemp(prefix="banyan-")
        cls.options = {"folder": folder, "memory": folder + "/memory"}
        super().setUpClass()

    @classmethod
    def prepare(cls):
        cls.random = random.Random(SEED)
        cls.policies = Policies(SEED)
        cls.acked = {}
        cls.version = cls.f.status()["version"]
        cls.f.allow(r"driver: chassis c1: connection lost: .*; trying again",
                    r"driver: chassis c1: .*connect.*; trying again",
                    r"agent: no uevents from .*; trying on",
                    r"engine: enable-vfs at host port .*; it is asked again",
                    r"engine: (attach|detach)-pf: .*'the connection was lost'; it is tried again")

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

    def wait(self, seconds):
        """A random moment; the manager's death would end it."""
        try:
            self.f.manager.p.wait(max(seconds, 0.0005))
        except subprocess.TimeoutExpired:
            pass

    def kill(self, victims, blades):
        f = self.f
        if "manager" in victims or victims == "all":
            f.kill_manager()
        if victims in ("sim", "all"):
            f.kill_sim()
        for b in blades:
            f.kill_agent(b)

    def start(self, victims, blades):
        f = self.f
        if victims in ("sim", "all"):
            f.start_sim()
        if "manager" in victims or victims == "all":
            f.start_manager()
        for b in blades:
            f.start_agent(b)

    def one(self, path, names, victims, blades, moment):
        f = self.f
        p = self.begin(path)
        self.wait(moment)
        self.kill(victims, blades)
        if "manager" not in victims and victims != "all":
            p.wait(DEADLINE)
        self.start(victims, blades)
        out = p.communicate(timeout=DEADLINE)[0]
        self.assertIn(p.returncode, (0, 69), out)
        # not acknowledged: it may be in force or not, but nothing in between
        candidates = [names] if p.returncode == 0 else [names, self.acked]
        now = f.timed("converged after kill -9 of %s" % victims, lambda: f.until(
            lambda: [c for c in [self.converged(candidates)] if c is not None],
            "one of %r" % (candidates,)))[0]
        type(self).acked = now
        if now is not names:
            self.f.apply(path, "--prune", "--set", "kill", "--yes")
            type(self).acked = names
        version = f.status()["version"]
        self.assertGreaterEqual(version, self.version)
        type(self).version = version
        self.shown(self.acked)

    def test_1_cycles(self):
        r = self.random
        for i in range(CYCLES):
            text, names = self.policies.change()
            path = self.f.file("policy.yaml", text)
            victims, moment = r.choice(VICTIMS), r.choice(MOMENTS) * r.random()
            blades = r.sample(BLADES, 2) if "agents" in victims else BLADES if victims == "all" else []
            with self.subTest(cycle=i, seed=SEED, victims=victims, after_ms=int(moment * 1000)):
                self.one(path, names, victims, blades, moment)

    def test_2_everything_is_free_in_the_end(self):
        path = self.f.file("none.yaml", BASE)
        self.f.apply(path, "--prune", "--set", "kill", "--yes")
        self.assertEqual(self.f.assignments(), {})
        self.assertEqual(self.f.not_free(), [])

    @classmethod
    def finish(cls):
        took = {}
        for what, s in cls.f.times:
            took.setdefault(what, []).append(s)
        cls.f.times = [("%s: %d times, at most" % (what, len(s)), max(s)) for what, s in took.items()]
        super().finish()


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
