#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
"""Ask an NTP server, print what it says: ask.py [-b LIMIT] [-w S] SERVER [FIELD...]

One line of FIELD=VALUE, or the bare values of the fields that were named, one
a line. Times in seconds; refid in hexadecimal; offset of the server's clock
against ours, delay of the round trip. Status 1 when there is no answer within
S seconds (10). With -b, of twenty answers the one of the least delay; again and
again for a minute, until its offset is within LIMIT: a machine that is busy
delays packets, and that is no fault of the server, whose every answer would be
wrong.
"""

import os
import socket
import struct
import sys
import time

EPOCH = 2208988800


def ask(server, timeout):
    info = socket.getaddrinfo(server, 123, type=socket.SOCK_DGRAM)[0]
    sock = socket.socket(info[0], info[1])
    sock.settimeout(timeout)
    xmt = os.urandom(8)
    try:
        sock.connect(info[4])
    except PermissionError:
        # A broadcast address: whoever answers.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    sent = time.time()
    sock.sendto(b"\x23" + bytes(39) + xmt, info[4])
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


def best(server, wait, limit):
    """Of twenty answers the one of the least delay, within the limit if ever."""
    end = time.monotonic() + 60
    while True:
        answer = min((ask(server, wait) for _ in range(20)),
                     key=lambda answer: float(answer["delay"]))
        if abs(float(answer["offset"])) <= limit or time.monotonic() > end:
            return answer


def main():
    args = sys.argv[1:]
    option = {"-w": 10}
    while args[0] in ("-b", "-w"):
        option[args[0]] = float(args[1])
        del args[:2]
    try:
        if "-b" in option:
            answer = best(args[0], option["-w"], option["-b"])
        else:
            answer = ask(args[0], option["-w"])
    except OSError as err:
        sys.exit("%s: %s" % (args[0], err))
    if args[1:]:
        for name in args[1:]:
            print(answer[name])
    else:
        print(" ".join("%s=%s" % item for item in answer.items()))


main()
