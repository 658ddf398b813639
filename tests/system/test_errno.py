# SPDX-License-Identifier: Apache-2.0
"""What the files of a blade that act answer, one table: the kernel's own errno in every refused case, and how
long a write takes (printed; never less than the kernel takes). Facts of Linux 6.1, docs/host-face.md."""
import errno
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from chassis import MEMORY, Chassis
from simulator import Simulator, read, write

PF, VF = "0000:03:00.0", "0000:03:00.1"
OK = 0
# The PF has TotalVFs 64 and three VFs of its own. Rows: file, text, errno; None as text: what the file reads.
NUMVFS = "devices/%s/sriov_numvfs" % PF
AUTOPROBE = "devices/%s/sriov_drivers_autoprobe" % PF
OVERRIDE = "devices/%s/driver_override" % PF
DRIVERS, POWER = "drivers/mlx5_core/", "slots/0/power"
TABLE = (
    (NUMVFS, "65", errno.ERANGE), (NUMVFS, "65535\n", errno.ERANGE), (NUMVFS, "65536", errno.EINVAL),
    (NUMVFS, "-1", errno.EINVAL), (NUMVFS, "many\n", errno.EINVAL), (NUMVFS, "4 4", errno.EINVAL),
    (NUMVFS, "0x", errno.EINVAL), (NUMVFS, "09", errno.EINVAL), (NUMVFS, "4.0", errno.EINVAL),
    (NUMVFS, "0", OK), (NUMVFS, "+64\n", OK), (NUMVFS, None, "64"), (NUMVFS, "64", OK), (NUMVFS, "0100", OK),
    (NUMVFS, "0x40", OK), (NUMVFS, "3", errno.EBUSY), (NUMVFS, "65", errno.ERANGE),
    (AUTOPROBE, "maybe", errno.EINVAL), (AUTOPROBE, "n", OK), (AUTOPROBE, "1", OK),
    ("devices/%s/sriov_vf_msix_count" % VF, "4", errno.EBUSY),
    (DRIVERS + "unbind", VF, OK), (DRIVERS + "unbind", VF, errno.ENODEV),
    ("devices/%s/sriov_vf_msix_count" % VF, "4", errno.EOPNOTSUPP),
    (DRIVERS + "bind", VF, OK), (DRIVERS + "bind", VF, errno.EBUSY),
    ("drivers/nvme/bind", VF, errno.ENODEV), ("drivers/nvme/unbind", VF, errno.ENODEV),
    (DRIVERS + "unbind", "0000:7f:00.0", errno.ENODEV), (DRIVERS + "unbind", "nobody", errno.ENODEV),
    ("devices/%s/remove" % VF, "1", errno.ENOENT), ("devices/%s/rescan" % VF, "1", errno.ENOENT),
    # the driver leaves SR-IOV on; then nothing can be changed until a driver with SR-IOV is there
    (DRIVERS + "unbind", PF, OK), (NUMVFS, None, "64"), (NUMVFS, "0", errno.ENOENT),
    (NUMVFS, "3", errno.ENOENT), (NUMVFS, "64", OK), (NUMVFS, "65", errno.ERANGE),
    (OVERRIDE, "pci-pf-stub", OK), ("drivers_probe", PF, OK), (NUMVFS, "0", OK), (NUMVFS, None, "0"),
    ("drivers/pci-pf-stub/unbind", PF, OK), (NUMVFS, "1", errno.ENOENT), (NUMVFS, "0", OK),
    (OVERRIDE, "\n", OK), ("drivers_probe", PF, OK), (NUMVFS, "4", OK), (NUMVFS, "0", OK),
    ("drivers_probe", "0000:7f:00.0", errno.ENODEV),
    ("devices/%s/reset" % PF, "1", OK), ("devices/%s/reset" % PF, "0", errno.EINVAL),
    ("devices/%s/reset" % PF, "2", errno.EINVAL), ("devices/%s/reset" % PF, "now", errno.EINVAL),
    ("devices/0000:02:00.0/reset", "1", errno.ENOENT),
    (POWER, "2", errno.EINVAL), (POWER, "1", errno.ENODEV), (POWER, "0", OK), (NUMVFS, "1", errno.ENOENT),
    (POWER, "0", errno.ENODEV), (POWER, "1", OK), (NUMVFS, None, "0"),
    (POWER, "off", OK), (POWER, "257", OK), ("slots/1/power", "1", errno.ENODEV),
    ("slots/1/power", "0", errno.ENODEV), ("slots/77/power", "1", errno.ENOENT),
    ("rescan", "x", errno.EINVAL), ("rescan", "0", OK), ("rescan", "1\n", OK), ("rescan", "2", OK),
    ("devices/%s/rescan" % PF, "x", errno.EINVAL), ("devices/%s/rescan" % PF, "0", OK),
    ("devices/%s/remove" % PF, "x", errno.EINVAL), ("devices/%s/remove" % PF, "0", OK),
    (NUMVFS, None, "0"),
    # a PF removed under its VFs leaves orphans, which are in the way when it is back
    (NUMVFS, "4", OK), ("devices/%s/remove" % PF, "1", OK), ("devices/%s/remove" % PF, "1", errno.ENOENT),
    ("rescan", "1", OK), (NUMVFS, None, "0"), (NUMVFS, "2", errno.ENOENT),
    ("devices/%s/vendor" % PF, "1", errno.EACCES), ("devices/%s/resource0" % PF, "1", errno.EIO),
)
SMALL = """apiVersion: banyan/v1
kind: ChassisModel
metadata: {name: c1}
spec:
  serial: C1
  switch: {ports: 4}
  hosts:
    - {slot: 1, name: blade01, bridges: 2, vfMigration: true, hotplugReserve: {buses: 4, mmio: 64MiB, mmio64: 1GiB}}
    - {slot: 2, name: blade02, bridges: 2, hotplugReserve: {buses: 8, mmio: 64MiB, mmio64: 4MiB}, vfMigration: true}
  models:
    nic: {kind: mra, class: ethernet, vendor: "15b3", device: "101d", vfDevice: "101e", ports: [{speed: 100Gbit}],
          link: {speed: 16GT, width: 16}, vfs: 600, vhs: 4, bars: [{size: 16KiB, type: mem64}], msix: 4}
  adapters: [{slot: 1, name: nic, model: nic, serial: N}]
"""


class Errno(unittest.TestCase):
    def start(self, **options):
        self.sim = Simulator(**options)
        self.addCleanup(self.end)
        self.manager = Chassis(self.sim.listen[5:])
        self.manager.take_over()

    def end(self):
        self.manager.sock.close()
        self.assertEqual(self.sim.stop(), 0)
        self.sim.remove()

    def give(self, vh, adapter="nic-left", vfs=0):
        port = self.sim.adapter(adapter)["port"]
        self.manager.map_pfs(port, vh, vh, 0)
        for vf in range(vfs):
            self.manager.migrate_in(port, vf, vh)
        self.manager.authorise(vh)
        self.sim.wait_up("blade%02d" % vh)

    def run_table(self, blade, rows):
        """Each row in its place: what was before it counts."""
        for n, (name, text, want) in enumerate(rows):
            path = self.sim.pci(blade, name)
            got = read(path) if text is None else write(path, text)
            named = want if text is None else errno.errorcode.get(want, "0")
            found = got if text is None else errno.errorcode.get(got, "0")
            self.assertEqual(found, named, "row %d: %s <- %r" % (n, name, text))

    def test_table(self):
        self.start()
        self.give(1, vfs=3)
        self.run_table("blade01", TABLE)

    def test_a_stock_kernel_adds_what_is_there(self):
        """Of a PF that can migrate Linux adds InitialVFs at most, whatever NumVFs says."""
        self.start()
        self.give(4, vfs=2)
        self.run_table("blade04", ((NUMVFS, "4", OK), (NUMVFS, None, "4"), ("devices/%s/class" % VF, None, "0x020000"),
                                   ("devices/0000:03:00.2/class", None, "0x020000")))
        self.assertFalse(os.path.exists(self.sim.device("blade04", "0000:03:00.3")))
        self.run_table("blade04", ((NUMVFS, "0", OK),))
        self.assertFalse(os.path.exists(self.sim.device("blade04", VF)))

    def test_more_vfs_than_the_kernel_knew(self):
        """InitialVFs above the TotalVFs that the kernel read when it found the PF: EIO."""
        self.start()
        total = self.manager.control_table(self.sim.adapter("nic-left")["port"]) + 0x8000 + 0x20
        self.manager.write(total, 2, space=MEMORY)
        self.give(1)
        self.manager.write(total, 64, space=MEMORY)
        for vf in range(4):
            self.manager.migrate_in(self.sim.adapter("nic-left")["port"], vf, 1)
        self.run_table("blade01", ((NUMVFS, "3", errno.ERANGE), (NUMVFS, "1", errno.EIO), (NUMVFS, None, "0")))

    def test_no_room(self):
        """Bus numbers do not suffice; BARs do not fit their window."""
        with open(os.path.join(os.environ.get("TMPDIR", "/tmp"), "banyan-small-%d.yaml" % os.getpid()), "w",
                  encoding="utf-8") as f:
            f.write(SMALL)
        self.addCleanup(os.unlink, f.name)
        self.start(chassis=f.name)
        self.give(1, "nic")
        self.give(2, "nic")
        self.run_table("blade01", ((NUMVFS, "601", errno.ERANGE), (NUMVFS, "600", errno.ENOMEM),
                                   (NUMVFS, None, "0"), (NUMVFS, "2", OK), (NUMVFS, "0", OK)))
        self.run_table("blade02", ((NUMVFS, "600", errno.ENOMEM), (NUMVFS, "1", errno.ENOMEM)))

    def test_how_long_they_take(self):
        self.start(clock="real")
        self.give(1, vfs=3)
        for name, text, least in ((NUMVFS, "64", 0.1), (NUMVFS, "0", 1.0), ("devices/%s/reset" % PF, "1", 0.1),
                                  (POWER, "0", 1.0), (POWER, "1", 1.0), (NUMVFS, "65", 0)):
            start = time.monotonic()
            write(self.sim.pci("blade01", name), text)
            took = time.monotonic() - start
            print("%-40s <- %-3s %6.3f s" % (name, text, took))
            self.assertGreaterEqual(took, least)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
