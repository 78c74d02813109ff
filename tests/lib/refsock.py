#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
"""A receiver that tells time by the protocol SOCK: refsock.py PATH OFFSET

Each quarter of a second it says that true time is OFFSET seconds ahead of the
system clock, until it is killed; it waits for the socket.
"""

import socket
import struct
import sys
import time

MAGIC = 0x534F434B


def main():
    path, offset = sys.argv[1], float(sys.argv[2])
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    while True:
        now = time.time_ns()
        try:
            sock.sendto(struct.pack("@qqdiiii", now // 10**9,
                                    now % 10**9 // 1000, offset, 0, 0, 0,
                                    MAGIC), path)
        except OSError:
            pass
        time.sleep(0.25)


main()
