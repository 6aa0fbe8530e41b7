"""Kills weftp with -9 at random moments of downloads and uploads that it goes on with, flips bytes of what it has, and compares in the end.

killed_client.py --weftpd PROGRAM --weftp PROGRAM [--kills 50] [--megabytes 48] [--seed N]
"""

import argparse
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

from rig import PASSWORD, Daemon, content

RATE = "48MiB"


class Side:
    """One direction: what is copied, from where, to where."""

    def __init__(self, daemon, weftp, here, there, is_down, chance, size):
        self.daemon, self.weftp, self.here, self.there = daemon, weftp, here, there
        self.is_down, self.chance, self.size = is_down, chance, size
        self.kills = self.flips = self.whole = 0

    def command(self, name):
        url = f"ftpes://bob@127.0.0.1:{self.daemon.port}/"
        options = ["--trust=none", "-q", "--retries", "0", "--verify"]
        return [self.weftp, "get", *options, url + name] if self.is_down else [self.weftp, "put", *options, name, url + name]

    def start(self, name):
        return subprocess.Popen(
            self.command(name), cwd=self.here, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            env={**os.environ, "HOME": str(self.here), "WEFTP_PASSWORD": PASSWORD})

    def flip(self, name):
        """One bit of what a killed download has left."""
        part = self.here / f".{name}.weftp-part"
        if not self.is_down or not part.exists() or part.stat().st_size == 0:
            return
        with open(part, "r+b") as file:
            place = self.chance.randrange(part.stat().st_size)
            file.seek(place)
            byte = file.read(1)
            file.seek(place)
            file.write(bytes([byte[0] ^ 1 << self.chance.randrange(8)]))
        self.flips += 1

    def run(self, kills):
        number = 0
        while self.kills < kills:
            name = f"f{number}"
            number += 1
            data = content("killed", f"{self.is_down} {number}", self.size)
            source, target = (self.there, self.here) if self.is_down else (self.here, self.there)
            (source / name).write_bytes(data)
            most = self.size / (48 << 20)
            while not (target / name).exists() and self.kills < kills:
                process = self.start(name)
                try:
                    process.wait(timeout=self.chance.uniform(0.02, 0.6 * most + 0.2))
                except subprocess.TimeoutExpired:
                    process.kill()
                    self.kills += 1
                    if self.chance.random() < 0.2:
                        self.flip(name)
                process.wait()
                process.stderr.close()
            # The session of one that was killed may hold what it has for a moment.
            deadline = time.monotonic() + 60
            while True:
                process = self.start(name)
                _, errors = process.communicate()
                if process.returncode == 0:
                    break
                if time.monotonic() > deadline:
                    raise SystemExit(f"{name} does not go through: {errors.decode()}")
                time.sleep(0.2)
            if (target / name).read_bytes() != data:
                raise SystemExit(f"{'get' if self.is_down else 'put'} {name}: other bytes than those of its source")
            left = [entry for entry in os.listdir(self.here) if ".weftp" in entry]
            if left:
                raise SystemExit(f"{name}: {left} are left over")
            self.whole += 1
            (source / name).unlink()
            (target / name).unlink()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weftpd", required=True)
    parser.add_argument("--weftp", required=True)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--megabytes", type=int, default=48)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as place:
        here, there = pathlib.Path(place, "here"), pathlib.Path(place, "there")
        here.mkdir()
        there.mkdir()
        daemon = Daemon(
            os.path.abspath(options.weftpd), there,
            [f"limits.rate-down-per-session={RATE}", f"limits.rate-up-per-session={RATE}"]).start()
        try:
            for is_down in (True, False):
                side = Side(daemon, os.path.abspath(options.weftp), here, there, is_down, chance, options.megabytes << 20)
                began = time.monotonic()
                side.run(options.kills)
                print(
                    f"{'get' if is_down else 'put'}: killed {side.kills} times, {side.flips} flipped bits, {side.whole} files "
                    f"whole and equal (seed {options.seed}, {time.monotonic() - began:.0f} s)", flush=True)
        finally:
            daemon.stop()


if __name__ == "__main__":
    sys.exit(main())
