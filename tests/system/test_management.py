# SPDX-License-Identifier: Apache-2.0
"""config/management-policy.yaml on its chassis: the agent of the blade that is VH 0's root enables
the VFs by its own sysfs; that blade reboots, and nobody else notices."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fabric import FabricTest
from simulator import SOURCES, read

COUNTS = {"0000:03:00.1": "12", "0000:04:00.0": "8", "0000:04:00.1": "8", "0000:05:00.0": "0"}


class Management(FabricTest):
    options = {"chassis": "config/management-chassis.yaml", "hosts": None,
               "blades": ["blade01", "blade03", "mgmt"]}

    def counts(self):
        try:
            return {pf: read(self.f.sim.device("mgmt", pf, "sriov_numvfs")).strip() for pf in COUNTS}
        except OSError:
            return None

    def places(self):
        return {n: (a["host"], a["function"], a["phase"]) for n, a in self.f.assignments().items()}

    def test_main_job_and_a_reboot(self):
        f = self.f
        f.allow("the management host mgmt asked")
        f.banyan("apply", "-f", SOURCES + "/config/management-policy.yaml", code=0)
        f.until(lambda: self.counts() == COUNTS, "the management host shows the VFs", look=self.counts)
        f.until(lambda: f.settled(7) and all(a["bdf"] for a in f.assignments().values()),
                "seven claims are Active, and their hosts have found them")
        self.assertNotIn("mgmt", {a["host"] for a in f.assignments().values()})
        before = self.places()
        functions = {b: f.functions_on(b) for b in ("blade01", "blade03")}
        self.assertEqual(f.sim.ctl("reset", "mgmt"), (0, "", ""))
        f.until(lambda: self.counts() not in (None, COUNTS), "its kernel booted", look=self.counts)
        f.until(lambda: self.counts() == COUNTS, "its agent enabled them again", look=self.counts)
        f.until(lambda: f.settled(7), "all is as it was")
        self.assertEqual(self.places(), before)
        self.assertEqual({b: f.functions_on(b) for b in functions}, functions)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
