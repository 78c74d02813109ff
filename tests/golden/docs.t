#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
"""docs.t - what Documentation names is there

Every ``path`` in a text of Documentation is a file or folder of the tree, and
every ``function()`` is defined in it, in the file that is named next to it as
"``function()`` in ``file``".
"""

import glob
import os
import re
import sys

ROOT = os.path.normpath(os.path.join(os.path.dirname(
    os.path.abspath(__file__)), "../.."))
PLACE = re.compile(r"(kmod|daemon|tools|tests|include|Documentation)/")

count = 0
failed = 0


def ok(passed, name):
    """One line of TAP."""
    global count, failed
    count += 1
    failed += not passed
    print(f"{'ok' if passed else 'not ok'} {count} - {name}")


def read(path):
    """A file of the tree."""
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def sources():
    """All C and shell of the tree by path."""
    found = {}
    for pattern in ("kmod/**/*.[ch]", "daemon/**/*.[ch]", "tools/**/*.[ch]",
                    "tests/**/*.[ch]", "tests/**/*.sh"):
        for path in glob.glob(os.path.join(ROOT, pattern), recursive=True):
            name = os.path.relpath(path, ROOT)
            found[name] = read(name)
    return found


def defines(text, function):
    """Is the function defined, or made by a macro, in this text?"""
    return re.search(rf"^([^\s#/*].*\b)?{function}\(", text,
                     flags=re.M) is not None


def main():
    """All of it."""
    print("TAP version 13")
    code = sources()
    for path in sorted(glob.glob(os.path.join(ROOT, "Documentation/*.rst"))):
        text = read(path)
        name = os.path.basename(path)
        literals = sorted(set(re.findall(r"``([^`]+)``", text)))
        for literal in literals:
            if PLACE.match(literal) and not re.search(r"[A-Z]{3,}|\s", literal):
                ok(os.path.exists(os.path.join(ROOT, literal)),
                   f"{name}: {literal}")
            function = re.fullmatch(r"([a-z0-9_]+)\(\)", literal)
            if function:
                ok(any(defines(source, function[1])
                       for source in code.values()),
                   f"{name}: {literal} is defined")
        for function, file in re.findall(
                r"``([a-z0-9_]+)\(\)``\s+in\s+``([^`]+)``", text):
            ok(file in code and defines(code[file], function),
               f"{name}: {function}() is in {file}")
        for other in set(re.findall(r"\b([a-z-]+\.rst)\b", text)):
            ok(os.path.exists(os.path.join(ROOT, "Documentation", other)),
               f"{name}: {other}")
    print(f"1..{count}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
