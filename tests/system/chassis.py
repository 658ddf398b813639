# SPDX-License-Identifier: Apache-2.0
"""chassis.proto spoken without our libraries: frames, protobuf and batch records by hand.

Independent of common/pci/batch.c and of protobuf-c on purpose. Just enough of a manager to own a
chassis, release ports and map rows.
"""
import socket
import struct

READ, WRITE, CAS, EXPECT = 1, 2, 3, 4
CONFIG, MEMORY, SWITCH = 0, 1, 2
SW_OWNER_EPOCH, SW_COMMIT = 0x48, 0x78
SW_PORTS, SW_BRIDGES = 0x100000, 0x10000000
PORT_STATUS, PORT_AUTH, PORT_VH0_RID = 0x08, 0x40, 0x60
ROW_STATE, ROW_STATUS, ROW_TARGET, ROW_COOKIE = 0x00, 0x08, 0x10, 0x18
TARGET_PFS = 3
VF_COMMAND, VF_BLOCK, MIGRATE_IN = 0x08, 0x18, 2


def port(p):
    return SW_PORTS + p * 0x100


def row(vs, b):
    return SW_BRIDGES + (vs << 16) + (b << 8)


def varint(v):
    out = b""
    while v > 0x7F:
        out += bytes([v & 0x7F | 0x80])
        v >>= 7
    return out + bytes([v])


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value) if value else b""
    if isinstance(value, str):
        value = value.encode()
    return varint(number << 3 | 2) + varint(len(value)) + value


def parse(data):
    """A message as {field: value}; the last of a repeated field wins."""
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
            out[key >> 3] = number()
        elif key & 7 == 5:
            out[key >> 3] = struct.unpack_from("<I", data, i)[0]
            i += 4
        else:
            n = number()
            out[key >> 3] = data[i:i + n]
            i += n
    return out


def record(op, space, address, values=(), vh=0, bdf=0, count=1, width=8):
    log2 = {1: 0, 2: 1, 4: 2, 8: 3}[width]
    head = struct.pack("<BBHHHQQ", op | log2 << 4, space, vh, bdf, count, address, 0)
    return head + b"".join(struct.pack("<Q", v) for v in values)


class Chassis:
    """One connection; batches are answered in order."""

    def __init__(self, path, owner=7):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(10)
        self.sock.connect(path)
        self.owner, self.epoch, self.id = owner, 0, 0
        self.interrupts = []
        hello = (varint(1 << 3 | 5) + struct.pack("<I", 0x4E594E42) + field(2, "chassis") +
                 field(3, 1) + field(5, "manager") + field(6, "test") + field(7, "1"))
        self.send(hello)
        self.hello = parse(self.frame())

    def send(self, payload):
        self.sock.sendall(struct.pack("<I", len(payload)) + payload)

    def exactly(self, n):
        data = b""
        while len(data) < n:
            more = self.sock.recv(n - len(data))
            if not more:
                raise EOFError("the simulator closed the connection")
            data += more
        return data

    def frame(self):
        return self.exactly(struct.unpack("<I", self.exactly(4))[0])

    def batch(self, *records):
        """(status, executed, values)"""
        self.id += 1
        body = field(1, self.owner) + field(2, self.epoch) + field(3, b"".join(records))
        self.send(field(1, self.id) + field(4, body))
        while True:
            m = parse(self.frame())
            if 6 in m:
                self.interrupts.append(parse(m[6]))
                continue
            assert m.get(2) == self.id, m
            assert 5 in m, m
            r = parse(m[5])
            data = r.get(3, b"")
            values = struct.unpack("<%dQ" % (len(data) // 8), data)
            return r.get(2, 0), r.get(1, 0), values

    def read(self, address, count=1, **kw):
        status, _, values = self.batch(record(READ, kw.pop("space", SWITCH), address,
                                              count=count, **kw))
        assert status == 0, status
        return values[0] if count == 1 else values

    def write(self, address, value, **kw):
        status, _, _ = self.batch(record(WRITE, kw.pop("space", SWITCH), address, [value], **kw))
        assert status == 0, "write of %#x to %#x: status %d" % (value, address, status)

    def take_over(self):
        old = self.read(SW_OWNER_EPOCH)
        self.epoch = old + 1
        status, _, _ = self.batch(record(CAS, SWITCH, SW_OWNER_EPOCH, [old, old + 1]))
        assert status == 0, status

    def authorise(self, vh):
        self.write(port(vh) + PORT_AUTH, 1)

    def control_table(self, adapter_port):
        """Address in VH 0 of the adapter's control table, by BAR 0 of its function 0."""
        rid = self.read(port(adapter_port) + PORT_VH0_RID)
        lo = self.read(0x10, space=CONFIG, bdf=rid, width=4)
        hi = self.read(0x14, space=CONFIG, bdf=rid, width=4)
        return (hi << 32 | lo) & ~0xF

    def map_pfs(self, adapter_port, device_vh, vh, bridge, cookie=1 << 32 | 1):
        """Shows the PFs of device VH 'device_vh' of an mra adapter behind a host's bridge."""
        ct = self.control_table(adapter_port)
        self.write(ct + 0x1000 + device_vh * 0x20, 1 | vh << 16, space=MEMORY)
        r = row(vh, bridge)
        self.write(r + ROW_TARGET, TARGET_PFS << 56 | adapter_port << 32 | device_vh << 16)
        self.write(r + ROW_COOKIE, cookie)
        self.write(r + ROW_STATE, 1)

    def migrate_in(self, adapter_port, vf, device_vh):
        """Gives VF 'vf' of PF 0 to a device VH whose host has not enabled its VFs yet."""
        vf_row = self.control_table(adapter_port) + 0x2000000 + vf * 0x100
        self.write(vf_row + VF_BLOCK, 3, space=MEMORY)
        self.write(vf_row + VF_COMMAND, MIGRATE_IN | device_vh << 16, space=MEMORY)
        self.write(vf_row + VF_BLOCK, 0, space=MEMORY)
