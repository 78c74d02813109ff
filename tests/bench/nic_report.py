#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
"""Offsets that tests/bench/nic has let clients measure, as a table.

nic_report.py WARM SAMPLES nic-CLIENT-SERVER-STAMPS...: a line of a file is the
offset in ns, 1 where the client took it, 0 where it was rejected, mode and
stamps as chronyd notes them (4I: interleaved), and its tests. The first WARM
samples do not count. The file beside, NAME.wire, is what the test device said
of the server's stamps. Status 1: see tests/bench/nic -h.
"""
import math
import sys

# By this over the root of the samples two estimates of the same scatter differ
# by chance: three standard errors of their ratio.
BY_CHANCE = {"sd": 3, "mad": 5}


def median(values):
    ranked = sorted(values)
    return (ranked[len(ranked) // 2] + ranked[~(len(ranked) // 2)]) / 2


def read(path, warm, samples):
    with open(path, encoding="ascii") as lines:
        rows = [line.split() for line in lines][warm:warm + samples]
    if len(rows) < 2:
        sys.exit("nic_report: %s has fewer than two samples after the first %d"
                 % (path, warm))
    good = [float(row[0]) for row in rows if row[1] == "1"]
    mean, mid = sum(good) / len(good), median(good)
    wire = {}
    with open(path + ".wire", encoding="ascii") as lines:
        for line in lines:
            name, _, value = line.partition(" ")
            wire[name] = float(value)
    return {
        "n": len(good),
        "rejected": len(rows) - len(good),
        "interleaved": sum(row[2].startswith("4I") for row in rows),
        "mean": mean,
        "sd": math.sqrt(sum((x - mean) ** 2 for x in good) / len(good)),
        "mad": median([abs(x - mid) for x in good]),
        "worst": max(good, key=abs),
        "wire": wire,
    }


def corrected(found):
    """1 where a tenth of the transmit stamps' error is left in basic mode."""
    means = [abs(found[name]["wire"]["basic.xmt.mean"])
             for name in ("chronyd-kntp-basic", "chronyd-kntp-uncorrected")
             if name in found]
    if len(means) < 2 or means[0] <= means[1] / 10:
        return 0
    print("transmit stamps in basic mode are off by %.1f ns on average, "
          "uncorrected by %.1f" % tuple(means))
    return 1


def main():
    warm, samples = int(sys.argv[1]), int(sys.argv[2])
    found = {path.rpartition("nic-")[2]: read(path, warm, samples)
             for path in sys.argv[3:]}
    print("%-29s%8s%5s%6s%11s%9s%8s%11s |%7s%12s%8s" % (
        "", "samples", "rej", "inter", "mean", "sd", "median", "worst",
        "rec", "xmt mean", "xmt sd"))
    for name, f in found.items():
        mode = "interleaved" if f["interleaved"] else "basic"
        server = [f["wire"].get("%s.%s" % (mode, what), math.nan)
                  for what in ("rec.rms", "xmt.mean", "xmt.sd")]
        print("%-29s%8d%5d%6d%11.1f%9.1f%8.1f%11.1f |%7.1f%12.1f%8.1f" % (
            name, f["n"], f["rejected"], f["interleaved"], f["mean"], f["sd"],
            f["mad"], f["worst"], *server))
    print("ns; rej: samples that were rejected; inter: interleaved; median: "
          "of the distance\nfrom the median; then the server's stamps by the "
          "record of the test device:\nreceive stamps RMS, transmit stamps")
    status = 0
    for name, f in found.items():
        pair, _, stamps = name.rpartition("-")
        if stamps == "interleaved" and f["rejected"]:
            print("%s: %d samples were rejected" % (name, f["rejected"]))
            status = 1
        if stamps == "interleaved" and f["interleaved"] < f["n"]:
            print("%s: %d replies were basic" %
                  (name, f["n"] - f["interleaved"]))
            status = 1
        beside = found.get("chronyd-chronyd-" + stamps)
        if not beside or pair == "chronyd-chronyd" or stamps != "interleaved":
            continue
        for what in ("sd", "mad"):
            chance = BY_CHANCE[what] / math.sqrt(f["n"])
            if f[what] > beside[what] * (1 + chance):
                print("%s scatters more than chronyd with chronyd: %s %.1f ns "
                      "to %.1f" % (name, what, f[what], beside[what]))
                status = 1
    status |= corrected(found)
    sys.exit(status)


main()
