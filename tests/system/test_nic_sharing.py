# SPDX-License-Identifier: Apache-2.0
"""config/nic-sharing.yaml: every sentence of its "Expected" on the chassis of 24 blades."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from examples import ExampleTest, blades, config

EXAMPLE = "nic-sharing.yaml"
HOSTS = "hosts: [blade01, blade02, blade03, blade04]"
LIMIT = "limit: 40Gbit"


def with_hosts(n, *changes):
    """The example with so many hosts in its group."""
    return config(EXAMPLE, (HOSTS, "hosts: [%s]" % ", ".join(blades(*range(1, n + 1)))), *changes)


class NicSharing(ExampleTest):
    names = blades(*range(1, 11))

    @classmethod
    def prepare(cls):
        cls.f.put(config(EXAMPLE))

    def sums(self, functions, guaranteed, limits):
        ports = self.f.ports()
        for nic in ("nic-left", "nic-right"):
            p = ports[nic]
            self.assertEqual((p["used"], p["guaranteedMbps"], p["limitMbps"]),
                             (functions, guaranteed, limits), nic)

    def test_1_four_profiles_on_two_nics(self):
        f = self.f
        self.assertEqual([p["name"] for p in f.get("profiles")],
                         ["web-" + b for b in blades(1, 2, 3, 4)])
        self.assertEqual(len(f.until_settled(8)), 8)
        self.sums(4, 40000, 160000)
        plan = f.banyan("plan", "-f", f.file("same.yaml", config(EXAMPLE)), "-o", "json", code=0).json()
        self.assertEqual([(e["port"], e["guaranteed"], e["reservable"], e["limits"], e["limitsAllowed"])
                          for e in plan["plan"]["edges"]],
                         [(p, "40Gbit", "90Gbit", "160Gbit", "200Gbit")
                          for p in ("nic-left/pf0", "nic-right/pf0")])
        for b in blades(1, 2, 3, 4):
            nics = {f.assignments()["web-%s/%s" % (b, d)]["function"].split("/")[0]
                    for d in ("data0", "data1")}
            self.assertEqual(nics, {"nic-left", "nic-right"}, b)

    def test_2_addresses_and_attributes(self):
        f, n = self.f, 0
        for b in blades(1, 2, 3, 4):
            shown = f.functions_on(b)
            for d in ("data0", "data1"):
                a = f.assignments()["web-%s/%s" % (b, d)]
                self.assertEqual(a["attributes"]["mac"], "02:25:b5:00:00:%02x" % n)
                self.assertEqual(shown[a["bdf"]]["mac"], a["attributes"]["mac"])
                self.assertEqual([a["attributes"][k] for k in
                                  ("guaranteedMbps", "limitMbps", "vlan", "vlanQos", "spoofCheck", "trust")],
                                 [10000, 40000, 100, 3, True, False])
                self.assertEqual(a["notes"], {"vsi.managerId": "11", "vsi.typeId": "1193047",
                                              "vsi.typeVersion": "2"})
                n += 1

    def test_3_a_fifth_fits_and_a_sixth_does_not(self):
        f, before = self.f, self.f.marks()
        f.put(with_hosts(5))
        f.until_settled(10)
        self.sums(5, 50000, 200000)
        f.put(with_hosts(6), code=1)
        for d in ("data0", "data1"):
            reason, message, explained = f.why("web-blade06/" + d)
            self.assertEqual(reason, "NO_BANDWIDTH")
            for text in (message, explained):
                self.assertIn("limits 200Gbit + 40Gbit = 240Gbit, 200Gbit allowed by oversubscription",
                              text)
        self.sums(5, 50000, 200000)
        self.undisturbed(before)

    def test_4_a_lower_limit_admits_nine(self):
        f, before, lower = self.f, self.f.marks(), (LIMIT, "limit: 20Gbit")
        f.put(with_hosts(9, lower))
        f.until_settled(18)
        self.sums(9, 90000, 180000)
        f.put(with_hosts(10, lower), code=1)
        for d in ("data0", "data1"):
            reason, message, explained = f.why("web-blade10/" + d)
            self.assertEqual(reason, "NO_BANDWIDTH")
            for text in (message, explained):
                self.assertIn("guarantees 90Gbit + 10Gbit = 100Gbit, 90Gbit reservable", text)
        self.undisturbed(before)
        f.put(config(EXAMPLE))
        f.until_settled(8)
        self.undisturbed({n: m for n, m in before.items() if m[0] in blades(1, 2, 3, 4)})

    def test_5_a_changed_limit_is_live(self):
        f, before = self.f, self.f.marks()
        every = {"web-%s/%s" % (b, d) for b in blades(1, 2, 3, 4) for d in ("data0", "data1")}
        slower = config(EXAMPLE, (LIMIT, "limit: 30Gbit"))
        self.assertEqual(f.plan(slower, 2), {("update", "Live", n) for n in every})
        f.put(slower)
        self.assertEqual({a["attributes"]["limitMbps"] for a in f.until_settled(8).values()}, {30000})
        self.sums(4, 40000, 120000)
        self.undisturbed(before)
        f.put(config(EXAMPLE))

    def test_6_the_nic_of_data1_dies(self):
        f, before = self.f, self.f.marks()
        kept, nic = f.assignments()["web-blade01/data0"], \
            f.assignments()["web-blade01/data1"]["function"].split("/")[0]
        gone = {n for n, m in before.items() if m[1].startswith(nic + "/")}
        self.assertEqual(len(gone), 4)
        self.assertEqual(f.sim.ctl("pull", nic), (0, "", ""))
        f.until(lambda: f.idle() and all(f.assignments()[n]["phase"] == "Pending" for n in gone),
                "what was on %s is Pending" % nic)
        _, message, explained = f.why("web-blade01/data1")
        rule = "required antiAffinity over adapter: data0 is on " + kept["function"]
        self.assertIn(rule, message)
        self.assertIn(rule, explained)
        self.assertEqual(f.assignments()["web-blade01/data0"]["since"], kept["since"])
        self.undisturbed(before, *gone)
        for b in blades(1, 2, 3, 4):
            c = f.conditions("web-" + b)
            self.assertEqual((c["Ready"], c["Degraded"]), (False, True))
        self.assertEqual(f.sim.ctl("insert", nic), (0, "", ""))
        f.until_settled(8)
        self.undisturbed(before, *gone)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
