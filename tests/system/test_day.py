# SPDX-License-Identifier: Apache-2.0
"""An operator's day with 24 blades (docs/operations.md): install, a VLAN more, other rates in a
rolling update, drain, a card lost, a blade lost, a card added, roll back. After each act: who was
to be touched was, nobody else was; frames of the others went on without a loss."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from examples import ExampleFabric, ExampleTest, blades, config

EXAMPLE = "day.yaml"
WEB, SPARES = blades(*range(1, 25)), blades(25, 26)
VLAN = ("trunk: [100]", "trunk: [100, 200]")
QOS = ("limit: 10Gbit", "limit: 8Gbit")
DRIVER = ("{name: data1, class", "{name: data1, driver: vfio-pci, class")
TRAFFIC = """apiVersion: banyan/v1
kind: Scenario
metadata: {name: traffic}
spec:
  chassis: rack-chassis.yaml
  owner: false
  steps:
"""


class Day(ExampleTest):
    names = WEB + SPARES

    @classmethod
    def setUpClass(cls):
        cls.f = ExampleFabric(cls.names)
        cls.addClassCleanup(cls.finish)
        assert cls.f.sim.ctl("pull", "nic-third") == (0, "", "")  # it comes at noon

    # words

    def on(self, adapter):
        """Assignments that an adapter carries."""
        return {n for n, a in self.f.assignments().items()
                if (a["function"] or "").startswith(adapter + "/")}

    def send(self, names):
        """Each of these assignments' functions offers 100 Mbit/s from now on."""
        a = self.f.assignments()
        steps = "".join("    - {traffic: {function: %s, kind: constant, rate: 100Mbit}}\n" %
                        a[n]["function"] for n in names)
        code, out, err = self.f.sim.ctl("run", self.f.file("traffic.yaml", TRAFFIC + steps))
        self.assertEqual(code, 0, out + err)

    def counters(self):
        """{function: (frames, dropped or lost)} of the functions in use."""
        return {x["name"]: (x["frames"], x["dropped"] + x["lost"])
                for a in self.f.sim.status()["adapters"] for x in a["functions"] if x["frames"]}

    def act(self, touched, call):
        """Does something. Nobody but the 'touched' assignments is disturbed: same function, address,
        epoch, resets, owners; and what they send goes on without a frame lost."""
        f = self.f
        before, frames = f.marks(), self.counters()
        answer = call()
        self.undisturbed(before, *touched)
        others = {m[1] for n, m in before.items() if n not in touched}
        f.until(lambda: self.flows(frames, others), "the others' frames flow on")
        return answer

    def flows(self, then, functions):
        now = self.counters()
        lost = {x: (then[x], now.get(x)) for x in functions & set(then)
                if x not in now or now[x][1] != then[x][1]}
        self.assertEqual(lost, {})
        return all(now[x][0] > then[x][0] for x in functions & set(then))

    def settled(self, n=48):
        return self.f.until_settled(n, seconds=60)

    # acts

    def test_1_install(self):
        f = self.f
        f.timed("install: 48 functions on 24 blades", lambda: f.put(config(EXAMPLE)))
        a = self.settled()
        self.assertEqual([len(self.on(x)) for x in ("nic-left", "nic-right", "nic-third")], [24, 24, 0])
        self.assertEqual(len({x["attributes"]["mac"] for x in a.values()}), 48)
        for b in WEB:
            shown = f.functions_on(b)
            for d in ("data0", "data1"):
                x = a["web-%s/%s" % (b, d)]
                self.assertEqual((x["host"], shown[x["bdf"]]["mac"]), (b, x["attributes"]["mac"]))
        f.banyan("plan", "-f", f.file("same.yaml", config(EXAMPLE)), code=0)
        self.send(a)
        f.until(lambda: len(self.counters()) == 48, "all 48 send")

    def test_2_a_vlan_more(self):
        f, names = self.f, set(self.f.assignments())
        trunk = config(EXAMPLE, VLAN)
        self.assertEqual(f.plan(trunk, 2), {("update", "Live", n) for n in names})
        self.act((), lambda: f.put(trunk, words=("--max-disruption", "Live")))
        self.settled()
        dump = f.sim.ctl("dump")[1]
        self.assertEqual(dump.count("/class0: 0xc800c800640064\n"), 48,
                         [x for x in dump.splitlines() if "/class0" in x])

    def test_3_other_rates_in_a_rolling_update(self):
        f, seen = self.f, len(self.f.phases())
        second = {n for n in f.assignments() if n.endswith("data1")}
        rates = config(EXAMPLE, VLAN, QOS, DRIVER)
        self.assertEqual({c[:2] for c in f.plan(rates, 2)}, {("update", "Live"), ("rebind", "Reset")})
        refused = f.put(rates, code=1, words=("--max-disruption", "Live"))
        self.assertIn("Reset", refused.err)

        def roll():
            f.timed("rolling update of 24 blades, 6 at a time", lambda: (
                f.put(rates), f.until(lambda: f.status()["rollout"] == "none" and f.idle(), "it is through",
                                      seconds=60)))
        self.act(second, roll)
        self.settled()
        away, most, rolled = set(), 0, set()
        for n, old, new in f.phases()[seen:]:
            (away.add if old == "Active" else lambda _: None)(n)
            (away.discard if new == "Active" else lambda _: None)(n)
            rolled.add(n)
            most = max(most, len(away))
        self.assertEqual((rolled, away, most), (second, set(), 6))
        a = f.assignments()
        self.assertEqual({x["attributes"]["limitMbps"] for x in a.values()}, {8000})
        self.assertEqual({a[n]["attributes"]["driver"] for n in second}, {"vfio-pci"})
        self.send(second)

    def test_4_drain_a_blade(self):
        f = self.f
        mine = {"web-blade03/data0", "web-blade03/data1"}
        self.act(mine, lambda: f.timed("drain of a blade", lambda: f.banyan("drain", "blade03", "--wait", code=0)))
        self.assertEqual({a["host"] for n, a in self.settled().items() if n in mine}, {SPARES[0]})
        self.assertEqual([x for x in f.functions_on("blade03").values() if not x["pf"]], [])
        f.banyan("uncordon", "blade03", code=0)
        self.act(mine, lambda: f.banyan("reset-override", "web-blade03", "--wait", code=0))
        self.assertEqual({f.assignments()[n]["host"] for n in mine}, {"blade03"})
        self.send(mine)

    def test_5_lose_a_card(self):
        f, gone = self.f, self.on("nic-right")
        self.assertEqual(len(gone), 24)

        def pull():
            self.assertEqual(f.sim.ctl("pull", "nic-right"), (0, "", ""))
            f.until(lambda: f.idle() and all(f.assignments()[n]["phase"] == "Pending" for n in gone),
                    "what it carried is Pending")
        self.act(gone, pull)
        _, message, _ = f.why(sorted(gone)[0])
        self.assertIn("adapter nic-right is gone", message)

    def test_6_lose_a_blade(self):
        f, mine = self.f, {"web-blade07/data0", "web-blade07/data1"}

        def off():
            f.kill_agent("blade07")
            self.assertEqual(f.sim.ctl("power", "blade07", "off"), (0, "", ""))
            f.until(lambda: any(a["host"] in SPARES and a["phase"] == "Active"
                                for n, a in f.assignments().items() if n in mine) and f.idle(),
                    "a spare has what still ran on blade07")
        mac = f.assignments()["web-blade07/data0"]["attributes"]["mac"]
        self.act(mine, lambda: f.timed("fail-over of a blade", off))
        self.assertEqual(f.assignments()["web-blade07/data0"]["attributes"]["mac"], mac)
        self.assertEqual(f.get("profiles", "web-blade07")[0]["home"], "blade07")
        self.send({n for n in mine if f.assignments()[n]["phase"] == "Active"})

    def test_7_add_a_card(self):
        f, pending = self.f, {n for n, a in self.f.assignments().items() if a["phase"] == "Pending"}

        def insert():
            self.assertEqual(f.sim.ctl("insert", "nic-third"), (0, "", ""))
            self.settled()
        self.act(pending, lambda: f.timed("a card is added: 24 functions again", insert))
        self.assertEqual(self.on("nic-third"), pending)
        self.assertEqual(len(pending), 24)
        self.send(pending)

    def test_8_roll_back(self):
        f, second = self.f, {n for n in self.f.assignments() if n.endswith("data1")}
        before = f.banyan("history", "-o", "json", code=0).out
        self.act(second, lambda: f.timed("roll back", lambda: (
            f.banyan("rollback", "--wait", "--yes", code=0),
            f.until(lambda: f.status()["rollout"] == "none" and f.idle(), "it is through", seconds=60))))
        a = self.settled()
        self.assertEqual({x["attributes"]["limitMbps"] for x in a.values()}, {10000})
        self.assertEqual({x["attributes"]["driver"] for x in a.values()}, {""})
        self.assertNotEqual(f.banyan("history", "-o", "json", code=0).out, before)
        f.banyan("plan", "-f", f.file("vlan.yaml", config(EXAMPLE, VLAN)), code=0)
        self.assertEqual(a["web-blade07/data0"]["host"] in SPARES, True, "an override is not the policy's")
        self.assertEqual(f.banyan("diff", "-o", "json", code=0).json()["drift"], [])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
