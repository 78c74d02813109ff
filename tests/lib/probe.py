#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
"""Ask a server under the rules of restrict lines, one network for each set.

probe.py conf                    restrict lines: a set of flags for 10.9.N.0/24
                                 and 2001:db8:9:N::/64
probe.py matrix HOST SERVER...   what each set answers to each sort of request,
                                 from hosts HOST and up of its network
probe.py expected                the same, as it has to be
probe.py compare SERVER HOST     what 700 packets of all sorts are answered,
                                 a line for each
probe.py signed SERVER SOURCE    what a signed request is answered
probe.py flood SERVER SOURCE     signed requests until standard input ends, then
                                 how often which answer came

Key 4 is MD5 "vectors-of-kntp". Addresses need not be on an interface: a local
route is enough. Answers: m4 is a reply in mode 4, +MAC one that is signed as it
should be, +NAK one with a crypto-NAK, RATE a kiss; - is silence.
"""

import hashlib
import random
import resource
import select
import socket
import struct
import sys
import time

KEY_ID = 4
KEY = b"vectors-of-kntp"

SETS = ["", "kod", "nomodify", "nopeer", "limited", "kod limited", "ignore",
        "noserve", "kod nomodify notrap nopeer noquery", "notrap", "notrust",
        "version", "ntpport ignore", "flake"]
COLUMNS = ["v4", "v3", "v2", "v1", "port 123", "key", "bad MAC", "active",
           "burst"]
BURST = 20
PATIENCE, SILENCE = 60, 0.35
IPV6_FREEBIND = 78
FENCE = 0x6b6e747066656e63

OPEN = ["m4"] * 5 + ["m4+MAC", "m4+NAK", "m2", "20*m4"]
SHUT = ["-"] * 8 + ["20*-"]


def expected(flags):
    row = list(OPEN)
    if flags in ("ignore", "noserve"):
        row = list(SHUT)
    elif flags == "notrust":
        row = list(SHUT)
        row[5:7] = ["m4+MAC", "m4+NAK"]
    elif flags == "version":
        row[1:4] = ["-"] * 3
    elif flags == "ntpport ignore":
        row[4] = "-"
    elif flags == "limited":
        row[8] = "1*m4 19*-"
    elif flags == "kod limited":
        row[8] = "1*m4 1*RATE 18*-"
    return row


def header(version, mode, xmt):
    return (bytes([version << 3 | mode, 0, 6, 0x20]) + bytes(36) +
            struct.pack("!Q", xmt))


def mac(packet, key=KEY):
    return struct.pack("!I", KEY_ID) + hashlib.md5(key + packet).digest()


def kind(reply):
    if reply is None:
        return "-"
    if reply[0] >> 6 == 3 and reply[1] == 0 and reply[12:16] == b"RATE":
        text = "RATE"
    else:
        text = "m%d" % (reply[0] & 7)
    rest = reply[48:]
    if rest == bytes(4):
        text += "+NAK"
    elif rest == mac(reply[:48]):
        text += "+MAC"
    elif rest:
        text += "+%d octets" % len(rest)
    return text


class Prober:
    """Sends from any address of ours, and keeps the answers in order."""

    def __init__(self, server):
        self.server = server
        self.family = (socket.AF_INET6 if ":" in server else socket.AF_INET)
        self.sent = []
        self.sockets = {}

    def address(self, number, host):
        if self.family == socket.AF_INET6:
            return "2001:db8:9:%x::%x" % (number, host)
        return "10.9.%d.%d" % (number, host)

    def open(self, source, port=0):
        sock = socket.socket(self.family, socket.SOCK_DGRAM)
        if self.family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, IPV6_FREEBIND, 1)
        sock.bind((source, port))
        sock.connect((self.server, 123))
        sock.setblocking(False)
        self.sockets[sock] = []
        return sock

    def send(self, sock, packet):
        self.sockets[sock].append(len(self.sent))
        self.sent.append([packet, None])
        sock.send(packet)

    def take(self, sock):
        """A reply is to the request whose transmit stamp it gives back."""
        try:
            reply = sock.recv(2048)
        except OSError:
            return
        for i in self.sockets[sock]:
            packet, known = self.sent[i]
            if known is None and reply[24:32] == packet[40:48]:
                self.sent[i][1] = reply
                return
        sys.exit("a reply to nothing: " + reply.hex())

    def fence(self):
        """Wait until all that was sent so far has been dealt with.

        By the module at once, and then by kntpd, in the order of its socket:
        so it is when an answer of kntpd is here, which the module passes on.
        """
        sock = self.open(self.address(0, 254))
        fence = len(self.sent)
        self.send(sock, header(4, 1, FENCE))
        self.poll(PATIENCE, fence)
        if not self.sent[fence][1]:
            sys.exit("no answer to what tells that others were received")
        self.sent.pop()
        del self.sockets[sock]
        sock.close()

    def poll(self, wait, number=-1):
        """Take answers until none comes for so long, or this one is here."""
        poller = select.poll()
        by_fd = {sock.fileno(): sock for sock in self.sockets}
        for fd in by_fd:
            poller.register(fd, select.POLLIN)
        while number < 0 or not self.sent[number][1]:
            ready = poller.poll(wait * 1000)
            if not ready:
                return
            for fd, _ in ready:
                self.take(by_fd[fd])

    def collect(self):
        """The answer to each packet."""
        self.fence()
        self.poll(SILENCE)
        return self.answers()

    def answers(self):
        return [kind(reply) for _, reply in self.sent]


def matrix(server, host):
    rng = random.Random(1)
    prober = Prober(server)
    for number in range(len(SETS)):
        def probe(column, packet, count=1, port=0):
            sock = prober.open(prober.address(number, host + column), port)
            for _ in range(count):
                xmt = struct.pack("!Q", rng.getrandbits(64))
                prober.send(sock, packet(xmt))

        def plain(version, mode):
            return lambda xmt: header(version, mode, 0)[:40] + xmt

        def signed(key):
            return lambda xmt: (plain(4, 3)(xmt) +
                                mac(plain(4, 3)(xmt), key))

        if SETS[number] == "flake":
            continue
        probe(0, plain(4, 3))
        probe(1, plain(3, 3))
        probe(2, plain(2, 3))
        probe(3, plain(1, 0))
        probe(4, plain(4, 3), port=123)
        probe(5, signed(KEY))
        probe(6, signed(b"wrong"))
        probe(7, plain(4, 1))
        probe(8, plain(4, 3), BURST)
        prober.fence()
    answers = prober.collect()
    rows = {}
    for number, flags in enumerate(SETS):
        if flags == "flake":
            continue
        row, answers = answers[:8 + BURST], answers[8 + BURST:]
        burst = [row[8:].count(what) for what in ("m4", "RATE", "-")]
        others = BURST - sum(burst)
        text = ["%d*%s" % (n, what) for n, what in
                zip(burst + [others], ("m4", "RATE", "-", "?")) if n]
        rows[flags] = row[:8] + [" ".join(text)]
    return rows


def print_rows(rows):
    for flags in SETS:
        if flags in rows:
            print("%s: %s" % (flags or "none", " | ".join(
                "%s %s" % cell for cell in zip(COLUMNS, rows[flags]))))


def any_packet(rng):
    """Mostly well formed, as all others end at the same place."""
    version = rng.choice([4, 4, 4, 4, 3, 2, 1, 0, 5, 7])
    mode = rng.choice([3, 3, 3, 3, 3, 1, 1, 0, 2, 4, 5, 6, 7])
    packet = header(version, mode, rng.getrandbits(64))
    if rng.random() < 0.3:
        length = rng.choice([16, 28, 32])
        packet += struct.pack("!HH", 0x2005, length) + bytes(length - 4)
    sort = rng.random()
    if sort < 0.25:
        packet += mac(packet)
    elif sort < 0.35:
        packet += mac(packet, b"wrong")
    elif sort < 0.4:
        packet += struct.pack("!I", 99) + rng.randbytes(16)
    elif sort < 0.45:
        packet += bytes(rng.choice([4, 20, 24, 68]))
    elif sort < 0.5:
        packet = packet[:rng.randrange(len(packet))]
    return packet


def compare(server, host, count=700):
    resource.setrlimit(resource.RLIMIT_NOFILE, (2 * count, 2 * count))
    rng = random.Random(2)
    prober = Prober(server)
    told = []
    for i in range(count):
        # One packet of each address, so that limits see nothing but it.
        number, nth = i % len(SETS), i // len(SETS)
        packet = any_packet(rng)
        # From port 123 these two would make associations.
        may_123 = not packet or packet[0] & 7 not in (1, 2)
        port = 123 if may_123 and rng.random() < 0.2 else 0
        sock = prober.open(prober.address(number, host + nth), port)
        prober.send(sock, packet)
        told.append("%d %s %s %s" % (i, SETS[number] or "none",
                                     "123" if port else "any", packet.hex()))
        if i % 50 == 49:
            prober.fence()
    for line, answer in zip(told, prober.collect()):
        print(line, answer)


def signed(server, source):
    prober = Prober(server)
    packet = header(4, 3, random.getrandbits(64))
    prober.send(prober.open(source), packet + mac(packet))
    prober.poll(PATIENCE, 0)
    print(prober.answers()[0])


def flood(server, source):
    rng = random.Random(3)
    prober = Prober(server)
    sock = prober.open(source)
    counts = {}
    while not select.select([sys.stdin], [], [], 0.002)[0]:
        packet = header(4, 3, rng.getrandbits(64))
        prober.send(sock, packet + mac(packet))
        while select.select([sock], [], [], 0)[0]:
            prober.take(sock)
    time.sleep(SILENCE)
    while select.select([sock], [], [], 0)[0]:
        prober.take(sock)
    for answer in prober.answers():
        counts[answer] = counts.get(answer, 0) + 1
    for answer, n in sorted(counts.items()):
        print(answer, n)


def main():
    args = sys.argv[1:]
    if args == ["conf"]:
        for number, flags in enumerate(SETS):
            print("restrict 10.9.%d.0 mask 255.255.255.0 %s" %
                  (number, flags))
            print("restrict 2001:db8:9:%x::/64 %s" % (number, flags))
    elif args == ["expected"]:
        print_rows({flags: expected(flags) for flags in SETS
                    if flags != "flake"})
    elif args[0] == "matrix":
        for server in args[2:]:
            print_rows(matrix(server, int(args[1])))
    elif args[0] == "compare":
        compare(args[1], int(args[2]))
    elif args[0] == "signed":
        signed(args[1], args[2])
    elif args[0] == "flood":
        flood(args[1], args[2])
    else:
        sys.exit(__doc__)


main()
