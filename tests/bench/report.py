#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
"""Turn what the guest measured into a table and bench.json.

report.py MEASURED CORE RESULT: the guest's JSON, the output of core_bench (may
be absent), the file to write. Status 1 when kntp misses a target.
"""
import json
import os
import re
import sys

ANSWERED = 0.99
# Instructions per reply above drop; times what it is compared with.
TARGET_ABOVE_DROP = 2400
TARGET_TO_CHECKED = 1.25
TARGET_CHRONYD = 6.0
# More than another one; and times fewer than chronyd with the same MAC.
TARGET_MORE = {"rules": ("ingress", 300), "cmac": ("ingress", 2600),
               "sha1": ("ingress", 6000), "hwstamp": ("hwstamp-off", 80)}
# More than what the kernel takes to hand a transmit stamp back.
TARGET_INTERLEAVED = 500
TARGET_CHRONYD_MAC = {"cmac": 3.0, "sha1": 2.4}


def base_of(name):
    """What sending alone costs: the same requests, dropped."""
    for end, base in (("6", "drop6"), ("cmac", "drop-cmac"),
                      ("sha1", "drop-sha1")):
        if name.endswith(end):
            return base
    return "drop"


def derive(servers):
    """Add to each server what its reply costs above the drop of its family."""
    by_name = {s["name"]: s for s in servers}
    for s in servers:
        base = by_name[base_of(s["name"])]
        s["above_drop"] = round(s["ns_per_request"] - base["ns_per_request"], 1)
        s["answered"] = s["replies"] / s["sent"]
        s["valid"] = (s["name"].startswith("drop")
                      or s["answered"] >= ANSWERED) and not s["idle_ms"]
    for s in servers:
        for other in ("bare", "checked", "chronyd"):
            o = by_name.get(other)
            if o and o["valid"] and s["valid"] and s["above_drop"] > 0:
                s["to_" + other] = round(s["above_drop"] / o["above_drop"], 3)
    return by_name


def table(servers):
    head = ("server", "insn/request", "insn/reply", "x bare", "x checked",
            "chronyd x", "answered")
    print("%-12s %12s %10s %7s %9s %9s %8s" % head)
    for s in servers:
        drop = s["name"].startswith("drop")
        chronyd = s.get("to_chronyd")
        print("%-12s %12.0f %10s %7s %9s %9s %7.1f%%%s" % (
            s["name"], s["ns_per_request"],
            "-" if drop else "%.0f" % s["above_drop"],
            s.get("to_bare") and not drop and "%.2f" % s["to_bare"] or "-",
            s.get("to_checked") and not drop and "%.2f" % s["to_checked"] or "-",
            chronyd and not drop and "%.1f" % (1 / chronyd) or "-",
            100 * s["answered"],
            "" if s["valid"] else
            "  not valid: idle or unanswered"))


def more(by_name, name, less):
    """How much more a reply costs than another one."""
    return round(by_name[name]["above_drop"] - by_name[less]["above_drop"], 1)


def judge_interleaved(by_name):
    """What kntp itself adds to a reply in interleaved mode."""
    if not {"interleaved", "stamped", "checked"} <= by_name.keys():
        return []
    whole = more(by_name, "interleaved", "ingress")
    kernel = more(by_name, "stamped", "checked")
    own = round(whole - kernel, 1)
    return [("more with interleaved, %g but for %g of the kernel" %
             (whole, kernel), own, TARGET_INTERLEAVED,
             by_name["interleaved"]["valid"] and by_name["stamped"]["valid"]
             and own <= TARGET_INTERLEAVED)]


def judge(by_name):
    """The targets, as (text, value, limit, met)."""
    s = by_name.get("ingress")
    if not s:
        return []
    out = [("instructions per reply above drop, at most", s["above_drop"],
            TARGET_ABOVE_DROP, s["above_drop"] <= TARGET_ABOVE_DROP)]
    if "to_checked" in s:
        out.append(("times the bare turnaround that checks, at most",
                    s["to_checked"], TARGET_TO_CHECKED,
                    s["to_checked"] <= TARGET_TO_CHECKED))
    if "to_chronyd" in s:
        fewer = round(1 / s["to_chronyd"], 2)
        out.append(("times fewer than chronyd, at least", fewer,
                    TARGET_CHRONYD, fewer >= TARGET_CHRONYD))
    out = [t if s["valid"] else t[:3] + (False,) for t in out]
    for name, (less, limit) in TARGET_MORE.items():
        o = by_name.get(name)
        if o:
            value = more(by_name, name, less)
            out.append(("instructions more with %s, at most" % name, value,
                        limit, o["valid"] and value <= limit))
    out += judge_interleaved(by_name)
    for name, limit in TARGET_CHRONYD_MAC.items():
        o, other = by_name.get(name), by_name.get("chronyd-" + name)
        if o and other:
            fewer = round(other["above_drop"] / o["above_drop"], 2)
            out.append(("times fewer than chronyd with %s, at least" % name,
                        fewer, limit,
                        o["valid"] and other["valid"] and fewer >= limit))
    return out


def main():
    measured, core, result = sys.argv[1:]
    with open(measured, encoding="utf-8") as f:
        bench = json.load(f)
    by_name = derive(bench["servers"])
    print("\nkernel %s, %d requests a system call; instructions" %
          (bench["release"], bench["batch"]))
    table(bench["servers"])
    if os.path.exists(core):
        with open(core, encoding="utf-8") as f:
            bench["core_native"] = f.read().splitlines()
    targets = judge(by_name)
    bench["targets"] = [dict(zip(("target", "value", "limit", "met"), t))
                        for t in targets]
    with open(result, "w", encoding="utf-8") as f:
        json.dump(bench, f, indent=1)
        f.write("\n")
    missed = False
    if targets:
        print("\nkntp ingress, against the targets for kernel 6.1:")
    for text, value, limit, met in targets:
        gate = bench["kernel"] == "6.1"
        missed |= gate and not met
        print("  %-48s %8g: %g%s" % (text, limit, value,
                                     "" if met else "  MISSED"))
    print("written: %s" % re.sub("^" + re.escape(os.getcwd()) + "/", "", result))
    return 1 if missed else 0


sys.exit(main())
