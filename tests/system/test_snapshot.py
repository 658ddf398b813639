# SPDX-License-Identifier: Apache-2.0
"""banyan-sim: `ctl save`, `ctl dump` and --restore: a box that outlives its program."""
import os
import re
import signal
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from chassis import Chassis
from simulator import PROGRAMS, Simulator

NIC = "0000:03:00.0"


def dump(sim):
    """What stays over a boot of the hosts: tables, ports, ownership."""
    code, out, err = sim.ctl("dump")
    assert code == 0, err
    return [line for line in out.splitlines()
            if not re.search(r"event(Head|Tail)|boots|resets|/bridge:|/function:|writes", line)]


class Snapshot(unittest.TestCase):
    def setUp(self):
        self.sim = Simulator()
        self.addCleanup(self.end)
        manager = Chassis(self.sim.listen[5:])
        manager.take_over()
        manager.map_pfs(self.sim.adapter("nic-left")["port"], 1, 1, 0)
        manager.authorise(1)
        manager.sock.close()
        self.sim.wait_up("blade01")

    def end(self):
        if self.sim.process.poll() is None:
            self.assertEqual(self.sim.stop(), 0)
        self.sim.remove()

    def test_killed_and_restored(self):
        file = self.sim.dir + "/c1.saved"
        code, _, err = self.sim.ctl("save", file)
        self.assertEqual((code, err), (0, ""))
        self.assertFalse(os.path.exists(file + ".new"))
        before = dump(self.sim)
        self.assertEqual(self.sim.stop(signal.SIGKILL), -signal.SIGKILL)
        self.sim = Simulator(folder=self.sim.dir, restore=file)
        self.sim.wait_up("blade01")
        self.assertEqual(dump(self.sim), before)
        self.assertTrue(os.path.exists(self.sim.device("blade01", NIC)))
        manager = Chassis(self.sim.listen[5:])
        manager.take_over()
        manager.authorise(2)
        manager.sock.close()
        self.sim.wait_up("blade02")

    def test_bad_files(self):
        file = self.sim.dir + "/c1.saved"
        self.assertEqual(self.sim.ctl("save", file)[0], 0)
        with open(file, "rb") as f:
            good = f.read()
        for bad, why in ((good[:-1], "cut off"), (good[:9] + b"x" + good[10:], "another version"),
                         (b"", "found other bytes"), (good[:99] + bytes([good[99] ^ 1]) + good[100:], "damaged")):
            with open(file, "wb") as f:
                f.write(bad)
            p = subprocess.run([PROGRAMS + "/banyan-sim", "--restore", file, "--listen",
                                "unix:" + self.sim.dir + "/x", "--host-face", self.sim.dir + "/f",
                                "--run", self.sim.dir + "/r"],
                               capture_output=True, text=True, timeout=20)
            self.assertEqual(p.returncode, 1)
            self.assertIn(why, p.stderr)
        code, _, err = self.sim.ctl("save", self.sim.dir + "/none/c1.saved")
        self.assertEqual(code, 1)
        self.assertIn("expected a file that can be written at", err)


if __name__ == "__main__":
    del sys.argv[1:]
    unittest.main()
