# SPDX-License-Identifier: Apache-2.0
"""Blades that reboot while the manager is dead: they find exactly their functions again, on both
presentations; a manager that comes back writes nothing to what runs."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fabric import DEMO, FabricTest

REBOOTED = ("blade03", "blade04")  # VF migration with LVFs and bridges; a stock kernel


def without_places(functions):
    """What a blade has, without the routing IDs, which may change over a reboot, and without the
    address that the kernel invents for a PF."""
    return sorted(sorted((k, v) for k, v in f.items() if not f["pf"] or k != "mac")
                  for f in functions.values())


class Reboot(FabricTest):
    @classmethod
    def prepare(cls):
        f = cls.f
        f.apply(DEMO)
        cls.before = {b: f.functions_on(b) for b in REBOOTED}
        cls.assigned = f.assignments()
        # a hello on a scan that the reset of the blade overtook
        f.allow(r"session: the manager says UNREACHABLE: it shows no root with our VS-identity",
                r"engine: agent '.*': session .* refused: it shows no root with our VS-identity")

    def boot_id(self, blade):
        return self.f.sim.blade(blade)["bootId"]

    def rebooted(self, how):
        """Reboots the blades with the manager dead; they must show again what they had."""
        f = self.f
        ids = {b: self.boot_id(b) for b in REBOOTED}
        for b in REBOOTED:
            for words in how:
                self.assertEqual(f.sim.ctl(*[w % b if "%" in w else w for w in words]), (0, "", ""))
        for b in REBOOTED:
            f.until(lambda: f.sim.blade(b)["state"] == "up", b + " is up")
            self.assertNotEqual(self.boot_id(b), ids[b])
            f.timed("%s has its functions again, without a manager (%s)" % (b, how[0][0]),
                    lambda: f.until(lambda: without_places(f.functions_on(b)) ==
                                    without_places(self.before[b]), b + " has what it had"))

    def back(self):
        """The manager returns: all Active, same functions, and nothing running was written to."""
        f = self.f
        used = {a["function"] for a in self.assigned.values()}
        before = f.writes()
        f.start_manager()
        f.until(f.agents_accepted, "the agents are back")
        now = f.timed("all Active after the manager returned",
                      lambda: f.until_settled(len(self.assigned)))
        for name, a in now.items():
            was = self.assigned[name]
            self.assertEqual((a["host"], a["function"], a["attributes"], a["epoch"]),
                             (was["host"], was["function"], was["attributes"], was["epoch"]))
        after = f.writes()
        self.assertEqual({x: after[x] for x in used if x in after},
                         {x: before[x] for x in used if x in before})
        for b in REBOOTED:
            self.assertEqual(without_places(f.functions_on(b)), without_places(self.before[b]))
        f.banyan("plan", "-f", DEMO, code=0)
        self.assertEqual(f.banyan("diff", "-o", "json", code=0).json()["drift"], [])

    def test_1_reset_with_the_manager_dead(self):
        self.f.kill_manager()
        self.rebooted([("reset", "%s")])
        self.back()

    def test_2_power_cycle_with_the_manager_dead(self):
        self.f.kill_manager()
        self.rebooted([("power", "%s", "off"), ("power", "%s", "on")])
        self.back()

    def test_3_agents_that_start_after_the_boot(self):
        f = self.f
        f.kill_manager()
        for b in REBOOTED:
            f.kill_agent(b)
            self.assertEqual(f.sim.ctl("reset", b), (0, "", ""))
        for b in REBOOTED:
            f.start_agent(b)
        for b in REBOOTED:
            f.until(lambda: without_places(f.functions_on(b)) == without_places(self.before[b]),
                    b + " has what it had")
        self.back()

    def test_4_reset_with_the_manager_alive(self):
        f = self.f
        for b in REBOOTED:
            boot = self.boot_id(b)
            self.assertEqual(f.sim.ctl("reset", b), (0, "", ""))
            f.until(lambda: self.boot_id(b) != boot and f.sim.blade(b)["state"] == "up", b + " is up")
        for b in REBOOTED:
            f.until(lambda: without_places(f.functions_on(b)) == without_places(self.before[b]),
                    "%s has %r" % (b, self.before[b]), look=lambda: f.functions_on(b))
        f.until(f.agents_accepted, "the agents are back")
        now = f.timed("all Active after a reset under a living manager",
                      lambda: f.until_settled(len(self.assigned)))
        self.assertEqual({n: (a["host"], a["function"]) for n, a in now.items()},
                         {n: (a["host"], a["function"]) for n, a in self.assigned.items()})

    def owner_epoch(self):
        return self.f.get("chassis")[0]["ownerEpoch"]

    def lost_memory(self):
        """The chassis has lost its power and its memory: all ports held, no owner, no rows."""
        f = self.f
        self.assertEqual(f.sim.ctl("cycle", "blank"), (0, "", ""))

    def programmed_anew(self, epoch):
        """No epoch that was in force before is so again."""
        f = self.f
        f.until(lambda: [c["state"] == "ready" and c["ownerEpoch"] > epoch
                         for c in f.get("chassis")] == [True],
                "the chassis is owned anew", look=lambda: f.get("chassis"))
        f.until(f.agents_accepted, "the agents are back")
        now = f.timed("all Active on a switch that was blank",
                      lambda: f.until_settled(len(self.assigned), "on a switch that was blank"))
        self.assertEqual({n: (a["host"], a["attributes"]) for n, a in now.items()},
                         {n: (a["host"], a["attributes"]) for n, a in self.assigned.items()})
        for b in REBOOTED:
            f.until(lambda: without_places(f.functions_on(b)) == without_places(self.before[b]),
                    b + " has what it had", look=lambda: f.functions_on(b))

    def test_5_memory_lost_with_the_manager_alive(self):
        self.f.allow(r"driver: chassis c1: connection lost: .*; trying again")
        epoch = self.owner_epoch()
        self.lost_memory()
        self.programmed_anew(epoch)

    def test_6_memory_lost_with_the_manager_dead(self):
        epoch = self.owner_epoch()
        self.f.kill_manager()
        self.lost_memory()
        self.f.start_manager()
        self.programmed_anew(epoch)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
