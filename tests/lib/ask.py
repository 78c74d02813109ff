#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
"""Ask an NTP server, print what it says: ask.py [-b] SERVER [FIELD...]

One line of FIELD=VALUE, or the bare values of the fields that were named, one
a line. Times in seconds; refid in hexadecimal; offset of the server's clock
against ours, delay of the round trip. Status 1 when there is no answer. With
-b, of twenty answers the one of the least delay.
"""

import os
import socket
import struct
import sys
import time

EPOCH = 2208988800


def ask(server, timeout=1.0):
    info = socket.getaddrinfo(server, 123, type=socket.SOCK_DGRAM)[0]
    sock = socket.socket(info[0], info[1])
    sock.settimeout(timeout)
    sock.connect(info[4])
    xmt = os.urandom(8)
    sent = time.time()
    sock.send(b"\x23" + bytes(39) + xmt)
    reply = sock.recv(2048)
    came = time.time()
    if len(reply) < 48 or reply[24:32] != xmt:
        sys.exit("not an answer to the request: " + reply.hex())
    (first, stratum, poll, precision, delay, disp, refid, _, _, rec,
     xmt) = struct.unpack("!BBbbIIIQQQQ", reply[:48])
    rec = rec / 2**32 - EPOCH
    xmt = xmt / 2**32 - EPOCH
    return {
        "leap": first >> 6,
        "version": first >> 3 & 7,
        "mode": first & 7,
        "stratum": stratum,
        "poll": poll,
        "precision": precision,
        "rootdelay": "%.6f" % (delay / 65536),
        "rootdisp": "%.6f" % (disp / 65536),
        "refid": "%08x" % refid,
        "offset": "%.6f" % (((rec - sent) + (xmt - came)) / 2),
        "delay": "%.6f" % ((came - sent) - (xmt - rec)),
    }


def main():
    args = sys.argv[1:]
    count = 20 if args[0] == "-b" else 1
    if count > 1:
        args.pop(0)
    try:
        answers = [ask(args[0]) for _ in range(count)]
    except OSError as err:
        sys.exit("%s: %s" % (args[0], err))
    fields = min(answers, key=lambda answer: float(answer["delay"]))
    if args[1:]:
        for name in args[1:]:
            print(fields[name])
    else:
        print(" ".join("%s=%s" % item for item in fields.items()))


main()
