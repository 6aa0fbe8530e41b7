"""What all torture shares: the daemon, its clients, the bytes they send, the count of what came of it."""

import ftplib
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time

PASSWORD = "torture"
RESERVED = ".weftpd-"


class Daemon:
    """weftpd on a port that stays the same over its deaths."""

    def __init__(self, program, root, options=(), environment=None):
        self.program, self.root, self.options = program, root, options
        self.environment = environment or {}
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = None
        self.deaths = 0

    def start(self):
        command = [self.program, "serve", str(self.root), "--user", "bob", "--listen", f"127.0.0.1:{self.port}"]
        for option in ["log.level=error", "passive.ports=0", "mptcp.control=off", *self.options]:
            command += ["--set", option]
        if os.geteuid() == 0:
            command += ["--set", "server.allow-root=true"]
        self.process = subprocess.Popen(
            command, env={**os.environ, "WEFTPD_PASSWORD": PASSWORD, **self.environment}, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
                return self
            except OSError:
                time.sleep(0.02)
        raise SystemExit("the daemon does not start")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.deaths += 1

    def stop(self):
        """For the end, whatever state it is in."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    @property
    def is_alive(self):
        return self.process.poll() is None

    @property
    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    @property
    def sockets(self):
        """How many it has: those of its sessions, and some of its own."""
        count = 0
        for entry in os.listdir(f"/proc/{self.process.pid}/fd"):
            try:
                count += os.readlink(f"/proc/{self.process.pid}/fd/{entry}").startswith("socket:")
            except OSError:
                pass
        return count

    def client(self):
        client = ftplib.FTP(timeout=30)
        client.connect("127.0.0.1", self.port)
        client.login("bob", PASSWORD)
        client.voidcmd("TYPE I")
        return client


def content(name, number, size):
    """Bytes that tell of which upload they are and of their place, everywhere."""
    return random.Random(f"{name} {number}").randbytes(size)


def reset(connection):
    """Ends a connection by RST: what is on its way is lost."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def upload(client, command, data, rest=None):
    """Sends an upload, whatever becomes of it.

    Returns the code of the final reply and its text; code 0 when the control connection broke.
    """
    try:
        connection = client.transfercmd(command, rest)
        try:
            connection.sendall(data)
        except OSError:
            pass
        connection.close()
        answer = client.voidresp()
    except ftplib.Error as error:
        answer = str(error)
    except (OSError, EOFError) as error:
        return 0, repr(error)
    return int(answer[:3]), answer


def until(condition, patience=20):
    """Waits for what the system tells without an event."""
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.002)
    return True


def arrived(client, count):
    """Waits until so many bytes of the session's running upload have come, as STAT tells."""
    def enough():
        client.putcmd("STAT")
        told = re.search(r"(\d+) bytes transferred", client.getmultiline())
        return told is not None and int(told[1]) >= count
    return until(enough)


class Tally:
    """Counts, and what has gone wrong, in words."""

    def __init__(self):
        self.lock = threading.Lock()
        self.tried = self.confirmed = self.broken = self.resets = self.resumed = self.faults = 0
        self.lost, self.mixed, self.wrong = [], [], []

    def add(self, **counts):
        with self.lock:
            for key, count in counts.items():
                setattr(self, key, getattr(self, key) + count)

    def line(self, *more):
        return ", ".join(
            [f"{self.tried} uploads tried", f"{self.faults} faults injected", f"{self.confirmed} confirmed", *more]
            + [f"{self.resumed} resumed", f"lost: {len(self.lost)}", f"mixed: {len(self.mixed)}", f"wrong: {len(self.wrong)}"])

    @property
    def complaints(self):
        return [
            f"{what}: {line}" for what in ("lost", "mixed", "wrong") for line in getattr(self, what)]


class Skipped(Exception):
    """This cannot be tried here; the text says why."""


class Mount:
    """A small file system of its own: in memory, or on a loop device."""

    def __init__(self, kind, megabytes, *options, make=(), mount=()):
        if os.geteuid() != 0:
            raise Skipped(f"{kind}: mounting needs root")
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="weftpd-torture-"))
        self.path = self.base / "mounted"
        self.path.mkdir()
        try:
            if kind == "tmpfs":
                run(["mount", "-t", "tmpfs", "-o", ",".join([f"size={megabytes}m", *options]), "tmpfs", self.path])
            else:
                if shutil.which(f"mkfs.{kind}") is None:
                    raise Skipped(f"{kind}: mkfs.{kind} is not installed")
                image = self.base / "image"
                with open(image, "wb") as file:
                    file.truncate(megabytes << 20)
                run([f"mkfs.{kind}", "-q", *make, image])
                run(["mount", "-o", ",".join(["loop", *options]), image, self.path])
        except BaseException:
            shutil.rmtree(self.base)
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # A daemon that has just been killed may still let go of it.
        unmounted = until(lambda: subprocess.run(["umount", self.path], stderr=subprocess.DEVNULL).returncode == 0, 10)
        if not unmounted:
            subprocess.run(["umount", "--lazy", self.path])
        shutil.rmtree(self.base, ignore_errors=not unmounted)


def run(command):
    """Runs a tool; that it cannot do its work here is a reason to skip."""
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if result.returncode != 0:
        raise Skipped(f"{command[0]}: {(result.stderr or result.stdout).strip()}")
    return result.stdout
