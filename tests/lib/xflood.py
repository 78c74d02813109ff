#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
"""Ask as clients in interleaved mode do, and as none should.

xflood.py SERVER ADDRESS... [not ADDRESS...]

A client at each address asks soon after its last reply, or when it has waited
for one long enough, until SIGTERM, whatever becomes of the network. It does as
RFC 9769 says; those behind "not" do so half of the time only, else their
requests are basic, repeat what was used up, or have random fields. Prints then
how many replies were basic, interleaved, and neither.
"""

import collections
import os
import random
import select
import signal
import socket
import struct
import sys
import time

PATIENCE = 0.3
PAUSE = 0.02    # for the transmit stamp of the last reply


class Client:
    def __init__(self, address, server, is_sane):
        self.is_sane = is_sane
        self.ends = (address, 0), (server, 123)
        self.sock = None
        self.sent = 0
        self.asked = collections.deque(maxlen=64)   # (xmt, rec): may be answered
        self.known = collections.deque([0], 8)  # receive stamps of the server

    def open(self):
        family = socket.AF_INET6 if ":" in self.ends[0][0] else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_DGRAM)
        sock.setblocking(False)
        try:
            sock.bind(self.ends[0])
            sock.connect(self.ends[1])
        except OSError:
            sock.close()
            return
        self.sock = sock

    def ask(self, rng, now):
        self.sent = now
        if not self.sock:
            self.open()
        if not self.sock:
            return
        org, rec, xmt = self.known[-1], rng.getrandbits(64), rng.getrandbits(64)
        kind = 9 if self.is_sane else rng.randrange(10)
        if kind == 0:
            org = rec = 0
        elif kind == 1:
            org = rng.choice(self.known)
        elif kind == 2:
            org = rng.getrandbits(64)
        elif kind == 3:
            rec = xmt
        elif kind == 4:
            org ^= 1 << rng.randrange(64)
        self.asked.append((xmt, rec))
        try:
            first = 0x23 if kind > 4 else rng.choice((0x23, 0x1b, 0xe3))
            self.sock.send(bytes([first]) +
                           rng.randbytes(23) +
                           struct.pack("!QQQ", org, rec, xmt))
        except OSError:
            # The address or the way is gone: perhaps it comes again.
            self.sock.close()
            self.sock = None

    def take(self, now):
        try:
            reply = self.sock.recv(2048)
        except OSError:
            return None
        if len(reply) < 48:
            return "neither"
        org, stamp, _ = struct.unpack("!24x3Q", reply[:48])
        for xmt, rec in self.asked:
            if org in (xmt, rec):
                self.known.append(stamp)
                self.sent = now - PATIENCE + PAUSE
                return "basic" if org == xmt else "interleaved"
        return "neither"


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__.strip())
    is_ended = []
    signal.signal(signal.SIGTERM, lambda *_: is_ended.append(True))
    rng = random.Random(os.environ.get("TEST_SEED", "1"))
    server, addresses = sys.argv[1], sys.argv[2:]
    sane = (addresses + ["not"]).index("not")
    clients = [Client(address, server, i < sane)
               for i, address in enumerate(addresses) if i != sane]
    tally = collections.Counter()
    while not is_ended:
        now = time.monotonic()
        for client in clients:
            if now - client.sent > PATIENCE:
                client.ask(rng, now)
        socks = {client.sock: client for client in clients if client.sock}
        for sock in select.select(socks, [], [], 0.02)[0]:
            tally[socks[sock].take(time.monotonic())] += 1
    print(*(tally[kind] for kind in ("basic", "interleaved", "neither")))


main()
