#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
"""Watch a server smear a leap second: smear.py SERVER LEAP INTERVAL

LEAP is the second after the one that is inserted, in s since 1970; the clock of
this host inserts it, too. Asks ten times a second from now until two seconds
behind it. Each time that the server says must lie between what the curve gives
for when the request went and for when the answer came: a clock that only moves
forward says when that was, however long this host was away meanwhile. Prints
what is wrong, and a line of what was seen:

    asked=N smeared=N least=OFFSET stepped=N
"""

import math
import os
import socket
import struct
import sys
import time

EPOCH = 2208988800
SLACK = 0.001


def ask(sock):
    xmt = os.urandom(8)
    sent = time.monotonic()
    sock.send(b"\x23" + bytes(39) + xmt)
    reply = sock.recv(2048)
    came = time.monotonic()
    if len(reply) < 48 or reply[24:32] != xmt:
        return None
    (first, refid, ref, rec, xmt) = struct.unpack("!B11xIQ8xQQ", reply[:48])
    return sent, came, first >> 6, refid, ref, rec, xmt


def main():
    server, leap, interval = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    info = socket.getaddrinfo(server, 123, type=socket.SOCK_DGRAM)[0]
    sock = socket.socket(info[0], info[1])
    sock.settimeout(1)
    sock.connect(info[4])
    ahead = min((time.time() - time.monotonic() for _ in range(100)),
                key=lambda a: abs(a - (time.time() - time.monotonic())))
    wrong, asked, smeared, stepped, least = [], 0, 0, 0, 0.0

    def curve(utc):
        part = min(max((utc - leap + interval) / interval, 0), 1)
        return -(1 - math.cos(math.pi * part)) / 2

    while time.monotonic() + ahead < leap + 2:
        time.sleep(0.1)
        try:
            answer = ask(sock)
        except OSError:
            continue
        if not answer:
            continue
        sent, came, li, refid, ref, rec, xmt = answer
        asked += 1
        lo, hi = sent + ahead, came + ahead
        for name, ts in (("receive", rec), ("transmit", xmt)):
            got = ts / 2**32 - EPOCH
            if not lo + curve(lo) - SLACK <= got <= hi + curve(hi) + SLACK:
                wrong.append("%s stamp %.6f, of %.6f to %.6f to the leap" % (
                    name, got - leap, lo + curve(lo) - leap,
                    hi + curve(hi) - leap))
        if xmt <= rec or ref > xmt:
            wrong.append("stamps out of order")
        if li != 0:
            wrong.append("leap %d" % li)
        if refid >> 24 == 254:
            offset = (refid & 0xffffff) / 2**22 - 4 * (refid >> 23 & 1)
            least = min(least, offset)
            smeared += 1
            if not (curve(hi) - SLACK <= offset <= curve(lo) + SLACK):
                wrong.append("refid says %.6f" % offset)
        elif hi > leap - interval + 1 and lo < leap:
            wrong.append("refid %08x while smearing" % refid)
        elif lo > leap:
            stepped += 1
    for line in wrong[:20]:
        print(line)
    print("asked=%d smeared=%d least=%.3f stepped=%d" % (asked, smeared, least,
                                                         stepped))
    sys.exit(1 if wrong else 0)


main()
