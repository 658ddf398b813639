# SPDX-License-Identifier: Apache-2.0
"""agent.proto spoken without our libraries: a manager for one agent, as far as tests need it."""
import socket
import struct

from chassis import field, varint

HELLO, CHALLENGE, ANSWER, ACCEPT, REPORT, REPORT_ACK = 4, 5, 6, 7, 8, 9
SYNC_BEGIN, SYNC_END, COMMAND, ACK, HEARTBEAT, GOODBYE = 10, 11, 12, 13, 14, 15
LVF, SYNTHETIC, DEVICE = 1, 2, 3
QUIESCE, RELEASE, ACTIVATE, ENABLE_VFS, CONFIRM_GONE = range(5)
OK, CONFLICT, STALE_OWNER, STALE_EPOCH, BUSY = 0, 3, 4, 5, 11


def parse(data):
    """A message as {field: [values]}."""
    out, i = {}, 0

    def number():
        nonlocal i
        v = shift = 0
        while True:
            byte = data[i]
            i += 1
            v |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return v

    while i < len(data):
        key = number()
        if key & 7 == 0:
            v = number()
        elif key & 7 == 5:
            v = struct.unpack_from("<I", data, i)[0]
            i += 4
        elif key & 7 == 1:
            v = struct.unpack_from("<Q", data, i)[0]
            i += 8
        else:
            n = number()
            v = data[i:i + n]
            i += n
        out.setdefault(key >> 3, []).append(v)
    return out


def place_of(data):
    m = parse(data)
    return tuple(m.get(i, [0])[0] for i in range(1, 6))


class Function:
    def __init__(self, data):
        m = parse(data)

        def get(i, default=0):
            return m.get(i, [default])[0]
        self.place = place_of(get(1, b""))
        self.rid, self.vendor, self.device, self.class_code = get(2), get(3), get(4), get(5)
        self.driver, self.name = get(6, b"").decode(), get(7, b"").decode()
        self.ident0, self.ident1, self.link = get(8), get(9), bool(get(10))
        self.pf, self.numvfs, self.totalvfs = bool(get(13)), get(14), get(15)


class Root:
    def __init__(self, data):
        m = parse(data)
        self.serial = m.get(1, [b""])[0].decode()
        self.port, self.vs, self.epoch = (m.get(i, [0])[0] for i in (2, 3, 4))
        self.challenge = m.get(5, [0])[0]


class Manager:
    """Listens for one agent at a time; keeps what it reported."""

    def __init__(self, path):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.settimeout(20)
        self.listener.bind(path)
        self.listener.listen(1)
        self.sock = None
        self.functions = {}
        self.op = 0

    def send(self, body, payload):
        data = field(1, 1) + varint(body << 3 | 2) + varint(len(payload)) + payload
        self.raw(data)

    def raw(self, data):
        self.sock.sendall(struct.pack("<I", len(data)) + data)

    def exactly(self, n):
        data = b""
        while len(data) < n:
            more = self.sock.recv(n - len(data))
            if not more:
                raise EOFError("the agent closed the connection")
            data += more
        return data

    def frame(self):
        return self.exactly(struct.unpack("<I", self.exactly(4))[0])

    def message(self):
        """(body, its fields); heartbeats are answered and skipped."""
        while True:
            m = parse(self.frame())
            body = next(k for k in m if k > 2)
            if body != HEARTBEAT:
                return body, parse(m[body][0])
            self.send(HEARTBEAT, b"")

    def expect(self, body):
        """The next message of a kind; reports before it are taken in."""
        while True:
            kind, m = self.message()
            if kind == REPORT:
                self.take(m)
            if kind == body:
                return m
            assert kind in (REPORT, SYNC_BEGIN, SYNC_END), kind

    def take(self, m):
        if m.get(2, [0])[0]:
            self.functions = {}
        for f in map(Function, m.get(3, [])):
            self.functions[f.place[1:]] = f
        for p in map(place_of, m.get(4, [])):
            self.functions.pop(p[1:], None)
        self.send(REPORT_ACK, field(1, m[1][0]))

    def accept(self):
        """Connection and hello; the AgentHello's fields."""
        if self.sock:
            self.sock.close()
        self.sock = self.listener.accept()[0]
        self.sock.settimeout(20)
        self.frame()
        self.raw(varint(1 << 3 | 5) + struct.pack("<I", 0x4E594E42) + field(2, "agent") +
                 field(3, 1) + field(5, "manager") + field(6, "test") + field(7, "1"))
        return self.expect(HELLO)

    def challenge(self):
        self.send(CHALLENGE, b"")
        return [Root(r) for r in self.expect(ANSWER).get(1, [])]

    def sync(self):
        self.send(ACCEPT, field(1, 1))
        self.expect(SYNC_END)

    def until(self, condition):
        """Takes reports until the condition on self.functions holds."""
        while not condition(self.functions):
            self.expect(REPORT)

    def command(self, verb, place, epoch=1, owner_epoch=1, assignment=40, driver="",
                force=False, ident0=0, op=0):
        """Sends it; (reason, detail, who, Function or None) of its ack."""
        self.op = op or self.op + 1
        where = b"".join(field(i + 1, v) for i, v in enumerate(place))
        self.send(COMMAND, field(1, self.op) + field(2, verb) + field(3, assignment) +
                  field(4, epoch) + field(5, owner_epoch) + field(6, 10 * 10**9) +
                  field(7, where) + field(8, driver or b"") + field(9, int(force)) +
                  field(10, ident0))
        m = self.expect(ACK)
        assert m[1][0] == self.op, m
        text = [m.get(i, [b""])[0].decode() for i in (3, 4)]
        return m.get(2, [0])[0], *text, Function(m[5][0]) if 5 in m else None

    def close(self):
        if self.sock:
            self.sock.close()
        self.listener.close()
