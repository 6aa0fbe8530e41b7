#!/usr/bin/env python3
"""Uploads to a slow disk as fast as the server takes it, and tells how long the final reply comes after the last byte.

FileZilla waits for it for 20 seconds, curl for 60.

    slow_disk.py --weftpd .build/release/weftpd [--rate 20] [--size 256]    in MB a second and MB
"""

import argparse
import pathlib
import sys
import time

from power_loss import LoggedMount
from torture import Daemon


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weftpd", required=True)
    parser.add_argument("--rate", type=int, default=20)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--limit", type=float, default=15, help="seconds after which the reply is too late")
    arguments = parser.parse_args()
    disk = LoggedMount("ext4", 2 * arguments.size + 64, rate=arguments.rate * 1_000_000)
    try:
        daemon = Daemon(str(pathlib.Path(arguments.weftpd).resolve()), disk.path, ["uploads.durability=commit"])
        daemon.start()
        client = daemon.client()
        piece = bytes(1_000_000)
        begun = time.monotonic()
        connection, _ = client.ntransfercmd("STOR f")
        client.sock.settimeout(600)
        for _ in range(arguments.size):
            connection.sendall(piece)
        connection.close()
        sent = time.monotonic()
        client.voidresp()
        done = time.monotonic()
        daemon.kill()
    finally:
        disk.close()
    print(f"slow disk: {arguments.size} MB at {arguments.rate} MB/s: sent in {sent - begun:.1f} s, 226 {done - sent:.1f} s later")
    sys.exit(1 if done - sent > arguments.limit else 0)


if __name__ == "__main__":
    main()
