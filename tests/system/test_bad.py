# SPDX-License-Identifier: Apache-2.0
"""Bad input of every kind at every door of a running fabric: what runs goes on running."""
import os
import random
import socket
import struct
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from chassis import field, varint
from fabric import BLADES, DEADLINE, DEMO, PROGRAMS, FabricTest

HEAD = "apiVersion: banyan/v1\nkind: %s\nmetadata: {name: %s}\nspec: "
MACS = HEAD % ("IdentityPool", "m") + "{type: mac, ranges: [{start: \"02:25:b5:00:01:00\", " \
    "end: \"02:25:b5:00:01:0f\"}]}\n"
NIC = "{name: d, class: ethernet, pool: nics%s}"


def profile(device, host="blade01"):
    """One more profile beside the demo policy's, out of its pools."""
    return HEAD % ("ServerProfile", "x") + "{host: %s, devices: [%s]}\n" % (host, device)


# what is applied, and what the refusal must say
BAD_POLICIES = {
    "not YAML": ("a: [b\n", r"bad.yaml:\d+:\d+: "),
    "a binary": ("\x01\x02\x7f\n", r"bad.yaml:\d+:\d+: "),
    "wrong type": (HEAD % ("HostGroup", "g") + "{hosts: 7}\n", "spec.hosts: expected"),
    "unknown key": (HEAD % ("AdapterPool", "p") + "{adapterSelector: {colour: red}}\n", "colour"),
    "misspelt key": (HEAD % ("QosClass", "q") + "{garanteed: 1Gbit}\n", "guaranteed"),
    "unit missing": (HEAD % ("QosClass", "q") + "{guaranteed: 10, limit: 40Gbit}\n", "unit"),
    "absurd unit": (HEAD % ("QosClass", "q") + "{limit: 40parsec}\n", "spec.limit: expected"),
    "duplicate names": (MACS + "---\n" + MACS, r"bad.yaml:\d+:\d+: .*'m'"),
    "MAC outside its pool": (MACS + "---\n" + profile(NIC % (
        ", identity: {mac: {pool: m, value: \"02:25:b5:00:09:00\"}}")), "identity"),
    "guaranteed above limit": (profile(NIC % ", qos: {guaranteed: 20Gbit, limit: 10Gbit}"),
                               "guaranteed"),
    "a spare with a profile": (profile(NIC % "", host="blade05"), "spare"),
    "10 MB of nesting": ("[" * 10000000, "at most 4194304 bytes"),
    "nesting below the file's cap": ("a: " + "[" * 3000000, r"bad.yaml"),
    "second document wrong": (HEAD % ("QosClass", "fine") + "{limit: 1Gbit}\n---\n" +
                              HEAD % ("QosClass", "bad") + "{limit: 1}\n", r"bad.yaml:\d+:\d+: "),
}
PENDING_POLICIES = {
    "more VFs than exist": profile(NIC % ", count: 200"),
    "guarantees above the port": profile(NIC % ", count: 3, qos: {guaranteed: 60Gbit, "
                                         "limit: 100Gbit}"),
}


def hello(protocol, major=1):
    data = (varint(1 << 3 | 5) + struct.pack("<I", 0x4E594E42) + field(2, protocol) +
            field(3, major) + field(5, "test") + field(6, "t") + field(7, "1"))
    return struct.pack("<I", len(data)) + data


class Bad(FabricTest):
    @classmethod
    def prepare(cls):
        cls.f.apply(DEMO)
        cls.before = cls.state()
        cls.doors = {"control": cls.f.dir + "/manager.sock", "agent": cls.f.dir + "/agents.sock",
                     "chassis": cls.f.sim.listen[5:]}

    @classmethod
    def state(cls):
        return (cls.f.status()["version"], cls.f.assignments(), cls.f.writes(),
                {b: cls.f.functions_on(b) for b in BLADES})

    def tearDown(self):
        now = self.state()
        for was, is_, what in zip(self.before, now, ("version", "assignments", "writes", "blades")):
            self.assertEqual(was, is_, what)
        self.assertTrue(all(p.alive() for p in self.f.agents.values()))
        self.assertTrue(self.f.manager.alive())

    def test_1_policies(self):
        for name, (text, says) in BAD_POLICIES.items():
            path = self.f.file("bad.yaml", text)
            with self.subTest(name):
                a = self.f.banyan("apply", "-f", path)
                self.assertEqual(a.code, 1, a)
                self.assertRegex(a.err, says)
                self.assertEqual(self.f.status()["version"], self.before[0])
                self.assertIn(self.f.banyan("validate", "-f", path).code, (0, 1))
        self.assertNotIn("fine", self.f.banyan("get", "qosclasses", code=0).out)

    def test_2_policies_that_do_not_fit_take_nothing_from_others(self):
        for name, text in PENDING_POLICIES.items():
            path = self.f.file("large.yaml", text)
            with self.subTest(name):
                a = self.f.banyan("plan", "-f", path, "-o", "json", code=2)
                plan = a.json()["plan"]
                pends = [c for c in plan["changes"] if c["change"] == "pend"]
                self.assertTrue(pends, a)
                self.assertEqual(plan["unchanged"], 13)
                self.assertEqual(a.json()["releases"], [])

    def test_3_command_line(self):
        f = self.f
        self.assertEqual(f.banyan("explode").code, 64)
        self.assertEqual(f.banyan("get", "unicorns").code, 64)
        a = f.banyan("apply", "-f", "/nonexistent/p.yaml")
        self.assertEqual((a.code, "/nonexistent/p.yaml" in a.err), (1, True), a)
        for words in (["status"], ["get", "hosts"], ["apply", "-f", DEMO]):
            p = subprocess.run([PROGRAMS + "/banyan", "--manager", "unix:/nonexistent", *words],
                               capture_output=True, text=True, timeout=20)
            self.assertEqual((p.returncode, "/nonexistent" in p.stderr), (69, True), p)
        for words in (["move", "nothing", "blade05"], ["drain", "nobody"], ["connect", "database", "x"],
                      ["explain", "a/b"], ["describe", "host", "nobody"], ["failback", "database"],
                      ["approve", "99"]):
            a = f.banyan(*words)
            self.assertEqual((a.code, bool(a.err)), (1, True), a)

    def door(self, name):
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(DEADLINE)
        s.connect(self.doors[name])
        return s

    def until_closed(self, s):
        try:
            while s.recv(65536):
                pass
        except ConnectionResetError:
            pass
        s.close()

    def test_4_wire(self):
        f, r = self.f, random.Random(1)
        f.allow("it is closed", "closed", "frame", "hello", "version", "protocol")
        for name in self.doors:
            good = hello(name)
            inputs = {"random bytes": r.randbytes(4096), "4 GB": b"\xff\xff\xff\xff",
                      "length 0": b"\0\0\0\0", "over the first cap": struct.pack("<I", 4097),
                      "4 GB after the hello": good + b"\xff\xff\xff\xff",
                      "random after the hello": good + r.randbytes(512),
                      "a random message": good + struct.pack("<I", 300) + r.randbytes(300),
                      "wrong version": hello(name, 2), "wrong protocol": hello("nonsense"),
                      "cut in the middle": good[:9],
                      "cut in a message": good + struct.pack("<I", 300) + r.randbytes(20)}
            for what, data in inputs.items():
                with self.subTest(door=name, input=what):
                    s = self.door(name)
                    try:
                        s.sendall(data)
                        s.shutdown(socket.SHUT_WR)
                    except OSError:
                        pass
                    self.until_closed(s)
            s = self.door(name)  # a split at every byte
            for byte in good:
                s.send(bytes([byte]))
            self.assertTrue(s.recv(4), "the hello of %s is answered" % name)
            s.close()

    def test_5_silence_and_idle_connections(self):
        f = self.f
        idle = {name: [self.door(name) for _ in range(100)] for name in self.doors}
        start = time.monotonic()
        f.banyan("status", code=0)
        self.assertLess(time.monotonic() - start, 5)
        self.assertEqual(f.sim.status()["name"], "c1")
        f.banyan("plan", "-f", DEMO, code=0)
        for name, socks in idle.items():
            for s in socks:
                self.until_closed(s)
        f.times.append(("300 silent connections are closed after",
                        time.monotonic() - start))

    def test_6_an_agent_behind_another_blades_port(self):
        f = self.f
        f.allow("WRONG_SLOT", "it says that it is", "refused", "superseded", "newer agent")
        f.start_agent("blade01", name="blade02", key="impostor")

        def told():
            return [e for e in f.banyan("events", "-o", "json", code=0).json()
                    if e["reason"] == "WRONG_SLOT"]
        event = f.until(told, "the impostor is found out")[-1]
        self.assertIn("blade02", event["text"])
        self.assertIn("blade01", event["text"])
        self.assertTrue(f.agents_accepted())
        with open(f.dir + "/agent-impostor.log", encoding="utf-8") as log:
            self.assertNotIn("is accepted", log.read())
        f.kill_agent("impostor")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
