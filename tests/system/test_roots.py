# SPDX-License-Identifier: Apache-2.0
"""Servers with two roots and the real programs: config/two-roots.yaml on config/roots-chassis.yaml. What the agents
read of two PCI domains, what lspci shows of them, and a root that is lost. The rest of the file's sentences is
sim-test.roots."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from examples import blades, config
from fabric import FabricTest

TWO = blades(1, 2, 3, 4)


class Roots(FabricTest):
    options = {"chassis": "config/roots-chassis.yaml", "blades": blades(*range(1, 9)), "hosts": None}

    @classmethod
    def prepare(cls):
        text = config("two-roots.yaml", ("hostLinkDown: 5s", "hostLinkDown: 1s"))
        cls.f.banyan("apply", "-f", cls.f.file("policy.yaml", text), code=0)
        cls.f.until(cls.f.agents_accepted, "all agents are accepted")
        cls.f.until_settled(24)

    def of(self, blade):
        return {n: a for n, a in self.f.assignments().items() if a["host"] == blade}

    def seen(self, blade):
        """Every function is where the manager says, with its identity and a driver, in the blade's kernel."""
        shown = self.f.functions_on(blade)
        for n, a in self.of(blade).items():
            self.assertIn(a["bdf"], shown, n)
            self.assertTrue(shown[a["bdf"]]["driver"], n)
            if "mac" in a["attributes"]:
                self.assertEqual(shown[a["bdf"]]["mac"], a["attributes"]["mac"])

    def test_1_two_domains(self):
        for b in TWO:
            self.seen(b)
            roots = {a["root"]: a["bdf"][:4] for a in self.of(b).values()}
            self.assertEqual(roots, {b + "/root0": "0000", b + "/root1": "0001"})
            listed = self.f.sim.lspci(b, "-D")[1]
            self.assertIn("0000:01:00.0", listed)
            self.assertIn("0001:01:00.0", listed)
        self.assertFalse(any("root" in a for a in self.of("blade05").values()))
        hosts = {h["name"]: h for h in self.f.get("hosts")}
        self.assertEqual(sorted(hosts), blades(*range(1, 9)))
        self.assertEqual([r["port"] for r in hosts["blade02"]["roots"]], [3, 4])
        table = self.f.banyan("get", "assignments", code=0).out
        self.assertRegex(table, r"app-blade01/data0 +Active +blade01/root[01] ")

    def test_2_a_root_is_lost(self):
        f = self.f
        before = f.assignments()
        for b in ("blade01", "blade02"):
            lost = b + "/root1"
            moving = {n for n, a in before.items() if a.get("root") == lost}
            self.assertTrue(moving)
            self.assertEqual(f.sim.ctl("link", b + "b", "down"), (0, "", ""))
            f.until(lambda: f.settled(24) and not
                    any(a.get("root") == lost for a in f.assignments().values()),
                    "nothing is behind " + lost)
            now = f.assignments()
            for n, a in before.items():
                if a["host"] != b:
                    continue
                self.assertEqual(now[n]["root"], b + "/root0")
                self.assertEqual(now[n]["attributes"].get("mac"), a["attributes"].get("mac"))
                if n not in moving:
                    self.assertEqual((now[n]["function"], now[n]["epoch"]),
                                     (a["function"], a["epoch"]))
            self.seen(b)
            self.assertIn("no link of root 1", f.banyan("describe", "host", b, code=0).out)
            self.assertEqual(f.sim.ctl("link", b + "b", "up"), (0, "", ""))
            f.until(f.agents_accepted, "the agent said hello again")
        after = f.assignments()
        f.holds(lambda: {n: a["function"] for n, a in f.assignments().items()} ==
                {n: a["function"] for n, a in after.items()}, "all stay where they are", 2)

    def test_3_no_room(self):
        """blade04's links are too narrow for both NICs behind one: its profile goes to the spare."""
        f = self.f
        self.assertEqual(f.sim.ctl("link", "blade04b", "down"), (0, "", ""))
        f.until(lambda: f.settled(24) and len(self.of("blade07")) == 4, "it is on the spare")
        self.assertFalse(self.of("blade04"))
        self.seen("blade07")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
