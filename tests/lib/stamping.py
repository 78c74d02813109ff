#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
"""What the daemon tells the module of stamps, and a client that asks for them.

stamping.py follow PTP [VALIDITY-MS]   push the line of a clock, until killed
stamping.py line PTP [NAME=VALUE...]   push it once; what is named is added to
                                       the line's (real, mono_offset, rate) or
                                       replaces it (error, drift, validity)
stamping.py same INDEX                 ten minutes' line of a clock that there
                                       need not be: it shows CLOCK_REALTIME
stamping.py forget PTP                 no line any more
stamping.py lines                      index and state of each, uses, refused
stamping.py dev DEVICE NAME=VALUE...   phc, stamping, rx_comp, tx_comp
stamping.py show DEVICE [NAME...]      what is counted
stamping.py ask SERVER-NS CLIENT-NS SERVER DEVICE COUNT basic|interleaved
                                       requests, one after the other; the next
                                       one when the last reply's stamp has come.
                                       Prints how many replies were basic, how
                                       many interleaved and how many did not come.
                                       With - as SERVER-NS and DEVICE nobody is
                                       asked for what the module counts: kntpd
                                       has its stamps before it reads on

Needs PTP_SYS_OFFSET_PRECISE: what is measured with it is the module alone.
"""

import fcntl
import os
import random
import select
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from nicstamp import enter    # noqa: E402
from setkntp import Kntp, Refused, attr, attrs_of    # noqa: E402

DEV_GET, DEV_SET = 3, 6
PHC_GET, PHC_SET, PHC_DEL = 24, 25, 26
NO_PHC = 0xffffffff
PRECISE = 3 << 30 | 64 << 16 | ord("=") << 8 | 8
SECOND = 10**9
STATES = ["unset", "valid", "expired", "stepped"]
FIELDS = """time:=Q real:=q rate:=i error:=I drift:=I mono_offset:=q
    validity:=I age:=Q state:=I uses:=Q refused:=Q""".split()
DEV = """ifindex:=I ifname:- hook:=I requests:=Q replies:=Q rx_stamp:- pad:-
    phc:=I stamping:=I rx_comp:=i tx_comp:=i rx_hardware:=Q rx_driver:=Q
    rx_clock:=Q rx_refused:=Q tx_asked:=Q tx_hardware:=Q tx_driver:=Q tx_late:=Q
    tx_refused:=Q tx_missing:=Q tx_lost:=Q tx_delay:=q tx_spread:=Q""".split()


def cross(ptp):
    """The clock and CLOCK_REALTIME at one instant."""
    data = bytearray(64)
    fcntl.ioctl(ptp, PRECISE, data)
    sec, nsec, _, rsec, rnsec = struct.unpack_from("=qIIqI", data)
    return sec * SECOND + nsec, rsec * SECOND + rnsec


def mono_offset():
    best = None
    for _ in range(20):
        before = time.monotonic_ns()
        real = time.time_ns()
        after = time.monotonic_ns()
        if best is None or after - before < best[0]:
            best = after - before, real - (before + after) // 2
    return best[1]


def line(first, last, offset):
    """Through two readings."""
    rate = 0
    if first is not None:
        rate = round(((last[1] - first[1]) / (last[0] - first[0]) - 1) * 65536e6)
    return {"time": last[0], "real": last[1], "rate": rate, "error": 20,
            "drift": 5, "mono_offset": offset, "validity": 2000}


def index_of(path):
    return int(path.rpartition("ptp")[2])


def push(kntp, index, values):
    kntp.call(PHC_SET, attr(1, struct.pack("=I", index)) + b"".join(
        attr(2 + i, struct.pack(form, values[name]))
        for i, (name, form) in enumerate(f.split(":") for f in FIELDS[:7])))


def measured(ptp, apart=0.5):
    first = cross(ptp)
    time.sleep(apart)
    return line(first, cross(ptp), mono_offset())


def follow(path, validity="2000"):
    kntp = Kntp()
    kept = []
    with open(path, "rb") as ptp:
        while True:
            offset = mono_offset()
            kept = (kept + [cross(ptp)])[-4:]
            # A reading of before the clocks were set is on another line.
            if len(kept) > 1 and abs((kept[-1][1] - kept[-2][1]) -
                                     (kept[-1][0] - kept[-2][0])) > 10**6:
                kept = kept[-1:]
            if len(kept) > 1:
                values = line(kept[0], kept[-1], offset)
                values["validity"] = int(validity)
                try:
                    push(kntp, index_of(path), values)
                except Refused as err:
                    if "ESTALE" not in str(err):
                        raise
            time.sleep(0.2)


def one_line(path, *words):
    with open(path, "rb") as ptp:
        values = measured(ptp)
    for word in words:
        name, _, value = word.partition("=")
        more = int(value)
        if name in ("real", "mono_offset", "rate"):
            more += values[name]
        values[name] = more
    push(Kntp(), index_of(path), values)


def same(index):
    now = time.time_ns()
    push(Kntp(), int(index), {
        "time": now, "real": now, "rate": 0, "error": 1000, "drift": 0,
        "mono_offset": mono_offset(), "validity": 600000})


def lines():
    for record in Kntp().call(PHC_GET, flags=0x300):
        got = dict(attrs_of(record))
        print("ptp%d" % struct.unpack("=I", got[1]),
              STATES[struct.unpack("=I", got[10])[0]],
              *(struct.unpack("=Q", got[i])[0] for i in (11, 12)))


def name_of(device):
    return attr(2, device.encode() + b"\0")


def set_dev(device, *words):
    data = name_of(device)
    for word in words:
        name, _, value = word.partition("=")
        number = 1 + [f.partition(":")[0] for f in DEV].index(name)
        form = DEV[number - 1].partition(":")[2]
        if value == "none":
            value = NO_PHC
        data += attr(number, struct.pack(form, int(value)))
    Kntp().call(DEV_SET, data)


def dev(kntp, device):
    out = {}
    for kind, value in attrs_of(kntp.call(DEV_GET, name_of(device))[0]):
        name, form = DEV[kind - 1].split(":")
        if form != "-":
            out[name] = struct.unpack(form, value)[0]
        elif name == "rx_stamp":
            out[name] = value.rstrip(b"\0").decode()
    return out


def show(device, *names):
    got = dev(Kntp(), device)
    for name in names or got:
        print(got.get(name, "none") if names else "%s %s" % (name, got[name]))


def stamps(got):
    return sum(got[name] for name in ("tx_hardware", "tx_driver", "tx_late",
                                      "tx_refused", "tx_missing"))


def ask(server_ns, client_ns, server, device, count, mode):
    kntp = None
    if device != "-":
        enter(server_ns)
        kntp = Kntp()
    enter(client_ns)
    family = socket.AF_INET6 if ":" in server else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.connect((server, 123))
    org, tally = 0, {"basic": 0, "interleaved": 0, "lost": 0}
    for _ in range(int(count)):
        before = dev(kntp, device) if kntp else None
        rec, xmt = random.getrandbits(64) & ~1, random.getrandbits(64) & ~1
        sock.send(bytes([0x23, 0, 6, 0xe8]) + bytes(20) +
                  struct.pack("!QQQ", org, rec if org else 0, xmt))
        # A reply that comes later than the next request is not its reply.
        end = time.monotonic() + 5
        while True:
            if not select.select([sock], [], [],
                                 max(0, end - time.monotonic()))[0]:
                tally["lost"] += 1
                break
            reply = struct.unpack("!24x3Q", sock.recv(2048)[:48])
            if reply[0] in (xmt, rec):
                tally["basic" if reply[0] == xmt else "interleaved"] += 1
                if mode == "interleaved":
                    org = reply[1]
                break
        end = time.monotonic() + 2
        while kntp and time.monotonic() < end:
            now = dev(kntp, device)
            if stamps(now) - stamps(before) >= (now["tx_asked"] -
                                                before["tx_asked"]):
                break
            time.sleep(0.002)
    print(tally["basic"], tally["interleaved"], tally["lost"])


def main():
    commands = {"follow": follow, "line": one_line, "same": same, "lines": lines,
                "dev": set_dev, "show": show, "ask": ask,
                "forget": lambda path: Kntp().call(
                    PHC_DEL, attr(1, struct.pack("=I", index_of(path))))}
    if len(sys.argv) < 2 or sys.argv[1] not in commands:
        sys.exit(__doc__.strip())
    try:
        commands[sys.argv[1]](*sys.argv[2:])
    except Refused as err:
        sys.exit("stamping.py: %s" % err)


if __name__ == "__main__":
    main()
