# SPDX-License-Identifier: Apache-2.0
"""The main job: the demo policy on the demo chassis, seen from the manager and from every blade."""
import os
import re
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fabric import BLADES, DEMO, HOSTS, FabricTest
from simulator import PROGRAMS, SOURCES
from test_lspci import description, size, value

MIGRATING = ("blade01", "blade02", "blade03", "blade05")
DRIVERS = {"ethernet": "mlx5_core", "infiniband": "mlx5_core", "fibre-channel": "lpfc",
           "nvme": "nvme"}


def plain(text):
    return text.replace("0x", "").replace(":", "")


QOS = """apiVersion: banyan/v1
kind: QosClass
metadata: {name: gold}
spec: {guaranteed: 5Gbit, limit: 30Gbit}
"""


def keys(tree):
    """All keys of a reply; those of `attributes` and `assignments` of status included."""
    if isinstance(tree, dict):
        return set(tree).union(*map(keys, tree.values()))
    return set().union(*map(keys, tree)) if isinstance(tree, list) else set()


class Main(FabricTest):
    @classmethod
    def prepare(cls):
        cls.f.timed("apply of the demo policy, 13 assignments", lambda: cls.f.apply(DEMO))
        cls.models = description()

    def test_1_every_device_is_where_it_should_be_and_nowhere_else(self):
        seen = {b: self.f.functions_on(b) for b in BLADES}
        want = self.f.assignments()
        self.assertEqual(len(want), 13)
        expected = {b: set() for b in BLADES}
        for name, a in want.items():
            with self.subTest(name):
                self.assertEqual((a["phase"], a["reason"]), ("Active", "OK"))
                model = self.models[a["function"].split("/")[0]]
                self.assertIn(a["bdf"], seen[a["host"]])
                shown = seen[a["host"]][a["bdf"]]
                expected[a["host"]].add(a["bdf"])
                self.check_function(a, shown, model)
        for b in BLADES:
            extra = {d: f for d, f in seen[b].items() if d not in expected[b]}
            self.assertTrue(all(f["pf"] for f in extra.values()), (b, extra))
            self.assertTrue(b in MIGRATING or not extra, (b, extra))
        self.assertEqual(seen["blade05"], {})

    def check_function(self, a, shown, model):
        whole, kind = value(model, "kind") == "base", value(model, "kind")
        ids = (value(model, "vendor"), value(model, "device" if whole else "vfDevice"))
        self.assertEqual((shown["vendor"], shown["device"]), ids)
        vendor_driver = {"10de": "nvidia", "1002": "amdgpu"}.get(ids[0])
        self.assertEqual(shown["driver"], vendor_driver or DRIVERS[value(model, "class")])
        lvf = kind == "mra" and a["host"] in MIGRATING
        self.assertEqual((a["place"]["way"] == "lvf", shown["virtfn"]), (lvf, lvf))
        for key in ("mac", "wwpn", "wwnn"):
            if key in a["attributes"]:
                self.assertEqual(plain(shown[key]), plain(a["attributes"][key]))
        if "guid" in a["attributes"]:
            self.assertTrue(plain(shown["gid"]).endswith(plain(a["attributes"]["guid"])))

    def test_2_lspci(self):
        places = {(a["host"], a["bdf"][5:]): a for a in self.f.assignments().values()}
        for b in BLADES:
            code, text, err = self.f.sim.lspci(b, "-vvv", "-nn")
            self.assertEqual((code, err), (0, []), b)
            self.assertNotIn("!!!", text)
            self.assertNotIn("unassigned", text)
            blocks = {x.split()[0]: x for x in text.strip().split("\n\n")}
            for (host, bdf), a in places.items():
                if host == b:
                    self.check_text(a, blocks[bdf])
            self.check_raw_cycles(b)

    def check_raw_cycles(self, b):
        """What the kernel shows is what configuration cycles find; VFs read FFFFh as their ids."""
        vfs = [d[5:] for d, f in self.f.functions_on(b).items() if f["virtfn"]]
        found = sorted(self.f.sim.ctl("lspci", b)[1].splitlines())
        raw = [x for x in found if " ffff:ffff " not in x]
        self.assertEqual([x.split()[0] for x in found if x not in raw], sorted(vfs))
        shown = [re.sub(r" \(prog.*", "", x) for x in self.f.sim.lspci(b, "-n")[1].splitlines()]
        self.assertEqual(raw, sorted(x for x in shown if not x.startswith("00:") and
                                     x.split()[0] not in vfs))

    def check_text(self, a, text):
        model = self.models[a["function"].split("/")[0]]
        whole = value(model, "kind") == "base"
        ids = value(model, "vendor") + ":" + value(model, "device" if whole else "vfDevice")
        self.assertIn("[%s]" % ids, text)
        link = re.search(r"link: \{speed: (\w+), width: (\d+)\}", model)
        self.assertIn("LnkCap:\tPort #0, Speed %s/s, Width x%s," % link.groups(), text)
        vectors = re.search(r"MSI-X: Enable\+ Count=(\d+)", text).group(1)
        self.assertEqual(vectors, value(model, "msix"))
        self.assertIn("FLReset+", text)
        want = [size(s[:-2] if s.endswith("iB") else s)
                for s in re.findall(r"\{size: (\w+)", model)]
        shown = [size(s) for s in re.findall(r"Region \d: Memory at \w+ .*\[size=(\w+)\]", text)]
        self.assertEqual(shown, want, text)

    def test_3_nothing_to_do(self):
        a = self.f.banyan("plan", "-f", DEMO, "-o", "json", code=0)
        plan = a.json()["plan"]
        self.assertEqual((plan["changes"], plan["unchanged"], plan["pending"]), ([], 13, False))
        self.assertIn("nothing to do", self.f.banyan("plan", "-f", DEMO, code=0).out)
        self.f.apply(DEMO)
        self.assertEqual(self.f.status()["version"], 2)

    def test_4_the_difference_after_an_edit(self):
        with open(DEMO, encoding="utf-8") as f:
            text = f.read()
        text = text.replace("limit: 16Gbit}", "limit: 12Gbit}").replace(
            "    - {name: scratch,", "    - {name: scratch2, class: nvme, pool: flash}\n"
            "    - {name: scratch,")
        edited = self.f.file("edited.yaml", text)
        writes = self.f.writes()
        a = self.f.banyan("plan", "-f", edited, "-o", "json", code=2)
        changes = {(c["change"], c["assignment"]) for c in a.json()["plan"]["changes"]}
        self.assertEqual(changes, {("update", "database/hba0"), ("give", "database/scratch2")})
        self.assertEqual(a.json()["plan"]["unchanged"], 12)
        self.assertEqual(a.json()["releases"], [])
        self.f.timed("apply of an edit: one limit, one new device", lambda: self.f.apply(edited))
        now = self.f.assignments()
        self.assertEqual(now["database/hba0"]["attributes"]["limitMbps"], 12000)
        touched = {now["database/hba0"]["function"], now["database/scratch2"]["function"]}
        changed = {f for f, n in self.f.writes().items() if n != writes.get(f)}
        self.assertLessEqual(changed, touched)
        self.f.banyan("plan", "-f", edited, code=0)
        self.f.banyan("plan", "-f", DEMO, code=2)
        a = self.f.banyan("apply", "-f", DEMO)
        self.assertEqual((a.code, "say --yes" in a.err), (1, True), a)
        self.f.apply(DEMO, "--yes")
        self.assertNotIn("database/scratch2", self.f.assignments())

    def test_5_questions(self):
        f = self.f
        explained = f.banyan("explain", "web-blade01/data0", "-o", "json", code=0).json()
        self.assertEqual(explained["assignment"]["name"], "web-blade01/data0")
        self.assertTrue(explained["placement"]["placed"])
        chosen = [c for c in explained["placement"]["candidates"] if c["result"] == "chosen"]
        self.assertEqual(len(chosen), 1)
        host = f.banyan("describe", "host", "blade03", "-o", "json", code=0).json()
        self.assertEqual(len(host["items"][0]["holds"]), 5)
        self.assertEqual(host["items"][0]["tombstones"], [])
        self.assertEqual(f.banyan("diff", "-o", "json", code=0).json()["drift"], [])
        ports = {p["port"]: p for p in f.banyan("top", "-o", "json", code=0).json()["ports"]}
        self.assertEqual(ports["nic-left/pf0"]["guaranteedMbps"], 40000)
        self.assertEqual(ports["nic-left/pf0"]["used"], 4)
        events = f.banyan("events", "-o", "json", code=0).out
        self.assertIn("agent accepted", events)
        self.assertIn("web-blade01/data0", events)
        adapters = {a["name"]: a["used"] for a in f.get("adapters")}
        self.assertEqual(adapters["nic-left"], 4)
        self.assertEqual({h["name"]: h["assignments"] for h in f.get("hosts")},
                         {"blade01": 2, "blade02": 2, "blade03": 5, "blade04": 4, "blade05": 0})
        for kind in ("profiles", "hostgroups", "adapterpools", "identitypools", "portprofiles",
                     "qosclasses", "profiletemplates", "priorityclasses", "fabricpolicies",
                     "chassis", "versions", "operations"):
            for form in ("table", "wide", "json", "yaml", "name"):
                f.banyan("get", kind, "-o", form, code=0)
        for kind in ("profile", "adapter", "adapterpool"):
            name = {"profile": "database", "adapter": "hba", "adapterpool": "nics"}[kind]
            f.banyan("describe", kind, name, code=0)

    def test_5_every_key_of_a_reply_is_on_the_page(self):
        """docs/json.md is a contract: what it does not name nobody can rely on."""
        with open(SOURCES + "/docs/json.md", encoding="utf-8") as f:
            page = set(re.findall(r"[A-Za-z]+", f.read()))
        edit = self.f.file("rate.yaml", QOS)
        kinds = ("hosts", "adapters", "profiles", "qosclasses", "chassis", "functions",
                 "assignments", "events", "versions")
        for words in [("get", k) for k in kinds] + [
                ("describe", "host", "blade01"), ("describe", "adapter", "nic-left"),
                ("describe", "profile", "database"), ("explain", "web-blade01/data0"),
                ("plan", "-f", edit), ("whatif", "host-dies", "blade01"),
                ("whatif", "more", "web=1"), ("history",), ("diff",), ("diff", "1", "2"),
                ("status",), ("top",), ("validate", "-f", edit)]:
            with self.subTest(words):
                self.assertEqual(keys(self.f.banyan(*words, "-o", "json").json()) - page, set())

    def test_6_validate_needs_no_manager(self):
        p = subprocess.run([PROGRAMS + "/banyan", "--manager", "unix:/nonexistent", "validate",
                            "-f", DEMO, "-f", HOSTS], capture_output=True, text=True, timeout=20)
        self.assertEqual((p.returncode, p.stderr), (0, ""))
        p = subprocess.run([PROGRAMS + "/banyan", "validate", "-f",
                            SOURCES + "/config/demo-chassis.yaml"], capture_output=True, text=True,
                           timeout=20)
        self.assertEqual(p.returncode, 1)

    def test_7_delete_frees_everything(self):
        self.f.timed("delete of the demo policy", lambda: self.f.banyan(
            "delete", "-f", DEMO, "--yes", "--wait", "--timeout", "60s", code=0))
        self.assertEqual(self.f.assignments(), {})
        self.assertEqual(self.f.not_free(), [])
        for b in BLADES:
            self.assertEqual({d: x for d, x in self.f.functions_on(b).items() if not x["pf"]}, {})


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
