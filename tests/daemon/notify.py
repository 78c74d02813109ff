#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
"""Be the service manager: notify.py SOCKET - print what is sent to it.

Behind each WATCHDOG=1 there is a line "at", with the time in seconds.
"""

import os
import socket
import sys
import time

sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
sock.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o777)
while True:
    text = sock.recv(4096).decode()
    if "WATCHDOG=1" in text.splitlines():
        text += "\nat %.3f" % time.monotonic()
    print(text, flush=True)
