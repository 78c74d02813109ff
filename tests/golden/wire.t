#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
"""tests/lib/wire.py finds the errors that were put into a record, and no others."""

import os
import struct
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path.insert(0, TOP + "/tests/lib")
import wire     # noqa: E402

CLIENTS = [bytes([192, 0, 2, n]) for n in (2, 3)]
SERVER = bytes([192, 0, 2, 1])
tests = 0


def ntp(real, error=0.0):
    """CLOCK_REALTIME in ns as an NTP timestamp, wrong by some ns."""
    whole, rest = divmod(real, 10**9)
    return (((whole + wire.EPOCH) << 32) +
            round((rest + error) * 2**32 / 10**9)) & (1 << 64) - 1


def packet(sent, real, mode, client, org, rec, xmt, leap=0, stratum=1,
           step=0):
    ends = [client, SERVER] if not sent else [SERVER, client]
    ports = [40000, 123] if not sent else [123, 40000]
    header = wire.NTP.pack(leap << 6 | 4 << 3 | mode, stratum, 6, -20, 0, 0, 0,
                           0, org, rec, xmt)
    return wire.RECORD.pack(1, real, real - step, 0, real, 1, sent, 1, 4,
                            *ports, *(e + bytes(12) for e in ends), header)


def stats(data, *options):
    with tempfile.NamedTemporaryFile() as copy:
        copy.write(data)
        copy.flush()
        out = subprocess.run(
            [sys.executable, TOP + "/tests/lib/wire.py", "-f", copy.name,
             *options, "stats"], stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, check=True, text=True)
    return dict(line.split() for line in out.stdout.splitlines())


def ok(what, got, **expected):
    global tests
    tests += 1
    wrong = []
    for name, value in expected.items():
        name = name.replace("_", ".")
        have = got.get(name)
        if have is None or abs(float(have) - value) > 0.6:
            wrong.append("%s is %s, expected %s" % (name, have, value))
    print("%sok %d - %s" % ("not " if wrong else "", tests, what))
    for line in wrong:
        print("# " + line)


def session(start, rec_errors, xmt_errors, interleaved, client=CLIENTS[0]):
    """Requests a second apart, each answered 20 us later."""
    data, last_rec, last_sent, last_came = b"", 0, 0, 0
    for i, (rec_error, xmt_error) in enumerate(zip(rec_errors, xmt_errors)):
        came = start + i * 10**9
        sent = came + 20000
        rec, xmt = ntp(came, rec_error), 0x1111222233330000 + i
        if interleaved and i:
            data += packet(0, came, 3, client, last_rec, last_came, xmt)
            data += packet(1, sent, 4, client, last_came, rec,
                           ntp(last_sent, xmt_error))
        else:
            data += packet(0, came, 3, client, 0, 0, xmt)
            data += packet(1, sent, 4, client, xmt, rec, ntp(sent, xmt_error))
        last_rec, last_sent, last_came = rec, sent, 0x4444000000000000 + i
    return data


NOW = 1795386661382927798
got = stats(session(NOW, [10, -10, 10, -30], [1000, 2000, 3000, 6000], False))
ok("basic replies", got, requests=4, unanswered=0, unmatched=0,
   basic_replies=4, interleaved_replies=0, basic_rec_mean=-5,
   basic_rec_rms=300 ** 0.5, basic_rec_worst=-30, basic_rec_median=0,
   basic_xmt_mean=3000, basic_xmt_median=2500,
   basic_xmt_sd=3500000 ** 0.5)
got = stats(session(NOW, [10, -10, 10, -30], [0, 3, 4, -5], True))
ok("interleaved replies: a stamp is of the reply before", got,
   basic_replies=1, interleaved_replies=3, interleaved_rec_n=3,
   interleaved_rec_rms=(1100 / 3) ** 0.5, interleaved_xmt_worst=-5,
   interleaved_xmt_rms=(50 / 3) ** 0.5, unmatched=0)
got = stats(session(NOW, [10, -10, 10, -30], [0, 3, 4, -5], True), "-n", "2")
ok("the first ones are left out when that is wanted", got, basic_replies=0,
   interleaved_replies=2, interleaved_xmt_mean=-0.5)

both = [session(NOW, [100] * 3, [5] * 3, True, client) for client in CLIENTS]
size = wire.RECORD.size
mixed = b"".join(both[0][i:i + size] + both[1][i:i + size]
                 for i in range(0, len(both[0]), size))
ok("two clients at a time with the same stamps", stats(mixed), requests=6,
   unmatched=0, interleaved_replies=4, interleaved_xmt_mean=5,
   basic_rec_mean=100)

era = (2**32 - wire.EPOCH) * 10**9
got = stats(session(era - 1500000000, [7] * 4, [9] * 4, False))
ok("over the end of the era", got, basic_rec_worst=7, basic_xmt_worst=9)

lonely = packet(0, NOW, 3, CLIENTS[0], 0, 0, 5)
ok("a request without an answer", stats(lonely), requests=1, unanswered=1)
ok("an answer without a request", stats(packet(1, NOW, 4, CLIENTS[0], 5, 6, 7)),
   requests=0, unmatched=1, basic_replies=0)
ok("an interleaved answer about a reply that is unknown",
   stats(packet(0, NOW, 3, CLIENTS[0], 77, 5, 6) +
         packet(1, NOW, 4, CLIENTS[0], 5, ntp(NOW), ntp(NOW))),
   interleaved_replies=1, interleaved_rec_n=1, interleaved_xmt_n=0, unmatched=1)
ok("a server that has no time is not judged",
   stats(lonely + packet(1, NOW, 4, CLIENTS[0], 5, 6, 7, leap=3, stratum=0)),
   basic_replies=1, basic_rec_n=0, basic_xmt_n=0, unanswered=0)
ok("the other device", stats(session(NOW, [10], [1000], False), "-d", "0"),
   requests=0, basic_replies=0)


def stepped(error, apart):
    """A request and its reply, the clock set 3 s ahead after that, and one
    request more; the first one's stamp is off."""
    step, late = 3 * 10**9, int(apart * 10**9)
    return (packet(0, NOW, 3, CLIENTS[0], 0, 0, 5) +
            packet(1, NOW + 1000, 4, CLIENTS[0], 5,
                   ntp(NOW + int(error * 10**9)), ntp(NOW + 1000)) +
            packet(0, NOW + step + late, 3, CLIENTS[1], 0, 0, 6, step=step))


ok("a clock that is set: what is right by neither reading is wrong",
   stats(stepped(1.5, 0.5), "-g", "1"), judged=2, wrong=1)
ok("what is right by the new one is not", stats(stepped(3.1, 0.5), "-g", "1"),
   judged=2, wrong=0)
ok("nor what is by the old one", stats(stepped(-0.9, 0.5), "-g", "1"),
   judged=2, wrong=0)
ok("but not by one of much later", stats(stepped(3.1, 1.5), "-g", "1"),
   judged=2, wrong=1)
print("1..%d" % tests)
