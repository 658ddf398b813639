# SPDX-License-Identifier: Apache-2.0
"""What the tests of the files in config/ share: blades of the rack by name, files with
a word changed, and who was disturbed by a step."""
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fabric import Fabric, FabricTest
from simulator import SOURCES

RACK = "config/rack-chassis.yaml"


def blades(*numbers):
    return ["blade%02d" % n for n in numbers]


def host(name, labels=""):
    return "apiVersion: banyan/v1\nkind: Host\nmetadata: {name: %s%s}\n---\n" % (
        name, ", labels: {%s}" % labels if labels else "")


def config(name, *changes):
    """The text of config/NAME, each 'old' of the changes replaced by its 'new'."""
    with open("%s/config/%s" % (SOURCES, name), encoding="utf-8") as f:
        text = f.read()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


class ExampleFabric(Fabric):
    """Blades of that chassis, let in and booted, their agents accepted, before any policy."""

    def __init__(self, names, hosts=None, **more):
        super().__init__(chassis=RACK, blades=names, hosts=None, **more)
        try:
            self.put(hosts or "".join(host(n) for n in names), "hosts.yaml")
            self.until(self.agents_accepted, "all agents are accepted")
        except BaseException:
            self.end(check=False)
            raise

    def put(self, text, name="policy.yaml", code=0, words=("--yes",)):
        return self.banyan("apply", "-f", self.file(name, text), "--wait", "--timeout", "60s", *words,
                           code=code)

    def plan(self, text, code):
        """{(change, class, assignment or adapter)} of a plan."""
        a = self.banyan("plan", "-f", self.file("planned.yaml", text), "-o", "json", code=code)
        return {(c["change"], c["class"], c.get("assignment") or c.get("adapter"))
                for c in a.json()["plan"]["changes"]}

    def conditions(self, profile):
        return {c["type"]: c["status"] for c in self.get("profiles", profile)[0]["conditions"]}

    def ports(self):
        return {p["port"].split("/")[0]: p for p in self.banyan("top", "-o", "json", code=0).json()["ports"]}

    def marks(self):
        """What must stay as it is where nobody is disturbed: {assignment: (host, function, address,
        epoch, resets, remaps, frames lost at a closed gate)}."""
        device = {x["name"]: x for x in self.get("functions")}
        return {n: (a["host"], a["function"], a["bdf"], a["epoch"],
                    device[a["function"]]["resets"], device[a["function"]]["remaps"])
                for n, a in self.assignments().items() if a["function"]}

    def phases(self):
        """(assignment, from, to) of every change of phase since the manager's log began."""
        with open(self.dir + "/manager.log", encoding="utf-8") as log:
            return re.findall(r"assignment '(\S+)': (\w+) -> (\w+)", log.read())

    def why(self, name):
        """Reason and sentence of an assignment, and what explain says."""
        a = self.assignments()[name]
        return a["reason"], a["message"], self.banyan("explain", name, code=0).out


class ExampleTest(FabricTest):
    """Like FabricTest, in an ExampleFabric of 'names'."""
    names, hosts = [], None

    @classmethod
    def setUpClass(cls):
        cls.f = ExampleFabric(cls.names, cls.hosts)
        cls.addClassCleanup(cls.finish)
        cls.prepare()

    def undisturbed(self, before, *but):
        """Who ran at 'before' runs as then, the named ones aside."""
        now = self.f.marks()
        changed = {n: (m, now.get(n)) for n, m in before.items() if n not in but and now.get(n) != m}
        self.assertEqual(changed, {})
