# SPDX-License-Identifier: Apache-2.0
"""What `lspci -vvv` has to say about a configuration space, worked out from its bytes.

An own reading of the PCI, PCIe, SR-IOV, AER, ACS, ATS and ARI registers: it shares nothing with lspci or
with the simulator. lines() gives the lines that the text must have, in order within each capability.
"""
import struct

CONTROL = "I/O Mem BusMaster SpecCycle MemWINV VGASnoop ParErr Stepping SERR FastB2B DisINTx".split()
UNCORRECTABLE = ((4, "DLP"), (5, "SDES"), (12, "TLP"), (13, "FCP"), (14, "CmpltTO"), (15, "CmpltAbrt"),
                 (16, "UnxCmplt"), (17, "RxOF"), (18, "MalfTLP"), (19, "ECRC"), (20, "UnsupReq"),
                 (21, "ACSViol"))
CORRECTABLE = ((0, "RxErr"), (6, "BadTLP"), (7, "BadDLLP"), (8, "Rollover"), (12, "Timeout"),
               (13, "AdvNonFatalErr"))
ACS = tuple(enumerate("SrcValid TransBlk ReqRedir CmpltRedir UpstreamFwd EgressCtrl DirectTrans".split()))
SPEEDS = ("unknown", "2.5GT/s", "5GT/s", "8GT/s", "16GT/s", "32GT/s", "64GT/s")
ENDPOINT, ROOT, UPSTREAM, DOWNSTREAM = 0, 4, 5, 6
INDICATOR = ("Unknown", "On", "Blink", "Off")


def flags(value, names):
    return " ".join(name + "-+"[value >> bit & 1] for bit, name in names)


class Config:
    def __init__(self, data):
        self.data = data
        self.header = data[0x0E] & 0x7F
        self.caps, self.ecaps = {}, {}
        at = data[0x34] if self.w(0x06) & 0x10 else 0
        while at and len(self.caps) < 48:
            self.caps.setdefault(data[at], at)
            at = data[at + 1]
        at = 0x100 if len(data) > 0x100 and self.l(0x100) else 0
        while at and len(self.ecaps) < 960:
            self.ecaps.setdefault(self.w(at), at)
            at = self.w(at + 2) >> 4

    def w(self, at):
        return struct.unpack_from("<H", self.data, at)[0]

    def l(self, at):
        return struct.unpack_from("<I", self.data, at)[0]

    def lines(self):
        """What lspci has to print; each is a part of one line."""
        out = self.common()
        if self.header == 1:
            out += self.bridge()
        for ident, part in ((0x10, self.express), (0x11, self.msix), (0x05, self.msi)):
            if ident in self.caps:
                out += part(self.caps[ident])
        for ident, part in ((0x01, self.aer), (0x0D, self.acs), (0x0F, self.ats), (0x0E, self.ari),
                            (0x10, self.sriov)):
            if ident in self.ecaps:
                out += part(self.ecaps[ident])
        return out

    def common(self):
        s = self.w(0x06)
        devsel = ("fast", "medium", "slow", "??")[s >> 9 & 3]
        return ["\tControl: " + flags(self.w(0x04), enumerate(CONTROL)),
                "\tStatus: %s DEVSEL=%s %s" % (
                    flags(s, ((4, "Cap"), (5, "66MHz"), (6, "UDF"), (7, "FastB2B"), (8, "ParErr"))), devsel,
                    flags(s, ((11, ">TAbort"), (12, "<TAbort"), (13, "<MAbort"), (14, ">SERR"),
                              (15, "<PERR"), (3, "INTx"))))]

    def bridge(self):
        s, c = self.w(0x1E), self.w(0x3E)
        low, top = (self.w(0x20) & 0xFFF0) << 16, (self.w(0x22) & 0xFFF0) << 16 | 0xFFFFF
        low64 = self.l(0x28) << 32 | (self.w(0x24) & 0xFFF0) << 16
        top64 = self.l(0x2C) << 32 | (self.w(0x26) & 0xFFF0) << 16 | 0xFFFFF
        out = ["\tBus: primary=%02x, secondary=%02x, subordinate=%02x, sec-latency=0" % tuple(
            self.data[0x18:0x1B])]
        if low < top:
            out.append("\tMemory behind bridge: %08x-%08x [size=" % (low, top))
        if low64 < top64:
            out.append("\tPrefetchable memory behind bridge: %08x-%08x [size=" % (low64, top64))
        return out + [
            "\tSecondary status: %s DEVSEL=fast %s" % (
                flags(s, ((5, "66MHz"), (7, "FastB2B"), (8, "ParErr"))),
                flags(s, ((11, ">TAbort"), (12, "<TAbort"), (13, "<MAbort"), (14, "<SERR"), (15, "<PERR")))),
            "\tBridgeCtl: " + flags(c, enumerate(
                "Parity SERR NoISA VGA VGA16 MAbort >Reset FastB2B".split()))]

    def express(self, at):
        cap, ctl, sta = self.l(at + 4), self.w(at + 8), self.w(at + 10)
        lcap, lctl, lsta = self.l(at + 12), self.w(at + 16), self.w(at + 18)
        kind = self.w(at + 2) >> 4 & 15
        out = ["\t\tDevCap:\tMaxPayload %d bytes, PhantFunc %d" % (128 << (cap & 7), cap >> 3 & 3),
               "\t\t\tExtTag" + "-+"[cap >> 5 & 1]]
        if kind == ENDPOINT:
            out.append("RBE%s FLReset%s" % ("-+"[cap >> 15 & 1], "-+"[cap >> 28 & 1]))
        out += ["\t\tDevCtl:\t" + flags(ctl, ((0, "CorrErr"), (1, "NonFatalErr"), (2, "FatalErr"),
                                              (3, "UnsupReq"))),
                "\t\t\t" + flags(ctl, ((4, "RlxdOrd"), (8, "ExtTag"), (9, "PhantFunc"), (10, "AuxPwr"),
                                       (11, "NoSnoop"))),
                "\t\t\tMaxPayload %d bytes, MaxReadReq %d bytes" % (128 << (ctl >> 5 & 7),
                                                                    128 << (ctl >> 12 & 7)),
                "\t\tDevSta:\t" + flags(sta, ((0, "CorrErr"), (1, "NonFatalErr"), (2, "FatalErr"),
                                              (3, "UnsupReq"), (4, "AuxPwr"), (5, "TransPend"))),
                "\t\tLnkCap:\tPort #%d, Speed %s, Width x%d, ASPM not supported" % (
                    lcap >> 24, SPEEDS[lcap & 15], lcap >> 4 & 63),
                "\t\t\t" + flags(lcap, ((18, "ClockPM"), (19, "Surprise"), (20, "LLActRep"), (21, "BwNot"),
                                        (22, "ASPMOptComp"))),
                "Disabled%s CommClk%s" % ("-+"[lctl >> 4 & 1], "-+"[lctl >> 6 & 1]),
                "\t\tLnkSta:\tSpeed %s, Width x%d" % (SPEEDS[lsta & 15], lsta >> 4 & 63),
                "\t\t\t" + flags(lsta, ((10, "TrErr"), (11, "Train"), (12, "SlotClk"), (13, "DLActive"),
                                        (14, "BWMgmt"), (15, "ABWMgmt")))]
        if kind in (ROOT, DOWNSTREAM) and self.w(at + 2) & 0x100:
            out += self.slot(at)
        ctl2 = self.w(at + 40)
        if kind in (ROOT, DOWNSTREAM):
            out.append("ARIFwd" + "-+"[ctl2 >> 5 & 1])
        return out

    def slot(self, at):
        cap, ctl, sta = self.l(at + 20), self.w(at + 24), self.w(at + 26)
        return ["\t\tSltCap:\t" + flags(cap, ((0, "AttnBtn"), (1, "PwrCtrl"), (2, "MRL"), (3, "AttnInd"),
                                              (4, "PwrInd"), (6, "HotPlug"), (5, "Surprise"))),
                "\t\t\tSlot #%d, PowerLimit %dW; %s" % (cap >> 19, cap >> 7 & 255,
                                                       flags(cap, ((17, "Interlock"), (18, "NoCompl")))),
                "\t\tSltCtl:\tEnable: " + flags(ctl, ((0, "AttnBtn"), (1, "PwrFlt"), (2, "MRL"), (3, "PresDet"),
                                                      (4, "CmdCplt"), (5, "HPIrq"), (12, "LinkChg"))),
                "\t\t\tControl: AttnInd %s, PwrInd %s, %s" % (
                    INDICATOR[ctl >> 6 & 3], INDICATOR[ctl >> 8 & 3],
                    flags(ctl, ((10, "Power"), (11, "Interlock")))),
                "\t\tSltSta:\tStatus: " + flags(sta, ((0, "AttnBtn"), (1, "PowerFlt"), (5, "MRL"), (4, "CmdCplt"),
                                                      (6, "PresDet"), (7, "Interlock"))),
                "\t\t\tChanged: " + flags(sta, ((2, "MRL"), (3, "PresDet"), (8, "LinkState")))]

    def msix(self, at):
        ctl, table, pba = self.w(at + 2), self.l(at + 4), self.l(at + 8)
        return ["MSI-X: Enable%s Count=%d Masked%s" % ("-+"[ctl >> 15], (ctl & 0x7FF) + 1, "-+"[ctl >> 14 & 1]),
                "\t\tVector table: BAR=%d offset=%08x" % (table & 7, table & ~7),
                "\t\tPBA: BAR=%d offset=%08x" % (pba & 7, pba & ~7)]

    def msi(self, at):
        ctl = self.w(at + 2)
        return ["MSI: Enable%s Count=%d/%d" % ("-+"[ctl & 1], 1 << (ctl >> 4 & 7), 1 << (ctl >> 1 & 7))]

    def aer(self, at):
        ctl = self.l(at + 24)
        rows = [("UESta", 4, UNCORRECTABLE), ("UEMsk", 8, UNCORRECTABLE), ("UESvrt", 12, UNCORRECTABLE),
                ("CESta", 16, CORRECTABLE), ("CEMsk", 20, CORRECTABLE)]
        out = ["\t\t%s:\t%s" % (n, flags(self.l(at + off), names)) for n, off, names in rows]
        return out + ["\t\tAERCap:\tFirst Error Pointer: %02x, %s" % (ctl & 31, flags(
            ctl, ((5, "ECRCGenCap"), (6, "ECRCGenEn"), (7, "ECRCChkCap"), (8, "ECRCChkEn")))),
            "\t\tHeaderLog: %08x %08x %08x %08x" % tuple(self.l(at + 28 + 4 * i) for i in range(4))]

    def acs(self, at):
        return ["\t\tACSCap:\t" + flags(self.w(at + 4), ACS), "\t\tACSCtl:\t" + flags(self.w(at + 6), ACS)]

    def ats(self, at):
        return ["\t\tATSCap:\tInvalidate Queue Depth: %02x" % (self.w(at + 4) & 31),
                "\t\tATSCtl:\tEnable%s, Smallest Translation Unit: %02x" % (
                    "-+"[self.w(at + 6) >> 15], self.w(at + 6) & 31)]

    def ari(self, at):
        cap, ctl = self.w(at + 4), self.w(at + 6)
        two = ((0, "MFVC"), (1, "ACS"))
        return ["\t\tARICap:\t%s, Next Function: %d" % (flags(cap, two), cap >> 8),
                "\t\tARICtl:\t%s, Function Group: %d" % (flags(ctl, two), ctl >> 4 & 7)]

    def sriov(self, at):
        cap, ctl, sta = self.l(at + 4), self.w(at + 8), self.w(at + 10)
        out = ["\t\tIOVCap:\tMigration%s " % "-+"[cap & 1],
               "Interrupt Message Number: %03x" % (cap >> 21),
               "\t\tIOVCtl:\t" + flags(ctl, ((0, "Enable"), (1, "Migration"), (2, "Interrupt"), (3, "MSE"),
                                             (4, "ARIHierarchy"))),
               "\t\tIOVSta:\tMigration" + "-+"[sta & 1],
               "\t\tInitial VFs: %d, Total VFs: %d, Number of VFs: %d, Function Dependency Link: %02x" % (
                   self.w(at + 12), self.w(at + 14), self.w(at + 16), self.data[at + 18]),
               "\t\tVF offset: %d, stride: %d, Device ID: %04x" % (
                   self.w(at + 20), self.w(at + 22), self.w(at + 26)),
               "\t\tSupported Page Size: %08x, System Page Size: %08x" % (self.l(at + 28), self.l(at + 32))]
        i = 0
        while i < 6:
            bar = self.l(at + 36 + 4 * i)
            wide = bar >> 2 & 1
            if bar & ~15 or wide:
                high = self.l(at + 40 + 4 * i) if wide else 0
                out.append("\t\tRegion %d: Memory at %0*x (%d-bit, %sprefetchable)" % (
                    i, 16 if wide else 8, high << 32 | bar & ~15, 64 if wide else 32, "" if bar & 8 else "non-"))
            i += 1 + wide
        if cap & 1:
            array = self.l(at + 60)
            out.append("\t\tVF Migration: offset: %08x, BIR: %d" % (array & ~7, array & 7))
        return out
