#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
"""spec.t - the netlink header, reasons and sources say what the spec says

Documentation/netlink/specs/kntp.yaml is the source of the ABI. The header
follows it by the rules of the kernel's YNL tools: each name of the spec has one
constant in it, of the value that its place in the spec gives it.
"""

import os
import re
import subprocess
import sys

import yaml

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
SPEC = "Documentation/netlink/specs/kntp.yaml"
HEADER = "include/uapi/linux/kntp.h"

count = 0
failed = 0


def ok(passed, name, note=""):
    """One line of TAP."""
    global count, failed
    count += 1
    failed += not passed
    print(f"{'ok' if passed else 'not ok'} {count} - {name}")
    if not passed:
        for line in str(note).splitlines():
            print(f"# {line}")


def read(path):
    """A file of the repository."""
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def upper(*words):
    """A constant's name."""
    return "_".join(words).upper().replace("-", "_")


def constants(spec):
    """Name and value of each constant that the spec asks for."""
    for enum in spec["definitions"]:
        if enum["type"] == "const":
            yield upper("kntp", enum["name"]), enum["value"]
        for value, entry in enumerate(enum.get("entries", [])):
            yield upper("kntp", enum["name"], entry["name"]), value
    for attrs in spec["attribute-sets"]:
        name = attrs["name"]
        for value, attr in enumerate(attrs["attributes"], 1):
            yield upper("kntp-a", name, attr["name"]), value
        yield upper("kntp-a", name, "max"), len(attrs["attributes"])
    operations = spec["operations"]["list"]
    for value, operation in enumerate(operations, 1):
        yield upper("kntp-cmd", operation["name"]), value
    yield "KNTP_CMD_MAX", len(operations)


def check_header(spec, header):
    """All constants, and no others."""
    wanted = dict(constants(spec))
    source = "#include <uapi/linux/kntp.h>\n" + "".join(
        f"_Static_assert((long long){name} == {value}, \"{name}\");\n"
        for name, value in wanted.items())
    done = subprocess.run(["cc", "-fsyntax-only", f"-I{ROOT}/include", "-xc",
                           "-"], input=source, text=True, check=False,
                          capture_output=True)
    for name, value in wanted.items():
        ok(f"\"{name}\"" not in done.stderr and
           not re.search(rf"‘{name}’|'{name}'", done.stderr),
           f"{name} is {value}", done.stderr)
    ok(done.returncode == 0, "the header has what the spec has", done.stderr)
    text = re.sub(r"/\*.*?\*/", "", header, flags=re.S)
    there = set(re.findall(r"\bKNTP_(?:A|CMD|HOOK|STATE|RESTRICT|KEY|PHC|STAMP)_\w+", text))
    ok(there == set(wanted), "and nothing else", there ^ set(wanted))
    ok(f"KNTP_FAMILY_NAME\t\"{spec['name']}\"" in header, "family name")
    for group in spec["mcast-groups"]["list"]:
        ok(f"KNTP_MCGRP_{upper(group['name'])}\t\"{group['name']}\"" in header,
           f"multicast group {group['name']}")


def check_reasons(spec):
    """The core's reasons are the spec's counters, in the same order."""
    attrs = next(attrs for attrs in spec["attribute-sets"]
                 if attrs["name"] == "reasons")["attributes"]
    wanted = [attr["name"].replace("-", "_") for attr in attrs[1:]]
    text = read("kmod/core/reason.h")
    rows = re.findall(r"^\tX\((\w+), (\w+), (\w+)\)", text, flags=re.M)
    ok([row[1] for row in rows] == wanted, "reasons in the order of the spec",
       f"{[row[1] for row in rows]}\n{wanted}")
    verdicts = {"served": "REPLY", "pass": "PASS", "drop": "DROP"}
    for upper_name, name, verdict in rows:
        ok(upper_name == name.upper() and
           verdicts[name.split("_")[0]] == verdict,
           f"{name} is of the verdict that its name begins with")


def main():
    """All of it."""
    print("TAP version 13")
    spec = yaml.safe_load(read(SPEC))
    check_header(spec, read(HEADER))
    check_reasons(spec)
    for operation in spec["operations"]["list"]:
        admin = "uns-admin-perm" in operation.get("flags", [])
        writes = re.search("-(set|add|del|reset|begin|commit)$", operation["name"])
        ok(admin == bool(writes),
           f"{operation['name']} asks for {'a' if admin else 'no'} privilege")
    print(f"1..{count}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
