#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
"""Reload a kntpd again and again: reload.py PID LOG COUNT CONF FILE...

The files become its configuration CONF in turn, COUNT times in all. Each time
it is waited for, by the line in its log. Status 1 where that takes a minute.
"""

import os
import shutil
import signal
import sys
import time


def main():
    pid, log_name, count, conf = sys.argv[1:5]
    files = sys.argv[5:]
    with open(log_name, "rb") as log:
        log.seek(0, os.SEEK_END)
        for i in range(int(count)):
            shutil.copyfile(files[i % len(files)], conf)
            os.kill(int(pid), signal.SIGHUP)
            text, end = b"", time.monotonic() + 60
            while b"configuration read again" not in text:
                if time.monotonic() > end:
                    sys.exit("reload %d: not within a minute" % (i + 1))
                time.sleep(0.005)
                text += log.read()


main()
