# SPDX-License-Identifier: Apache-2.0
"""banyan-agent on a simulated blade, with a manager written for the test on the other side."""
import os
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from agents import (ACTIVATE, BUSY, CONFIRM_GONE, CONFLICT, ENABLE_VFS, LVF, OK, QUIESCE,
                    RELEASE, STALE_EPOCH, STALE_OWNER, SYNTHETIC, Manager)
from chassis import CONFIG, MEMORY, Chassis, parse, port, row
from simulator import PROGRAMS, Simulator, read

PF = "0000:03:00.0"
DEVICE_VH = 2
NIC_VFS = 64
MIGRATE_IN, MIGRATE_OUT, MIGRATE_OUT_RETRACT = 2, 4, 5
UNAVAILABLE, AVAILABLE = 0, 3


class Agent:
    def __init__(self, sim, blade, manager, *options):
        self.log = []
        self.process = subprocess.Popen(
            [PROGRAMS + "/banyan-agent", "--manager", "unix:" + manager, "--sysfs",
             sim.face + "/" + blade, "--uevents", sim.run + "/" + blade + ".uevent",
             "--hooks", sim.dir + "/hooks", "--log", "debug", *options], stderr=subprocess.PIPE, text=True)
        self.reader = threading.Thread(target=lambda: self.log.extend(self.process.stderr))
        self.reader.start()

    def stop(self):
        self.process.terminate()
        code = self.process.wait(20)
        self.reader.join()
        self.process.stderr.close()
        return code


class Base(unittest.TestCase):
    def setUp(self):
        self.sim = Simulator(clock="real")
        self.chassis = Chassis(self.sim.listen[5:])
        self.chassis.take_over()
        self.nic = self.sim.adapter("nic-left")["port"]
        self.manager = Manager(self.sim.dir + "/m.sock")
        self.agent = None
        self.addCleanup(self.end)

    def end(self):
        if self.agent:
            self.assertEqual(self.agent.stop(), 0)
            bad = [line for line in self.agent.log if " WARN " in line or " ERROR " in line]
            self.assertEqual(bad, [])
        self.manager.close()
        self.chassis.sock.close()
        self.sim.stop()
        self.sim.remove()

    def provision(self, adapter_port, function, vfs):
        """The MR-PCIM as SR-PCIM of VH 0: NumVFs, VF Enable."""
        rid = self.chassis.read(port(adapter_port) + 0x60) + function
        self.chassis.write(0x190, vfs, space=CONFIG, bdf=rid, width=2)
        self.chassis.write(0x188, 0x19, space=CONFIG, bdf=rid, width=2)

    def vf(self, v):
        return self.chassis.control_table(self.nic) + 0x2000000 + v * 0x100

    def vf_command(self, v, command, argument=0):
        self.chassis.write(self.vf(v) + 0x08, command | argument << 16, space=MEMORY)

    def migrate_in(self, v):
        """The slot (from 1) that the hardware chose."""
        self.chassis.write(self.vf(v) + 0x18, 3, space=MEMORY)
        self.chassis.write(self.vf(v) + 0x08, 1, space=MEMORY)  # reset
        self.vf_command(v, MIGRATE_IN, DEVICE_VH)
        self.chassis.write(self.vf(v) + 0x18, 0, space=MEMORY)
        return self.chassis.read(self.vf(v), space=MEMORY) >> 16 & 0xffff

    def start(self, blade="blade01", *options):
        vh = int(blade[-2:])
        self.chassis.authorise(vh)
        self.sim.wait_up(blade)
        self.agent = Agent(self.sim, blade, self.sim.dir + "/m.sock", *options)
        hello = self.manager.accept()
        self.chassis.write(port(vh) + 0x48, 0x1122334455667788)
        self.roots = self.manager.challenge()
        self.manager.sync()
        return hello

    def with_nic(self):
        """blade01 with the PF of nic-left behind bridge 0, VFs enabled in VH 0."""
        self.provision(self.nic, 1, NIC_VFS)
        self.chassis.map_pfs(self.nic, DEVICE_VH, 1, 0)
        self.start()
        self.pf, self.pf_place = (LVF, 1, 0, 0, 0), (1, 0, 0, 0)


class Session(Base):
    def test_isolation_as_the_host_has_it(self):
        hello = self.start("blade04")
        self.assertEqual(parse(hello[7][0]), {1: 1, 3: 1})

    def test_hello_challenge_report(self):
        self.chassis.map_pfs(self.nic, DEVICE_VH, 1, 0)
        hello = self.start()
        self.assertEqual(hello[1][0], b"blade01")
        self.assertEqual(hello[2][0].decode(), self.sim.blade("blade01")["bootId"])
        self.assertEqual(hello[5][0], 1)
        self.assertEqual(parse(hello[7][0]), {1: 1, 2: 1, 3: 1})  # IOMMU, remapping, ACS
        (root,) = self.roots
        self.assertEqual((root.serial, root.port, root.vs), ("C1-0001", 1, 1))
        self.assertEqual((root.epoch, root.challenge), (1, 0x1122334455667788))
        self.assertEqual(list(self.manager.functions), [(1, 0, 0, 0)])
        pf = self.manager.functions[(1, 0, 0, 0)]
        self.assertEqual((pf.vendor, pf.device, pf.driver), (0x15b3, 0x101d, "mlx5_core"))
        self.assertTrue(pf.pf)

    def test_hot_add_is_a_delta(self):
        self.start()
        self.assertEqual(self.manager.functions, {})
        self.chassis.map_pfs(self.nic, DEVICE_VH, 1, 3)
        self.manager.until(lambda f: f.get((1, 3, 0, 0)) and f[(1, 3, 0, 0)].name)
        self.sim.ctl("pull", "nic-left")
        self.manager.until(lambda f: not f)

    def test_reconnect(self):
        self.start()
        self.chassis.map_pfs(self.nic, DEVICE_VH, 1, 3)
        self.manager.sock.close()
        self.manager.functions = {}
        self.manager.accept()
        self.manager.sync()
        self.manager.until(lambda f: (1, 3, 0, 0) in f)

    def test_a_refusal_is_not_answered_at_once(self):
        self.chassis.authorise(1)
        self.sim.wait_up("blade01")
        self.agent = Agent(self.sim, "blade01", self.sim.dir + "/m.sock")
        self.manager.accept()
        refused = time.monotonic()
        self.manager.accept()
        self.assertGreater(time.monotonic() - refused, 1.5)
        self.manager.sync()

    def test_reboot(self):
        before = self.start()
        self.sim.ctl("reset", "blade01")
        after = self.manager.accept()
        self.assertNotEqual(before[2], after[2])
        self.assertGreater(after[3][0], before[3][0])


class Migration(Base):
    def enable(self):
        self.with_nic()
        self.manager.until(lambda f: self.pf_place in f)
        reason, detail, _, fn = self.manager.command(ENABLE_VFS, self.pf)
        self.assertEqual(reason, OK, detail)
        self.assertEqual(fn.numvfs, fn.totalvfs)
        self.assertEqual(read(self.sim.device("blade01", PF, "sriov_drivers_autoprobe")), "0")

    def state(self, slot):
        with open(self.sim.device("blade01", PF, "vf_migration_state"), "rb") as f:
            return f.read()[slot - 1]

    def activate(self, v):
        slot = self.migrate_in(v)
        place = (LVF, 1, 0, 0, slot)
        reason, detail, _, fn = self.manager.command(ACTIVATE, place)
        self.assertEqual((reason, fn and fn.driver), (OK, "mlx5_core"), detail)
        self.assertEqual(self.state(slot), AVAILABLE)
        return place

    def test_in_and_out(self):
        self.enable()
        place = self.activate(5)
        reason, detail, _, _ = self.manager.command(RELEASE, place)
        self.assertEqual(reason, CONFLICT, detail)
        reason, detail, _, fn = self.manager.command(QUIESCE, place)
        self.assertEqual((reason, fn.driver), (OK, ""), detail)
        self.vf_command(5, MIGRATE_OUT)
        reason, detail, _, fn = self.manager.command(RELEASE, place)
        self.assertEqual((reason, fn), (OK, None), detail)
        self.assertEqual(self.state(place[4]), UNAVAILABLE)
        self.assertNotIn(place[1:], self.manager.functions)
        self.assertEqual(self.manager.command(CONFIRM_GONE, place)[0], OK)

    def test_retraction(self):
        self.enable()
        place = self.activate(0)
        self.vf_command(0, MIGRATE_OUT)
        self.vf_command(0, MIGRATE_OUT_RETRACT)
        reason, detail, _, fn = self.manager.command(RELEASE, place)
        self.assertEqual((reason, fn.place), (CONFLICT, place), detail)

    def test_fences(self):
        self.enable()
        place = self.activate(0)
        self.assertEqual(self.manager.command(QUIESCE, place, owner_epoch=2)[0], STALE_OWNER)
        self.assertEqual(self.manager.command(CONFIRM_GONE, place, epoch=2)[0], BUSY)
        self.assertEqual(self.manager.command(QUIESCE, place, epoch=1)[0], STALE_EPOCH)
        self.assertEqual(self.manager.functions[place[1:]].driver, "mlx5_core")

    def test_alone(self):
        """No manager: after a reboot the agent enables the VFs, the functions are there again."""
        self.enable()
        self.activate(7)
        self.agent.stop()
        self.sim.ctl("reset", "blade01")
        self.sim.wait_up("blade01")
        events = self.sim.uevents("blade01")
        self.agent = Agent(self.sim, "blade01", self.sim.dir + "/nobody.sock", "--alone-after",
                           "100ms")
        events.until("bind", "0000:03:00.1")
        events.close()
        self.assertEqual(self.state(1), AVAILABLE)


class Slots(Base):
    def setUp(self):
        super().setUp()
        self.gpu = self.sim.adapter("gpu-whole")["port"]

    def map_gpu(self, state):
        r = row(4, 2)
        self.chassis.write(r + 0x10, 3 - 1 << 56 | self.gpu << 32 | 0xffff << 16 | 0xffff)
        self.chassis.write(r + 0x18, 1 << 32 | 1)
        self.chassis.write(r, state)

    def test_device(self):
        self.start("blade04")
        place = (SYNTHETIC + 1, 4, 2, 0, 0)
        self.map_gpu(1)
        reason, detail, _, fn = self.manager.command(ACTIVATE, place)
        self.assertEqual((reason, fn.vendor, fn.driver), (OK, 0x1002, "amdgpu"), detail)
        reason, detail, _, fn = self.manager.command(ACTIVATE, place, driver="vfio-pci")
        self.assertEqual((reason, fn.driver), (OK, "vfio-pci"), detail)
        self.assertEqual(self.manager.command(QUIESCE, place)[0], OK)
        reason, detail, _, fn = self.manager.command(RELEASE, place)
        self.assertEqual((reason, fn), (OK, None), detail)
        self.assertEqual(read(self.sim.pci("blade04", "slots/2/power")), "0")
        self.assertEqual(self.manager.functions, {})

    def test_hooks(self):
        os.mkdir(self.sim.dir + "/hooks")
        hook, said = self.sim.dir + "/hooks/10-say", self.sim.dir + "/said"
        with open(hook, "w", encoding="ascii") as f:
            f.write("#!/bin/sh\nevent=$(cat)\necho \"$event\" >>%s\n"
                    "case $event in *release*) [ ! -e %s.no ] ;; esac\n" % (said, said))
        os.chmod(hook, 0o755)
        self.start("blade04")
        place = (SYNTHETIC + 1, 4, 2, 0, 0)
        self.map_gpu(1)
        self.assertEqual(self.manager.command(ACTIVATE, place)[0], OK)
        open(said + ".no", "w", encoding="ascii").close()
        reason, _, who, _ = self.manager.command(QUIESCE, place)
        self.assertEqual((reason, who), (BUSY, "hook"))
        # The workload that a release hook may have stopped is started again: the function stays.
        self.assertEqual(read(said).count('"when":"activate"'), 2)
        os.unlink(said + ".no")
        self.assertEqual(self.manager.command(QUIESCE, place)[0], OK)
        text = read(said)
        self.assertEqual(text.count('"when":"activate"'), 2)
        self.assertEqual(text.count('"when":"release"'), 2)
        self.assertIn('"bridge":2', text)


if __name__ == "__main__":
    del sys.argv[1:]
    unittest.main()
