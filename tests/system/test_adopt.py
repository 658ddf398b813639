# SPDX-License-Identifier: Apache-2.0
"""The store is gone: a manager with an empty one says what it found and touches nothing; it adopts
when it is told to; the same policy takes everything over, and no blade saw anything happen. What no
document asks for runs on until it is reset."""
import glob
import os
import re
import select
import signal
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fabric import BLADES, DEMO, HOSTS, FabricTest

FOREIGN = """apiVersion: banyan/v1
kind: ServerProfile
metadata: {name: foreign}
spec: {host: blade02, devices: [{name: data0, class: ethernet, pool: nics, identity: {mac: {pool: macs}}}]}
"""


class Adopt(FabricTest):
    @classmethod
    def prepare(cls):
        f = cls.f
        f.apply(DEMO)
        f.apply(f.file("foreign.yaml", FOREIGN))
        cls.before = f.until_settled()
        cls.used = {a["function"] for a in cls.before.values()}
        cls.shown = {b: f.functions_on(b) for b in BLADES}
        f.manager.end(signal.SIGTERM)
        for path in glob.glob(f.dir + "/manager.db*"):
            os.remove(path)
        cls.events = {b: f.sim.uevents(b) for b in BLADES}
        cls.addClassCleanup(lambda: [e.close() for e in cls.events.values()])
        cls.writes = f.writes()
        f.allow(r"it is only read until an operator adopts it", r"no document names this host")
        f.start_manager()
        cls.total = cls.read()

    @classmethod
    def read(cls):
        """All writes of which the switch knows, as a manager reads them that was just started."""
        return cls.f.until(lambda: cls.chassis()["state"] == "read-only" and cls.chassis(),
                           "the chassis was read")["writes"]

    @classmethod
    def chassis(cls):
        return cls.f.status()["chassis"][0]

    def untouched(self):
        """No register of a function in use was written, and no blade saw a device come or go."""
        f = self.f
        now = f.writes()
        self.assertEqual({x: now[x] for x in self.used if x in now},
                         {x: self.writes[x] for x in self.used if x in self.writes})
        for b, e in self.events.items():
            seen = []
            while select.select([e.sock], [], [], 0)[0]:
                seen.append(e.next())
            self.assertEqual(seen, [], b)
            self.assertEqual(f.functions_on(b), self.shown[b])

    def test_1_found(self):
        f = self.f
        found = self.chassis()
        self.assertEqual(found["found"], len(self.before))
        self.assertIn("%d functions on " % len(self.before), found["message"])
        self.assertIn("are not ours", found["message"])
        where = {x["name"]: x for x in f.get("functions") if x["found"]}
        self.assertEqual({n: (x["found"], x["host"], x["assignment"]) for n, x in where.items()},
                         {a["function"]: ("not ours", a["host"], None) for a in self.before.values()})
        for name, a in self.before.items():
            x = where[a["function"]]
            self.assertEqual(x["foundAt"]["cookie"], "%08x%08x" % (a["id"], a["epoch"]))
            self.assertEqual({k: x["foundAt"].get(k) for k in a["place"] if k != "bridge"},
                             {k: v for k, v in a["place"].items() if k != "bridge"})
            self.assertEqual(x.get("attributes", {}).get("mac"), a["attributes"].get("mac"), name)
        hosts = {h["name"]: h["found"] for h in f.get("hosts")}
        for b in BLADES:
            self.assertEqual(hosts[b], len([a for a in self.before.values() if a["host"] == b]))
        f.banyan("apply", "-f", HOSTS, code=0)
        f.until(lambda: f.idle(), "it has nothing to do")
        f.manager.end(signal.SIGTERM)
        f.start_manager()
        self.assertEqual(self.read(), self.total)
        self.untouched()

    def test_2_adopted(self):
        f = self.f
        alarm = [e["text"] for e in f.get("events", "c1") if e["text"].startswith("alarm:")]
        word = re.search("`banyan ([^`]*)`", alarm[-1]).group(1)  # as it says, so it is done
        f.banyan(*word.split(), "--yes", code=0)
        now = f.timed("adopted", lambda: f.until_settled(len(self.before)))
        f.until(f.agents_accepted, "all agents are accepted")
        self.assertEqual({a["function"]: (a["profile"], a["host"]) for a in now.values()},
                         {a["function"]: ("adopted", a["host"]) for a in self.before.values()})
        self.assertEqual((f.status()["adopted"], self.chassis()["found"]), (len(now), 0))
        self.assertEqual(len(f.banyan("diff", "-o", "json", code=2).json()["adopted"]), len(now))
        self.untouched()

    def test_3_the_same_policy(self):
        f = self.f
        plan = f.banyan("plan", "-f", DEMO, "-o", "json", code=2).json()["plan"]
        self.assertEqual({(c["change"], c["class"]) for c in plan["changes"]}, {("adopt", "None")})
        f.timed("taken over", lambda: f.apply(DEMO, "--max-disruption", "None"))
        now = f.until_settled(len(self.before))
        taken = {n: a for n, a in now.items() if a["profile"] != "adopted"}
        self.assertEqual(len(now) - len(taken), 1)
        for name, a in taken.items():
            was = self.before[name]
            self.assertEqual((a["host"], a["function"], a["attributes"], a["epoch"]),
                             (was["host"], was["function"], was["attributes"], was["epoch"]))
        f.banyan("plan", "-f", DEMO, code=0)
        self.untouched()

    def test_4_a_foreign_row(self):
        f = self.f
        was = self.before["foreign/data0"]
        name = next(n for n in f.assignments() if n.startswith("adopted/"))
        self.assertIn("no document takes it over", f.banyan("explain", name, code=0).out)
        self.assertIn("say --yes", f.banyan("reset", was["function"], code=1).err)
        self.untouched()
        f.banyan("reset", was["function"], "--yes", code=0)
        now = f.timed("released", lambda: f.until_settled(len(self.before) - 1))
        self.assertNotIn(name, now)
        self.assertNotIn(was["function"], {x["name"] for x in f.not_free()})
        self.assertEqual(f.banyan("diff", "-o", "json", code=0).json()["adopted"], [])
        other = {x for x in self.used if x != was["function"]}
        after = f.writes()
        self.assertEqual({x: after[x] for x in other if x in after},
                         {x: self.writes[x] for x in other if x in self.writes})


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
