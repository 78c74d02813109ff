#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
"""Clients in interleaved mode that judge the transmit stamps they are told.

xjudge.py SERVER-NS CLIENT-NS SERVER DEVICE COUNT ADDRESS...

Clients at the ADDRESSes ask in turn, each when the stamp of the reply before,
whosever that was, has come to the module: NICs that can keep one stamp only get
no second one meanwhile. Server and clients have one clock. A reply left after
its request was sent and before it was received, so that a stamp which is told
of another reply, to the same client or to another one, lies outside of the
exchange that it is said to be of: no two overlap.

Until COUNT replies were interleaved. Prints a line for each of

  interleaved, basic, lost   replies, and requests without one
  asked, hardware, driver,   transmit stamps: wanted by the module; of the NIC; of
  other                      its driver, as the clock of the NIC was in doubt;
                             refused, late or not come
  wrong                      outside of their exchange by more than SLACK; these
                             are shown on stderr
  margin                     ns between the two exchanges that are closest
"""

import os
import random
import select
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from nicstamp import enter    # noqa: E402
from setkntp import Kntp      # noqa: E402
from stamping import dev, stamps    # noqa: E402
from wire import minus    # noqa: E402

SLACK = 50000   # ns that the clock of the NIC may be taken for another time
PATIENCE = 20   # s


class Client:
    def __init__(self, address, server):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((address, 0))
        self.sock.connect((server, 123))
        self.org = 0        # receive stamp of the last reply
        self.last = None    # when that exchange was

    def ask(self):
        """How it was answered, the exchange, and which one the stamp is of."""
        rec, xmt = random.getrandbits(64) & ~1, random.getrandbits(64) & ~1
        packet = (bytes([0x23, 0, 6, 0xe8]) + bytes(20) +
                  struct.pack("!QQQ", self.org, rec if self.org else 0, xmt))
        first = time.time_ns()
        self.sock.send(packet)
        while select.select([self.sock], [], [], PATIENCE)[0]:
            reply = struct.unpack("!24x3Q", self.sock.recv(2048)[:48])
            now = time.time_ns()
            if reply[0] not in (rec, xmt):
                continue
            about, self.last, self.org = self.last, (first, now), reply[1]
            if reply[0] == xmt:
                return "basic", self.last, None, reply[2]
            return "interleaved", self.last, about, reply[2]
        self.org = 0
        return "lost", (first, time.time_ns()), None, None


def is_wrong(stamp, exchange):
    error = max(minus(stamp, exchange[1]), -minus(stamp, exchange[0]))
    if error > SLACK:
        print("%016x is outside of its exchange by %d ns" % (stamp, error),
              file=sys.stderr)
    return error > SLACK


def wait(kntp, device):
    """Until no stamp is under way; what is counted then."""
    end = time.monotonic() + PATIENCE
    while True:
        now = dev(kntp, device)
        if stamps(now) >= now["tx_asked"] or time.monotonic() > end:
            return now


def main():
    if len(sys.argv) < 7:
        sys.exit(__doc__.strip())
    server_ns, client_ns, server, device, count = sys.argv[1:6]
    enter(server_ns)
    kntp = Kntp()
    enter(client_ns)
    clients = [Client(address, server) for address in sys.argv[6:]]
    said = dict(interleaved=0, basic=0, lost=0, asked=0, hardware=0, driver=0,
                other=0, wrong=0, margin=10**9)
    before, last = wait(kntp, device), 0
    # As many again, and who is never answered so gives up.
    for turn in range(2 * int(count)):
        if said["interleaved"] == int(count):
            break
        how, exchange, about, stamp = clients[turn % len(clients)].ask()
        said[how] += 1
        if about:
            said["wrong"] += is_wrong(stamp, about)
        said["margin"] = min(said["margin"], exchange[0] - last)
        last = exchange[1]
        after = wait(kntp, device)
    for name in ("asked", "hardware", "driver"):
        said[name] = after["tx_" + name] - before["tx_" + name]
    said["other"] = sum(after[name] - before[name] for name in
                        ("tx_late", "tx_refused", "tx_missing", "tx_lost"))
    for name, value in said.items():
        print(name, value)


if __name__ == "__main__":
    main()
