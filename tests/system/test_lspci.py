# SPDX-License-Identifier: Apache-2.0
"""What lspci decodes on the blades, compared with the chassis description and with what the
manager reads from the switch: neither goes through the simulator's own idea of a register."""
import os
import re
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from chassis import MEMORY, Chassis, port, row
from simulator import SOURCES, Simulator

TARGET_DEVICE = 2
UNITS = {"K": 10, "M": 20, "G": 30, "T": 40}
BRIDGE = "02:%02x.%d"


def size(text):
    m = re.fullmatch(r"(\d+)([KMGT]?)(iB)?", text)
    return int(m.group(1)) << UNITS.get(m.group(2), 0)


def description():
    """Models and adapters of the demo chassis, by the text of their inline maps."""
    with open(SOURCES + "/config/demo-chassis.yaml", encoding="utf-8") as f:
        text = re.sub(r":\n +\{", ": {", f.read())
    text = re.sub(r",\n +", ", ", text)
    models = dict(re.findall(r"^    ([\w-]+): (\{kind: .*\})$", text, re.M))
    adapters = re.findall(r"name: ([\w-]+), model: ([\w-]+)", text)
    return {name: models[model] for name, model in adapters}


def value(model, key):
    m = re.search(r'\b%s: "?([\w.-]+)' % key, model)
    return m and m.group(1)


class Decoded(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sim = Simulator()
        cls.manager = m = Chassis(cls.sim.listen[5:])
        m.take_over()
        cls.model = description()
        # blade01: bridge -> adapter; two buses a bridge, so bridge b leads to bus 3 + 2 b
        cls.behind = {0: "nic-left", 3: "hca", 5: "gpu-whole", 9: "nic-right"}
        for b, name in cls.behind.items():
            at = cls.sim.adapter(name)["port"]
            if value(cls.model[name], "kind") == "mra":
                m.map_pfs(at, 1, 1, b)
            else:
                m.write(row(1, b) + 0x10, TARGET_DEVICE << 56 | at << 32)
                m.write(row(1, b), 1)
        m.write(port(1) + 0x48, 0x1122334455667788)
        m.authorise(1)
        cls.sim.wait_up("blade01")
        code, text, err = cls.sim.lspci("blade01", "-vvv", "-nn")
        assert (code, err) == (0, []), err
        cls.text = {block.split()[0]: block for block in text.strip().split("\n\n")}

    @classmethod
    def tearDownClass(cls):
        cls.manager.sock.close()
        code = cls.sim.stop()
        cls.sim.remove()
        assert code == 0, "".join(cls.sim.log)

    def function(self, bridge):
        return self.text["%02x:00.0" % (3 + 2 * bridge)]

    def bridge(self, b):
        return self.text[BRIDGE % (b // 8, b % 8)]

    def test_ids_links_and_vectors(self):
        for b, name in self.behind.items():
            text, model = self.function(b), self.model[name]
            ids = value(model, "vendor") + ":" + value(model, "device")
            self.assertIn("[%s]" % ids, text, name)
            link = re.search(r"link: \{speed: (\w+), width: (\d+)\}", model)
            self.assertIn("LnkCap:\tPort #0, Speed %s/s, Width x%s," % link.groups(), text)
            count = re.search(r"MSI-X: Enable\+ Count=(\d+) Masked-", text)
            self.assertEqual(count and count.group(1), value(model, "msix"), name)
            self.assertIn("FLReset+", text)

    def test_sriov_of_the_pfs(self):
        for b, name in self.behind.items():
            text, model = self.function(b), self.model[name]
            iov = re.search(r"Initial VFs: (\d+), Total VFs: (\d+), Number of VFs: (\d+)", text)
            if value(model, "kind") == "base":
                self.assertIsNone(iov)
                continue
            self.assertEqual(iov.groups(), ("0", value(model, "vfs"), "0"), name)
            self.assertIn("Device ID: " + value(model, "vfDevice"), text)
            self.assertIn("IOVCap:\tMigration+", text)
            self.assertIn("IOVCtl:\tEnable- Migration- Interrupt- MSE- ARIHierarchy+", text)

    def test_bars_of_a_whole_device(self):
        text = self.function(5)
        want = [size(s[:-2] if s.endswith("iB") else s)
                for s in re.findall(r"\{size: (\w+)", self.model["gpu-whole"])]
        shown = re.findall(r"Region \d: Memory at (\w+) \((.*?)\) \[size=(\w+)\]", text)
        self.assertEqual([size(s) for _, _, s in shown], want)
        for address, _, s in shown:
            self.assertEqual(int(address, 16) % size(s), 0)

    def test_bridges_as_the_manager_reads_them(self):
        for b in range(16):
            text, r = self.bridge(b), row(1, b)
            buses, mmio, mmio64 = self.manager.read(r + 0xA0, count=3)
            status = self.manager.read(r + 0x08)
            m = re.search(r"secondary=(\w+), subordinate=(\w+),", text)
            self.assertEqual([int(x, 16) for x in m.groups()], [buses & 0xFF, buses >> 8])
            shown = re.findall(r"emory behind bridge: .*\[size=(\w+)\]", text)
            self.assertEqual([size(x) for x in shown], [mmio, mmio64])
            self.assertIn("PresDet" + "-+"[status & 1], text)
            self.assertIn("Power" + "+-"[status >> 1 & 1], re.search("Control: Attn.*", text)[0])
            self.assertEqual(bool(status & 1), b in self.behind)

    def test_bars_lie_in_their_bridges_windows(self):
        for b in self.behind:
            windows = [(int(lo, 16), int(hi, 16)) for lo, hi in
                       re.findall(r"emory behind bridge: (\w+)-(\w+)", self.bridge(b))]
            for address, s in re.findall(r"Region \d: Memory at (\w+) .*\[size=(\w+)\]",
                                         self.function(b)):
                first = int(address, 16)
                last = first + size(s) - 1
                self.assertTrue(any(lo <= first and last <= hi for lo, hi in windows), address)

    def test_the_host_reads_its_challenge(self):
        """VS identity of the upstream bridge (HANDOVER 7), found by its vendor and id."""
        run = ["setpci", "-A", "linux-sysfs", "-O", "sysfs.path=" + self.sim.pci("blade01")]
        text = subprocess.run(run + ["-s", "01:00.0", "ECAP23+4.l", "ECAP23+8.w", "ECAP23+18.l",
                                     "ECAP23+1c.l"], capture_output=True, text=True, timeout=20)
        vendor, ident, low, high = text.stdout.split()
        self.assertEqual(vendor[-4:], "ba5a")
        self.assertEqual(ident, "0002")
        self.assertEqual((high, low), ("11223344", "55667788"))

    def test_vf_table_agrees_with_initial_vfs(self):
        ct = self.manager.control_table(self.sim.adapter("nic-left")["port"])
        self.assertEqual(self.manager.read(ct + 0x1000 + 0x20 + 0x10, space=MEMORY), 0)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
