#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
"""NTP servers that behave as they are told: fakentp.py ADDRESS=BEHAVIOUR...

good          stratum 2, this machine's time
offset:S      the same, S seconds off
unsync        leap 3, stratum 0
deny rate     kiss-o'-death
stratum:N     stratum N
rootdisp:S    root dispersion S
refid:HEX     reference identifier HEX
origin        another origin stamp than the request's
zero          origin stamp 0
version mode  a wrong one
short         47 octets
twice         two answers, the second one an hour off
silent        none

Each request is printed, with its address, as hexadecimal octets.
"""

import select
import socket
import struct
import sys
import time

EPOCH = 2208988800
GOOD_REFID = 0xC0000263


def stamp(when):
    return int((when + EPOCH) * 2**32) & (2**64 - 1)


def answer(request, verb, value):
    now = time.time()
    leap, stratum, version, mode = 0, 2, request[0] >> 3 & 7, 4
    refid, disp, origin = GOOD_REFID, 0.0005, request[40:48]
    if verb == "offset":
        now += float(value)
    elif verb == "unsync":
        leap, stratum, refid = 3, 0, 0
    elif verb in ("deny", "rate"):
        leap, stratum = 3, 0
        refid = struct.unpack("!I", verb.upper().encode())[0]
    elif verb == "stratum":
        stratum = int(value)
    elif verb == "rootdisp":
        disp = float(value)
    elif verb == "refid":
        refid = int(value, 16)
    elif verb == "origin":
        origin = bytes(7) + b"\x01"
    elif verb == "zero":
        origin = bytes(8)
    elif verb == "version":
        version = 3
    elif verb == "mode":
        mode = 3
    reply = struct.pack("!BBbbIII", leap << 6 | version << 3 | mode, stratum,
                        6, -23, 66, int(disp * 65536), refid)
    reply += struct.pack("!Q", stamp(now - 10)) + origin
    reply += struct.pack("!QQ", stamp(now), stamp(now + 1e-6))
    return reply[:47] if verb == "short" else reply


def main():
    behaviour = {}
    for arg in sys.argv[1:]:
        address, _, what = arg.partition("=")
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_DGRAM)
        sock.bind((address, 123))
        behaviour[sock] = (address,) + what.partition(":")[::2]
    while True:
        for sock in select.select(list(behaviour), [], [])[0]:
            request, client = sock.recvfrom(2048)
            address, verb, value = behaviour[sock]
            print(address, request.hex(), flush=True)
            if len(request) < 48 or request[0] & 7 != 3 or verb == "silent":
                continue
            sock.sendto(answer(request, verb, value), client)
            if verb == "twice":
                sock.sendto(answer(request, "offset", "3600"), client)


main()
