#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
"""MS-SNTP, both ends of it.

samba.py serve FOLDER   ntp_signd as Samba's: signs for account 1103, and knows
                        no other
samba.py ask SERVER RID what a member of the domain is answered: "signed" if the
                        digest is right, "wrong", or "none"
"""

import hashlib
import os
import socket
import struct
import sys

NT_HASH = bytes.fromhex("8846f7eaee8fb117ad06bdd830b7586c")
KNOWN = 1103


def read_all(conn, size):
    data = b""
    while len(data) < size:
        more = conn.recv(size - len(data))
        if not more:
            return None
        data += more
    return data


def talk(conn):
    while True:
        head = read_all(conn, 4)
        body = head and read_all(conn, struct.unpack("!I", head)[0])
        if not body:
            return
        version, op, ident = struct.unpack("!III", body[:12])
        rid = struct.unpack("<I", body[12:16])[0] & 0x7fffffff
        packet = body[16:]
        if version != 0 or op != 0 or len(packet) != 48 or rid != KNOWN:
            answer = struct.pack("!III", 0, 4, ident)
        else:
            mac = body[12:16] + hashlib.md5(NT_HASH + packet).digest()
            answer = struct.pack("!III", 0, 3, ident) + packet + mac
        conn.sendall(struct.pack("!I", len(answer)) + answer)


def serve(folder):
    path = os.path.join(folder, "socket")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    os.chmod(path, 0o777)
    listener.listen()
    while True:
        conn = listener.accept()[0]
        talk(conn)
        conn.close()


def ask(server, rid):
    family = socket.AF_INET6 if ":" in server else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.settimeout(1)
    sock.connect((server, 123))
    keyid = struct.pack("<I", rid)
    xmt = os.urandom(8)
    sock.send(b"\x1b" + bytes(39) + xmt + keyid + bytes(16))
    try:
        reply = sock.recv(2048)
    except TimeoutError:
        return "none"
    digest = hashlib.md5(NT_HASH + reply[:48]).digest()
    good = (len(reply) == 68 and reply[0] & 0x3f == 0x1c and
            reply[24:32] == xmt and reply[48:52] == keyid and
            reply[52:] == digest)
    return "signed" if good else "wrong"


if sys.argv[1] == "serve":
    serve(sys.argv[2])
else:
    print(ask(sys.argv[2], int(sys.argv[3])))
