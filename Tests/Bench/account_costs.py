#!/usr/bin/env python3
"""What an account costs the server: processor time of a small transfer under rules, and of a login by the kind of the hash.

    python3 Tests/Bench/account_costs.py --weftpd .build/release/weftpd

One client at a time does the same as two accounts in turn, a few hundred times each, in many rounds. The processor time is that of the
daemon alone, by its process clock, so it hardly depends on what else the machine does. Of each account the faster half of the rounds
counts. The first account of each part is the measure for the others.
"""

import argparse
import os
import pathlib
import re
import socket
import subprocess
import tempfile
import threading
import time

# Hashes of "secret" by crypt(3), from the cheapest to what is usual for SHA-256.
HASHES = {
    "nt": "$3$$878d8014606cda29677a44efa1353fc7",
    "des": "abNANd1rDfiNc",
    "md5": "$1$saltsalt$9xy1btjgzLYfb7hivXtC//",
    "sha256-1000": "$5$rounds=1000$saltsalt$eKLZU9t9OoPWrqOQsoTIKG0aYkZ5rGOoOQhiIvoSWX2",
}
# Rules of which the last one fits.
RULES = "permissions=/secret=none;/in=list+write;/pub/**/tmp=none;/=rw"


class Daemon:
    """weftpd with a table of accounts, in a directory in memory."""

    def __init__(self, program, directory):
        home = pathlib.Path(directory, "home")
        (home / "d" / "e").mkdir(parents=True)
        for name in ("f", "d/e/f"):
            (home / name).write_bytes(b"x" * 1024)
        lines = [f"{name}:{hash}:{home}:rw\n" for name, hash in HASHES.items()]
        lines += [f"plain:{HASHES['nt']}:{home}:rw\n", f"ruled:{HASHES['nt']}:{home}:rw,{RULES}\n"]
        table = os.path.join(directory, "users")
        with open(os.open(table, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.writelines(lines)
        command = [program, "serve", "--listen", "127.0.0.1:0", "--users", table, "--anonymous", str(home)]
        for setting in ("uploads.durability=relaxed", "server.allow-root=true"):
            command += ["--set", setting]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for line in self.process.stdout:
            if found := re.search(r"listening on 127\.0\.0\.1:(\d+)", line):
                self.port = int(found.group(1))
                break
        else:
            raise SystemExit("weftpd did not start")
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def processor_time(self):
        """Microseconds of all threads, past ones too. Source: clock_getcpuclockid(3)"""
        return time.clock_gettime(~self.process.pid << 3 | 2) * 1e6

    def settled(self):
        """The processor time, once what a client has left behind is done."""
        time.sleep(0.02)
        return self.processor_time()

    def end(self):
        self.process.terminate()
        self.process.wait()


class Client:
    def __init__(self, daemon, user):
        self.socket = socket.create_connection(("127.0.0.1", daemon.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.replies = self.socket.makefile("rb")
        self.reply()
        self.command(f"USER {user}")
        self.command("PASS " + ("me@example.org" if user == "anonymous" else "secret"))

    def reply(self):
        while True:
            line = self.replies.readline()
            if not line or line[:1] in b"45":
                raise SystemExit(f"refused: {line}")
            if line[3:4] == b" ":
                return line

    def command(self, text):
        self.socket.sendall(text.encode() + b"\r\n")
        return self.reply()

    def quit(self):
        self.command("QUIT")
        self.replies.close()
        self.socket.close()

    def transfer(self, verb, path):
        port = int(self.command("EPSV").split(b"|||")[1].split(b"|")[0])
        with socket.create_connection(("127.0.0.1", port)) as data:
            self.socket.sendall(f"{verb} {path}\r\n".encode())
            if verb == "STOR":
                data.sendall(b"y" * 1024)
                data.shutdown(socket.SHUT_WR)
            while data.recv(65536):
                pass
            if self.reply()[:1] == b"1":
                self.reply()


def logins(daemon, user, count):
    begin = daemon.settled()
    for _ in range(count):
        Client(daemon, user).quit()
    return (daemon.settled() - begin) / count


def transfers(daemon, user, count, verb, path):
    client = Client(daemon, user)
    client.command("TYPE I")
    begin = daemon.settled()
    for _ in range(count):
        client.transfer(verb, path)
    cost = (daemon.settled() - begin) / count
    client.quit()
    return cost


def measure(title, users, rounds, work):
    costs = {user: [] for user in users}
    for number in range(rounds + 1):
        for user in users if number % 2 else reversed(users):
            cost = work(user)
            # The first round warms up.
            if number:
                costs[user].append(cost)
    first = None
    for user in users:
        faster = sorted(costs[user])[: max(1, rounds // 2)]
        mean = sum(faster) / len(faster)
        first = first or mean
        print(f"| {title} | {user} | {mean:.1f} | {100 * (mean / first - 1):+.1f} % |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weftpd", required=True, help="the release build")
    parser.add_argument("--count", type=int, default=300, help="transfers or logins of one account in a round")
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    print("| | account | µs CPU | |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as directory:
        daemon = Daemon(options.weftpd, directory)
        try:
            for verb, path in (("RETR", "f"), ("RETR", "d/e/f"), ("STOR", "n"), ("STOR", "d/e/n")):
                measure(
                    f"{verb} {path}, 1 KiB", ["plain", "ruled"], options.rounds,
                    lambda user: transfers(daemon, user, options.count, verb, path))
            measure(
                "login", ["anonymous", *HASHES], options.rounds, lambda user: logins(daemon, user, options.count))
        finally:
            daemon.end()


if __name__ == "__main__":
    main()
