#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
"""Rules, keys and limits by netlink, octet by octet: setkntp.py [COMMAND...]

Commands are arguments, or lines of standard input; all use one socket, which
lives until the end. Each is answered by a line: ok, or the error's name and the
kernel's words.

	begin | commit | get
	server [average=N] [minimum=N] [prefix6=N] [nak=N] [clients=N]
	add NETWORK [FLAG...]		del NETWORK [FLAG...]
	rules COUNT [FLAG...]		10.0.0.0/32 and so on, many a message
	list				network, flags and hits a line, then ok
	key ID TYPE SECRET [trusted] [NETWORK...]	secret: hex, - for none
	keys FILE ID...			all of a key file, trusted by number
	unkey ID | keylist
	raw COMMAND [ATTRIBUTE=HEX...]	by numbers, nests as nested hex
"""

import errno
import ipaddress
import os
import socket
import struct
import sys

SERVER = ["average", "minimum", "prefix6", "nak", "staged", "clients"]
FLAGS = """ignore kod limited lowpriotrap nomodify nopeer noquery noserve notrap
    notrust ntpport version mssntp flake nomrulist epeer noepeer""".split()
TYPES = ["MD5", "SHA1", "SHA256", "SHA384", "SHA512", "AES128CMAC", "OTHER"]
(SERVER_GET, SERVER_SET, BEGIN, COMMIT, RULE_GET, RULE_ADD, RULE_DEL, KEY_GET,
 KEY_ADD, KEY_DEL) = range(13, 23)
NEST = 0x8000


def attr(kind, data):
    return struct.pack("=HH", 4 + len(data), kind) + data + bytes(-len(data) % 4)


def attrs_of(data):
    while len(data) >= 4:
        size, kind = struct.unpack_from("=HH", data)
        yield kind & 0x3FFF, data[4:size]
        data = data[(size + 3) & ~3:]


def network(text):
    """Octets and prefix; host bits stay, for the kernel to see."""
    addr, _, length = text.partition("/")
    ip = ipaddress.ip_address(addr)
    if ip.version == 4:
        octets = bytes(10) + b"\xff\xff" + ip.packed
        return octets, 96 + int(length or 32)
    return ip.packed, int(length or 128)


def text_of(octets, prefix):
    if octets[:12] == bytes(10) + b"\xff\xff" and prefix >= 96:
        return "%s/%d" % (ipaddress.ip_address(octets[12:]), prefix - 96)
    return "%s/%d" % (ipaddress.ip_address(octets), prefix)


def rule(net, flags):
    octets, prefix = network(net)
    bits = sum(1 << FLAGS.index(flag) for flag in flags)
    return (attr(1, octets) + attr(2, bytes([prefix]))
            + attr(3, struct.pack("=I", bits)))


class Refused(Exception):
    pass


class Kntp:
    def __init__(self):
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 16)
        for option in (11, 10):
            self.sock.setsockopt(270, option, 1)
        self.sock.settimeout(60)
        self.sock.bind((0, 0))
        self.seq = 0
        self.family = 16
        reply = self.call(3, attr(2, b"kntp\0"))
        self.family = struct.unpack("=H", dict(attrs_of(reply[0]))[1])[0]

    def call(self, command, data=b"", flags=4):
        """Attributes of each record of the answer."""
        self.seq += 1
        body = struct.pack("=BBH", command, 1, 0) + data
        self.sock.send(struct.pack("=IHHII", 16 + len(body), self.family,
                                   1 | flags, self.seq, 0) + body)
        records = []
        while True:
            got = self.sock.recv(1 << 20)
            while got:
                size, kind = struct.unpack_from("=IH", got)
                message, got = got[16:size], got[(size + 3) & ~3:]
                if kind == 3:
                    return records
                if kind == 2:
                    self.status(message, size)
                    return records
                records.append(message[4:])

    @staticmethod
    def status(message, size):
        err = -struct.unpack_from("=i", message)[0]
        texts = [value for kind, value in attrs_of(message[20:]) if kind == 1]
        words = texts[0].rstrip(b"\0").decode() if texts else ""
        if err:
            raise Refused("%s %s" % (errno.errorcode[err], words))
        if words:
            print("warning: " + words)

    def rules(self, count, flags):
        one = attr(5 | NEST, rule("10.0.0.0/32", flags))
        before, after = one[:20], one[24:]
        pack = struct.Struct(">I").pack
        for first in range(0, count, 1500):
            self.call(RULE_ADD, b"".join(
                before + pack(0x0A000000 + i) + after
                for i in range(first, min(first + 1500, count))))

    def list(self):
        for record in self.call(RULE_GET, flags=0x300):
            got = dict(attrs_of(record))
            bits = struct.unpack("=I", got[3])[0]
            names = [f for i, f in enumerate(FLAGS) if bits >> i & 1]
            print(text_of(got[1], got[2][0]), ",".join(names) or "-",
                  struct.unpack("=Q", got[4])[0])

    def key(self, number, kind, secret, *more):
        data = attr(1, struct.pack("=I", int(number)))
        data += attr(2, struct.pack("=I", TYPES.index(kind)))
        if secret != "-":
            data += attr(3, bytes.fromhex(secret))
        for word in more:
            if word == "trusted":
                data += attr(4, b"\1")
            else:
                octets, prefix = network(word)
                data += attr(5 | NEST, attr(6, octets)
                             + attr(7, bytes([prefix])))
        self.call(KEY_ADD, data)

    def keys(self, path, *trusted):
        """Key files of the tests: number, type, secret, networks."""
        names = {"M": "MD5", "AES": "AES128CMAC", "AES-128-CMAC": "AES128CMAC"}
        with open(path, encoding="ascii") as lines:
            for line in lines:
                words = line.partition("#")[0].split()
                if not words:
                    continue
                number, kind, secret = words[:3]
                if kind.upper() in names:
                    kind = names[kind.upper()]
                if len(secret) <= 20:
                    secret = secret.encode().hex()
                nets = words[3].split(",") if words[3:] else []
                kind = kind.upper()
                if kind not in TYPES:
                    kind, secret = "OTHER", "-"
                is_trusted = ["trusted"] if number in trusted else []
                self.key(number, kind, secret, *is_trusted, *nets)

    def keylist(self):
        for record in self.call(KEY_GET, flags=0x300):
            got = dict(attrs_of(record))
            if 3 in got:
                print("a secret")
            peers = [text_of(p[1], p[2][0]) for p in (
                {1: n[6], 2: n[7]} for n in (
                    dict(attrs_of(value)) for kind, value in attrs_of(record)
                    if kind == 5))]
            print(struct.unpack("=I", got[1])[0],
                  TYPES[struct.unpack("=I", got[2])[0]],
                  "trusted" if got[4][0] else "untrusted", *peers)

    def command(self, verb, *words):
        if verb in ("begin", "commit"):
            self.call(BEGIN if verb == "begin" else COMMIT)
        elif verb == "get":
            print(" ".join("%s=%d" % (SERVER[kind - 1],
                                      int.from_bytes(value, sys.byteorder))
                           for kind, value
                           in attrs_of(self.call(SERVER_GET)[0])))
        elif verb == "server":
            self.call(SERVER_SET, b"".join(
                attr(1 + SERVER.index(name),
                     int(value).to_bytes(4 if name == "clients" else 1,
                                         sys.byteorder))
                for name, value in (word.split("=") for word in words)))
        elif verb in ("add", "del"):
            self.call(RULE_ADD if verb == "add" else RULE_DEL,
                      rule(words[0], words[1:]))
        elif verb == "rules":
            self.rules(int(words[0]), words[1:])
        elif verb == "unkey":
            self.call(KEY_DEL, attr(1, struct.pack("=I", int(words[0]))))
        elif verb == "raw":
            self.call(int(words[0]), b"".join(
                attr(int(kind, 0), bytes.fromhex(value)) for kind, value in
                (word.split("=") for word in words[1:])))
        elif verb in ("list", "key", "keys", "keylist"):
            getattr(self, verb)(*words)
        else:
            sys.exit("no such command: " + verb)


def main():
    kntp = Kntp()
    refused = False
    for line in sys.argv[1:] or sys.stdin:
        if not line.split():
            continue
        try:
            kntp.command(*line.split())
            print("ok")
        except Refused as why:
            print(why)
            refused = True
        sys.stdout.flush()
    # Only with arguments a refusal is a failure: lines are read one by one.
    os._exit(1 if refused and sys.argv[1:] else 0)


if __name__ == "__main__":
    main()
