# SPDX-License-Identifier: Apache-2.0
"""A hung blade is switched off by its baseboard controller before its profile moves: a Redfish
service with TLS on loopback, which only ever says what a controller would."""
import base64
import http.server
import json
import os
import ssl
import subprocess
import sys
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fabric import PROGRAMS, FabricTest

SYSTEM = "/redfish/v1/Systems/437XR"
RESET = SYSTEM + "/Actions/ComputerSystem.Reset"
PASSWORD = "only:for the controller"
POLICY = """apiVersion: banyan/v1
kind: Host
metadata: {name: blade01}
spec: {power: {bmc: "localhost:%d"}}
---
apiVersion: banyan/v1
kind: Host
metadata: {name: blade02}
---
apiVersion: banyan/v1
kind: HostGroup
metadata: {name: db}
spec:
  hosts: [blade01]
  spares: [blade02]
  failover:
    mode: automatic
    triggers: {hostLinkDown: 1s}
    quorum: 1
    rebootGrace: 1s
    fence: {methods: [power]}
---
apiVersion: banyan/v1
kind: AdapterPool
metadata: {name: nics}
spec: {adapterSelector: {class: ethernet}}
---
apiVersion: banyan/v1
kind: ServerProfile
metadata: {name: db}
spec: {host: blade01, devices: [{name: data0, class: ethernet, pool: nics}]}
"""


class Controller(http.server.ThreadingHTTPServer):
    """One system. It takes a power-off and is off two questions later."""
    daemon_threads = True

    def __init__(self, folder):
        super().__init__(("localhost", 0), Answers)
        self.password, self.state, self.left, self.log = PASSWORD, "On", 0, []
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(folder + "/bmc.pem", folder + "/bmc.key")
        self.socket = tls.wrap_socket(self.socket, server_side=True)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        """A client that does not like the certificate is no news."""


class Answers(http.server.BaseHTTPRequestHandler):
    def answer(self, code, body=None):
        text = json.dumps(body or {}).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def refused(self, known):
        s = self.server
        s.log.append((self.command, self.path))
        expected = "Basic " + base64.b64encode(("fence:" + s.password).encode()).decode()
        if self.headers.get("Authorization") != expected:
            self.answer(401)
        elif self.path not in known:
            self.answer(404)
        else:
            return False
        return True

    def do_GET(self):
        s = self.server
        if self.refused(("/redfish/v1/Systems", SYSTEM)):
            return
        if self.path != SYSTEM:
            self.answer(200, {"Members": [{"@odata.id": SYSTEM}], "Members@odata.count": 1})
            return
        if s.left:
            s.left -= 1
            s.state = "PoweringOff" if s.left else "Off"
        self.answer(200, {"Id": "437XR", "PowerState": s.state})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.refused((RESET,)):
            return
        if json.loads(body) != {"ResetType": "ForceOff"}:
            self.answer(400, {"error": {"message": "not a reset that is known here"}})
            return
        self.server.left = 2
        self.answer(204)

    def log_message(self, *words):
        pass


class Bmc(FabricTest):
    options = {"blades": ["blade01", "blade02"], "hosts": None}

    @classmethod
    def prepare(cls):
        f = cls.f
        cert = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
                "subjectAltName=DNS:localhost", "-keyout", f.dir + "/bmc.key", "-out", f.dir + "/bmc.pem"]
        subprocess.run(cert, check=True, capture_output=True)
        cls.bmc = Controller(f.dir)
        cls.addClassCleanup(cls.bmc.server_close)
        cls.addClassCleanup(cls.bmc.shutdown)
        cls.users = f.file("users", "# controllers\nblade01 fence:%s\n" % PASSWORD)

    def restart(self, *options):
        self.f.kill_manager()
        self.f.manager_options = options
        self.f.start_manager()

    def alarm(self, words):
        self.f.until(lambda: [e for e in self.f.banyan("events", "-o", "json", code=0).json()
                              if e["object"] == "blade01" and words in e["text"]],
                     "an alarm says: " + words, look=lambda: self.f.banyan("events").out)

    def test_1_the_file_of_credentials(self):
        f, argv = self.f, [PROGRAMS + "/banyan-manager", "--config", self.f.config, "--bmc-users"]
        os.chmod(self.users, 0o644)
        for path, words in ((self.users, "mode 0644, expected 0600"),
                            (f.dir + "/none", "No such file")):
            p = subprocess.run(argv + [path], capture_output=True, text=True, timeout=30)
            self.assertEqual(p.returncode, 1, p.stderr)
            self.assertIn(words, p.stderr)
            self.assertIn(path, p.stderr)
        os.chmod(self.users, 0o600)

    def test_2_nothing_moves_before_it_is_off(self):
        f = self.f
        f.allow("WARN.*fence blade01", "WARN.*agent")
        self.restart("--bmc-users", self.users)
        f.apply(f.file("policy.yaml", POLICY % self.bmc.server_address[1]))
        f.until_settled(1)
        self.assertEqual(f.assignments()["db/data0"]["host"], "blade01")
        f.kill_agent("blade01")
        self.assertEqual(f.sim.ctl("link", "blade01", "down"), (0, "", ""))
        self.alarm("certificate")  # nobody vouches for it
        self.bmc.password = "another one"
        self.restart("--bmc-users", self.users, "--bmc-ca", f.dir + "/bmc.pem")
        self.alarm("refuses the credentials")
        self.assertNotIn(("POST", RESET), self.bmc.log)
        self.assertEqual(f.assignments()["db/data0"]["host"], "blade01")

    def test_3_it_is_switched_off_and_moves(self):
        f = self.f
        self.bmc.password = PASSWORD
        f.until(lambda: f.assignments()["db/data0"]["host"] == "blade02" and f.settled(1),
                "the profile is on the spare", look=lambda: f.banyan("events").out)
        self.assertEqual(self.bmc.log.count(("POST", RESET)), 1)
        self.assertGreaterEqual(self.bmc.log.count(("GET", SYSTEM)), 3)
        self.assertEqual(self.bmc.state, "Off")
        self.assertTrue(f.get("hosts", "blade01")[0]["power"])  # as far as the switch knows
        self.alarm("its power was read back as off")

    def test_4_no_log_has_the_password(self):
        self.assertEqual([x for x in self.f.lines() if PASSWORD in x[1]], [])
        self.assertNotIn(PASSWORD, self.f.banyan("events", code=0).out)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
