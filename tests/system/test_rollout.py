# SPDX-License-Identifier: Apache-2.0
"""Rollouts with the real processes: one host at a time; by a yes that outlives the manager; cancelled
and resumed. The edit binds every function to another driver, which is class Reset."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fabric import FabricTest

HOSTS = ("blade01", "blade02", "blade04")


def policy(update, driver):
    return """apiVersion: banyan/v1
kind: FabricPolicy
metadata: {name: default}
spec: {update: {%s, drain: {mode: force, timeout: 10s}}}
---
apiVersion: banyan/v1
kind: AdapterPool
metadata: {name: nics}
spec: {adapterSelector: {class: ethernet, slots: [3]}}
---
apiVersion: banyan/v1
kind: HostGroup
metadata: {name: web}
spec: {hosts: [%s]}
---
apiVersion: banyan/v1
kind: ProfileTemplate
metadata: {name: w}
spec: {hostGroup: web, template: {devices: [{name: d, class: ethernet, pool: nics, driver: %s}]}}
""" % (update, ", ".join(HOSTS), driver)


class Rollout(FabricTest):
    @classmethod
    def prepare(cls):
        cls.f.apply(cls.f.file("before.yaml", policy("strategy: RollingUpdate", "default")))
        cls.f.until_settled(len(HOSTS))

    def drivers(self):
        return {a["host"]: a["attributes"]["driver"] for a in self.f.assignments().values()}

    def waiting(self):
        return {o["detail"]: o for o in self.f.get("operations") if o["state"] == "needs approval"}

    def test_1_one_host_at_a_time(self):
        f = self.f
        first = f.banyan("events", "-o", "json", code=0).json()[-1]["seq"] + 1
        f.apply(f.file("rolling.yaml", policy("strategy: RollingUpdate", "vfio-pci")))
        f.until(lambda: f.settled(len(HOSTS)) and f.status()["rollout"] == "none", "it is through",
                look=lambda: f.get("assignments"))
        self.assertEqual(self.drivers(), {h: "vfio-pci" for h in HOSTS})
        active = []
        for e in f.banyan("events", "--since", str(first), "-o", "json", code=0).json():
            if e["text"].startswith("Active on"):
                active.append(e["text"].split()[2])
        self.assertEqual(active, list(HOSTS))

    def test_2_by_a_yes(self):
        f = self.f
        f.banyan("apply", "-f", f.file("manual.yaml", policy("strategy: Manual", "default")), code=0)
        asked = f.until(lambda: len(self.waiting()) == len(HOSTS) and self.waiting(), "all are asked for")
        self.assertIn("the edit of w-blade02, class Reset", asked)
        f.kill_manager()
        f.start_manager()
        f.until(f.agents_accepted, "the agents are back")
        self.assertEqual(f.until(lambda: len(self.waiting()) == len(HOSTS) and self.waiting(),
                                 "all are asked for still"), asked)
        number = str(asked["the edit of w-blade02, class Reset"]["id"])
        f.banyan("approve", number, "--wait", code=0)
        f.until(lambda: self.drivers()["blade02"] == "" and f.settled(len(HOSTS)),
                "blade02 has it")
        self.assertEqual(self.drivers()["blade01"], "vfio-pci")
        f.banyan("cancel", code=0)
        self.assertEqual(f.status()["rollout"], "cancelled")
        f.banyan("cancel", code=1)
        f.banyan("resume", code=0)
        for h in ("blade01", "blade04"):
            f.banyan("approve", "w-" + h, code=0)
        f.until(lambda: f.status()["rollout"] == "none" and f.settled(len(HOSTS)), "it is through",
                look=lambda: f.get("operations"))
        self.assertEqual(self.drivers(), {h: "" for h in HOSTS})


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
