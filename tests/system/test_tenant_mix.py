# SPDX-License-Identifier: Apache-2.0
"""config/tenant-mix.yaml, the largest policy of the folder, end to end on the large chassis: every
sentence of its "Expected"."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from examples import blades, config
from fabric import FabricTest

CLAIMS = {"render": 3 * 3, "store": 2 * 3, "compute": 4, "gateway": 3}


class TenantMix(FabricTest):
    options = {"chassis": "config/large-chassis.yaml", "hosts": None,
               "blades": blades(1, 2, 3, 11, 12, 13, 21, 22, 23, 24, 31)}

    @classmethod
    def prepare(cls):
        cls.path = cls.f.file("policy.yaml", config("tenant-mix.yaml"))
        cls.f.banyan("apply", "-f", cls.path, code=0)
        cls.f.until(cls.f.agents_accepted, "all agents are accepted")

    def test_1_every_claim_but_those_of_audit(self):
        f = self.f
        f.until(lambda: f.idle() and sum(a["phase"] == "Active" for a in f.assignments().values()) ==
                sum(CLAIMS.values()), "every claim is Active", seconds=60)
        a = f.assignments()
        for origin, n in CLAIMS.items():
            mine = [x for x in a.values() if x["profile"].split("-")[0] == origin]
            self.assertEqual([x["phase"] for x in mine], ["Active"] * n, origin)
            for x in mine:
                self.assertIn(x["bdf"], f.functions_on(x["host"]), x["name"])
        audit = f.get("profiles", "audit")[0]
        self.assertEqual((audit["host"], audit["active"]), (None, 0))
        self.assertEqual(f.functions_on("blade13"), {})
        f.banyan("plan", "-f", self.path, code=0)

    def test_2_audit_waits_for_a_host(self):
        f = self.f
        f.banyan("connect", "audit", "blade21", "--wait", code=0)
        a = f.assignments()["audit/tap"]
        self.assertEqual((a["phase"], a["host"]), ("Active", "blade21"))
        f.banyan("disconnect", "audit", "--wait", "--yes", code=0)
        f.banyan("reset-override", "audit", "--wait")

    def test_3_one_nic_belongs_to_one_host(self):
        f = self.f
        on = {a["host"] for a in f.assignments().values()
              if (a["function"] or "").startswith("nic-c/")}
        self.assertEqual(on, {"blade31"})
        other = f.file("other.yaml", """apiVersion: banyan/v1
kind: ServerProfile
metadata: {name: intruder}
spec: {host: blade21, devices: [{name: tap, class: ethernet, pool: alone}]}
""")
        f.banyan("apply", "-f", other, "--wait", code=1)
        a = f.assignments()["intruder/tap"]
        self.assertEqual(a["phase"], "Pending")
        self.assertIn("exclusive", a["message"])
        f.banyan("delete", "-f", other, "--yes", "--wait", code=0)

    def test_4_a_domain_with_users_is_theirs(self):
        f = self.f
        fence = """apiVersion: banyan/v1
kind: Domain
metadata: {name: yard}
spec: {adapters: [nic-yard], users: [ann, bob]}
"""
        mine = fence + """---
apiVersion: banyan/v1
kind: ServerProfile
metadata: {name: yard-1}
spec: {domain: yard, host: %s}
"""
        f.banyan("apply", "-f", f.file("fence.yaml", fence), code=0)
        path = f.file("yard.yaml", mine % "none")
        r = f.banyan("apply", "-f", path, user="mallory", code=1)
        self.assertIn("users 'mallory' is not one of", r.err)
        f.banyan("apply", "-f", path, user="ann", code=0)
        last = f.get("versions")[-1]
        self.assertEqual((last["who"], last["current"]), ("ann", True))
        self.assertEqual(f.banyan("delete", "profile", "yard-1", user="mallory").code, 1)
        f.banyan("delete", "-f", path, user="bob", code=0)
        # a person of the name under which the manager itself acts is told apart from it
        f.banyan("apply", "-f", f.file("fence.yaml", fence), user="failover", code=0)
        self.assertEqual(f.get("versions")[-1]["who"], "user-failover")
        f.banyan("delete", "domain", "yard", code=0)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
