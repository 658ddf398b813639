# SPDX-License-Identifier: Apache-2.0
"""Scenarios on a running chassis: every shipped one, as `banyan-sim run` plays it; and one that breaks things
beside a manager and its agents, in the middle of what they do."""
import glob
import os
import re
import signal
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fabric import DEMO, FabricTest
from simulator import PROGRAMS, SOURCES, Simulator

FOLDER = SOURCES + "/config/scenarios"
WAITS = """apiVersion: banyan/v1
kind: Scenario
metadata: {name: waits}
spec:
  chassis: any.yaml
  owner: false
  steps: [{on: HOST_RESET}]
"""
# A blade's warm reset in the middle of a hand-over to it.
TROUBLE = """apiVersion: banyan/v1
kind: Scenario
metadata: {name: trouble}
spec:
  chassis: any.yaml
  owner: false
  steps:
    - {name: in the middle of a hand-over, on: {name: SLOT_POWER, port: blade02, arg: 1}, reset: blade02, within: 20s,
       expect: [{event: {name: HOST_RESET, port: blade02}}, {blade: {name: blade02, state: up}}]}
    - {name: nobody can act for the manager, isolate: blade02, refused: true}
    - {name: it reached the blade, when: {device: {blade: blade02, bridge: 0, driver: mlx5_core}}, within: 30s}
"""


def chassis_of(path):
    with open(path, encoding="utf-8") as f:
        return os.path.normpath("config/scenarios/" + re.search("^  chassis: (.*)$", f.read(), re.M)[1])


class Shipped(unittest.TestCase):
    def test_each_on_a_running_chassis(self):
        """The same report, byte for byte: one engine, one result."""
        paths = sorted(glob.glob(FOLDER + "/*.yaml"))
        self.assertGreater(len(paths), 10)
        for path in paths:
            with self.subTest(os.path.basename(path)):
                alone = subprocess.run([PROGRAMS + "/banyan-sim", "run", path], text=True,
                                       capture_output=True, timeout=60)
                sim = Simulator(chassis=chassis_of(path))
                try:
                    code, out, err = sim.ctl("run", path)
                    self.assertEqual((code, err), (0, ""), out)
                    self.assertEqual(out, alone.stdout)
                finally:
                    self.assertEqual(sim.stop(), 0)
                    sim.remove()


class Beside(FabricTest):
    @classmethod
    def prepare(cls):
        cls.f.apply(DEMO)

    def play(self, name, text, *words):
        path = self.f.file(name, text)
        return subprocess.Popen([PROGRAMS + "/banyan-sim", "ctl", "--run", self.f.sim.run, "run", path,
                                 *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def test_1_a_managed_chassis_is_not_taken_over(self):
        before = self.f.status()
        p = self.play("owner.yaml", WAITS.replace("owner: false", "owner: true"))
        out, err = p.communicate(timeout=20)
        self.assertEqual((p.returncode, out), (1, ""))
        self.assertIn("the chassis has an owner", err)
        self.assertEqual(self.f.status()["chassis"], before["chassis"])

    def test_2_errors_have_their_place(self):
        p = self.play("bad.yaml", WAITS.replace("HOST_RESET", "HOST_RESETS"))
        out, err = p.communicate(timeout=20)
        self.assertEqual((p.returncode, out), (1, ""))
        self.assertIn("bad.yaml:7:16: spec.steps[0].on: there is no event 'HOST_RESETS', did you mean "
                      "'HOST_RESET'?", err)
        code, out, err = self.f.sim.ctl("run", "/nowhere.yaml")
        self.assertEqual((code, out), (1, ""))
        self.assertIn("/nowhere.yaml: No such file", err)
        code, out, err = self.f.sim.ctl("run", self.f.dir + "/bad.yaml", "--sed", "1")
        self.assertEqual((code, out), (64, ""))

    def test_3_one_at_a_time_as_long_as_its_asker(self):
        first = self.play("waits.yaml", WAITS)
        code = self.f.until(lambda: self.f.sim.ctl("run", self.f.dir + "/bad.yaml")[2].startswith(
            "a scenario is running"), "the first runs")
        self.assertTrue(code)
        first.send_signal(signal.SIGKILL)
        first.communicate(timeout=20)
        self.f.until(lambda: "no event" in self.f.sim.ctl("run", self.f.dir + "/bad.yaml")[2],
                     "it ended with its asker")

    def test_4_trouble_in_the_middle_of_a_hand_over(self):
        f, profile = self.f, "web-blade02"
        n = len(f.assignments())
        f.banyan("disconnect", profile, "--wait", "--yes", code=0)
        f.allow("'the agent's connection ended'; it is asked again")
        p = self.play("trouble.yaml", TROUBLE, "-o", "json")
        f.until(lambda: f.sim.ctl("run", self.f.dir + "/bad.yaml")[2].startswith(
            "a scenario is running"), "it runs")
        f.banyan("connect", profile, "blade02", code=0)
        out, err = p.communicate(timeout=60)
        self.assertEqual((p.returncode, err), (0, ""), out)
        self.assertIn('"passed": true', out)
        f.until_settled(n, "after the trouble")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
