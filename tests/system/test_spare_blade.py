# SPDX-License-Identifier: Apache-2.0
"""config/spare-blade.yaml with real processes: every sentence of its "Expected", with seconds in
place of its times; sim-test.examples has the long ones as they are written."""
import glob
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from examples import ExampleTest, blades, config
from simulator import read

GRACE = 3  # s
TIMES = (("agentLost: 15s, hostLinkDown: 5s", "agentLost: 1s, hostLinkDown: 1s"),
         ("rebootGrace: 10m", "rebootGrace: %ds" % GRACE), ("holdDown: 120s", "holdDown: 1s"))
WWPN = {"db-blade05": "20:00:00:25:b5:0a:00:00", "db-blade06": "20:00:00:25:b5:0a:00:01"}
WRITTEN = 5  # MR_NS_EXISTS, MR_NS_WRITTEN
STUCK = """apiVersion: banyan/v1
kind: Scenario
metadata: {name: stuck}
spec:
  chassis: rack-chassis.yaml
  owner: false
  steps: [%s]
"""


class SpareBlade(ExampleTest):
    names = blades(5, 6, 15, 16)

    @classmethod
    def prepare(cls):
        cls.f.put(config("spare-blade.yaml", *TIMES))
        a = cls.f.until_settled(4)
        for p in WWPN:  # their disks hold something before anything happens
            cls.f.sim.ctl("traffic", a[p + "/boot"]["function"], "constant", "100")
        cls.f.until(lambda: cls.contents() == [WRITTEN, WRITTEN], "both disks were written to")

    # words

    def of(self, profile):
        return {n: a for n, a in self.f.assignments().items() if a["profile"] == profile}

    def is_on(self, profile, blade):
        """Active there, with its WWPN, as the manager says and as the blade's kernel shows."""
        of, shown = self.of(profile), self.f.functions_on(blade)
        hba = shown.get(of[profile + "/hba0"]["bdf"], {}) if of else {}
        return len(of) == 2 and all(a["phase"] == "Active" and a["host"] == blade and a["bdf"] in shown
                                    for a in of.values()) and \
            hba.get("wwpn") == "0x" + WWPN[profile].replace(":", "") and hba["driver"]

    def on(self, profile, blade):
        self.f.until(lambda: self.is_on(profile, blade) and self.f.idle(),
                     "%s is on %s" % (profile, blade), look=lambda: self.f.functions_on(blade))
        for other in self.names:
            if other != blade:
                self.assertNotIn("0x" + WWPN[profile].replace(":", ""),
                                 [x.get("wwpn") for x in self.f.functions_on(other).values()], other)

    def power(self, blade, state):
        """With its agent, which is a process of the blade."""
        if state == "off":
            self.f.kill_agent(blade)
        self.assertEqual(self.f.sim.ctl("power", blade, state), (0, "", ""))
        if state == "on":
            self.f.start_agent(blade)
            self.f.until(self.f.agents_accepted, "the agent of %s is back" % blade)

    def fault(self, *steps):
        path = self.f.file("fault.yaml", STUCK % ", ".join(steps))
        code, out, err = self.f.sim.ctl("run", path)
        self.assertEqual(code, 0, out + err)

    def texts(self, since, start=""):
        return [(e["object"], e["text"]) for e in
                self.f.banyan("events", "--since", str(since), "-o", "json", code=0).json()
                if e["text"].startswith(start)]

    def disk(self, profile):
        """What its blade's kernel shows of the boot disk, and that nobody erased it."""
        a = self.of(profile)[profile + "/boot"]
        found = glob.glob(self.f.sim.device(a["host"], a["bdf"], "nvme/*/nvme*n*"))
        self.assertEqual(len(found), 1, found)
        uuid, size = read(found[0] + "/uuid"), read(found[0] + "/size")
        self.assertEqual((size, self.contents()), (str(64 << 21), [WRITTEN, WRITTEN]))
        return uuid

    @classmethod
    def contents(cls):
        """Status of the drive's namespaces, without whom they are attached to."""
        return [int(x.split(": ")[1], 16) & 0xffff for x in cls.f.sim.ctl("dump")[1].splitlines()
                if x.startswith("ns/") and "/status:" in x]

    def seq(self):
        return self.f.banyan("events", "-o", "json", code=0).json()[-1]["seq"] + 1

    def home(self, *profiles):
        for p in profiles:
            self.f.banyan("failback", p, "--wait", code=0)
            self.on(p, p[3:])

    # sentences

    def test_1_a_lost_agent_alone(self):
        f, before = self.f, self.f.marks()
        f.kill_agent("blade05")
        f.until(lambda: f.conditions("db-blade05")["Degraded"], "db-blade05 is Degraded")
        f.holds(lambda: self.f.marks() == before, "nothing moves", 2)
        f.start_agent("blade05")
        f.until(lambda: not f.conditions("db-blade05")["Degraded"], "it no longer is")
        self.undisturbed(before)

    def test_2_power_off_moves_it_with_its_wwpn(self):
        f, before, old = self.f, self.f.marks(), self.of("db-blade05")
        disk = self.disk("db-blade05")
        self.power("blade05", "off")
        self.on("db-blade05", "blade15")
        new, free = self.of("db-blade05"), {x["name"]: x for x in f.get("functions")}
        for n, a in old.items():
            self.assertNotEqual(new[n]["function"], a["function"], "a new one fits")
            was = free[a["function"]]
            self.assertEqual((was["host"], was["assignment"], was["gateOpen"], was["reset"]),
                             (None, None, False, True))
        self.assertEqual(self.disk("db-blade05"), disk)
        self.undisturbed(before, *old)

    def test_3_it_stays_until_failback(self):
        f, before, disk = self.f, self.f.marks(), self.disk("db-blade05")
        self.power("blade05", "on")
        f.holds(lambda: f.marks() == before, "failback is manual", 1.5)
        self.assertEqual([x for x in f.functions_on("blade05").values() if not x["pf"]], [])
        self.home("db-blade05")
        self.assertEqual(self.disk("db-blade05"), disk)
        self.undisturbed(before, *self.of("db-blade05"))

    def test_4_link_down_counts_when_the_grace_ends(self):
        f, first = self.f, self.seq()
        f.kill_agent("blade05")
        self.assertEqual(f.sim.ctl("link", "blade05", "down"), (0, "", ""))
        f.until(lambda: not f.get("hosts", "blade05")[0]["link"], "the link is down")
        f.holds(lambda: {a["host"] for a in self.of("db-blade05").values()} == {"blade05"},
                "db-blade05 stays in the grace", GRACE - 1)
        self.on("db-blade05", "blade15")
        self.assertEqual(self.texts(first, "fail-over from"),
                         [("db-blade05", "fail-over from blade05 to blade15: agent lost, link down")])
        self.assertEqual(f.sim.ctl("link", "blade05", "up"), (0, "", ""))
        f.start_agent("blade05")
        f.until(f.agents_accepted, "the agent of blade05 is back")
        self.home("db-blade05")

    def test_5_the_cut_is_not_confirmed(self):
        f = self.f
        f.allow("WARN|ERROR")
        rows = ["row/blade05/%d/state" % a["place"]["bridge"] for a in self.of("db-blade05").values()]
        self.fault(*["{fault: {kind: stuck-register, register: %s}}" % r for r in rows])
        first = self.seq()
        self.power("blade05", "off")
        f.until(lambda: f.conditions("db-blade05").get("Fenced") is False, "Fenced=false", 60)
        for a in self.of("db-blade05").values():
            self.assertEqual((a["host"], a["phase"]), ("blade05", "Releasing"))
        self.assertTrue([t for o, t in self.texts(first, "alarm: Fenced=false")])
        self.assertEqual([x for x in f.functions_on("blade15").values() if not x["pf"]], [])
        self.fault("{heal: all}")
        f.kill_manager()  # a new one does not sit out the minute until the next try
        f.start_manager()
        self.on("db-blade05", "blade15")
        self.assertNotIn("Fenced", f.conditions("db-blade05"))
        self.power("blade05", "on")
        self.home("db-blade05")

    def test_6_a_feed_is_lost(self):
        f, first = self.f, self.seq()
        disks = {p: self.disk(p) for p in WWPN}
        for b in ("blade05", "blade06"):
            f.kill_agent(b)
        for b in ("blade05", "blade06"):
            self.assertEqual(f.sim.ctl("power", b, "off"), (0, "", ""))
        self.on("db-blade05", "blade15")
        self.on("db-blade06", "blade16")
        self.assertEqual([(o, t.split(":")[0]) for o, t in self.texts(first, "fail-over")], [
            ("db-blade05", "fail-over from blade05 to blade15"), ("db-blade05", "fail-over ended"),
            ("db-blade06", "fail-over from blade06 to blade16"), ("db-blade06", "fail-over ended")])
        self.assertEqual({p: self.disk(p) for p in WWPN}, disks)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
