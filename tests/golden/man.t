#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
"""man.t - what the manual pages of kntp and its keys say is so

The examples of kntp(8) and ntp.keys(5) are run, line by line, on the kntp
program with canned answers of the module; what they would write into /etc and
/root goes into a folder of the test. kntp(4) must name all reasons, flags,
parameters and columns that there are, and no others.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.normpath(os.path.join(os.path.dirname(
    os.path.abspath(__file__)), "../.."))
PROGRAM = os.path.join(ROOT, "build/test/fakekntp")
DAEMON = os.path.join(ROOT, "daemon/kntpd")

count = 0
failed = 0


def ok(passed, name, *notes):
    """One line of TAP."""
    global count, failed
    count += 1
    failed += not passed
    print(f"{'ok' if passed else 'not ok'} {count} - {name}")
    if not passed:
        for note in notes:
            for line in str(note).splitlines():
                print(f"# {line}")


def read(path):
    """A file of the tree."""
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def blocks(page):
    """The literal texts of a page's examples."""
    text = read(f"Documentation/man/{page}")
    text = text.partition("\n.Sh EXAMPLES\n")[2].partition("\n.Sh ")[0]
    return [block.replace("\\e", "\\").replace("\\&", "")
            for block in re.findall(r"^\.Bd -literal.*\n((?:(?!\.Ed).*\n)*)",
                                    text, flags=re.M)]


def moved(text, folder):
    """A text whose files are in the test's folder, of the test's group."""
    text = text.replace("chgrp ntp", f"chgrp {os.getgid()}")
    return re.sub(r"/(root|etc/ntp)/", f"{folder}/", text)


def run_line(page, line, folder):
    """A command of an example: it must succeed."""
    script = (f'kntp() {{ "{PROGRAM}" "$@"; }}\n'
              "modprobe() { [ \"$1\" = kntp ]; }\n"
              f"set -o pipefail\n{moved(line, folder)}\n")
    done = subprocess.run(["bash", "-c", script], cwd=folder, timeout=240,
                          env=dict(os.environ, KNTP_FAKE="sync", LC_ALL="C"),
                          stdin=subprocess.DEVNULL, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    ok(done.returncode == 0, f"{page}: {line}", done.stdout)
    return done.stdout


def check_commands(page, folder):
    """All lines of examples that a user would type."""
    for block in blocks(page):
        for line in block.splitlines():
            command = re.match(r"[#$] ([a-z(].*)", line)
            tool = re.search(r"\b(jq|openssl)\b", line)
            if command and tool and not shutil.which(tool[1]):
                ok(True, f"{page}: {command[1]} # SKIP no {tool[1]}")
            elif command:
                run_line(page, command[1], folder)


def check_keys(folder):
    """The key file of ntp.keys(5), and its lines of ntp.conf(5)."""
    path = os.path.join(folder, "example.keys")
    texts = [b for b in blocks("ntp.keys.5") if not re.match(r"[#$] [a-z]", b)]
    ok(len(texts) == 2, "ntp.keys.5: a key file and a configuration")
    with open(path, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(texts[0])
    out = run_line("ntp.keys.5", f"kntp keys load {path} trusted all", folder)
    keys = re.findall(r"^write 21: id=0x(\d)/4 type=(?:0x)?(\d)/4 secret=([0-9a-f]*)",
                      out, flags=re.M)
    ok([key[:2] for key in keys] ==
       [("1", "5"), ("2", "5"), ("3", "2"), ("4", "1"), ("5", "0")],
       "ntp.keys.5: five keys, each of the type that it says", out)
    ok([len(key[2]) // 2 for key in keys] == [16, 16, 20, 20, 23],
       "ntp.keys.5: secrets are as long as they look", out)
    ok(out.count("\n") == 5, "ntp.keys.5: and nothing to say about it", out)
    conf = os.path.join(folder, "ntp.conf")
    with open(conf, "w", encoding="utf-8") as file:
        file.write(texts[1].replace("/etc/ntp/keys", path))
    done = subprocess.run([DAEMON, "-t", "-c", conf], text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=240)
    ok(done.returncode == 0 and not re.search("warning|error", done.stdout),
       "ntp.keys.5: the configuration is one", done.stdout)


def check_types(folder):
    """All types that ntp.keys(5) names are known."""
    page = read("Documentation/man/ntp.keys.5")
    part = page.partition("\n.It Ar type\n")[2].partition("\n.It Ar key\n")[0]
    types = re.findall(r"[A-Za-z0-9-]{2,}|\bM\b", " ".join(re.findall(
        r"^\.(?:It )?Cm (.*)$", part, flags=re.M)))
    path = os.path.join(folder, "types.keys")
    with open(path, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        for i, name in enumerate(types):
            file.write(f"{i + 1} {name} 000102030405060708090a0b0c0d0e0f\n")
    out = run_line("ntp.keys.5", f"kntp keys load {path}", folder)
    ok(len(types) >= 25 and out.count("write 21") == len(types),
       f"ntp.keys.5: {len(types)} names of types", types, out)


def macro(path, name):
    """The second arguments of an X macro's rows."""
    rows = re.search(rf"#define {name}\(X\)((?:.*\\\n)*.*\n)", read(path))[1]
    return re.findall(r"X\(\w+, (\w+)", rows)


def check_module():
    """kntp(4) against the sources."""
    page = read("Documentation/man/kntp.4")
    named = re.findall(r"^\.It ((?:served|pass|drop)\w*)$", page, flags=re.M)
    reasons = macro("kmod/core/reason.h", "NTP_REASONS")
    ok(named == reasons, "kntp.4: the reasons, in order",
       f"{named} is not {reasons}")
    rules = page.partition("\n.Ss Rules\n")[2].partition("\n.Ss ")[0]
    words = re.findall(r"^\.(?:It )?Cm (.*?)[ .]*$", rules, flags=re.M)
    words = set(re.findall(r"\w+", " ".join(words)))
    flags = set(macro("kmod/core/acl.h", "NTP_ACL_FLAGS")) | {"restrict"}
    ok(words == flags, "kntp.4: the flags", words ^ flags)
    code = "".join(read(f"kmod/{name}") for name in
                   os.listdir(os.path.join(ROOT, "kmod"))
                   if name.endswith(".c"))
    params = set(re.findall(r"^module_param\w*\((\w+)", code, flags=re.M))
    told = page.partition("\n.Sh PARAMETERS\n")[2].partition("\n.Sh ")[0]
    told = set(re.findall(r"^\.It Cm (\w+)", told, flags=re.M))
    ok(told == params, "kntp.4: the parameters", told ^ params)
    procfs = page.partition("\n.Ss procfs\n")[2].partition("\n.Ss ")[0]
    columns = {re.sub(r"\n\.Ql ", " ", text) for text in
               re.findall(r"^\.Ql ([a-z_ ]{5,}(?:\n\.Ql [a-z_ ]+)*) \.$",
                          procfs, flags=re.M)}
    heads = set(re.findall(r'"([a-z0-9_]+(?: [a-z0-9_]+)+)\\n"', code))
    ok(columns <= heads and len(columns) == 5,
       "kntp.4: the columns of five files", columns - heads)


def main():
    """All of it."""
    print("TAP version 13")
    with tempfile.TemporaryDirectory() as folder:
        check_commands("kntp.8", folder)
        check_commands("ntp.keys.5", folder)
        check_keys(folder)
        check_types(folder)
    check_module()
    print(f"1..{count}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
