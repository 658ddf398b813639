# SPDX-License-Identifier: Apache-2.0
"""The manager's disk is full in the middle of its work: it says so, the last policy stays in force, and
when there is room again it goes on. The store has a small file system of its own (tmpfs: needs root)."""
import os
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fabric import DEMO, FabricTest

ROOM = 4 << 20
MORE = ("    - {name: scratch,", "    - {name: scratch2, class: nvme, pool: flash}\n    - {name: scratch,")


@unittest.skipIf(os.geteuid(), "mounts a file system: root only")
class Disk(FabricTest):
    @classmethod
    def setUpClass(cls):
        cls.store = tempfile.mkdtemp(prefix="banyan-disk-")
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=%d" % ROOM, "tmpfs", cls.store], check=True)
        cls.addClassCleanup(os.rmdir, cls.store)
        cls.addClassCleanup(subprocess.run, ["umount", cls.store], check=True)
        cls.options = {"store": cls.store + "/manager.db"}
        super().setUpClass()

    @classmethod
    def prepare(cls):
        cls.f.apply(DEMO)
        with open(DEMO, encoding="utf-8") as f:
            cls.more = cls.f.file("more.yaml", f.read().replace(*MORE))

    def fill(self):
        """Not a byte is left; the test's own fillers are what is removed to make room."""
        fd = os.open(self.store + "/filler", os.O_WRONLY | os.O_CREAT)
        try:
            for size in (65536, 4096):
                try:
                    while True:
                        os.write(fd, b"x" * size)
                except OSError:
                    pass
        finally:
            os.close(fd)

    def empty(self):
        """The manager tries again by itself."""
        os.unlink(self.store + "/filler")
        self.f.until(lambda: self.f.status()["storeGood"], "the store takes writes again")

    def test_1_an_apply_that_cannot_be_written(self):
        f = self.f
        f.allow(r"engine: .*database or disk is full", r"disk is full", r"an earlier commit failed",
                r"engine: .*the store did not take the intent")
        was, version = f.assignments(), f.status()["version"]
        self.fill()
        a = f.banyan("apply", "-f", self.more, "--wait", "--timeout", "20s")
        self.assertEqual(a.code, 1, a)
        self.assertIn("database or disk is full", a.err)
        self.assertTrue([x for n, x in f.lines() if n == "manager.log" and "disk is full" in x])
        now = f.assignments()
        self.assertTrue(all(now[n]["phase"] != "Active" for n in set(now) - set(was)))
        self.assertEqual(({n: now[n] for n in was}, f.status()["version"]), (was, version))
        self.assertFalse(f.status()["storeGood"])
        self.empty()
        f.apply(self.more)
        self.assertEqual(set(f.until_settled(14)) - set(was), {"database/scratch2"})

    def test_2_moves_wait_for_room(self):
        f = self.f
        self.fill()
        a = f.banyan("move", "web-blade02", "blade05")
        self.assertEqual(a.code, 1, a)
        self.assertIn("database or disk is full", a.err)
        self.assertTrue(f.manager.alive())
        self.empty()
        f.banyan("move", "web-blade02", "blade05", "--wait", code=0)
        f.manager.end(signal.SIGKILL)
        f.start_manager()
        f.until(f.agents_accepted, "the agents are back")
        a = f.until_settled(14)
        self.assertEqual({x["host"] for n, x in a.items() if x["profile"] == "web-blade02"}, {"blade05"})

    def test_3_a_start_without_room(self):
        f = self.f
        f.manager.end(signal.SIGKILL)
        self.fill()
        f.start_manager()
        self.assertEqual(len(f.assignments()), 14)
        self.empty()
        f.until(f.agents_accepted, "the agents are back", look=lambda: f.get("hosts"))
        f.until_settled(14)
        f.apply(DEMO, "--yes")
        f.until_settled(13)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
