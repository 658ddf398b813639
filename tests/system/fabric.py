# SPDX-License-Identifier: Apache-2.0
"""A whole fabric of real processes in a folder of its own: chassis, manager, agents.

Waits for conditions, with a deadline, never for seconds. Every line of a log with WARN or ERROR
that a test did not expect makes it fail in end().
"""
import fnmatch
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from simulator import PROGRAMS, SOURCES, Simulator, read

BLADES = ["blade%02d" % i for i in range(1, 6)]
HOSTS = SOURCES + "/config/demo-hosts.yaml"
DEMO = SOURCES + "/config/demo-policy.yaml"
DEADLINE = 30
PACE = threading.Event()
LOOKS = (("mac", "net/*/address"), ("wwpn", "host*/fc_host/*/port_name"),
         ("wwnn", "host*/fc_host/*/node_name"), ("gid", "infiniband/*/ports/1/gids/0"))
CONFIG = """store: {sqlite: "%(store)s"}
control: {unix: "%(dir)s/manager.sock"}
agents: {unix: "%(dir)s/agents.sock"}
chassis: [{name: c1, driver: mrpcim, address: "%(listen)s"}]
"""


class Process:
    """One program, its log in a file; 'bad' are the lines that nobody expected."""

    def __init__(self, log, *argv):
        self.log = log
        with open(log, "ab") as f:
            self.p = subprocess.Popen(argv, stdout=f, stderr=f, stdin=subprocess.DEVNULL)

    def end(self, sig=signal.SIGTERM):
        """The exit code."""
        if self.p.poll() is None:
            self.p.send_signal(sig)
        return self.p.wait(DEADLINE)

    def alive(self):
        return self.p.poll() is None


class Answer:
    """What a call of `banyan` gave."""

    def __init__(self, argv, code, out, err):
        self.argv, self.code, self.out, self.err = argv, code, out, err

    def json(self):
        return json.loads(self.out)

    def __repr__(self):
        return "%s: exit %d\n%s%s" % (" ".join(self.argv), self.code, self.out, self.err)


class Fabric:
    def __init__(self, chassis="config/demo-chassis.yaml", blades=BLADES, clock="real",
                 hosts=HOSTS, alone="500ms", folder=None, memory=None, store=None):
        self.sim_options = {"chassis": chassis, "clock": clock, "folder": folder, "memory": memory}
        self.sim = Simulator(**self.sim_options)
        self.dir, self.blades, self.alone = self.sim.dir, blades, alone
        self.allowed, self.keep = [], False
        self.manager, self.manager_options, self.agents = None, (), {}
        self.times = []
        self.config = self.dir + "/manager.yaml"
        self.file("manager.yaml", CONFIG % {
            "dir": self.dir, "listen": self.sim.listen, "store": store or self.dir + "/manager.db"})
        try:
            self.start_manager()
            for b in blades:
                self.start_agent(b)
            if hosts:
                self.banyan("apply", "-f", hosts, code=0)
                self.until(self.agents_accepted, "all agents are accepted")
        except BaseException:
            self.end(check=False)
            raise

    # processes

    def start_manager(self, wait=True):
        self.manager = Process(self.dir + "/manager.log", PROGRAMS + "/banyan-manager", "--config",
                               self.config, *self.manager_options)
        if wait:
            self.until(lambda: self.banyan("status").code == 0, "the manager answers")

    def kill_manager(self):
        self.manager.end(signal.SIGKILL)

    def kill_sim(self):
        self.sim.stop(signal.SIGKILL)

    def start_sim(self):
        """Again, in the same folder: its memory and its sockets are there."""
        log = self.sim.log
        self.sim = Simulator(**dict(self.sim_options, folder=self.dir))
        self.sim.log[:0] = log

    def start_agent(self, blade, name=None, key=None):
        self.agents[key or blade] = Process(
            "%s/agent-%s.log" % (self.dir, key or blade), PROGRAMS + "/banyan-agent", "--manager",
            "unix:" + self.dir + "/agents.sock", "--sysfs", self.sim.face + "/" + blade,
            "--uevents", self.sim.run + "/" + blade + ".uevent", "--name", name or blade,
            "--hooks", self.dir + "/hooks", "--alone-after", self.alone)

    def kill_agent(self, blade, sig=signal.SIGKILL):
        return self.agents.pop(blade).end(sig)

    def allow(self, *patterns):
        """Lines of a log with WARN or ERROR that are as they should be."""
        self.allowed += patterns

    def lines(self):
        """(log, line) of all logs."""
        for name in sorted(os.listdir(self.dir)):
            if name.endswith(".log"):
                with open(self.dir + "/" + name, encoding="utf-8", errors="replace") as f:
                    for line in f:
                        yield name, line.rstrip("\n")
        for line in self.sim.log:
            yield "banyan-sim", line.rstrip("\n")

    def bad_lines(self):
        bad = [(n, x) for n, x in self.lines() if re.search(r" (WARN|ERROR) ", x)]
        return ["%s: %s" % b for b in bad if not any(re.search(a, b[1]) for a in self.allowed)]

    def end(self, check=True):
        """Ends all; the folder stays when something is wrong. Returns what is wrong."""
        wrong = []
        for name, p in list(self.agents.items()) + [("manager", self.manager)]:
            if p:
                was = p.alive()
                code = p.end()
                if check and (code or not was):
                    wrong.append("%s: exit code %d%s" % (name, code, "" if was else " before its end"))
        code = self.sim.stop()
        if code:
            wrong.append("banyan-sim: exit code %d" % code)
        wrong += self.bad_lines()
        for what, took in self.times:
            print("%-64s %7.3f s" % (what, took))
        if wrong or not check or self.keep:
            print("logs are in " + self.dir, file=sys.stderr)
        else:
            shutil.rmtree(self.dir)
        return wrong

    # words

    def banyan(self, *words, code=None, timeout=90, user="tester"):
        argv = [PROGRAMS + "/banyan", "--manager", "unix:" + self.dir + "/manager.sock", *words]
        p = subprocess.run(argv, capture_output=True, text=True, timeout=timeout,
                           stdin=subprocess.DEVNULL, env={**os.environ, "BANYAN_USER": user})
        a = Answer(["banyan", *words], p.returncode, p.stdout, p.stderr)
        assert code is None or a.code == code, "expected exit code %d of %r" % (code, a)
        return a

    def get(self, *words):
        return self.banyan("get", *words, "-o", "json", code=0).json()["items"]

    def timed(self, what, call):
        start = time.monotonic()
        r = call()
        self.times.append((what, time.monotonic() - start))
        return r

    def apply(self, path, *words):
        return self.banyan("apply", "-f", path, "--wait", "--timeout", "60s", *words, code=0)

    def file(self, name, text):
        path = self.dir + "/" + name
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def until(self, condition, what, seconds=DEADLINE, look=lambda: ""):
        end = time.monotonic() + seconds
        while True:
            r = condition()
            if r:
                return r
            if time.monotonic() > end:
                self.keep = True
                raise AssertionError("gave up after %d s waiting until %s\n%s\n%s" %
                                     (seconds, what, look(), self.picture()))
            PACE.wait(0.02)

    def holds(self, condition, what, seconds):
        """The condition must not fail while that time passes."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not condition():
                self.keep = True
                raise AssertionError("%s no longer\n%s" % (what, self.picture()))
            PACE.wait(0.05)

    # conditions and looks

    def agents_accepted(self):
        a = {h["name"]: h["agent"] for h in self.get("hosts")}
        return all(a.get(b) == "accepted" for b in self.blades)

    def status(self):
        return self.banyan("status", "-o", "json", code=0).json()

    def idle(self):
        a = self.banyan("status", "-o", "json")
        return a.code == 0 and a.json()["idle"]

    def assignments(self):
        return {a["name"]: a for a in self.get("assignments")}

    def settled(self, n=None):
        """Idle, and every assignment (n of them) Active."""
        if not self.idle():
            return None
        a = self.assignments()
        good = all(x["phase"] == "Active" for x in a.values()) and (n is None or len(a) == n)
        return a if good else None

    def until_settled(self, n=None, what="", seconds=DEADLINE):
        return self.until(lambda: self.settled(n), "all is Active " + what, seconds)

    def picture(self):
        """What the manager says of everything, for a message of failure."""
        return "".join(repr(self.banyan("get", *w.split())) for w in
                       ("assignments -o wide", "operations", "hosts")) + "\nlogs: " + self.dir

    def not_free(self):
        """Functions that are somebody's or were not reset. A whole device has no status to read:
        it is reset before each use as well."""
        return [x for x in self.get("functions") if x["assignment"] or x["host"] or
                ("/" in x["name"] and not x["reset"])]

    def writes(self):
        """Register writes to each function, as the chassis counted them."""
        return {f["name"]: f["writes"]
                for a in self.sim.status()["adapters"] for f in a["functions"]}

    def functions_on(self, blade):
        """{bdf: (vendor, device, class, driver, identity)} of what the blade's kernel shows, bridges aside."""
        out, base = {}, self.sim.pci(blade, "devices")
        for bdf in sorted(os.listdir(base)):
            d = base + "/" + bdf
            try:
                if read(d + "/class").startswith("0x06"):
                    continue
                out[bdf] = self.function(d)
            except FileNotFoundError:
                continue
        return out

    @staticmethod
    def function(d):
        """What one device's folder shows; its list says what there is to look at."""
        names = set(os.listdir(d))
        driver = os.path.basename(os.readlink(d + "/driver")) if "driver" in names else ""
        f = {"vendor": read(d + "/vendor")[2:], "device": read(d + "/device")[2:], "driver": driver,
             "virtfn": "physfn" in names, "pf": "sriov_totalvfs" in names}
        for kind, what in LOOKS:
            first, rest = what.split("/", 1)
            for name in fnmatch.filter(names, first):
                for path in glob.glob(d + "/" + name + "/" + rest):
                    f[kind] = read(path)
        return f


class FabricTest(unittest.TestCase):
    """Tests that share one fabric, in the order of their names."""
    options = {}

    @classmethod
    def setUpClass(cls):
        cls.f = Fabric(**cls.options)
        cls.addClassCleanup(cls.finish)
        cls.prepare()

    def run(self, result=None):
        """Where a test fails, the logs stay."""
        before = len(result.failures) + len(result.errors) if result else 0
        super().run(result)
        self.f.keep |= bool(result) and len(result.failures) + len(result.errors) > before

    @classmethod
    def prepare(cls):
        """What comes before the first test."""

    @classmethod
    def finish(cls):
        wrong = cls.f.end()
        assert not wrong, "\n".join(wrong)
