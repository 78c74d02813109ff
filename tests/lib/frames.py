#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
"""Send NTP requests as frames made by hand, and say what came back.

frames.py DEVICE < CASES

A case is a line: a name, then words KEY=VALUE. One frame is sent for each, or
several where fragments are asked for, and behind them an ARP probe for
$frames_to: all stay on one processor and so in order, so that whatever was to
come of the case has come when the probe is answered, however long that takes.
Output is a line per case: "NAME none" or "NAME reply" with what is wrong with the reply or worth
to know, and in brackets the reasons that kntp counted meanwhile in
$frames_stats, its stats file in the server's namespace. Where $frames_up names
that namespace, "up=" tells what came up there to a raw socket: the "same" bytes
as were sent, IPv4 with its header, IPv6 from the UDP header on; "CHANGED", or
"none". Keys:

  to, from         addresses, IPv4 or IPv6; defaults: $frames_to, $frames_from
  mac, smac        Ethernet addresses; defaults: $frames_mac, the device's own
  sport, dport     UDP ports (40000 counting up, 123)
  first            first octet of the payload, hexadecimal (23: version 4 mode 3)
  len              octets of payload (48)
  tos, ttl         IPv4 header, or traffic class and hop limit (0, 64)
  options=1        IPv4: a no-operation option; IPv6: a destination option
  hbh=1            IPv6: a hop-by-hop header
  frag=1           in two fragments
  fraghdr=1        IPv6: an atomic fragment
  df=1             IPv4: don't fragment
  csum             udp (wrong UDP checksum), none (0), ip (wrong IPv4 checksum)
  udplen, iplen    added to the length fields
  pad              octets behind the datagram
  vlan             a tag of this id; prio: its priority
  sign             ID:TYPE:SECRET, a MAC; types of hashlib, or CMAC by openssl;
                   the secret in hexadecimal; bad=1: one that is wrong. The MAC
                   of a reply has to be right, then it is "signed".
  times            so many at once: said is how many were "answered", and how
                   many of these answers were kisses of death ("rate")
"""
import ctypes
import hashlib
import os
import random
import select
import socket
import struct
import subprocess
import sys
import time

ETH_P_ALL = 3
ETH_P_ARP = b"\x08\x06"
PATIENCE = 60
SOL_PACKET, PACKET_AUXDATA = 263, 8
TP_STATUS_VLAN_VALID = 1 << 4


CLONE_NEWNET = 0x40000000


class Up:
    """Raw sockets in another network namespace."""

    def __init__(self, netns):
        libc = ctypes.CDLL(None, use_errno=True)
        with open("/proc/self/ns/net", "rb") as own, \
                open("/run/netns/" + netns, "rb") as other:
            if libc.setns(other.fileno(), CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns " + netns)
            self.socks = [socket.socket(f, socket.SOCK_RAW, socket.IPPROTO_UDP)
                          for f in (socket.AF_INET, socket.AF_INET6)]
            if libc.setns(own.fileno(), CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns back")
        for sock in self.socks:
            sock.setblocking(False)

    def said(self, case):
        """What came up since the last time."""
        came = []
        for sock in self.socks:
            try:
                while True:
                    came.append(sock.recv(4096))
            except BlockingIOError:
                pass
        came = [x for x in came if case.is_of(x)]
        if not came:
            return "up=none"
        return "up=same" if came == [case.whole()] else "up=CHANGED"


def fold(data):
    """The Internet checksum of data, not complemented."""
    if len(data) & 1:
        data += b"\0"
    s = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while s >> 16:
        s = (s & 0xFFFF) + (s >> 16)
    return s


def mac_of(text):
    return bytes(int(x, 16) for x in text.split(":"))


def digest(sign, message):
    """Of a message, by the key ID:TYPE:SECRET."""
    _, kind, secret = sign.split(":")
    if kind == "CMAC":
        return bytes.fromhex(subprocess.run(
            ["openssl", "mac", "-cipher", "AES-128-CBC", "-macopt",
             "hexkey:" + secret, "-in", "-", "CMAC"], input=message,
            stdout=subprocess.PIPE, check=True).stdout.decode())
    return hashlib.new(kind, bytes.fromhex(secret) + message).digest()[:20]


class Case:
    """A request, made from one line."""

    def __init__(self, line, number):
        words = line.split()
        self.name = words[0]
        self.key = {
            "to": os.environ.get("frames_to", ""),
            "from": os.environ.get("frames_from", ""),
            "mac": os.environ.get("frames_mac", ""),
            "sport": str(40000 + number),
        }
        for word in words[1:]:
            key, _, value = word.partition("=")
            self.key[key] = value
        self.is_ipv6 = ":" in self.key["to"]
        family = socket.AF_INET6 if self.is_ipv6 else socket.AF_INET
        self.dst = socket.inet_pton(family, self.key["to"])
        self.src = socket.inet_pton(family, self.key["from"])
        self.sport = self.number("sport")
        self.xmt = random.randbytes(8)
        length = self.number("len", 48)
        first = bytes([int(self.key.get("first", "23"), 16)])
        self.payload = (first + bytes(39) + self.xmt).ljust(length, b"\0")[:length]
        self.sign = self.key.get("sign")
        if self.sign:
            dgst = bytearray(digest(self.sign, self.payload))
            dgst[0] ^= self.number("bad")
            self.payload += struct.pack("!I", int(self.sign.split(":")[0]))
            self.payload += dgst

    def number(self, key, default=0):
        return int(self.key[key], 0) if key in self.key else default

    def udp(self):
        length = 8 + len(self.payload)
        head = struct.pack("!HHHH", self.sport, self.number("dport", 123),
                           length + self.number("udplen"), 0)
        if self.is_ipv6:
            pseudo = self.src + self.dst + struct.pack("!II", length, 17)
        else:
            pseudo = self.src + self.dst + struct.pack("!BBH", 0, 17, length)
        check = ~fold(pseudo + head + self.payload) & 0xFFFF or 0xFFFF
        kind = self.key.get("csum")
        if kind == "udp":
            check ^= 0x0101
        elif kind == "none":
            check = 0
        return head[:6] + struct.pack("!H", check) + self.payload

    def ipv4(self, data, offset, more):
        options = b"\x01\x01\x01\x00" if self.number("options") else b""
        words = 5 + len(options) // 4
        flags = offset >> 3 | (0x2000 if more else 0)
        flags |= 0x4000 if self.number("df") else 0
        head = struct.pack("!BBHHHBBH", 0x40 | words, self.number("tos"),
                           words * 4 + len(data) + self.number("iplen"),
                           self.sport, flags, self.number("ttl", 64), 17, 0)
        whole = head + self.src + self.dst + options
        check = ~fold(whole) & 0xFFFF
        if self.key.get("csum") == "ip":
            check ^= 0x0101
        return whole[:10] + struct.pack("!H", check) + whole[12:] + data

    def ipv6(self, data, offset, more):
        proto = 17
        if self.number("frag") or self.number("fraghdr"):
            data = struct.pack("!BBHI", proto, 0, offset | more, self.sport) + data
            proto = 44
        if self.number("options"):
            data = struct.pack("!BBBBI", proto, 0, 1, 4, 0) + data
            proto = 60
        if self.number("hbh"):
            data = struct.pack("!BBBBI", proto, 0, 1, 4, 0) + data
            proto = 0
        head = struct.pack("!IHBB", 6 << 28 | self.number("tos") << 20,
                           len(data) + self.number("iplen"), proto,
                           self.number("ttl", 64))
        return head + self.src + self.dst + data

    def whole(self):
        """What a raw socket gets to see of it."""
        if self.is_ipv6:
            return self.udp()
        packet = self.ipv4(self.udp(), 0, 0)
        return packet

    def is_of(self, data):
        """Is it, in whatever shape, this request?"""
        return self.xmt in data or self.payload in data

    def frames(self, own_mac):
        smac = mac_of(self.key["smac"]) if "smac" in self.key else own_mac
        head = mac_of(self.key["mac"]) + smac
        if "vlan" in self.key:
            tci = self.number("prio") << 13 | self.number("vlan")
            head += struct.pack("!HH", 0x8100, tci)
        head += b"\x86\xdd" if self.is_ipv6 else b"\x08\x00"
        make = self.ipv6 if self.is_ipv6 else self.ipv4
        udp = self.udp()
        if self.number("frag"):
            pieces = [make(udp[:24], 0, 1), make(udp[24:], 24, 0)]
        else:
            pieces = [make(udp, 0, 0)]
        return [head + p + bytes(self.number("pad")) for p in pieces]

    def judge(self, frame, own_mac, vlan):
        """None if the frame is not the reply, else words about it."""
        kind = frame[12:14]
        if kind != (b"\x86\xdd" if self.is_ipv6 else b"\x08\x00"):
            return None
        ip = frame[14:]
        if self.is_ipv6:
            if ip[6] != 17:
                return None
            src, dst, udp = ip[8:24], ip[24:40], ip[40:]
            total = 40 + struct.unpack("!H", ip[4:6])[0]
            tos = (struct.unpack("!I", ip[:4])[0] >> 20) & 0xFF
            ttl = ip[7]
            pseudo = src + dst + struct.pack("!II", total - 40, 17)
        else:
            if ip[9] != 17 or ip[0] != 0x45:
                return None
            src, dst, udp = ip[12:16], ip[16:20], ip[20:]
            total, tos, ttl = struct.unpack("!H", ip[2:4])[0], ip[1], ip[8]
            pseudo = src + dst + struct.pack("!BBH", 0, 17, total - 20)
        sport, dport, length = struct.unpack("!HHH", udp[:6])
        if sport != 123 or dport != self.sport or src != self.dst:
            return None
        udp = udp[:length]
        words = ["len=%d" % (length - 8), "mode=%d" % (udp[8] & 7),
                 "tos=%d" % tos, "ttl=%d" % ttl]
        if vlan is not None:
            words.append("vlan=%d" % vlan)
        if dst != self.src:
            words.append("WRONG-DESTINATION")
        if not self.is_ipv6 and fold(ip[:20]) != 0xFFFF:
            words.append("WRONG-IP-CHECKSUM")
        if total - (40 if self.is_ipv6 else 20) != length:
            words.append("WRONG-LENGTH")
        if udp[32:40] != self.xmt:
            words.append("WRONG-ORIGIN")
        if udp[48:56] <= udp[40:48]:
            words.append("WRONG-STAMPS")
        # A sum that is left to the device is right when it leaves.
        if fold(pseudo + udp) not in (0xFFFF, fold(pseudo)) and \
                fold(udp[6:8]) != fold(pseudo):
            words.append("WRONG-UDP-CHECKSUM")
        words += self.judge_mac(udp[8:])
        if frame[:6] != (mac_of(self.key["smac"]) if "smac" in self.key else own_mac):
            words.append("WRONG-STATION")
        return " ".join(words)


    def judge_mac(self, payload):
        """Words about what follows the header, and about a kiss."""
        words = []
        if len(payload) > 52:
            keyid = struct.unpack("!I", payload[48:52])[0]
            is_right = self.sign and keyid == int(self.sign.split(":")[0]) and \
                digest(self.sign, payload[:48]) == payload[52:]
            words.append("signed" if is_right else "WRONG-MAC")
        if payload[1] == 0 and payload[12:16] == b"RATE":
            words.append("rate")
        return words


def receive(sock):
    """A frame and the id of the VLAN tag that was taken off, or None."""
    data, control, _, address = sock.recvmsg(4096, 256)
    vlan = None
    for level, kind, value in control:
        if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
            status, tci = struct.unpack("I", value[:4])[0], value[16:18]
            if status & TP_STATUS_VLAN_VALID:
                vlan = struct.unpack("H", tci)[0] & 0xFFF
    return (None if address[2] == socket.PACKET_OUTGOING else data), vlan


def probe(own_mac):
    """Who has $frames_to? Asked by nobody, so that nothing is learnt of it."""
    return (b"\xff" * 6 + own_mac + ETH_P_ARP +
            struct.pack("!HHBBH", 1, 0x800, 6, 4, 1) + own_mac + bytes(10) +
            socket.inet_aton(os.environ["frames_to"]))


def is_probed(frame):
    """Is it the answer to that?"""
    return frame[12:14] == ETH_P_ARP and frame[20:22] == b"\0\2" and \
        frame[28:32] == socket.inet_aton(os.environ["frames_to"])


def run(sock, case, own_mac):
    """Send a case; return what there is to say about it."""
    frames = case.frames(own_mac) * case.number("times", 1)
    for frame in frames + [probe(own_mac)]:
        sock.send(frame)
    end = time.monotonic() + PATIENCE
    answers = []
    while True:
        if not select.select([sock], [], [], max(0, end - time.monotonic()))[0]:
            return "NO-ARP"
        frame, vlan = receive(sock)
        if frame and is_probed(frame):
            break
        words = frame and case.judge(frame, own_mac, vlan)
        if words:
            answers.append(words)
    if "times" in case.key:
        return "answered=%d rate=%d" % (len(answers), sum(
            answer.endswith("rate") for answer in answers))
    if not answers:
        return "none"
    return ("reply " if len(answers) == 1 else "REPLIES ") + "; ".join(answers)


def counters():
    """The file that $frames_stats names: counter and value, a line each."""
    with open(os.environ["frames_stats"], encoding="ascii") as file:
        return {k: int(v) for k, v in (x.split() for x in file.readlines()[1:])}


def counted(before):
    """Reasons counted since, and whether they add up."""
    now = counters()
    delta = {k: now[k] - before[k] for k in now if now[k] != before[k]}
    requests = delta.pop("requests", 0)
    delta = {k: v for k, v in delta.items() if not k.startswith("stamp_")}
    if sum(delta.values()) != requests:
        return "[UNBALANCED: %d requests, %s]" % (requests, delta)
    return "[%s]" % " ".join(k if v == 1 else "%s*%d" % (k, v)
                             for k, v in sorted(delta.items()))


def main():
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    sock.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    sock.bind((sys.argv[1], ETH_P_ALL))
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    own_mac = sock.getsockname()[4]
    up = Up(os.environ["frames_up"]) if "frames_up" in os.environ else None
    for number, line in enumerate(sys.stdin):
        if line.strip() and not line.startswith("#"):
            case = Case(line, number)
            before = counters()
            said = run(sock, case, own_mac)
            if up:
                said += " " + up.said(case)
            print(case.name, said, counted(before), flush=True)


main()
