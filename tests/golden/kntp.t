#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
"""kntp.t [--update] - the kntp program's output against kntp.session

The session holds commands and what they print:

    $ SCENARIO kntp ARGUMENTS... [<<< STANDARD-INPUT]
    standard output
    ! standard error
    = exit status

build/test/fakekntp is the program, on canned answers of the module that
SCENARIO chooses. In its standard input \\n begins a line. Times of events are
written as TIME. All that -j prints must also fit the schema of its object.
--update writes the session anew.
"""

import json
import os
import pty
import re
import select
import shlex
import subprocess
import sys
import termios
import time

import jsonschema

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = os.path.join(HERE, "../../build/test/fakekntp")
SESSION = os.path.join(HERE, "kntp.session")
OBJECTS = ("clock", "dev", "stats", "clients", "restrict", "keys", "limits",
           "monitor")

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


def run(command, **kwargs):
    """Run a "SCENARIO kntp ARGUMENTS..." line."""
    command, _, given = command.partition(" <<< ")
    scenario, _, *args = shlex.split(command)
    env = dict(os.environ, KNTP_FAKE=scenario, LC_ALL="C")
    kwargs.setdefault("stdout", subprocess.PIPE)
    kwargs.setdefault("input", given.replace("\\n", "\n"))
    return subprocess.run([PROGRAM, *args], env=env, timeout=240, text=True,
                          stderr=subprocess.PIPE, check=False, **kwargs)


def show(result):
    """A result as the session writes it."""
    out = re.sub(r"\d{4}-\d\d-\d\dT[\d:]{8}\.\d{9}Z(?=  |\")(?!\",\n)", "TIME",
                 result.stdout)
    # A program's own name stands in the messages of getopt.
    err = re.sub(r"^\S*fakekntp:", "kntp:", result.stderr, flags=re.M)
    text = out + "".join(f"! {line}\n" for line in err.splitlines())
    return text + f"= {result.returncode}\n"


def schema(name):
    """The schema of an object's JSON."""
    with open(os.path.join(HERE, f"{name}.schema.json"),
              encoding="utf-8") as file:
        loaded = json.load(file)
    jsonschema.Draft7Validator.check_schema(loaded)
    return loaded


def check_json(command, result):
    """Everything printed with -j fits the object's schema."""
    name = next(word for word in shlex.split(command)[2:] if word in OBJECTS)
    documents = [result.stdout]
    if name == "monitor":
        documents = result.stdout.splitlines()
    try:
        for document in documents:
            jsonschema.validate(json.loads(document), schema(name))
    except (ValueError, jsonschema.ValidationError) as error:
        ok(False, f"{command}: valid JSON", error)
        return
    ok(bool(documents), f"{command}: valid JSON")


def blocks():
    """(text before, command, expectation) of each command in the session."""
    with open(SESSION, encoding="utf-8") as file:
        text = file.read()
    parts = re.split(r"^\$ (.*)\n", text, flags=re.M)
    before = parts[0]
    for command, rest in zip(parts[1::2], parts[2::2]):
        expected, status, after = re.match(r"(.*?)(^= \d+\n|\Z)(.*)\Z", rest,
                                           flags=re.M | re.S).groups()
        yield before, command, expected + status
        before = after


def check_schemas():
    """The schemas refuse what is wrong: a test of the test."""
    for name in OBJECTS:
        for wrong in ({}, [{}], 1, {"state": "good"}, {"requests": "1"}):
            try:
                jsonschema.validate(wrong, schema(name))
                passed = False
            except jsonschema.ValidationError:
                passed = True
            ok(passed, f"the schema of {name} refuses {wrong}")


def check_output():
    """Output that is not taken is an error."""
    with open("/dev/full", "w", encoding="ascii") as full:
        for command in ("sync kntp clock", "sync kntp -j stats",
                        "sync kntp help", "sync kntp clients"):
            result = run(command, stdout=full)
            ok(result.returncode == 1 and
               "cannot write the output: No space left" in result.stderr,
               f"{command} >/dev/full", show(result)
               if result.stdout else result.stderr)
    for command in ("sync kntp dev", "events kntp monitor"):
        reader, writer = os.pipe()
        os.close(reader)
        result = run(command, stdout=writer)
        os.close(writer)
        ok(result.returncode == 1 and
           "cannot write the output: Broken pipe" in result.stderr,
           f"{command} to a reader that went away", result.stderr)


def ask(typed):
    """keys add at a terminal. Return: what it showed, its echo, the status."""
    ours, theirs = pty.openpty()
    deadline = time.monotonic() + 120
    shown = b""
    with subprocess.Popen([PROGRAM, "keys", "add", "7", "MD5"], stdin=theirs,
                          stdout=theirs, stderr=theirs, start_new_session=True,
                          env=dict(os.environ, KNTP_FAKE="sync"),
                          preexec_fn=lambda: os.close(os.open(
                              os.ttyname(0), os.O_RDWR))) as process:
        while process.poll() is None and time.monotonic() < deadline:
            if select.select([ours], [], [], 0.05)[0]:
                shown += os.read(ours, 4096)
            if typed and b"secret" in shown and \
                    not termios.tcgetattr(ours)[3] & termios.ECHO:
                os.write(ours, typed)
                typed = b""
        process.kill()
    while select.select([ours], [], [], 0)[0]:
        shown += os.read(ours, 4096)
    echo = termios.tcgetattr(ours)[3] & termios.ECHO
    os.close(theirs)
    os.close(ours)
    return shown, echo, process.returncode


def check_terminal():
    """A secret that is typed is not seen, and the terminal is as before."""
    shown, echo, status = ask(b"never-seen\n")
    ok(status == 0 and echo and b"never-seen" not in shown and
       b"secret=6e657665722d7365656e " in shown,
       "keys add at a terminal asks without echo", shown)
    shown, echo, status = ask(b"never\x03")
    ok(status == 1 and echo and b"never" not in shown and
       b"write" not in shown, "and can be interrupted there", shown, status)


def main():
    """All of it."""
    written = ""
    print("TAP version 13")
    for before, command, expected in blocks():
        result = run(command)
        shown = show(result)
        written += f"{before}$ {command}\n{shown}"
        ok(shown == expected, command, "expected:", expected, "got:", shown)
        if "-j" in shlex.split(command) and not result.returncode and \
                result.stdout:
            check_json(command, result)
    if sys.argv[1:] == ["--update"]:
        with open(SESSION, "w", encoding="utf-8") as file:
            file.write(written)
        return 0
    check_schemas()
    check_output()
    check_terminal()
    print(f"1..{count}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
