# SPDX-License-Identifier: Apache-2.0
"""Class Count with the real processes: asked, asked still after a kill of the manager, approved, done.

The manager is killed once while the change waits for its yes, and once right after the yes was
acknowledged: the yes is durable.
"""
import os
import signal
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fabric import FabricTest

HOSTS = ("blade01", "blade04")  # one gets its function by VF migration, one by hot plug


def policy(count):
    return """apiVersion: banyan/v1
kind: AdapterPool
metadata: {name: nics}
spec: {adapterSelector: {class: ethernet, slots: [3]}, provision: %d}
""" % count + "".join("""---
apiVersion: banyan/v1
kind: ServerProfile
metadata: {name: on-%s}
spec: {host: %s, devices: [{name: data, class: ethernet, pool: nics}]}
""" % (h, h) for h in HOSTS)


class Count(FabricTest):
    def restart(self):
        self.f.kill_manager()
        self.f.start_manager()
        self.f.until(self.f.agents_accepted, "the agents are back")

    def waiting(self):
        return [o for o in self.f.get("operations") if o["kind"] == "provision"]

    def functions(self):
        return {a["name"]: a["function"] for a in self.f.assignments().values()}

    def test_count(self):
        f = self.f
        f.apply(f.file("four.yaml", policy(4)))
        f.until_settled(2)
        before = self.functions()
        f.banyan("apply", "-f", f.file("six.yaml", policy(6)), code=0)
        asked = f.until(self.waiting, "the change waits")
        self.assertEqual(len(asked), 1)
        self.assertEqual(asked[0]["state"], "needs approval")
        self.assertIn("nic-left: 6 functions, interrupts 2: ", asked[0]["detail"])
        for h in HOSTS:
            self.assertIn("on-%s/data on %s" % (h, h), asked[0]["detail"])
        shown = f.banyan("get", "operations", code=0).out
        self.assertIn("needs approval", shown)

        self.restart()
        self.assertEqual(f.until(self.waiting, "the change waits again"), asked)
        f.until_settled(2)
        self.assertEqual(self.functions(), before)

        number = str(asked[0]["id"])
        answer = f.banyan("approve", number, code=0)
        self.assertIn("approved: operation %s, interrupts 2: " % number, answer.out + answer.err)
        self.restart()
        f.until(lambda: not self.waiting(), "the change is done", look=lambda: self.waiting())
        # who had gone already is placed anew by the next manager, so perhaps on another function
        f.until_settled(2, "after the change")
        self.assertEqual(sorted(self.functions()), sorted(before))
        done = [e["text"] for e in f.get("events") if e["object"] == "nic-left"]
        self.assertIn("the function count was changed to 6", done)
        again = f.banyan("approve", number, code=1)
        self.assertIn("nothing called '%s' waits for approval" % number, again.out + again.err)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
