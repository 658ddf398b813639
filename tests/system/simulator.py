# SPDX-License-Identifier: Apache-2.0
"""Starts a banyan-sim in a folder of its own and talks to its faces. Waits for events only."""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading

PROGRAMS, SOURCES = sys.argv[1], sys.argv[2]
KMOD = "lspci: Unable to load libkmod resources: error -2"


class Simulator:
    def __init__(self, chassis="config/demo-chassis.yaml", clock="virtual", folder=None,
                 restore=None, memory=None):
        self.dir = folder or tempfile.mkdtemp(prefix="banyan-")
        self.face, self.run = self.dir + "/face", self.dir + "/run"
        self.listen = "unix:" + self.dir + "/c1.sock"
        self.log = []
        self.process = subprocess.Popen(
            [PROGRAMS + "/banyan-sim",
             *(["--restore", restore] if restore
               else ["--chassis", os.path.join(SOURCES, chassis)]),
             "--listen", self.listen, "--host-face", self.face, "--run", self.run,
             "--clock", clock, *(["--memory", memory] if memory else [])], stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            self.log.append(line)
            if " is up" in line:
                break
        self.reader = threading.Thread(target=lambda: self.log.extend(self.process.stderr),
                                       daemon=True)
        self.reader.start()

    def stop(self, sig=signal.SIGTERM):
        """The exit code."""
        self.process.send_signal(sig)
        code = self.process.wait(20)
        self.reader.join()
        self.process.stderr.close()
        return code

    def remove(self):
        shutil.rmtree(self.dir)

    def ctl(self, *words):
        """(exit code, standard output, standard error)"""
        p = subprocess.run([PROGRAMS + "/banyan-sim", "ctl", "--run", self.run, *words],
                           capture_output=True, text=True, timeout=20)
        return p.returncode, p.stdout, p.stderr

    def status(self):
        code, out, err = self.ctl("status", "-o", "json")
        assert code == 0, err
        return json.loads(out)

    def blade(self, name):
        return next(b for b in self.status()["blades"] if b["name"] == name)

    def adapter(self, name):
        return next(a for a in self.status()["adapters"] if a["name"] == name)

    def pci(self, blade, *path):
        return "/".join((self.face, blade, "bus/pci") + path)

    def device(self, blade, bdf, *path):
        return self.pci(blade, "devices", bdf, *path)

    def lspci(self, blade, *options):
        """(exit code, text, what it complained about)

        Where the machine has no modules of its own kernel, lspci says so; that is not ours.
        """
        p = subprocess.run(["lspci", "-A", "linux-sysfs", "-O", "sysfs.path=" + self.pci(blade),
                            *options], capture_output=True, text=True, timeout=60)
        err = p.stderr.splitlines()
        if not os.path.exists("/lib/modules/" + os.uname().release):
            err = [line for line in err if line != KMOD]
        return p.returncode, p.stdout, err

    def uevents(self, blade):
        return Uevents(self.run + "/" + blade + ".uevent")

    def wait_up(self, blade):
        """Until the blade has booted: each boot closes the readers and ends with events."""
        while True:
            events = self.uevents(blade)
            if self.blade(blade)["state"] == "up":
                events.close()
                return
            events.next()
            events.close()


class Uevents:
    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.sock.settimeout(20)
        self.sock.connect(path)

    def next(self):
        """The next event as a dictionary, with its header as ''; None at the end."""
        data = self.sock.recv(8192)
        if not data:
            return None
        head, *rest = data.decode().rstrip("\0").split("\0")
        return dict([("", head)] + [r.split("=", 1) for r in rest])

    def until(self, action, name):
        """All events up to one of a path that ends with 'name'."""
        seen = []
        while True:
            e = self.next()
            assert e, "the blade rebooted while waiting for %s of %s" % (action, name)
            seen.append(e)
            if e["ACTION"] == action and e["DEVPATH"].endswith("/" + name):
                return seen

    def close(self):
        self.sock.close()


def write(path, text):
    """Writes as echo does; the errno, 0 when it went well."""
    try:
        fd = os.open(path, os.O_WRONLY)
        try:
            os.write(fd, text if isinstance(text, bytes) else text.encode())
        finally:
            os.close(fd)
        return 0
    except OSError as e:
        return e.errno


def read(path):
    with open(path, encoding="ascii") as f:
        return f.read().strip()
