"""Breaks the connections of clients at random bytes, or kills them, and has them resume: ftplib, curl -C - and lftp put -c."""

import os
import pathlib
import random
import re
import selectors
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

from rig import PASSWORD, RESERVED, Daemon, Tally, content, reset, until, upload


class Breaker:
    """Between clients and the daemon: passes everything on, until so many bytes of an upload have come; then it resets."""

    def __init__(self, daemon):
        self.server = daemon
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        # After so many bytes of the next data connection; with the control connection, too?
        self.limit, self.takes_control = None, False
        self.breaks = 0
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
                server = socket.create_connection(("127.0.0.1", self.server.port))
            except OSError:
                return
            threading.Thread(target=Passage(self, client, server).run, daemon=True).start()

    def close(self):
        self.listener.close()


class Passage:
    """One session through a breaker, with its data connections. One thread has them all, so that what it closes is closed at once."""

    def __init__(self, breaker, client, server):
        self.breaker, self.client, self.server = breaker, client, server
        self.selector = selectors.DefaultSelector()
        self.replies = b""
        self.watch(client, lambda: self.pass_on(client, server))
        self.watch(server, self.pass_replies)

    def watch(self, connection, action):
        self.selector.register(connection, selectors.EVENT_READ, action)

    def drop(self, *connections):
        for connection in connections:
            if connection.fileno() in self.selector.get_map():
                self.selector.unregister(connection)

    def run(self):
        while self.selector.get_map():
            for key, _ in self.selector.select():
                try:
                    if key.fileobj.fileno() >= 0:
                        key.data()
                except OSError:
                    self.drop(key.fileobj)

    def pass_on(self, source, target):
        """Bytes, or their end."""
        data = source.recv(65536)
        if data:
            target.sendall(data)
        else:
            self.drop(source)
            target.shutdown(socket.SHUT_WR)
        return data

    def pass_replies(self):
        """The port in the replies to PASV and EPSV becomes one of this."""
        data = self.server.recv(65536)
        if not data:
            self.drop(self.server, self.client)
            self.client.close()
            self.server.close()
            return
        *lines, self.replies = (self.replies + data).split(b"\r\n")
        for line in lines:
            if found := re.match(rb"229 .*\|\|\|(\d+)\|", line):
                line = b"229 Extended passive mode (|||%d|)" % self.data_port(int(found[1]))
            elif found := re.match(rb"227 .*?\d+,\d+,\d+,\d+,(\d+),(\d+)", line):
                port = self.data_port(int(found[1]) * 256 + int(found[2]))
                line = b"227 Entering passive mode (127,0,0,1,%d,%d)" % (port >> 8, port & 255)
            self.client.sendall(line + b"\r\n")

    def data_port(self, port):
        listener = socket.create_server(("127.0.0.1", 0))

        def accept():
            self.drop(listener)
            client, _ = listener.accept()
            listener.close()
            target = socket.create_connection(("127.0.0.1", port))
            limit, self.breaker.limit = self.breaker.limit, None
            left = [limit]
            self.watch(client, lambda: self.pass_data(client, target, left))
            self.watch(target, lambda: self.pass_on(target, client))

        self.watch(listener, accept)
        return listener.getsockname()[1]

    def pass_data(self, client, target, left):
        if left[0] is None:
            try:
                self.pass_on(client, target)
            except OSError:
                self.drop(client, target)
                reset(target)
                reset(client)
            return
        data = client.recv(min(65536, left[0]))
        target.sendall(data)
        left[0] -= len(data)
        if data and left[0] > 0:
            return
        self.breaker.breaks += 1
        ending = [target, client] + ([self.server, self.client] if self.breaker.takes_control else [])
        self.drop(*ending)
        for connection in ending:
            reset(connection)


class Client:
    """How a real client uploads a file, and how it goes on."""

    def __init__(self, name):
        self.name = name

    def command(self, port, path, target, resumes, rate=None):
        if self.name == "curl":
            return ["curl", "-sS", "--max-time", "60", "-u", f"bob:{PASSWORD}", *(["--limit-rate", str(rate)] if rate else []),
                    *(["-C", "-"] if resumes else []), "-T", str(path), f"ftp://127.0.0.1:{port}/{target}"]
        if self.name == "lftp":
            settings = ["ftp:ssl-allow no", "net:max-retries 1", "net:reconnect-interval-base 1", "ftp:use-mode-z no", "net:timeout 20", "cmd:fail-exit yes", "xfer:clobber yes",
                        f"net:limit-total-rate {rate or 0}"]
            return ["lftp", "--norc", "-c", "; ".join(
                [f"set {setting}" for setting in settings]
                + [f"open -u bob,{PASSWORD} -p {port} 127.0.0.1", f"put {'-c ' if resumes else ''}{path} -o {target}"])]
        return [sys.executable, str(pathlib.Path(__file__)), str(port), str(path), target, str(int(resumes)), str(rate or 0)]


def as_client(port, path, target, resumes, rate):
    """What this file does as a program: ftplib, which asks for the size and goes on from there."""
    import ftplib
    client = ftplib.FTP(timeout=30)
    client.connect("127.0.0.1", int(port))
    client.login("bob", PASSWORD)
    client.voidcmd("TYPE I")
    have = 0
    if resumes == "1":
        try:
            have = client.size(target)
        except ftplib.error_perm:
            pass
    with open(path, "rb") as file:
        file.seek(have)
        connection = client.transfercmd(f"STOR {target}", have or None)
        while data := file.read(16384):
            connection.sendall(data)
            if int(rate):
                time.sleep(len(data) / int(rate))
    connection.close()
    client.voidresp()
    client.quit()


class Breaking:
    def __init__(self, daemon, tally, chance):
        self.daemon, self.tally, self.chance = daemon, tally, chance
        self.root = daemon.root
        self.breaker = Breaker(daemon)
        self.complete = self.deceived = 0
        # Sockets without any session.
        self.idle = daemon.sockets
        self.source = self.root.parent / (self.root.name + "-source")

    def state(self, label, name, data, old):
        """What is there after a break: the old file or all of the new, and a beginning of the new one that is kept."""
        path, part = self.root / name, self.root / f"{RESERVED}{name}.part"
        found = path.read_bytes() if path.exists() else None
        if found not in (old, data):
            where = self.tally.lost if found is None else self.tally.mixed
            where.append(f"{label}: {None if found is None else len(found)} bytes are there after a break")
        if part.exists() and not data.startswith(part.read_bytes()):
            self.tally.mixed.append(f"{label}: what is kept is no beginning of the file")
        return found

    def settled(self):
        """When the daemon has noticed that its clients are gone, it holds no socket of theirs."""
        return until(lambda: self.daemon.sockets <= self.idle, 10)

    def upload(self, client, number, kill):
        name = f"{client.name}-{number}"
        size = self.chance.choice([2000, 200_000, 3_000_000, 20_000_000])
        data = content(name, number, size)
        self.source.write_bytes(data)
        label = f"{client.name}, {'killed' if kill else 'reset'}, {size} bytes"
        resumes, finished = False, False
        for _ in range(self.chance.randint(1, 3)):
            self.tally.add(tried=1)
            if kill:
                process = subprocess.Popen(
                    client.command(self.daemon.port, self.source, name, resumes, rate=max(size, 100_000)),
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                try:
                    # At a random moment: that is the point of it.
                    process.wait(self.chance.uniform(0.05, 0.6))
                except subprocess.TimeoutExpired:
                    process.kill()
                finished = process.wait() == 0
                self.tally.add(faults=int(not finished))
            else:
                self.breaker.limit = self.chance.randrange(1, size)
                self.breaker.takes_control = self.chance.random() < 0.3
                before = self.breaker.breaks
                process = subprocess.Popen(
                    client.command(self.breaker.port, self.source, name, resumes),
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                until(lambda: process.poll() is not None or self.breaker.breaks > before)
                if client.name == "lftp" and self.breaker.breaks > before:
                    # When it goes on by itself, lftp 4.9.2 sends 64 KiB of another place of its file first; `put -c` does not.
                    process.kill()
                try:
                    finished = process.wait(20) == 0
                except subprocess.TimeoutExpired:
                    process.kill()
                    finished = process.wait() == 0
                self.breaker.limit = None
                self.tally.add(faults=self.breaker.breaks - before)
            if not self.settled():
                self.tally.wrong.append(f"{label}: {self.daemon.sockets - self.idle} sockets are left open")
            found = self.state(label, name, data, None)
            part = self.root / f"{RESERVED}{name}.part"
            if finished and found is None and part.exists() and part.stat().st_size == size:
                # SIZE told of all bytes, so the client took it for done: see below.
                self.deceived += 1
            elif finished and found != data:
                self.tally.lost.append(f"{label}: the client was told that it is stored, and it is not")
            if found is not None:
                break
            resumes = True
            self.tally.add(broken=1)
        part = self.root / f"{RESERVED}{name}.part"
        if (self.root / name).exists():
            self.tally.add(confirmed=1)
            (self.root / name).unlink()
            return
        kept = part.stat().st_size if part.exists() else 0
        if kept == size:
            # All had come before the break. SIZE tells so, and a client that asks takes the upload for done.
            self.complete += 1
            part.unlink()
            return
        result = subprocess.run(
            client.command(self.daemon.port, self.source, name, True), capture_output=True, text=True, timeout=90)
        if result.returncode != 0:
            self.tally.wrong.append(f"{label}: resuming from {kept} on: {(result.stderr or result.stdout).strip()[-200:]}")
        elif (self.root / name).read_bytes() != data:
            self.tally.mixed.append(f"{label}: resumed from {kept} on to other bytes")
        else:
            self.tally.add(confirmed=1, resumed=int(kept > 0))
        if part.exists():
            self.tally.wrong.append(f"{label}: its partial is left over")
        (self.root / name).unlink(missing_ok=True)

    def over(self, number):
        """There is an old file: SITE PARTIAL tells what is kept, and REST within it goes on; or a part of the old one is replaced."""
        name = f"over-{number}"
        size = self.chance.choice([2000, 200_000, 3_000_000, 20_000_000])
        old, data = content(name, "old", self.chance.choice([1000, 300_000, 9_000_000])), content(name, number, size)
        (self.root / name).write_bytes(old)
        # From the beginning, or on from a place in the old file, whose bytes are then the new one's.
        place = self.chance.randrange(1, min(size, len(old))) if self.chance.random() < 0.5 else 0
        data = old[:place] + data[place:]
        label = f"over {len(old)} bytes from {place} on, {size} bytes"
        client = self.daemon.client()
        connection = client.transfercmd(f"STOR {name}", place or None)
        self.tally.add(tried=1, faults=1, broken=1)
        try:
            connection.sendall(data[place:self.chance.randrange(place + 1, size + 1)])
        except OSError:
            pass
        reset(connection)
        try:
            answer = client.voidresp()
            self.tally.wrong.append(f"{label}: an upload that was reset was answered {answer}")
        except Exception:
            pass
        self.state(label, name, data, old)
        answer = client.sendcmd(f"SITE PARTIAL {name}") if (self.root / f"{RESERVED}{name}.part").exists() else "213 0"
        kept = int(re.search(r"\d+$", answer.splitlines()[0])[0])
        code, text = upload(client, f"STOR {name}", data[kept:], kept or None)
        found = (self.root / name).read_bytes()
        if code != 226:
            self.tally.wrong.append(f"{label}: resuming from {kept} on: {text}")
        # Where nothing was kept, the whole file was sent anew.
        elif found != data:
            self.tally.mixed.append(f"{label}: resumed from {kept} on to other bytes")
        else:
            self.tally.add(confirmed=1, resumed=int(kept > 0))
        client.close()
        (self.root / name).unlink()


def torture(weftpd, quick, directory=None, seed=None):
    seed = int(time.time()) if seed is None else seed
    chance, tally, notes = random.Random(seed), Tally(), [f"seed {seed}"]
    base = pathlib.Path(tempfile.mkdtemp(prefix="weftpd-torture-", dir=directory))
    root = base / "served"
    root.mkdir()
    daemon = Daemon(weftpd, root)
    try:
        daemon.start()
        breaking = Breaking(daemon, tally, chance)
        for name in ("ftplib", "curl", "lftp"):
            if name != "ftplib" and shutil.which(name) is None:
                notes.append(f"skipped: {name} is not installed")
                continue
            before = tally.tried, tally.resumed
            for number in range(6 if quick else 60):
                breaking.upload(Client(name), number, kill=number % 2 == 1)
            notes.append(f"{name}: {tally.tried - before[0]} uploads, {tally.resumed - before[1]} files resumed to the right bytes")
        before = tally.resumed
        for number in range(20 if quick else 300):
            breaking.over(number)
        notes.append(f"over existing files: {tally.resumed - before} resumed")
        notes.append(f"{breaking.complete} times all bytes had come before the break: nothing is left to resume, and the file has no name;"
                     f" {breaking.deceived} times the client took SIZE's answer for the file's")
        breaking.breaker.close()
    finally:
        daemon.stop()
        shutil.rmtree(base)
    return tally, notes


if __name__ == "__main__":
    as_client(*sys.argv[1:])
