#!/usr/bin/env python3
"""Cuts a transfer over many connections again and again, and looks whether the file is whole and how much was sent twice.

weftpd runs in one network namespace and weftp in another, with a veth pair between them. While one file goes down, and then up, one of these
happens every so many bytes: weftpd is killed (-9) and started anew, weftp is killed (-9) and started anew, one of the connections is reset
from outside, the path is cut for a while. In the end the digests have to be equal. What was sent is counted at the sender's interface, and
compared with a transfer that was left alone.

    cuts.py --weftpd .build/release/weftpd --weftp .build/release/weftp [--mib 1024] [--cuts 100] [--connections 10] [--rate 60M] [--seed N]

Needs root (namespaces). Resets by ss -K where the kernel can do that, else by packets that nft answers with a reset.
"""

import argparse
import hashlib
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

USER, PASSWORD, PORT = "alice", "secret", 2121
SERVER, CLIENT = "10.203.7.1", "10.203.7.2"
KINDS = ("server", "client", "reset", "path")


def run(*command, check=True):
    return subprocess.run(command, check=check, capture_output=True, text=True)


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() if hasattr(hashlib, "file_digest") else slow_digest(file)


def slow_digest(file):
    value = hashlib.sha256()
    while piece := file.read(1 << 20):
        value.update(piece)
    return value.hexdigest()


class Lab:
    """Two namespaces, the daemon in one and the client in the other."""

    def __init__(self, options):
        self.options = options
        self.names = (f"cuts-s{os.getpid()}", f"cuts-c{os.getpid()}")
        self.place = pathlib.Path(tempfile.mkdtemp(prefix="cuts-", dir=options.directory))
        self.root, self.work = self.place / "root", self.place / "work"
        self.root.mkdir()
        self.work.mkdir()
        self.daemon = self.client = None
        server, client = self.names
        for name in self.names:
            run("ip", "netns", "add", name)
            run("ip", "-n", name, "link", "set", "lo", "up")
        run("ip", "link", "add", "cs", "netns", server, "type", "veth", "peer", "name", "cc", "netns", client)
        run("ip", "-n", server, "addr", "add", SERVER + "/24", "dev", "cs")
        run("ip", "-n", client, "addr", "add", CLIENT + "/24", "dev", "cc")
        run("ip", "-n", server, "link", "set", "cs", "up")
        run("ip", "-n", client, "link", "set", "cc", "up")
        with open(self.place / "source", "wb") as file:
            for _ in range(options.mib):
                file.write(os.urandom(1 << 20))
        self.digest = digest(self.place / "source")

    def end(self):
        for process in (self.client, self.daemon):
            if process and process.poll() is None:
                process.kill()
                process.wait()
        for name in self.names:
            run("ip", "netns", "del", name, check=False)
        shutil.rmtree(self.place, ignore_errors=True)

    def start_daemon(self):
        self.daemon = subprocess.Popen(
            ["ip", "netns", "exec", self.names[0], self.options.weftpd, "serve", str(self.root), "--listen",
             f"{SERVER}:{PORT}", "--user", USER, "--set", "server.allow-root=true", "--set", "timeouts.data-stall=60",
             "--set", "accounts.attempts=100"],
            stdout=subprocess.PIPE, stderr=open(self.place / "weftpd.log", "ab"), env={**os.environ, "WEFTPD_PASSWORD": PASSWORD})
        if b"listening" not in self.daemon.stdout.readline():
            sys.exit("cuts: weftpd did not start")

    def start_client(self, up):
        url = f"ftp://{USER}@{SERVER}:{PORT}/"
        what = ["put", str(self.work / "file"), url] if up else ["get", "-o", str(self.work / "file"), url + "file"]
        self.client = subprocess.Popen(
            ["ip", "netns", "exec", self.names[1], self.options.weftp, what[0], "-q", "--tls=off", "--no-netrc", "--multipath=off",
             "-n", str(self.options.connections), "--retries", "20", "--rate", self.options.rate] + what[1:],
            stderr=open(self.place / "weftp.log", "ab"), env={**os.environ, "WEFTP_PASSWORD": PASSWORD, "HOME": str(self.place)})

    def sent(self, up):
        """Bytes the sender has put on the wire."""
        name, device = (self.names[1], "cc") if up else (self.names[0], "cs")
        text = run("ip", "netns", "exec", name, "cat", f"/sys/class/net/{device}/statistics/tx_bytes").stdout
        return int(text)

    # what is done to a transfer

    def cut(self, kind, up, draw):
        if kind == "server":
            self.daemon.kill()
            self.daemon.wait()
            time.sleep(draw.uniform(0, 0.5))
            self.start_daemon()
        elif kind == "client":
            self.client.kill()
            self.client.wait()
            self.start_client(up)
        elif kind == "reset":
            self.reset(draw)
        else:
            run("ip", "-n", self.names[1], "link", "set", "cc", "down")
            time.sleep(draw.uniform(0.1, 2))
            run("ip", "-n", self.names[1], "link", "set", "cc", "up")

    def reset(self, draw):
        """Resets one connection other than the control connections."""
        lines = run("ip", "netns", "exec", self.names[1], "ss", "-Htn", "state", "established").stdout.splitlines()
        pairs = [(line.split()[2], line.split()[3]) for line in lines if SERVER in line]
        data = [pair for pair in pairs if not pair[1].endswith(f":{PORT}")]
        if not data:
            return
        port = draw.choice(data)[1].rsplit(":", 1)[1]
        killed = run("ip", "netns", "exec", self.names[1], "ss", "-K", "dst", SERVER, "dport", "=", port, check=False)
        if SERVER in killed.stdout:
            return
        name = self.names[0]
        run("ip", "netns", "exec", name, "nft", "add", "table", "ip", "cuts")
        run("ip", "netns", "exec", name, "nft", "add", "chain", "ip", "cuts", "in", "{ type filter hook input priority 0; }")
        run("ip", "netns", "exec", name, "nft", "add", "rule", "ip", "cuts", "in", "tcp", "dport", port, "reject", "with", "tcp", "reset")
        time.sleep(0.2)
        run("ip", "netns", "exec", name, "nft", "delete", "table", "ip", "cuts")

    def differences(self, target):
        """Ranges that differ, in blocks of 4 KiB."""
        size, ranges, place = 4096, [], 0
        with open(self.place / "source", "rb") as one, open(target, "rb") as other:
            while piece := one.read(size):
                if other.read(size) != piece:
                    if ranges and ranges[-1][1] == place:
                        ranges[-1][1] = place + size
                    else:
                        ranges.append([place, place + size])
                place += size
        return ranges[:10], f"{target.stat().st_size} bytes instead of {self.options.mib << 20}"

    # one direction

    def place_files(self, up):
        target = self.root / "file" if up else self.work / "file"
        source = self.work / "file" if up else self.root / "file"
        for path in list(self.root.iterdir()) + list(self.work.iterdir()):
            path.unlink()
        os.link(self.place / "source", source)
        return target

    def alone(self, up):
        """Bytes on the wire for a transfer that nobody disturbs."""
        self.place_files(up)
        before = self.sent(up)
        self.start_client(up)
        if self.client.wait() != 0:
            sys.exit("cuts: the transfer that was left alone failed")
        return self.sent(up) - before

    def transfer(self, up, draw):
        alone = self.alone(up)
        target = self.place_files(up)
        size = self.options.mib << 20
        steps = sorted(draw.uniform(0.01, 0.99) * size for _ in range(self.options.cuts))
        done, starts, counts = 0, 0, dict.fromkeys(KINDS, 0)
        before = self.sent(up)
        began = time.monotonic()
        self.start_client(up)
        while True:
            code = self.client.poll()
            if code is not None:
                if code == 0:
                    break
                # Retries were used up: the same command goes on.
                starts += 1
                if starts > self.options.cuts:
                    sys.exit(f"cuts: weftp ends with {code} again and again")
                self.start_client(up)
            if done < len(steps) and self.sent(up) - before >= steps[done] * alone / size:
                kind = draw.choice(KINDS)
                self.cut(kind, up, draw)
                counts[kind] += 1
                done += 1
            time.sleep(0.005)
            if time.monotonic() - began > self.options.patience:
                sys.exit(f"cuts: it takes too long: {done} cuts")
        extra = self.sent(up) - before - alone
        if digest(target) != self.digest:
            sys.exit(f"cuts: THE FILE IS NOT THE SAME: {self.differences(target)}")
        left = [path.name for path in list(self.root.iterdir()) + list(self.work.iterdir()) if path.name != "file"]
        seconds = time.monotonic() - began
        share = extra / size / max(1, done) * 100
        print(f"{'up' if up else 'down'}: {done} cuts {counts}, {seconds:.0f} s, {starts} starts after an end, "
              f"{extra / 1e6:.1f} MB sent again, {share:.3f} % of the file per cut; left behind: {left}", flush=True)
        return done == self.options.cuts and share <= 2 and not left


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weftpd", default=".build/release/weftpd")
    parser.add_argument("--weftp", default=".build/release/weftp")
    parser.add_argument("--mib", type=int, default=1024)
    parser.add_argument("--cuts", type=int, default=100)
    parser.add_argument("--connections", type=int, default=10)
    parser.add_argument("--rate", default="60M")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--patience", type=float, default=1800)
    parser.add_argument("--directions", default="down,up")
    parser.add_argument("--directory", default=None)
    options = parser.parse_args()
    options.weftpd, options.weftp = (os.path.abspath(path) for path in (options.weftpd, options.weftp))
    if os.geteuid() != 0:
        sys.exit("cuts: needs root")
    print(f"seed {options.seed}", flush=True)
    draw = random.Random(options.seed)
    lab = Lab(options)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        lab.start_daemon()
        good = [lab.transfer(direction == "up", draw) for direction in options.directions.split(",")]
    except SystemExit:
        for name in ("weftpd.log", "weftp.log"):
            path = lab.place / name
            if path.exists():
                sys.stderr.write(f"--- {name}\n" + path.read_text(errors="replace")[-3000:])
        raise
    finally:
        lab.end()
    sys.exit(0 if all(good) else 1)


main()
