# SPDX-License-Identifier: Apache-2.0
"""banyan-sim with the demo chassis: host face, lspci, uevents, control socket, life and end."""
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from chassis import PORT_AUTH, SW_COMMIT, SW_OWNER_EPOCH, Chassis, port
from simulator import PROGRAMS, SOURCES, Simulator, read, write

BLADES = ["blade%02d" % i for i in range(1, 6)]
PF = "0000:03:00.0"


def mounted(folder):
    with open("/proc/self/mountinfo", encoding="utf-8") as f:
        return any(" %s " % folder in line for line in f)


class Base(unittest.TestCase):
    clock = "virtual"

    def setUp(self):
        self.sim = Simulator(clock=self.clock)
        self.addCleanup(self.end)
        self.manager = Chassis(self.sim.listen[5:])
        self.manager.take_over()

    def end(self):
        if self.sim.process.poll() is None:
            self.assertEqual(self.sim.stop(), 0)
        self.sim.remove()
        self.manager.sock.close()
        bad = [line for line in self.sim.log if " WARN " in line or " ERROR " in line]
        self.assertEqual(bad, [])

    def boot(self, *blades):
        for name in blades:
            self.manager.authorise(BLADES.index(name) + 1)
        for name in blades:
            self.sim.wait_up(name)

    def with_nic(self):
        """blade01 up with the PFs of nic-left behind bridge 0."""
        self.manager.map_pfs(self.sim.adapter("nic-left")["port"], 1, 1, 0)
        self.boot("blade01")


class Lspci(Base):
    def test_all_blades(self):
        self.manager.map_pfs(self.sim.adapter("nic-left")["port"], 1, 1, 0)
        self.manager.map_pfs(self.sim.adapter("hca")["port"], 1, 2, 3)
        code, out, err = self.sim.lspci("blade01", "-vvv")
        self.assertEqual((code, out, err), (0, "", []))
        self.boot(*BLADES)
        for name in BLADES:
            code, out, err = self.sim.lspci(name, "-vvv")
            self.assertEqual((code, err), (0, []), name)
            self.assertNotIn("unassigned", out)
            self.assertNotIn("!!!", out)
        self.assertIn("Mellanox", self.sim.lspci("blade01", "-s", "3:")[1])

    def test_same_functions_as_raw_cycles(self):
        self.with_nic()
        raw = self.sim.ctl("lspci", "blade01")[1].splitlines()
        code, out, _ = self.sim.lspci("blade01", "-n")
        self.assertEqual(code, 0)
        shown = [re.sub(r" \(prog.*", "", line) for line in out.splitlines()]
        self.assertEqual(sorted(raw), sorted(x for x in shown if not x.startswith("00:")))

    def setpci(self, *what):
        run = subprocess.run(["setpci", "-A", "linux-sysfs", "-O",
                              "sysfs.path=" + self.sim.pci("blade01"), "-s", PF, *what],
                             capture_output=True, text=True, timeout=20)
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        return run.stdout.split()

    def test_setpci_changes_registers_only(self):
        """NumVFs and VF Enable by hand: raw cycles find the VFs, sysfs shows nothing new."""
        self.with_nic()
        for vf in range(3):
            self.manager.migrate_in(self.sim.adapter("nic-left")["port"], vf, 1)
        before = sorted(os.listdir(self.sim.pci("blade01", "devices")))
        self.setpci("ECAP10+10.w=2", "ECAP10+8.w=19")
        self.setpci("ECAP10+10.w=3")
        self.assertEqual(self.setpci("ECAP10+10.w", "ECAP10+8.w"), ["0002", "0019"])
        text = self.sim.lspci("blade01", "-vvv", "-s", PF)[1]
        self.assertRegex(text, "Enable[+] Migration- Interrupt- MSE[+] ARIHierarchy[+]")
        self.assertRegex(text, "Initial VFs: 3, Total VFs: 64, Number of VFs: 2")
        raw = self.sim.ctl("lspci", "blade01")[1]
        offset, stride = (int(x, 16) for x in self.setpci("ECAP10+14.w", "ECAP10+16.w"))
        rids = [0x300 + offset + stride * i for i in range(2)]
        vfs = ["%02x:%02x.%d" % (rid >> 8, rid >> 3 & 31, rid & 7) for rid in rids]
        self.assertEqual(re.findall("^(.*) 0200: ffff:ffff", raw, re.M), vfs)
        self.assertEqual(sorted(os.listdir(self.sim.pci("blade01", "devices"))), before)
        self.assertEqual(read(self.sim.device("blade01", PF, "sriov_numvfs")), "0")
        self.setpci("ECAP10+8.w=10")
        self.assertNotIn(" 0200: ffff:ffff", self.sim.ctl("lspci", "blade01")[1])


class Sysfs(Base):
    def test_links_lead_somewhere(self):
        self.with_nic()
        dangling = []
        for folder, folders, files in os.walk(self.sim.face + "/blade01"):
            for name in folders + files:
                path = os.path.join(folder, name)
                if os.path.islink(path) and not os.path.exists(path):
                    dangling.append(path)
        self.assertEqual(dangling, [])
        self.assertEqual(os.path.realpath(self.sim.face + "/blade01/class/net/eth0/device"),
                         os.path.realpath(self.sim.device("blade01", PF)))

    def test_every_file_can_be_read(self):
        self.with_nic()
        unread = []
        for folder, _, files in os.walk(self.sim.face + "/blade01"):
            for name in files:
                path = os.path.join(folder, name)
                if os.path.islink(path) or not os.stat(path).st_mode & 0o400:
                    continue
                if re.fullmatch(r"resource\d", name):
                    continue
                with open(path, "rb") as f:
                    if not f.read():
                        unread.append(path)
        self.assertEqual(unread, [])

    def test_slot_power(self):
        self.with_nic()
        power = self.sim.pci("blade01", "slots/0/power")
        self.assertEqual(read(power), "1")
        self.assertEqual(write(power, "0"), 0)
        self.assertFalse(os.path.exists(self.sim.device("blade01", PF)))
        self.assertEqual(write(power, "1"), 0)
        self.assertTrue(os.path.exists(self.sim.device("blade01", PF)))
        self.assertEqual(read(self.sim.pci("blade01", "slots/0/address")), PF[:10])

    def test_a_folder_that_grows_under_its_reader_gives_each_entry_once(self):
        self.manager.map_pfs(self.sim.adapter("hca")["port"], 1, 1, 3)
        self.with_nic()
        power = self.sim.pci("blade01", "slots/0/power")
        self.assertEqual(write(power, "0"), 0)
        before = sorted(os.listdir(self.sim.pci("blade01", "devices")))
        with os.scandir(self.sim.pci("blade01", "devices")) as entries:
            seen = [next(entries).name]
            self.assertEqual(write(power, "1"), 0)
            seen += [e.name for e in entries]
        self.assertIn(sorted(seen), (before, sorted(before + [PF])))
        self.assertIn(PF, os.listdir(self.sim.pci("blade01", "devices")))
        folder = os.open(self.sim.pci("blade01", "devices"), os.O_RDONLY | os.O_DIRECTORY)
        self.assertEqual(write(power, "0"), 0)
        self.assertEqual(sorted(os.listdir(folder)), before)
        self.assertEqual(write(power, "1"), 0)
        self.assertIn(PF, os.listdir(folder))
        os.close(folder)

    def test_boot_id_and_extension(self):
        self.boot("blade01", "blade04")
        self.assertEqual(read(self.sim.face + "/blade01/kernel/boot_id"),
                         self.sim.blade("blade01")["bootId"])
        self.assertTrue(os.path.exists(self.sim.pci("blade01", "banyan_vf_migration")))
        self.assertFalse(os.path.exists(self.sim.pci("blade04", "banyan_vf_migration")))


class RealClock(Base):
    clock = "real"

    def test_slow_writes_hold_up_nobody(self):
        self.with_nic()
        numvfs = self.sim.device("blade01", PF, "sriov_numvfs")
        start = time.monotonic()
        self.assertEqual(write(numvfs, "64"), 0)
        self.assertGreaterEqual(time.monotonic() - start, 0.14)
        took = []

        def disable():
            begin = time.monotonic()
            write(numvfs, "0")
            took.append(time.monotonic() - begin)
        writer = threading.Thread(target=disable)
        writer.start()
        while writer.is_alive():
            begin = time.monotonic()
            self.assertEqual(read(self.sim.device("blade01", PF, "vendor")), "0x15b3")
            self.assertLess(time.monotonic() - begin, 1)
        writer.join()
        self.assertGreaterEqual(took[0], 1.1)


def rdma_in_kernel():
    """With it libibverbs asks the kernel (NETLINK_RDMA) and never looks at SYSFS_PATH."""
    try:
        socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 20).close()
        return True
    except OSError:
        return False


class Verbs(Base):
    def verbs(self, *tool):
        """Runs a tool of libibverbs with the blade's sysfs and a /dev/infiniband of its own."""
        script = ("mount -t tmpfs none /dev && mkdir /dev/infiniband && "
                  "mknod /dev/infiniband/uverbs0 c 231 192 && "
                  "SYSFS_PATH=%s/blade01 exec %s" % (self.sim.face, " ".join(tool)))
        p = subprocess.run(["unshare", "-m", "sh", "-c", script], capture_output=True, text=True,
                           timeout=20)
        if "not found" in p.stderr or "Operation not permitted" in p.stderr:
            self.skipTest("%s cannot run here: %s" % (tool[0], p.stderr.strip()))
        self.assertEqual((p.returncode, p.stderr), (0, ""))
        return p.stdout

    @unittest.skipIf(os.getuid() or rdma_in_kernel(), "needs root, and a kernel without RDMA")
    def test_libibverbs_lists_the_hca(self):
        self.manager.map_pfs(self.sim.adapter("hca")["port"], 1, 1, 0)
        self.boot("blade01")
        self.assertRegex(self.verbs("ibv_devices"), r"mlx5_0\s+0000000000000000")
        self.assertRegex(self.verbs("ibv_devinfo", "-l"), r"1 HCA found:\s+mlx5_0\s")


class Uevents(Base):
    def test_hot_add_and_pull(self):
        self.boot("blade02")
        events = self.sim.uevents("blade02")
        self.manager.map_pfs(self.sim.adapter("nic-right")["port"], 2, 2, 0)
        seen = [(e["ACTION"], e["SUBSYSTEM"]) for e in events.until("bind", PF)]
        self.assertEqual(seen, [("add", "pci"), ("add", "net"), ("bind", "pci")])
        self.assertEqual(self.sim.ctl("pull", "nic-right"), (0, "", ""))
        seen = [(e["ACTION"], e["SUBSYSTEM"]) for e in events.until("remove", PF)]
        self.assertEqual(seen, [("remove", "net"), ("unbind", "pci"), ("remove", "pci")])
        self.assertEqual(self.sim.ctl("insert", "nic-right")[0], 0)
        events.close()

    def test_a_reboot_ends_the_readers(self):
        self.boot("blade01")
        events = self.sim.uevents("blade01")
        first = self.sim.blade("blade01")["bootId"]
        self.assertEqual(self.sim.ctl("reset", "blade01")[0], 0)
        while events.next():
            pass
        self.sim.wait_up("blade01")
        self.assertNotEqual(self.sim.blade("blade01")["bootId"], first)
        events.close()


class Control(Base):
    def test_verbs_and_refusals(self):
        code, _, err = self.sim.ctl("explode", "blade01")
        self.assertEqual(code, 64)
        self.assertIn("power", err)
        self.assertEqual(self.sim.ctl("power", "blade01")[0], 64)
        code, _, err = self.sim.ctl("power", "blade09", "on")
        self.assertEqual((code, err), (1, "there is no blade 'blade09'\n"))
        self.assertEqual(self.sim.ctl("pull", "nothing")[0], 1)
        self.assertEqual(self.sim.ctl("mem", "blade01", "0x0", "3")[0], 1)

    def test_power(self):
        self.boot("blade03")
        self.assertEqual(self.sim.ctl("power", "blade03", "off")[0], 0)
        self.assertEqual(self.sim.blade("blade03")["state"], "off")
        self.assertEqual(os.listdir(self.sim.pci("blade03", "devices")), [])
        self.assertEqual(self.sim.ctl("power", "blade03", "on")[0], 0)
        self.sim.wait_up("blade03")

    def test_memory(self):
        self.with_nic()
        base = read(self.sim.device("blade01", PF, "resource")).split()[0]
        self.assertEqual(self.sim.ctl("mem", "blade01", base, "4", "0x12345678")[0], 0)
        self.assertEqual(self.sim.ctl("mem", "blade01", base)[1], "0x12345678\n")

    def test_a_hung_blade_acts_when_it_goes_on(self):
        self.with_nic()
        self.assertEqual(self.sim.ctl("hang", "blade01", "on")[0], 0)
        result = []
        power = self.sim.pci("blade01", "slots/0/power")
        writer = threading.Thread(target=lambda: result.append(write(power, "0")))
        writer.start()
        self.assertEqual(self.sim.blade("blade01")["state"], "hung")
        self.assertTrue(os.path.exists(self.sim.device("blade01", PF)))
        self.assertEqual(self.sim.ctl("hang", "blade01", "off")[0], 0)
        writer.join(20)
        self.assertEqual(result, [0])
        self.assertFalse(os.path.exists(self.sim.device("blade01", PF)))


class Wire(Base):
    def test_garbage_closes_only_its_connection(self):
        for data in (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\4\0\0\0abcd", os.urandom(64)):
            with socket.socket(socket.AF_UNIX) as s:
                s.settimeout(20)
                s.connect(self.sim.listen[5:])
                s.sendall(data)
                s.shutdown(socket.SHUT_WR)
                while s.recv(4096):
                    pass
        self.assertEqual(self.manager.read(0), 0x57534E41594E4142)
        self.sim.log = [x for x in self.sim.log if " WARN " not in x]

    def test_interrupts_have_id_0(self):
        self.boot("blade01")
        self.manager.read(0)
        self.assertTrue(self.manager.interrupts)


class Life(unittest.TestCase):
    def test_sigterm_and_sigint_leave_nothing(self):
        for sig in (signal.SIGTERM, signal.SIGINT):
            sim = Simulator()
            self.assertTrue(mounted(sim.face))
            self.assertEqual(sim.stop(sig), 0)
            self.assertFalse(mounted(sim.face))
            self.assertEqual(os.listdir(sim.run), [])
            sim.remove()

    def test_a_dead_mount_is_detached_a_live_one_refused(self):
        sim = Simulator()
        second = Simulator(folder=sim.dir)
        self.assertEqual(second.process.wait(20), 1)
        second.reader.join()
        second.process.stderr.close()
        self.assertIn("is another banyan-sim running?", "".join(second.log))
        sim.stop(signal.SIGKILL)
        again = Simulator(folder=sim.dir)
        self.assertEqual(again.status()["name"], "c1")
        self.assertEqual(again.stop(), 0)
        self.assertFalse(mounted(sim.face))
        again.remove()

    def test_its_memory_outlives_it(self):
        folder = tempfile.mkdtemp(prefix="banyan-")
        memory = folder + "/memory"
        sim = Simulator(folder=folder, memory=memory)
        manager = Chassis(sim.listen[5:])
        self.addCleanup(manager.sock.close)
        manager.take_over()
        manager.authorise(1)
        manager.write(SW_COMMIT, 1)
        manager.authorise(2)  # nobody asked to keep that
        sim.stop(signal.SIGKILL)
        again = Simulator(folder=folder, memory=memory)
        manager = Chassis(again.listen[5:])
        self.addCleanup(manager.sock.close)
        self.assertEqual(manager.read(SW_OWNER_EPOCH), 1)
        self.assertEqual([manager.read(port(p) + PORT_AUTH) for p in (1, 2)], [1, 0])
        self.assertEqual(again.stop(), 0)
        code, err = self.refused("--chassis", SOURCES + "/config/demo-chassis.yaml", "--listen", sim.listen,
                                 "--host-face", sim.face, "--run", sim.run, "--memory", "/nonexistent/m")
        self.assertEqual(code, 1)
        self.assertIn("expected a file that can be written at '/nonexistent/m'", err)
        again.remove()

    def refused(self, *arguments):
        p = subprocess.run([PROGRAMS + "/banyan-sim", *arguments], capture_output=True, text=True,
                           timeout=20)
        return p.returncode, p.stderr

    def test_bad_arguments_and_files(self):
        code, err = self.refused("--chassis", "/nonexistent", "--listen", "unix:/x",
                                 "--host-face", "/x", "--run", "/x")
        self.assertEqual(code, 1)
        self.assertIn("/nonexistent", err)
        self.assertEqual(self.refused()[0], 64)
        self.assertEqual(self.refused("ctl", "--run", "/nonexistent", "status")[0], 69)

    def test_qemu_blades_are_refused_by_name(self):
        sim = Simulator()
        sim.stop()
        path = sim.dir + "/qemu.yaml"
        with open(SOURCES + "/config/demo-chassis.yaml", encoding="utf-8") as f:
            text = f.read().replace("name: blade02, kind: face", "name: blade02, kind: qemu")
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        code, err = self.refused("--chassis", path, "--listen", sim.listen, "--host-face",
                                 sim.face, "--run", sim.run)
        self.assertEqual(code, 1)
        self.assertIn("'blade02' is of kind qemu", err)
        sim.remove()


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
