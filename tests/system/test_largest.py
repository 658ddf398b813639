# SPDX-License-Identifier: Apache-2.0
"""banyan-sim with the largest chassis: 255 blades in one host face, lspci clean on four of them."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from chassis import Chassis
from simulator import Simulator


class Largest(unittest.TestCase):
    def setUp(self):
        self.sim = Simulator(chassis="config/largest-chassis.yaml")
        self.addCleanup(self.end)

    def end(self):
        if self.sim.process.poll() is None:
            self.assertEqual(self.sim.stop(), 0)
        self.sim.remove()

    def test_four_blades(self):
        blades = {1: "blade001", 4: "blade004", 128: "blade128", 255: "blade255"}
        manager = Chassis(self.sim.listen[5:])
        manager.take_over()
        for vh in blades:
            manager.authorise(vh)
        self.assertEqual(len(os.listdir(self.sim.face)), 255)
        for name in blades.values():
            self.sim.wait_up(name)
            code, out, err = self.sim.lspci(name, "-vvv")
            self.assertEqual((code, err), (0, []))
            self.assertEqual(out.count("PCI bridge"), 253 + 2)
        manager.sock.close()


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
