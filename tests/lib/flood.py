#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
"""Ask an NTP server as fast as it goes: flood.py SERVER [ID:TYPE:SECRET]

One request after the other, signed if there is a key (types of hashlib, the
secret in hexadecimal), with up to 32 of them under way, until SIGTERM. Prints
then how many replies there were of each kind, a line each: plain, signed (as the
request was), nak, rate, wrong (none of these).
"""

import collections
import hashlib
import os
import signal
import socket
import struct
import sys


def kind_of(reply, xmt, key):
    if len(reply) < 48 or reply[24:32] != xmt or reply[0] & 7 != 4:
        return "wrong"
    if reply[1] == 0 and reply[12:16] == b"RATE":
        return "rate"
    if len(reply) == 48:
        return "plain"
    if len(reply) == 52 and reply[48:] == bytes(4):
        return "nak"
    if key and reply[48:52] == key[0] and \
            hashlib.new(key[1], key[2] + reply[:48]).digest()[:20] == reply[52:]:
        return "signed"
    return "wrong"


def main():
    is_ended = []
    signal.signal(signal.SIGTERM, lambda *_: is_ended.append(True))
    info = socket.getaddrinfo(sys.argv[1], 123, type=socket.SOCK_DGRAM)[0]
    sock = socket.socket(info[0], info[1])
    sock.connect(info[4])
    sock.setblocking(False)
    xmt = os.urandom(8)
    request = b"\x23" + bytes(39) + xmt
    key = None
    if sys.argv[2:]:
        number, name, secret = sys.argv[2].split(":")
        key = struct.pack("!I", int(number)), name, bytes.fromhex(secret)
        request += key[0] + hashlib.new(name, key[2] + request).digest()[:20]
    count = collections.Counter()
    while not is_ended:
        try:
            for _ in range(32):
                sock.send(request)
        except OSError:
            pass
        try:
            while True:
                count[kind_of(sock.recv(2048), xmt, key)] += 1
        except OSError:
            pass
    for kind in sorted(count):
        print(kind, count[kind])


main()
