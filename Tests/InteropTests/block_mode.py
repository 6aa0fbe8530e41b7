"""A client of RFC 959's block mode and record structure, written from the RFC alone: checks the server's codecs against a second mind.

block_mode.py PORT PASSWORD BYTES: stores a file of records with restart markers, cutting the connection a few times and going on from
the last marker answered; fetches it the same way; compares every record. The data connection is used for more than one file.
"""

import os
import random
import socket
import struct
import sys

EOR, END_OF_FILE, SUSPECT, MARKER = 128, 64, 32, 16


class Session:
    def __init__(self, port, password):
        self.control = socket.create_connection(("127.0.0.1", port), 30)
        self.replies = self.control.makefile("rb")
        self.data = None
        self.expect(220)
        self.command("USER alice", 331)
        self.command("PASS " + password, 230)
        for line in ("SITE RECFM PREFIXED", "TYPE I", "STRU R", "MODE B"):
            self.command(line, 200)

    def reply(self):
        line = self.replies.readline().decode()
        assert line[3:4] == " ", line
        return int(line[:3]), line[4:].strip()

    def expect(self, *codes):
        code, text = self.reply()
        assert code in codes, (codes, code, text)
        return text

    def command(self, line, *codes):
        self.control.sendall(line.encode() + b"\r\n")
        return self.expect(*codes)

    def connect(self):
        numbers = self.command("PASV", 227).split("(")[1].split(")")[0].split(",")
        self.data = socket.create_connection(("127.0.0.1", int(numbers[4]) * 256 + int(numbers[5])), 30)

    def exactly(self, count):
        piece = b""
        while len(piece) < count:
            more = self.data.recv(count - len(piece))
            assert more, "closed before the end of the file"
            piece += more
        return piece


def store(session, name, records, first, limit, marker):
    """Sends records from number `first` on; returns (next record, marker) of the last answer, or (None, None) when all is done."""
    if marker:
        session.command("REST " + marker, 350)
    opened = session.data is not None
    if not opened:
        session.connect()
    session.command("STOR " + name, 125 if opened else 150)
    sent, known = 0, (first, marker)
    for number in range(first, len(records)):
        record, blocks = records[number], b""
        # A record of up to three blocks: the last one carries the descriptor for its end.
        cut = sorted(random.randrange(len(record) + 1) for _ in range(random.randrange(3)))
        for start, end in zip([0] + cut, cut + [None]):
            part = record[start:end]
            blocks += struct.pack(">BH", EOR if end is None else 0, len(part)) + part
        if number % 50 == 49:
            text = b"R%d" % (number + 1)
            blocks += struct.pack(">BH", MARKER, len(text)) + text
        session.data.sendall(blocks)
        sent += len(blocks)
        if sent > limit:
            session.data.close()
            session.data = None
            code = None
            while code != 426:
                code, text = session.reply()
                assert code in (110, 426), (code, text)
                if code == 110:
                    words = text.split()
                    assert words[0] == "MARK" and words[2] == "=", text
                    known = (int(words[1][1:]), words[3])
            return known
    session.data.sendall(struct.pack(">BH", END_OF_FILE, 0))
    code = 110
    while code == 110:
        code, text = session.reply()
    assert code == 250, (code, text)
    return None, None


def fetch(session, name, records, limit, marker):
    """Fetches records behind those there are; returns the marker to go on from, or None when all is done."""
    if marker:
        del records[marker[1]:]
        session.command("REST " + marker[0], 350)
    opened = session.data is not None
    if not opened:
        session.connect()
    session.command("RETR " + name, 125 if opened else 150)
    record, came = b"", 0
    while True:
        code, count = struct.unpack(">BH", session.exactly(3))
        body = session.exactly(count)
        came += count
        assert not code & ~(EOR | END_OF_FILE | SUSPECT | MARKER), code
        if code & MARKER:
            assert record == b"", "a marker inside of a record"
            marker = (body.decode(), len(records))
            continue
        record += body
        if code & EOR:
            records.append(record)
            record = b""
        if code & END_OF_FILE:
            assert record == b"", "an end of file inside of a record"
            session.expect(250)
            return None
        if came > limit:
            session.data.close()
            session.control.close()
            return marker


def main():
    port, password, size = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    records, total = [], 0
    while total < size:
        record = os.urandom(random.randrange(3000)).replace(b"\0", b"\xff\xff\n")
        records.append(record)
        total += len(record) + 4
    first, marker, session, cuts = 0, None, Session(port, password), 0
    while True:
        first, marker = store(session, "py", records, first, size // 5 if cuts < 4 else 1 << 60, marker)
        if first is None:
            break
        cuts += 1
        session = Session(port, password)
    assert cuts == 4, cuts
    back, marker, cuts = [], None, 0
    while True:
        marker = fetch(session, "py", back, size // 5 if cuts < 4 else 1 << 60, marker)
        if marker is None:
            break
        cuts += 1
        session = Session(port, password)
    assert cuts == 4, cuts
    assert back == records, (len(back), len(records))
    # The same data connection serves another file each way.
    assert store(session, "second", [b"one", b"", b"three"], 0, 1 << 60, None) == (None, None)
    second = []
    assert fetch(session, "second", second, 1 << 60, None) is None
    assert second == [b"one", b"", b"three"], second
    session.command("QUIT", 221)


main()
