#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
"""Stamps and clocks of network devices, by the kernel's own interfaces.

nicstamp.py set DEVICE off|on all|ntp|ptp|none
            what is stamped; prints what it has become
nicstamp.py get DEVICE
nicstamp.py exchange [-s] [-c N] [-g MS] [-w MS] NS/DEVICE/ADDRESS
            NS/DEVICE/ADDRESS
            N NTP requests from the first to the second and a reply to each:
            prints for each packet "DIRECTION TX-STAMP RX-STAMP", ns or "-".
            -w patience with stamps at the end, ms; -g that with each before
            the next packet is sent, too; -s software stamps
nicstamp.py load NS/DEVICE/ADDRESS NS/DEVICE/ADDRESS
            the same without end, as fast as it goes, printing nothing
nicstamp.py clock PTP set SECONDS | shift NS | adjust PPB | read
nicstamp.py steady
            let the system clock run as CLOCK_MONOTONIC_RAW does, with no
            offset of TAI, whatever daemons have made of it
nicstamp.py follow PTP BORN INDEX PPB WANDER SECONDS SEED...
            compare the clock of tphc with what its parameters say that it does:
            prints the largest difference for each seed, ns
nicstamp.py rate PTP SECONDS   how much it gains on CLOCK_MONOTONIC_RAW, ppb
nicstamp.py pulses PTP N       stamps of N pulses from outside
nicstamp.py pps PTP PPS N      what the clock shows at N of its own pulses, as
                               far as it is from a whole second, ns
"""

import collections
import ctypes
import errno
import fcntl
import getopt
import os
import select
import socket
import struct
import sys
import time

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
SIOCSHWTSTAMP, SIOCGHWTSTAMP = 0x89b0, 0x89b1
FILTERS = {"none": 0, "all": 1, "ptp": 12, "ntp": 15}
SO_TIMESTAMPING = 37
OPT_ID, OPT_TSONLY = 128, 2048
HARDWARE = 1 | 4 | 64       # transmit, receive, report
SOFTWARE = 2 | 8 | 16
MSG_ERRQUEUE = 0x2000
SECOND = 10**9
ADJ_OFFSET, ADJ_FREQUENCY, ADJ_STATUS = 0x1, 0x2, 0x10
ADJ_TAI, ADJ_SETOFFSET, ADJ_NANO, ADJ_TICK = 0x80, 0x100, 0x2000, 0x4000
STA_PLL, STA_UNSYNC = 0x1, 0x40


def ioctl_number(direction, number, size):
    return direction << 30 | size << 16 | ord("=") << 8 | number


# ------------------------------------------------------------------ stamping


def hwtstamp(request, device, tx_type=0, rx_filter=0):
    config = ctypes.create_string_buffer(
        struct.pack("iii", 0, tx_type, rx_filter))
    ifreq = struct.pack("16sP16x", device.encode(), ctypes.addressof(config))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        fcntl.ioctl(sock, request, ifreq)
    _, tx_type, rx_filter = struct.unpack("iii", config.raw[:12])
    names = {number: name for name, number in FILTERS.items()}
    print(("off", "on")[tx_type], names.get(rx_filter, rx_filter))


def enter(netns):
    if not netns:
        return
    fd = os.open("/run/netns/" + netns, os.O_RDONLY)
    if LIBC.setns(fd, CLONE_NEWNET):
        sys.exit("cannot enter the namespace %s" % netns)
    os.close(fd)


def stamp_of(ancillary):
    """The stamp, ns, and the number of the packet it is for."""
    stamp = number = None
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPING:
            soft, nsoft, _, _, hard, nhard = struct.unpack("qqqqqq", data[:48])
            stamp = (hard or soft) * SECOND + nhard + nsoft or None
        elif level == socket.SOL_IP and kind == 11:
            number = struct.unpack("IBBBBII", data[:16])[6]
    return stamp, number


class End:
    """A socket for NTP at one end of the wire."""

    def __init__(self, where, port, stamps=HARDWARE):
        netns, device, self.address = where.split("/")
        enter(netns)
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE,
                             device.encode())
        self.sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPING,
                             stamps | OPT_ID | OPT_TSONLY)
        self.sock.bind((self.address, port))
        self.sent = []      # their transmit stamps

    def send(self, packet, to):
        self.sock.sendto(packet, to)
        self.sent.append(None)

    def recv(self, timeout=5):
        """What came, its stamp and who sent it; None when nothing did."""
        if not select.select([self.sock], [], [], timeout)[0]:
            return None, None, None
        while True:
            try:
                packet, extra, _, sender = self.sock.recvmsg(
                    2048, 512, socket.MSG_DONTWAIT)
                return packet, stamp_of(extra)[0], sender
            except BlockingIOError:
                # woken by a transmit stamp
                self.collect()
                if not select.select([self.sock], [], [], timeout)[0]:
                    return None, None, None

    def collect(self):
        """Take the transmit stamps that have come."""
        while True:
            try:
                _, extra, _, _ = self.sock.recvmsg(0, 512, MSG_ERRQUEUE |
                                                   socket.MSG_DONTWAIT)
            except BlockingIOError:
                return
            stamp, number = stamp_of(extra)
            if number is None or self.sent[number] is not None:
                sys.exit("a transmit stamp of no packet, or a second one")
            self.sent[number] = stamp


def header(mode, number):
    return (bytes([0x20 | mode, 1]) + bytes(22) +
            struct.pack("!QQQ", number, number, number + 1))


def wait_stamps(ends, patience):
    end = time.monotonic() + patience
    while time.monotonic() < end and any(None in e.sent for e in ends):
        time.sleep(0.005)
        for e in ends:
            e.collect()


def exchange(client, server, count, gap, patience):
    received = ([], [])
    for number in range(count):
        for mode, here, there, to in ((3, client, server,
                                       (server.address, 123)),
                                      (4, server, client, None)):
            here.send(header(mode, 2 * number + mode), to or sender)
            packet, stamp, sender = there.recv()
            if packet != header(mode, 2 * number + mode):
                sys.exit("packet %d of mode %d did not come" % (number, mode))
            received[mode - 3].append(stamp)
            wait_stamps((here,), gap)
    wait_stamps((client, server), patience)
    for name, end, came in (("request", client, received[0]),
                            ("reply", server, received[1])):
        for sent, stamp in zip(end.sent, came):
            print(name, sent or "-", stamp or "-")


def load(client, server):
    number = 0
    while True:
        try:
            number += 1
            client.send(header(3, number), (server.address, 123))
            packet, _, sender = server.recv(0.001)
            if packet:
                server.send(header(4, number), sender)
            client.recv(0.001)
        except OSError:
            # The device goes away below it.
            time.sleep(0.01)


# -------------------------------------------------------------------- clocks


def open_clock(path):
    fd = os.open(path, os.O_RDWR)
    return fd, (~fd << 3) | 3


class Timex(ctypes.Structure):
    _fields_ = [("modes", ctypes.c_uint), ("offset", ctypes.c_long),
                ("freq", ctypes.c_long), ("maxerror", ctypes.c_long),
                ("esterror", ctypes.c_long), ("status", ctypes.c_int),
                ("constant", ctypes.c_long), ("precision", ctypes.c_long),
                ("tolerance", ctypes.c_long), ("sec", ctypes.c_long),
                ("usec", ctypes.c_long), ("tick", ctypes.c_long),
                ("rest", ctypes.c_char * 248)]


def adjust(clock, **fields):
    timex = Timex(**fields)
    if LIBC.clock_adjtime(clock, ctypes.byref(timex)) < 0:
        sys.exit("clock_adjtime: " + os.strerror(ctypes.get_errno()))


def cross(fd):
    """The clock, CLOCK_REALTIME and CLOCK_MONOTONIC_RAW at one instant, ns."""
    try:
        answer = fcntl.ioctl(fd, ioctl_number(3, 8, 64), bytes(64))
    except OSError as err:
        if err.errno != errno.EOPNOTSUPP:
            raise
        # Not so exact, then: one after the other.
        return (time.clock_gettime_ns((~fd << 3) | 3), time.time_ns(),
                time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW))
    f = struct.unpack("qIIqIIqII", answer[:48])
    return tuple(f[i] * SECOND + f[i + 1] for i in (0, 3, 6))


def clock_command(path, what, value="0"):
    fd, clock = open_clock(path)
    if what == "set":
        time.clock_settime_ns(clock, int(value) * SECOND)
    elif what == "shift":
        sec, nsec = divmod(int(value), SECOND)
        adjust(clock, modes=ADJ_SETOFFSET | ADJ_NANO, sec=sec, usec=nsec)
    elif what == "adjust":
        adjust(clock, modes=ADJ_FREQUENCY,
               freq=round(float(value) * 65.536))
    else:
        print(*cross(fd))


def steady():
    adjust(time.CLOCK_REALTIME, status=STA_PLL, tick=10000,
           modes=ADJ_OFFSET | ADJ_FREQUENCY | ADJ_STATUS | ADJ_TICK)
    adjust(time.CLOCK_REALTIME, status=STA_UNSYNC, modes=ADJ_STATUS | ADJ_TAI)


class Model:
    """What tests/kmod/tphc_phc.c does, from its parameters alone."""

    STEP = SECOND // 8
    MASK = (1 << 64) - 1

    def __init__(self, born, seed, index, ppb, wander):
        seed = (seed * 2 + index + 0x9e3779b97f4a7c15) & self.MASK
        seed = ((seed ^ seed >> 30) * 0xbf58476d1ce4e5b9) & self.MASK
        seed = ((seed ^ seed >> 27) * 0x94d049bb133111eb) & self.MASK
        self.state = seed ^ seed >> 31 | 1
        self.at, self.gained = born, 0.0
        self.rate, self.sigma = ppb * 1e-9, wander * 1e-12 / 8 ** 0.5

    def random(self):
        x = self.state
        x ^= x >> 12
        x = (x ^ x << 25) & self.MASK
        self.state = x ^ x >> 27
        return self.state * 0x2545f4914f6cdd1d & self.MASK

    def ahead(self, raw):
        """What it has gained since it was born."""
        while raw - self.at >= self.STEP:
            self.gained += self.STEP * self.rate
            self.at += self.STEP
            total = sum(bits >> j & 0xffff for bits in
                        (self.random(), self.random()) for j in (0, 16, 32, 48))
            self.rate += (total - 262140) / 53510 * self.sigma
        return self.gained + (raw - self.at) * self.rate


def follow(path, born, index, ppb, wander, seconds, *seeds):
    fd, _ = open_clock(path)
    models = [Model(int(born), int(seed), int(index), float(ppb),
                    float(wander)) for seed in seeds]
    first, worst = [None] * len(models), [0.0] * len(models)
    end = time.monotonic() + float(seconds)
    while time.monotonic() < end:
        phc, _, raw = cross(fd)
        for i, model in enumerate(models):
            gained = model.ahead(raw)
            if first[i] is None:
                first[i] = phc - raw - round(gained)
            # a whole number at first: no float holds what the clocks show
            worst[i] = max(worst[i], abs(phc - raw - first[i] - gained))
        time.sleep(0.02)
    print(*["%.1f" % w for w in worst])


def rate(path, seconds):
    fd, _ = open_clock(path)
    phc, _, raw = cross(fd)
    time.sleep(float(seconds))
    phc_then, _, raw_then = cross(fd)
    print("%.1f" % (((phc_then - phc) - (raw_then - raw)) * 1e9 /
                    (raw_then - raw)))


def pulses(path, count):
    fd, _ = open_clock(path)
    pin = struct.pack("64sIII20x", b"", 0, 1, 0)
    fcntl.ioctl(fd, ioctl_number(1, 7, 96), pin)
    fcntl.ioctl(fd, ioctl_number(1, 2, 16), struct.pack("IIII", 0, 3, 0, 0))
    for _ in range(int(count)):
        if not select.select([fd], [], [], 10)[0]:
            sys.exit("no pulse came within 10 s")
        sec, nsec = struct.unpack("qI20x", os.read(fd, 32))
        print(sec * SECOND + nsec)
    fcntl.ioctl(fd, ioctl_number(1, 2, 16), struct.pack("IIII", 0, 0, 0, 0))


def pps(path, name, count):
    """The pulse is at a whole second of the clock: so says the system's."""
    fd, _ = open_clock(path)
    fcntl.ioctl(fd, ioctl_number(1, 4, 4), 1)
    last = None
    end = time.monotonic() + 10 + 2 * int(count)
    left = int(count)
    while left:
        if time.monotonic() > end:
            sys.exit("too few pulses came in time")
        with open("/sys/class/pps/%s/assert" % name) as assertion:
            value = assertion.read().strip()
        if last is not None and value != last and "#" in value:
            sec, nsec = value.split("#")[0].split(".")
            phc, real, _ = cross(fd)
            ahead = phc - real + int(sec) * SECOND + int(nsec)
            print((ahead + SECOND // 2) % SECOND - SECOND // 2)
            left -= 1
        last = value
        time.sleep(0.05)
    fcntl.ioctl(fd, ioctl_number(1, 4, 4), 0)


def main():
    name, args = (sys.argv + [""])[1], sys.argv[2:]
    plain = collections.OrderedDict(clock=clock_command, steady=steady,
                                    follow=follow, rate=rate, pulses=pulses,
                                    pps=pps)
    try:
        if name == "set":
            hwtstamp(SIOCSHWTSTAMP, args[0], int(args[1] == "on"),
                     FILTERS[args[2]])
        elif name == "get":
            hwtstamp(SIOCGHWTSTAMP, args[0])
        elif name in plain:
            plain[name](*args)
        elif name in ("exchange", "load"):
            options, args = getopt.getopt(args, "c:g:w:s")
            options = dict(options)
            stamps = SOFTWARE if "-s" in options else HARDWARE
            ends = End(args[0], 0, stamps), End(args[1], 123, stamps)
            if name == "load":
                load(*ends)
            exchange(*ends, int(options.get("-c", 20)),
                     int(options.get("-g", 0)) / 1000,
                     int(options.get("-w", 2000)) / 1000)
        else:
            sys.exit(__doc__.strip())
    except OSError as err:
        sys.exit("nicstamp.py %s: %s" % (" ".join(sys.argv[1:]), err))


if __name__ == "__main__":
    main()
