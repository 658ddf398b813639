# SPDX-License-Identifier: Apache-2.0
"""config/hpc-preemption.yaml with real processes: every sentence of its "Expected", with a grace of
seconds and windows around the hour that it is; sim-test.examples has the grace and the window as
they are written. The chassis has the one GPU and the one HCA."""
import datetime
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from examples import ExampleTest, blades, config, host

WINDOW = 'windows: [{days: [sat, sun], start: "02:00", end: "05:00", timezone: UTC}]'
GRACE = ("grace: 60s", "grace: 2s")
HPC, SCRATCH = blades(7, 8, 9, 10, 11, 12), blades(13, 14)


def window(hours):
    """Of two hours, beginning so many hours from now, every day."""
    start = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=hours)
    end = start + datetime.timedelta(hours=2)
    return (WINDOW, 'windows: [{start: "%s", end: "%s"}]' %
            (start.strftime("%H:%M"), end.strftime("%H:%M")))


def example(hosts, *changes):
    """The example; 'hosts' of the hpc blades have its label."""
    return config("hpc-preemption.yaml", GRACE, *changes) + "---\n" + "".join(
        host(b, "role: hpc" if b in hosts else "") for b in HPC if b != "blade07")


class HpcPreemption(ExampleTest):
    names = HPC + SCRATCH

    def gpus(self):
        """{host: Active GPU functions}."""
        out = {b: 0 for b in self.names}
        for a in self.f.assignments().values():
            if a["device"] == "gpu" and a["phase"] == "Active":
                out[a["host"]] += 1
        return {b: n for b, n in out.items() if n}

    def shares(self, want):
        self.f.until(lambda: self.f.idle() and self.gpus() == want, "GPUs are shared as %r" % want,
                     look=self.gpus)

    def guids(self):
        return {n: a["attributes"]["guid"] for n, a in self.f.assignments().items() if "/hca" in n}

    def test_1_minima_then_best_effort_by_priority(self):
        f = self.f
        f.banyan("apply", "-f", f.file("six.yaml", example(HPC)), "--yes", code=0)
        self.shares({"blade07": 2, "blade08": 2, "blade09": 1, "blade10": 1, "blade11": 1,
                     "blade12": 1})
        self.assertEqual(len(self.guids()), 6)
        for b in HPC:
            self.assertTrue(f.conditions("hpc-io-" + b)["Ready"], b)
        for b in SCRATCH:
            self.assertEqual(f.get("profiles", "scratch-gpu-" + b)[0]["active"], 0)

    def test_2_scratch_shares_what_is_left(self):
        f = self.f  # from an empty fabric again; the blades stay as they are
        gone = config("hpc-preemption.yaml", (host("blade07", "role: hpc"), ""))
        f.banyan("delete", "-f", f.file("gone.yaml", gone), "--yes", "--wait", code=0)
        self.assertEqual((f.assignments(), f.not_free()), ({}, []))
        f.banyan("apply", "-f", f.file("two.yaml", example(HPC[:2])), "--yes", code=0)
        self.shares({"blade07": 2, "blade08": 2, "blade13": 2, "blade14": 2})

    def test_3_a_third_host_takes_the_youngest(self):
        f, before, a = self.f, self.f.marks(), self.f.assignments()
        batch = [n for n in before if n.startswith("scratch-gpu")]
        victim = max(batch, key=lambda n: a[n]["id"])
        seen = len(f.phases())
        three = example(HPC[:3])
        self.assertIn(("preempt", "Move", victim), f.plan(three, 2))
        f.banyan("apply", "-f", f.file("three.yaml", three), "--yes", code=0)
        self.shares({"blade07": 2, "blade08": 2, "blade09": 1, "blade13": 2, "blade14": 1})
        self.assertEqual(a[victim]["host"], "blade14")
        self.undisturbed(before, victim)
        taken = f.assignments()["hpc-io-blade09/gpu/0"]
        self.assertEqual(taken["function"], before[victim][1])
        path = [(n, to) for n, _, to in f.phases()[seen:] if n in (victim, taken["name"])]
        wanted = [(victim, "Quiescing"), (victim, "DrainingIO"), (victim, "Resetting"),
                  (taken["name"], "Mapped"), (taken["name"], "Active")]
        self.assertEqual([p for p in path if p in wanted], wanted, path)

    def test_4_guids_stay_with_the_profile(self):
        f, guids = self.f, self.guids()
        f.banyan("disconnect", "hpc-io-blade08", "--wait", "--yes", code=0)
        f.banyan("connect", "hpc-io-blade08", "blade08", "--wait", code=0)
        f.banyan("reset-override", "hpc-io-blade08", "--wait", code=0)
        self.assertEqual(self.guids(), guids)
        self.assertEqual(len(set(guids.values())), 3)

    def test_5_a_pkey_rolls_inside_the_window_only(self):
        f, before, guids = self.f, self.f.marks(), self.guids()
        pkey, three = ('pkey: ["0x8001"]', 'pkey: ["0x8001", "0x8002"]'), HPC[:3]
        hcas = {"hpc-io-%s/hca" % b for b in three}
        later = example(three, window(6), pkey)
        self.assertEqual({c for c in f.plan(later, 2) if c[0] != "pend"},
                         {("rebind", "Reset", n) for n in hcas})
        f.banyan("apply", "-f", f.file("later.yaml", later), "--yes", code=0)
        f.until(f.idle, "nothing is under way")
        self.assertEqual((f.status()["rollout"], f.status()["held"]), ("running", 3))
        f.holds(lambda: f.marks() == before, "nothing is touched outside the window", 1)
        self.assertIn("window", f.assignments()["hpc-io-blade07/hca"]["held"])
        seen = len(f.phases())
        f.banyan("apply", "-f", f.file("now.yaml", example(three, window(-1), pkey)), "--yes", code=0)
        f.until(lambda: f.status()["rollout"] == "none" and f.idle(), "the rollout is through",
                look=lambda: f.get("operations"))
        away, order = set(), []
        for n, old, new in f.phases()[seen:]:
            if old == "Active":
                away.add(n)
                order.append(n)
            if new == "Active":
                away.discard(n)
            self.assertLessEqual(len(away), 1, "25 % of 3 hosts, at least 1")
        self.assertEqual((sorted(order), away), (sorted(hcas), set()))
        self.assertEqual(self.guids(), guids)
        self.undisturbed(before, *hcas)
        for b in three:
            self.assertIn("0x8002", self.pkeys(b))

    def pkeys(self, blade):
        a = self.f.assignments()["hpc-io-%s/hca" % blade]
        table = self.f.sim.device(blade, a["bdf"], "infiniband")
        with os.popen("cat %s/*/ports/1/pkeys/*" % table) as p:
            return p.read().split()


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
