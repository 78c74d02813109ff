#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
"""What tests/bench/truth has seen of clocks, as a table.

clock_report.py WARM clock-DAEMON...: a line of a file is seconds, ns that the
clock is ahead, ns that the comparison took; the first WARM seconds do not
count. Status 1 when kntpd's RMS is above 20 us, or above that of another.
"""
import math
import sys

TARGET_US = 20.0
NEAR_US = 100.0


def read(path):
    with open(path, encoding="ascii") as lines:
        return [tuple(int(word) for word in line.split()) for line in lines]


def settled(rows):
    """The first second from which the clock stays near."""
    first = 0
    for second, off, _ in rows:
        if abs(off) > NEAR_US * 1000:
            first = second + 1
    return first


def line(xs, ys):
    """The slope of a least-squares line."""
    mx, my = sum(xs) / len(xs), sum(ys) / len(ys)
    return (sum((x - mx) * (y - my) for x, y in zip(xs, ys)) /
            sum((x - mx) ** 2 for x in xs))


def measure(rows, warm):
    seconds = [row[0] for row in rows if row[0] >= warm]
    off = [row[1] / 1000 for row in rows if row[0] >= warm]
    if len(off) < 2:
        sys.exit("clock_report: fewer than two seconds after the first %d"
                 % warm)
    mean = sum(off) / len(off)
    square = sum(x * x for x in off) / len(off)
    steps = [b - a for a, b in zip(off, off[1:])]
    return {
        "n": len(off),
        "rms": math.sqrt(square),
        "mean": mean,
        "about": math.sqrt(max(0, square - mean * mean)),
        "worst": max(abs(x) for x in off),
        "drift": 1000 * line(seconds, off),
        "freq": 1000 * math.sqrt(sum(x * x for x in steps) / len(steps)),
        "settled": settled(rows),
        "gap": max(row[2] for row in rows if row[0] >= warm) / 1000,
    }


def main():
    warm = int(sys.argv[1])
    found = {}
    for path in sys.argv[2:]:
        found[path.rsplit("clock-", 1)[-1]] = measure(read(path), warm)
    print("%-8s %6s %9s %9s %9s %9s %10s %9s %9s" % (
        "", "values", "RMS us", "mean us", "about it", "worst us",
        "drift ppb", "freq ppb", "settled s"))
    for name, f in found.items():
        print("%-8s %6d %9.3f %9.3f %9.3f %9.3f %10.2f %9.2f %9d" % (
            name, f["n"], f["rms"], f["mean"], f["about"], f["worst"],
            f["drift"], f["freq"], f["settled"]))
    print("freq: RMS of what a second changes; settled: off by less than "
          "%g us from then on;\neach known to %.3f us or better." % (
              NEAR_US, max(f["gap"] for f in found.values()) / 2))
    status = 0
    if "kntpd" in found:
        ours = found["kntpd"]["rms"]
        if ours > TARGET_US:
            print("kntpd misses its target: %.3f us, at most %g" %
                  (ours, TARGET_US))
            status = 1
        for name, f in found.items():
            if ours > f["rms"]:
                print("kntpd is worse than %s: %.3f us to %.3f us, about "
                      "the mean %.3f to %.3f" %
                      (name, ours, f["rms"], found["kntpd"]["about"],
                       f["about"]))
                status = 1
    sys.exit(status)


main()
