#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
"""How good the stamps are that a server put into its replies, as tphc saw it.

wire.py [OPTION...] stats [FIELD...]   errors of the served stamps, in ns
wire.py [OPTION...] show               a line for each NTP packet
wire.py clear                          forget what was recorded until now

  -d N,...  the server is at device tpN (1), or at all of these
  -f FILE   read a copy of the record, not the record itself
  -o FILE   keep a copy of what is read
  -n N      leave out the first N replies of each client
  -g S      the system clock is set meanwhile: count stamps as wrong that are
            more than S seconds outside of their exchange, by whichever of its
            readings up to S seconds before or after, and show them on stderr

The record is consumed by reading it, as root. stats prints, for replies in
basic and in interleaved mode,

  basic.rec.rms 31.4         receive stamp minus the true arrival of the request
  basic.xmt.mean 4210.0      transmit stamp minus the true departure: of this
                             reply in basic mode, of the one that the stamp is
                             about in interleaved mode
  basic.replies 20           how many; .rec.n and .xmt.n could be judged
  ...                        also .worst (of the greatest size), .least (the
                             earliest), .median, .sd
  requests, unanswered, unmatched, lost

or the bare values of the fields that are named, one a line, "none" for those
that there are not. unmatched are stamps whose packet is not in the record; with
-g there are judged and wrong, too.
"""

import collections
import getopt
import struct
import sys

RECORD = struct.Struct("=QqQqqBBBBHH16s16s48s")
NTP = struct.Struct("!BBbbIIIQQQQ")
WIRE = "/sys/kernel/debug/tphc/wire"
LOST = "/sys/kernel/debug/tphc/lost"
EPOCH = 2208988800
ERA = 1 << 32
STAMPED, STAMP_LOST, SKIPPED = 1, 2, 4

Packet = collections.namedtuple(
    "Packet", "frame real raw phc driver device sent flags version sport dport "
    "saddr daddr mode ntp_version leap stratum poll precision rootdelay "
    "rootdisp refid ref org rec xmt")


def parse(data):
    """The packets of a record, in order."""
    whole = len(data) - len(data) % RECORD.size
    for fields in RECORD.iter_unpack(data[:whole]):
        ntp = NTP.unpack(fields[-1])
        size = 4 if fields[8] == 4 else 16
        yield Packet(*fields[:11], fields[11][:size], fields[12][:size],
                     ntp[0] & 7, ntp[0] >> 3 & 7, ntp[0] >> 6, *ntp[1:])


def take(path=WIRE):
    """What was recorded since the last time, as bytes."""
    with open(path, "rb", buffering=0) as record:
        parts = []
        while True:
            part = record.read(1 << 16)
            if not part:
                return b"".join(parts)
            parts.append(part)


def clear():
    with open(WIRE, "w") as record:
        record.write("0")


def minus(stamp, real):
    """An NTP timestamp minus CLOCK_REALTIME in ns; eras are those closest."""
    seconds = (stamp >> 32) - EPOCH
    whole = real // 10**9
    seconds += (whole - seconds + ERA // 2) // ERA * ERA
    return ((seconds - whole) * 10**9 +
            (stamp & 0xffffffff) * 10**9 / ERA - real % 10**9)


class Scales:
    """What the system clock said, as somebody set it again and again."""

    def __init__(self):
        self.spans = []     # [first, last, offset], of CLOCK_MONOTONIC_RAW

    def add(self, packet):
        offset = packet.real - packet.raw
        if not self.spans or abs(offset - self.spans[-1][2]) > 10**8:
            self.spans.append([packet.raw, packet.raw, offset])
        self.spans[-1][1:] = [max(self.spans[-1][1], packet.raw), offset]

    def error(self, stamp, first, last, guard):
        """How far off the stamp is from all that it may have been taken for:
        from when one packet was on the wire to when the other one was."""
        errors = []
        for begin, end, offset in self.spans:
            if begin - guard <= last.raw and first.raw <= end + guard:
                errors.append(max(minus(stamp, last.raw + offset),
                                  -minus(stamp, first.raw + offset), 0))
        return min(errors)


class Server:
    """Follows the packets of its devices, and judges what they sent."""

    KEPT = 64   # requests of a client that may still be answered

    def __init__(self, devices, skip=0, guard=0):
        self.devices = devices
        self.skip = skip
        self.guard = int(guard * 10**9)
        self.scales = Scales()
        self.served = []        # (stamp, request, reply): what it is of
        self.requests = {}      # (address, port): [packet, answered]...
        self.replies = {}       # (address, receive stamp): (request, reply)
        self.seen = collections.Counter()
        self.errors = collections.defaultdict(list)
        self.counts = collections.Counter()

    def add(self, packet):
        if packet.device not in self.devices:
            return
        if self.guard:
            self.scales.add(packet)
        if not packet.sent and packet.mode in (1, 2, 3):
            kept = self.requests.setdefault((packet.saddr, packet.sport), [])
            kept.append([packet, False])
            del kept[:-self.KEPT]
            self.counts["requests"] += 1
            self.counts["unanswered"] += 1
        elif packet.sent and packet.mode in (1, 2, 4) and packet.org:
            self.reply(packet)

    def reply(self, packet):
        for entry in reversed(self.requests.get((packet.daddr, packet.dport),
                                                [])):
            request = entry[0]
            if packet.org == request.xmt:
                mode = "basic"
            elif packet.org == request.rec:
                mode = "interleaved"
            else:
                continue
            if not entry[1]:
                self.counts["unanswered"] -= 1
                entry[1] = True
            self.judge(mode, request, packet)
            break
        else:
            self.counts["unmatched"] += 1
            request = packet
        self.replies[packet.daddr, packet.rec] = request, packet

    def judge(self, mode, request, packet):
        about = request, packet
        if mode == "interleaved":
            about = self.replies.get((packet.daddr, request.org))
        self.seen[packet.daddr] += 1
        if self.seen[packet.daddr] <= self.skip:
            return
        self.counts[mode + ".replies"] += 1
        if packet.leap == 3 and packet.stratum == 0:
            return
        self.errors[mode + ".rec"].append(minus(packet.rec, request.real))
        self.served.append((packet.rec, request, packet))
        if about is None:
            self.counts["unmatched"] += 1
        else:
            self.errors[mode + ".xmt"].append(minus(packet.xmt, about[1].real))
            self.served.append((packet.xmt, *about))

    def fields(self):
        out = {"requests": 0, "unanswered": 0, "unmatched": 0,
               "basic.replies": 0, "interleaved.replies": 0}
        out.update(self.counts)
        if self.guard:
            out["judged"] = len(self.served)
            out["wrong"] = 0
            for stamp, *exchange in self.served:
                error = self.scales.error(stamp, *exchange, self.guard)
                if error > self.guard:
                    out["wrong"] += 1
                    print("%016x is wrong by %d ns:" % (stamp, error),
                          file=sys.stderr)
                    for packet in exchange:
                        show(packet, sys.stderr)
        for mode in ("basic", "interleaved"):
            for stamp in ("rec", "xmt"):
                name = "%s.%s" % (mode, stamp)
                errors = self.errors[name]
                out[name + ".n"] = len(errors)
                if not errors:
                    continue
                n, ranked = len(errors), sorted(errors)
                mean = sum(errors) / n
                out[name + ".mean"] = mean
                out[name + ".median"] = (ranked[n // 2] +
                                         ranked[~(n // 2)]) / 2
                out[name + ".sd"] = (sum((e - mean) ** 2 for e in errors) /
                                     n) ** 0.5
                out[name + ".rms"] = (sum(e * e for e in errors) / n) ** 0.5
                out[name + ".worst"] = max(errors, key=abs)
                out[name + ".least"] = ranked[0]
        return out


def text(value):
    return "%.1f" % value if isinstance(value, float) else str(value)


def address(raw):
    if len(raw) == 4:
        return ".".join(map(str, raw))
    return ":".join(raw[i:i + 2].hex() for i in range(0, 16, 2))


def show(packet, where=None):
    flags = [word for bit, word in ((STAMPED, "stamped"), (STAMP_LOST, "lost"),
                                    (SKIPPED, "skipped")) if packet.flags & bit]
    print("tp%d %s %d %s:%d > %s:%d real %d raw %d phc %d driver %+d mode %d "
          "org %016x rec %016x xmt %016x %s" %
          (packet.device, "tx" if packet.sent else "rx", packet.frame,
           address(packet.saddr), packet.sport, address(packet.daddr),
           packet.dport, packet.real, packet.raw, packet.phc,
           packet.driver - packet.real, packet.mode, packet.org, packet.rec,
           packet.xmt, " ".join(flags)), file=where)


def main():
    try:
        options, args = getopt.getopt(sys.argv[1:], "d:f:o:n:g:h")
    except getopt.GetoptError as err:
        sys.exit("wire.py: %s; -h tells more" % err)
    options = dict(options)
    if "-h" in options or not args or args[0] not in ("stats", "show", "clear"):
        print(__doc__.strip())
        sys.exit(0 if "-h" in options else 2)
    if args[0] == "clear":
        clear()
        return
    data = take(options.get("-f", WIRE))
    if "-o" in options:
        with open(options["-o"], "wb") as copy:
            copy.write(data)
    if args[0] == "show":
        for packet in parse(data):
            show(packet)
        return
    server = Server([int(d) for d in options.get("-d", "1").split(",")],
                    int(options.get("-n", 0)), float(options.get("-g", 0)))
    for packet in parse(data):
        server.add(packet)
    fields = server.fields()
    if "-f" not in options:
        with open(LOST) as lost:
            fields["lost"] = int(lost.read())
    if args[1:]:
        for name in args[1:]:
            print(text(fields.get(name, "none")))
        return
    for name, value in fields.items():
        print(name, text(value))


if __name__ == "__main__":
    main()
