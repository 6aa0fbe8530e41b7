#!/usr/bin/env python3
"""Sends files in segments from several sessions, breaks segments off and kills the daemon meanwhile, and looks whether the file is right.

Each file is sent by several sessions at once. After each break, SITE PARTIAL tells what is there, and only the rest is sent. When no octet is
missing the file must have its name and its contents, and nothing else may be left.

    segments.py --weftpd .build/release/weftpd [--files 40] [--kills 20] [--seed N] [--directory DIR]
"""

import argparse
import ftplib
import pathlib
import queue
import random
import re
import shutil
import socket
import struct
import sys
import tempfile
import threading
import time

from torture import Daemon, content

SESSIONS = 4


class Counts:
    def __init__(self):
        self.lock = threading.Lock()
        self.segments = self.breaks = self.refused = self.resumed = 0

    def add(self, name, count=1):
        with self.lock:
            setattr(self, name, getattr(self, name) + count)


def missing(client, name, total):
    """The ranges that SITE PARTIAL does not tell of."""
    try:
        reply = client.sendcmd("SITE PARTIAL " + name)
    except ftplib.error_perm:
        return [(0, total - 1)]
    place, gaps = 0, []
    for first, last in re.findall(r"^ (\d+)-(\d+)$", reply, re.MULTILINE):
        if place < int(first):
            gaps.append((place, int(first) - 1))
        place = int(last) + 1
    if place < total:
        gaps.append((place, total - 1))
    return gaps


def send(client, name, data, first, last, stop):
    """Sends one segment; with `stop`, only so many octets and then a reset."""
    client.sendcmd(f"ALLO {len(data)}")
    client.sendcmd(f"RANG {first} {last}")
    connection, _ = client.ntransfercmd("STOR " + name)
    if stop is None:
        connection.sendall(data[first : last + 1])
        connection.close()
    else:
        connection.sendall(data[first : first + stop])
        if stop % 2:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
    return client.voidresp()


def is_whole(root, name, data):
    path = root / name
    return path.exists() and path.read_bytes() == data


def store(daemon, root, name, data, counts, rng):
    """Sends a file from several sessions until it is whole."""
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        try:
            client = daemon.client()
            gaps = missing(client, name, len(data)) if not is_whole(root, name, data) else []
            client.close()
        except (OSError, EOFError, ftplib.Error):
            time.sleep(0.05)
            continue
        if is_whole(root, name, data):
            return
        work = queue.Queue()
        for first, last in gaps:
            while first <= last:
                end = min(last, first + rng.randrange(1, max(2, len(data) // 3)))
                work.put((first, end, rng.randrange(end - first + 1) if rng.random() < 0.3 else None))
                first = end + 1

        def run():
            client = None
            while True:
                try:
                    first, last, stop = work.get_nowait()
                except queue.Empty:
                    break
                try:
                    client = client or daemon.client()
                    counts.add("segments")
                    send(client, name, data, first, last, stop)
                except ftplib.error_temp:
                    counts.add("breaks" if stop is not None else "refused")
                except (OSError, EOFError, ftplib.Error):
                    counts.add("breaks")
                    client = None
            if client:
                client.close()

        threads = [threading.Thread(target=run) for _ in range(SESSIONS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        counts.add("resumed")
    raise SystemExit(f"{name}: not whole after four minutes")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weftpd", required=True)
    parser.add_argument("--files", type=int, default=40)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--directory", help="where the files go; default: a temporary directory")
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    root = pathlib.Path(tempfile.mkdtemp(prefix="weftpd-segments-", dir=arguments.directory))
    counts = Counts()
    daemon = Daemon(str(pathlib.Path(arguments.weftpd).resolve()), root, ["uploads.durability=relaxed"])
    daemon.start()
    ended = threading.Event()

    def kill():
        for _ in range(arguments.kills):
            if ended.wait(rng.uniform(0.1, 0.8)):
                return
            daemon.kill()
            daemon.start()

    killer = threading.Thread(target=kill)
    killer.start()
    wrong = []
    try:
        for number in range(arguments.files):
            name = f"f{number % 7}.bin"
            data = content(name, number, rng.choice([10, 70_000, 3_000_000, 20_000_000]))
            store(daemon, root, name, data, counts, rng)
            if not is_whole(root, name, data):
                wrong.append(name)
    finally:
        ended.set()
        killer.join()
        daemon.kill()
    left = [path.name for path in root.iterdir() if path.name.startswith(".weftpd-")]
    shutil.rmtree(root)
    print(
        f"segments: {arguments.files} files, {counts.segments} segments, {counts.breaks} broken off, {counts.refused} refused,"
        f" {counts.resumed} rounds, {daemon.deaths} deaths of the daemon; wrong {len(wrong)}, left over {len(left)}"
    )
    sys.exit(1 if wrong or left else 0)


if __name__ == "__main__":
    main()
