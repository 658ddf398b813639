# SPDX-License-Identifier: Apache-2.0
"""`lspci -vvv -xxxx` on every blade of every shipped chassis (four of the largest): nothing unknown in it, and
each field that it decodes is what the registers say that the management reads for that hierarchy."""
import glob
import os
import re
import struct
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from chassis import CONFIG, Chassis
from pcidecode import Config
from simulator import SOURCES, Simulator, read

LARGEST = ["blade001", "blade004", "blade128", "blade255"]
# what lspci 3.9 cannot decode of anybody's: it names the capability and says <?>
UNDECODED = ("Designated Vendor-Specific", "Vendor Specific Information", "Readiness Time Reporting",
              "Multi-Root I/O Virtualization")
GARBAGE = re.compile(r"unknown|Unknown|unassigned|ignored|!!!|\?\?|pin \?|<chain|broken|reserved|Extended Capability "
                     r"ID|rev ff|<?[?]>")
SETUP = """apiVersion: banyan/v1
kind: Scenario
metadata: {name: setup}
spec:
  chassis: any.yaml
  steps:
"""
BESIDE = SETUP.replace("  steps:", "  owner: false\n  steps:")


def chassis_files():
    for path in sorted(glob.glob(SOURCES + "/config/*.yaml") + glob.glob(SOURCES + "/config/scenarios/chassis/*")):
        with open(path, encoding="utf-8") as f:
            if re.search("^kind: ChassisModel", f.read(), re.M):
                yield os.path.relpath(path, SOURCES)


def blocks(text):
    """{address: (text, bytes of the dump)}"""
    out = {}
    for block in text.strip().split("\n\n"):
        dump = re.findall(r"^[0-9a-f]{2,3}: ((?:[0-9a-f]{2} ?)+)$", block, re.M)
        out[block.split()[0]] = (re.sub(r"\n[0-9a-f]{2,3}: [0-9a-f ]+", "", block),
                                 bytes.fromhex(" ".join(dump)))
    return out


class Decode(unittest.TestCase):
    def setup_scenario(self, sim, blades, adapters):
        """Something of each kind for each blade: PFs with VFs, a synthetic function, a whole device."""
        root = [h["name"] for h in sim.status()["hosts"] if h["vh"] == 0]
        blades = [b for b in blades if b not in root]
        steps = ["{within: 5s, expect: [{blade: {name: %s, state: up}}]}" % b for b in root]
        left = {a["name"]: a["vfs"] for a in adapters}
        kinds = {k: [a for a in adapters if a["kind"] == k] for k in ("mra", "sriov", "base")}
        for a in kinds["sriov"]:
            left[a["name"]] = min(a["vfs"], len(blades))
            steps.append("{enableVfs: {adapter: %s, count: %d}}" % (a["name"], left[a["name"]]))
        for i, blade in enumerate(blades):
            steps.append("{authorise: %s, within: 5s, expect: [{blade: {name: %s, state: up}}]}" % (blade, blade))
            for b, a in enumerate(kinds["mra"]):
                if i < 8:
                    steps.append("{givePfs: {adapter: %s, blade: %s, bridge: %d}}" % (a["name"], blade, b))
                if i < 2:
                    for v in range(2 * i, 2 * i + 2):
                        f = "%s/pf0/vf%d" % (a["name"], v)
                        steps += ["{block: %s}" % f, "{resetVf: %s, within: 1s, expect: [{event: RESET_DONE}]}" % f,
                                  "{migrateIn: {function: %s, blade: %s}}" % (f, blade), "{unblock: %s}" % f]
                if b == 1:
                    break
            for b, a in enumerate(kinds["sriov"]):
                if i < left[a["name"]]:
                    steps.append("{map: {function: %s/pf0/vf%d, blade: %s, bridge: %d}}" % (
                        a["name"], i, blade, b + 2))
                if b == 1:
                    break
        for b, a in enumerate(kinds["base"]):
            steps.append("{map: {function: %s, blade: %s, bridge: %d}}" % (a["name"], blades[0], b + 4))
        path = sim.dir + "/setup.yaml"
        with open(path, "w", encoding="utf-8") as f:
            f.write(SETUP + "".join("    - %s\n" % s for s in steps))
            f.write("    - {after: 5s}\n")
        code, out, err = sim.ctl("run", path)
        self.assertEqual((code, err), (0, ""), out)

    def compare(self, sim, manager, vh, blade, *only):
        """All devices of the blade, or those that lspci's 'only' selects."""
        server, domain, several = self.places[blade]
        code, text, err = sim.lspci(server, "-vvv", "-xxxx", *(
            ("-D", "-s", "%04x::" % domain) if several and not only else only))
        self.assertEqual((code, err), (0, []), blade)
        found = {bdf[-7:]: x for bdf, x in blocks(text).items() if not several or
                 bdf.startswith("%04x:" % domain)}
        empty = 0
        for bdf, (decoded, data) in found.items():
            where = "%s %s" % (blade, bdf)
            for line in decoded.splitlines():
                if not line.endswith("<?>") or not any(x in line for x in UNDECODED):
                    self.assertIsNone(GARBAGE.search(line), "%s: %r" % (where, line))
            config = Config(data)
            if not bdf.startswith("00:"):
                empty += config.header == 1 and "PresDet- Interlock-" in decoded
                if config.header == 0 or empty <= 3 or bdf.startswith("01:"):
                    self.same_registers(manager, vh, bdf, data, where)
            for line in config.lines():
                self.assertIn(line, decoded, where)
            self.regions(sim, blade, bdf, decoded, config)
        return found

    def same_registers(self, manager, vh, bdf, data, where):
        """What the blade's kernel reads is what the management reads in that hierarchy."""
        self.assertEqual(len(data), 4096, where)
        rid = int(bdf[:2], 16) << 8 | int(bdf[3:5], 16) << 3 | int(bdf[6])
        values = manager.read(0, count=1024, space=CONFIG, vh=vh, bdf=rid, width=4)
        if vh == 0 and set(values) == {0xFFFFFFFF}:  # a VF that a host owns: a hole to the management only
            return
        self.assertEqual(data, struct.pack("<1024I", *values), where)

    def regions(self, sim, blade, bdf, decoded, config):
        """BARs: the registers, the kernel's `resource` and lspci agree."""
        shown = re.findall(r"^\tRegion (\d): Memory at (\w+) \((\d+)-bit, (non-)?prefetchable\)", decoded, re.M)
        server, domain, _ = self.places[blade]
        kernel = [x.split() for x in
                  read(sim.device(server, "%04x:%s" % (domain, bdf), "resource")).splitlines()]
        self.assertEqual({int(i): int(a, 16) for i, a, _, _ in shown},
                         {i: int(x[0], 16) for i, x in enumerate(kernel[:6]) if int(x[2], 16)}, (blade, bdf))
        if config.w(0) == 0xFFFF or config.header:
            return
        for i, address, bits, non in shown:
            at = 0x10 + 4 * int(i)
            low, high = config.l(at), config.l(at + 4) if bits == "64" else 0
            self.assertEqual((high << 32 | low & ~15, low >> 1 & 3, low >> 3 & 1),
                             (int(address, 16), 2 if bits == "64" else 0, 0 if non else 1), (blade, bdf))

    def vfs(self, sim, blade, bdf):
        path = sim.dir + "/vfs.yaml"
        with open(path, "w", encoding="utf-8") as f:
            f.write(BESIDE + "    - {numvfs: {blade: %s, at: \"%s\", count: 4}, within: 5s, expect: [{virtfns: "
                    "{blade: %s, at: \"%s\", count: 2}}]}\n" % (blade, bdf, blade, bdf))
        code, out, err = sim.ctl("run", path)
        self.assertEqual((code, err), (0, ""), out)

    def errors(self, sim, manager, vh, blade, bdf):
        """An error of each kind that the kernel does not clear away, with a header of our own."""
        path = sim.dir + "/errors.yaml"
        with open(path, "w", encoding="utf-8") as f:
            f.write(BESIDE)
            for bit in (12, 20):
                f.write("    - {hang: %s}\n" % blade)
                f.write("    - {aer: {blade: %s, at: \"%s\", kind: nonfatal, bit: %d, header: [0x4a000001, 0x11, "
                        "%d, 0xdeadbeef]}}\n" % (blade, bdf, bit, bit))
            f.write("    - {aer: {blade: %s, at: \"%s\", kind: correctable, bit: 6}}\n" % (blade, bdf))
        code, out, err = sim.ctl("run", path)
        self.assertEqual((code, err), (0, ""), out)
        decoded = self.compare(sim, manager, vh, blade, "-s", bdf)[bdf][0]
        self.assertIn("UESta:\tDLP- SDES- TLP+ FCP- CmpltTO- CmpltAbrt- UnxCmplt- RxOF- MalfTLP- ECRC- UnsupReq+",
                      decoded)
        self.assertIn("First Error Pointer: 0c,", decoded)
        self.assertIn("HeaderLog: 4a000001 00000011 0000000c deadbeef", decoded)
        self.assertIn("CESta:\tRxErr- BadTLP+", decoded)
        sim.ctl("hang", blade, "off")

    def root(self, sim, manager, blade, found):
        """The blade that is VH 0's root enables the VFs of its first PF and sees them all."""
        pf = min(b for b, (t, _) in found.items() if "Total VFs" in t)
        path = sim.dir + "/root.yaml"
        with open(path, "w", encoding="utf-8") as f:
            f.write(BESIDE + "    - {numvfs: {blade: %s, at: \"%s\", count: 16}, within: 5s, expect: [{virtfns: "
                    "{blade: %s, at: \"%s\", count: 16}}]}\n" % (blade, pf, blade, pf))
        code, out, err = sim.ctl("run", path)
        self.assertEqual((code, err), (0, ""), out)
        vfs = self.compare(sim, manager, 0, blade, "-s", pf[:3])
        self.assertEqual(len(vfs), 18)  # BF, PF, 16 VFs

    @staticmethod
    def servers(status):
        """{root: (folder of its server, PCI domain, whether the server has several)}"""
        roots, lead = {}, {b["name"]: b.get("rootOf", b["name"]) for b in status["blades"]}
        for name, server in lead.items():
            roots.setdefault(server, []).append(name)
        return {name: (server, roots[server].index(name), len(roots[server]) > 1)
                for name, server in lead.items()}

    def one(self, name):
        sim = Simulator(chassis=name)
        try:
            status = sim.status()
            hosts = {h["name"]: h["vh"] for h in status["hosts"]}
            bridges = {h["name"]: 2 + (h["bridges"] if h["vh"] else len(status["adapters"]))
                       for h in status["hosts"]}
            self.places = self.servers(status)
            self.assertEqual(sorted(os.listdir(sim.face)),
                             sorted({server for server, _, _ in self.places.values()}))
            blades = [b for b in hosts if len(hosts) < 100 or b in LARGEST]
            self.setup_scenario(sim, blades, status["adapters"])
            manager = Chassis(sim.listen[5:])
            self.addCleanup(manager.sock.close)
            found = {b: self.compare(sim, manager, hosts[b], b) for b in blades}
            for b, f in found.items():
                self.assertEqual(sum(" PCI bridge: " in t for t, _ in f.values()), bridges[b])
            blade, vh, first = blades[0], hosts[blades[0]], found[blades[0]]
            pfs = [b for b, (t, _) in first.items() if "Total VFs" in t]
            if pfs:
                self.vfs(sim, blade, pfs[0])
                self.assertEqual(len(self.compare(sim, manager, vh, blade, "-s", pfs[0][:3])), 3)
            for b in blades:
                if not hosts[b]:
                    self.root(sim, manager, b, found[b])
            self.errors(sim, manager, vh, blade, next((b for b in first if not b.startswith(("00:", "01:", "02:"))),
                                                      "02:00.0"))
            self.assertEqual(sim.stop(), 0)
        finally:
            if sim.process.poll() is None:
                sim.stop()
            sim.remove()
        return sum(len(f) for f in found.values())

    def test_every_chassis(self):
        names = list(chassis_files())
        self.assertGreaterEqual(len(names), 4)
        for name in names:
            with self.subTest(name):
                start = time.monotonic()
                n = self.one(name)
                print("%s: %d devices, %.1f s" % (name, n, time.monotonic() - start))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
