#!/usr/bin/env python3
"""Kills the daemon and its clients while they upload, and looks whether anything was lost or mixed.

After every kill each name must have either all of its old or all of a new content, every upload that was answered 226 must be there, and
what is kept of a broken one must resume to the right bytes.

    torture.py --weftpd .build/release/weftpd [--uploads 1000] [--seed N] [--directory DIR]
"""

import argparse
import ftplib
import os
import pathlib
import random
import shutil
import sys
import tempfile
import threading
import time

from rig import Daemon, Tally, content, reset, until

class Uploader(threading.Thread):
    """Uploads to names of its own; knows what each may have."""

    def __init__(self, index, daemon, tally, uploads, seed):
        super().__init__(daemon=True)
        self.index, self.server, self.tally, self.uploads = index, daemon, tally, uploads
        self.random = random.Random(seed * 1000 + index)
        self.names = [f"w{index}-{number}.bin" for number in range(5)]
        # Whether STOR has been answered 150: from then on the upload may have been stored.
        self.sent = False
        # For each name the contents it may have now: the last one confirmed, and those that broke off after it without an answer.
        self.possible = {name: [None] for name in self.names}

    def run(self):
        client = None
        for number in range(self.uploads):
            name = self.random.choice(self.names)
            size = self.random.choice([0, 1, 4096, 65536, 1_000_003, 6_000_000])
            data = content(name, number, size)
            resets = self.random.random() < 0.15
            self.tally.add(tried=1)
            self.sent, outcome = False, None
            for _ in range(200):
                try:
                    if client is None:
                        client = self.server.client()
                    outcome = self.upload(client, name, data, resets)
                    break
                except (OSError, EOFError, ftplib.Error):
                    if client is not None:
                        client.close()
                    client, outcome = None, "unknown" if self.sent else None
                    if outcome:
                        break
                    time.sleep(0.05)
            if outcome == "confirmed":
                self.possible[name] = [data]
                self.tally.add(confirmed=1)
            else:
                # Without an answer it may have been stored all the same; whole or not at all.
                self.tally.add(broken=1, resets=int(resets))
                if outcome == "unknown":
                    self.possible[name].append(data)

    def upload(self, client, name, data, resets):
        self.sent = False
        connection, _ = client.ntransfercmd("STOR " + name)
        self.sent = True
        half = len(data) // 2
        connection.sendall(data[:half])
        if resets and data:
            reset(connection)
            try:
                client.voidresp()
                raise SystemExit(f"{name}: an upload that was reset was answered 226")
            except ftplib.Error:
                return "refused"
        connection.sendall(data[half:])
        connection.close()
        client.voidresp()
        return "confirmed"


def examine(root, uploaders, tally):
    """Holds what is on disk against what may be there."""
    for uploader in uploaders:
        for name, possible in uploader.possible.items():
            path = root / name
            found = path.read_bytes() if path.exists() else None
            if found in possible:
                continue
            if found is None:
                tally.lost.append(name)
            else:
                tally.mixed.append(f"{name}: {len(found)} bytes that no upload had")


def resume(daemon, root, tally):
    """Breaks uploads off and goes on with them, over a kill of the daemon, as clients do: SIZE, REST, STOR."""
    for number in range(10):
        name, data = f"resumed-{number}.bin", content("resumed", number, 40_000_000)
        client = daemon.client()
        connection, _ = client.ntransfercmd("STOR " + name)
        connection.sendall(data[: 25_000_000])
        # Until it has a name that outlives the process.
        until((root / f".weftpd-{name}.part").exists)
        daemon.kill()
        connection.close()
        daemon.start()
        client = daemon.client()
        have = client.size(name)
        assert 0 < have <= 25_000_000, have
        connection, _ = client.ntransfercmd("STOR " + name, rest=have)
        connection.sendall(data[have:])
        connection.close()
        client.voidresp()
        if (root / name).read_bytes() == data:
            tally.add(resumed=1)
        else:
            tally.mixed.append(f"{name}: resumed to other bytes")
        client.quit()
        (root / name).unlink()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--weftpd", required=True)
    parser.add_argument("--uploads", type=int, default=1000)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--directory", help="where the served directory is made")
    parser.add_argument("--skip-resume", action="store_true", help="for uploads.mode=direct, which keeps nothing apart")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="options")
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    root = pathlib.Path(tempfile.mkdtemp(prefix="weftpd-torture-", dir=arguments.directory))
    tally = Tally()
    daemon = Daemon(arguments.weftpd, root, arguments.options)
    daemon.start()
    try:
        each = max(1, arguments.uploads // arguments.clients)
        uploaders = [Uploader(index, daemon, tally, each, arguments.seed) for index in range(arguments.clients)]
        for uploader in uploaders:
            uploader.start()
        while any(uploader.is_alive() for uploader in uploaders):
            time.sleep(chance.uniform(0.05, 0.7))
            daemon.kill()
            daemon.start()
        for uploader in uploaders:
            uploader.join()
        examine(root, uploaders, tally)
        if not arguments.skip_resume:
            resume(daemon, root, tally)
        kept = [name for name in os.listdir(root) if name.startswith(".weftpd-")]
        print(
            f"seed {arguments.seed}: {tally.tried} uploads tried, {tally.confirmed} confirmed, {tally.broken} broken off"
            f" ({tally.resets} by a reset of the client), {daemon.deaths} kills of the daemon, {len(kept)} partials kept,"
            f" {tally.resumed} resumed; lost: {len(tally.lost)}, mixed: {len(tally.mixed)}")
        for line in tally.lost + tally.mixed:
            print("  " + line)
        return 1 if tally.lost or tally.mixed else 0
    finally:
        daemon.stop()
        shutil.rmtree(root)


if __name__ == "__main__":
    sys.exit(main())
