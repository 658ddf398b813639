# SPDX-License-Identifier: Apache-2.0
"""What goes wrong around a running fabric, and what operators do about it: a blade without power,
a lost agent, a hung kernel, a pulled adapter; move, connect, disconnect, drain, cordon."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fabric import BLADES, DEMO, FabricTest

LOST = 1  # s; the policy's agentLost and hostLinkDown here
TIMES = (("agentLost: 2s, hostLinkDown: 2s", "agentLost: 1s, hostLinkDown: 1s"),
         ("holdDown: 120s", "holdDown: 1s"), ("massWindow: 5s", "massWindow: 1s"))


def demo_policy(*changes):
    with open(DEMO, encoding="utf-8") as f:
        text = f.read()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


class Failover(FabricTest):
    @classmethod
    def prepare(cls):
        cls.path = cls.f.file("policy.yaml", demo_policy(*TIMES))
        cls.f.apply(cls.path)
        cls.macs = {n: a["attributes"]["mac"] for n, a in cls.f.assignments().items()
                    if "mac" in a["attributes"]}

    def of(self, profile):
        return {n: a for n, a in self.f.assignments().items() if a["profile"] == profile}

    def is_on(self, profile, blade):
        """Active there with its identities, in the manager's words and in the blade's kernel."""
        a = self.of(profile)
        if not a or any(x["phase"] != "Active" or x["host"] != blade for x in a.values()):
            return False
        shown = self.f.functions_on(blade)
        return all(shown.get(x["bdf"], {}).get("mac") == self.macs[n] and
                   shown[x["bdf"]]["driver"] for n, x in a.items())

    def nowhere_else(self, profile, blade):
        macs = {self.macs[n] for n in self.of(profile)} or \
            {m for n, m in self.macs.items() if n.startswith(profile + "/")}
        for b in BLADES:
            if b != blade:
                have = {x.get("mac") for x in self.f.functions_on(b).values()}
                self.assertFalse(macs & have, "%s still shows %s" % (b, macs & have))

    def untouched(self, before, *profiles):
        """No function of another profile was written to since 'before'."""
        after = self.f.writes()
        now = {a["function"]: n for n, a in self.f.assignments().items()
               if a["profile"] not in profiles}
        changed = {n for f, n in now.items() if f in after and after[f] != before[f]}
        self.assertEqual(changed, set())

    def settle(self, profile, blade, what):
        self.f.timed(what, lambda: self.f.until(
            lambda: self.is_on(profile, blade) and self.f.idle(),
            "%s is on %s" % (profile, blade), look=lambda: self.f.functions_on(blade)))
        self.nowhere_else(profile, blade)

    def test_1_a_lost_agent_moves_nothing(self):
        f, before = self.f, self.f.writes()
        f.kill_agent("blade02")
        f.until(lambda: f.get("hosts", "blade02")[0]["agent"] == "lost", "the agent is lost")
        f.holds(lambda: self.is_on("web-blade02", "blade02"), "web-blade02 is on blade02", 2 * LOST)
        f.start_agent("blade02")
        f.until(f.agents_accepted, "it is back")
        self.assertTrue(self.is_on("web-blade02", "blade02"))
        self.untouched(before)

    def test_2_power_off_and_failback(self):
        f, before = self.f, self.f.writes()
        self.assertEqual(f.sim.ctl("power", "blade01", "off"), (0, "", ""))
        self.settle("web-blade01", "blade05", "blade01 off: web-blade01 Active on the spare")
        self.untouched(before, "web-blade01")
        profile = f.get("profiles", "web-blade01")[0]
        self.assertEqual((profile["host"], profile["home"]), ("blade05", "blade01"))
        self.assertTrue(profile["override"])
        self.assertIn("fail-over", f.banyan("events", "-o", "json", code=0).out)
        self.assertEqual(f.sim.ctl("power", "blade01", "on"), (0, "", ""))
        f.until(f.agents_accepted, "the agent of blade01 is back")
        f.holds(lambda: self.is_on("web-blade01", "blade05"), "failback: manual", 1.5 * LOST)
        f.banyan("failback", "web-blade01", "--wait", code=0)
        self.settle("web-blade01", "blade01", "")
        self.assertFalse(f.get("profiles", "web-blade01")[0]["override"])
        self.untouched(before, "web-blade01")
        f.banyan("plan", "-f", self.path, code=0)

    def test_3_verbs(self):
        f, before, p = self.f, self.f.writes(), "web-blade02"
        f.timed("move --wait to the spare", lambda: f.banyan("move", p, "blade05", "--wait", code=0))
        self.settle(p, "blade05", "")
        f.banyan("reset-override", p, "--wait", code=0)
        self.settle(p, "blade02", "")
        f.timed("disconnect --wait", lambda: f.banyan("disconnect", p, "--wait", "--yes", code=0))
        self.assertEqual(f.get("profiles", p)[0]["active"], 0)
        self.nowhere_else(p, "")
        f.timed("connect --wait", lambda: f.banyan("connect", p, "blade02", "--wait", code=0))
        self.settle(p, "blade02", "")
        f.timed("drain --wait", lambda: f.banyan("drain", "blade02", "--wait", code=0))
        self.settle(p, "blade05", "")
        self.assertTrue(f.get("hosts", "blade02")[0]["cordoned"])
        f.banyan("uncordon", "blade02", code=0)
        f.banyan("reset-override", p, "--wait", code=0)
        self.settle(p, "blade02", "")
        self.untouched(before, p)

    def test_4_cordon(self):
        f, before = self.f, self.f.writes()
        f.banyan("cordon", "blade03", code=0)
        more = f.file("more.yaml", demo_policy(*TIMES, (
            "    - {name: scratch,",
            "    - {name: scratch2, class: nvme, pool: flash}\n    - {name: scratch,")))
        a = f.banyan("apply", "-f", more, "--wait", "--timeout", "20s")
        self.assertEqual(a.code, 1, a)
        self.assertIn("cordoned", a.err)
        new = f.assignments()["database/scratch2"]
        self.assertEqual((new["phase"], new["reason"]), ("Pending", "NOT_PERMITTED"), new)
        f.banyan("explain", "database/scratch2", code=0)
        f.banyan("uncordon", "blade03", code=0)
        self.addCleanup(f.banyan, "uncordon", "blade03")
        f.until_settled(14)
        f.apply(self.path, "--yes")
        f.until_settled(13)
        self.untouched(before)

    def test_5_pulled_adapter(self):
        f, before = self.f, self.f.writes()
        victims = {n for n, a in f.assignments().items() if a["function"].startswith("nic-right")}
        self.assertEqual(len(victims), 4)
        shown = {b: f.functions_on(b) for b in BLADES}
        self.assertEqual(f.sim.ctl("pull", "nic-right"), (0, "", ""))

        def lost():
            a = f.assignments()
            return f.idle() and all(a[n]["phase"] == "Pending" and not a[n]["function"] and
                                    a[n]["reason"] == "DEVICE_GONE" for n in victims) and a
        a = f.timed("pulled adapter: what it carried is Pending",
                    lambda: f.until(lost, "those of nic-right are Pending"))
        self.assertEqual({n for n, x in a.items() if x["phase"] != "Active"}, victims)
        f.until(lambda: not any(self.macs[n] in {x.get("mac") for x in f.functions_on(b).values()}
                                for n in victims for b in BLADES), "no blade shows them")
        for n, x in a.items():
            if n not in victims:
                self.assertEqual(f.functions_on(x["host"])[x["bdf"]], shown[x["host"]][x["bdf"]])
        after = f.writes()
        others = {x["function"] for n, x in a.items() if n not in victims}
        self.assertEqual({o: after[o] for o in others if o in after},
                         {o: before[o] for o in others if o in before})
        self.assertEqual(f.sim.ctl("insert", "nic-right"), (0, "", ""))
        f.timed("inserted again: all Active", lambda: f.until_settled(13))
        for b in ("blade01", "blade02", "blade04"):
            self.settle("web-" + b, b, "")
        after = f.writes()
        self.assertEqual({o: after[o] for o in others if o in after},
                         {o: before[o] for o in others if o in before})

    def test_6_hung_blade(self):
        # A profile leaves a blade that answers nothing: by force, with a tombstone until the kernel
        # there has caught up.
        self.f.allow(r"(quiesce|release|confirm-gone) .*: TIMEOUT, waited for")
        f, before = self.f, self.f.writes()
        forced = f.file("forced.yaml", demo_policy(*TIMES, (
            "drain: {mode: request, timeout: 10s}", "drain: {mode: force, timeout: 3s}")))
        f.apply(forced)
        for b in ("blade04", "blade02"):
            p = "web-" + b
            self.assertEqual(f.sim.ctl("hang", b, "on"), (0, "", ""))
            f.timed("hung %s: %s moves to the spare by force" % (b, p),
                    lambda: f.banyan("move", p, "blade05", "--wait", "--timeout", "30s", code=0))
            self.assertTrue(self.is_on(p, "blade05"))
            self.assertEqual(f.sim.ctl("hang", b, "off"), (0, "", ""))
            f.until(lambda: not f.get("hosts", b)[0]["tombstones"], "its tombstones are gone",
                    look=lambda: f.get("hosts", b))
            self.nowhere_else(p, "blade05")
            f.banyan("reset-override", p, "--wait", code=0)
            self.settle(p, b, "")
        self.untouched(before, "web-blade04", "web-blade02")
        f.apply(self.path)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
