"""Starts and stops the benchmark's servers, and reads what their process trees cost: CPU, memory, system calls."""

import ftplib
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
TICK = os.sysconf("SC_CLK_TCK")
USER, PASSWORD = "user", "pass"
# What every server compares the password with: SHA-512 crypt, 5,000 rounds.
PASSWORD_HASH = "$6$weftbench$K1QbVzVZmRAln0fTitbxjHj.L1v.BeIlmROefjIY5GQ861Ndk/kzTIXuKGcP6S.7/iNBnQ6MDEUnI2RwOnTAO/"
PEERS = ["vsftpd", "pure-ftpd", "proftpd", "pyftpdlib"]
FLOORS = ["floor", "floor-leased"]
# Another build of weftpd, measured as a peer (--before).
BEFORE = "weftpd-before"
TLS_SERVERS = ["weftpd", BEFORE, "vsftpd", "pure-ftpd", "proftpd"]
# What multipath TCP costs: weftpd without it, weftpd and a bare floor with a client that speaks it. Only in rows that ask for it.
VARIANTS = ["weftpd-tcp", "weftpd-mptcp", "floor-mptcp"]
# What a replaced file costs: Pure-FTPd that keeps the old one until the new one is whole (-0), as weftpd does, and weftpd that writes into
# it, as Pure-FTPd does. Only in rows that ask for it.
TWINS = ["pure-ftpd-atomic", "weftpd-direct"]
# What the promises of uploads cost: weftpd that writes into the file itself, that waits for nothing, and that waits for the disk. Only
# with --only; --directory has to be on a disk for them to differ.
UPLOADS = {
    "weftpd-direct": ["uploads.mode=direct", "uploads.durability=relaxed"],
    "weftpd-relaxed": ["uploads.mode=atomic", "uploads.durability=relaxed"],
    "weftpd-commit": ["uploads.mode=atomic", "uploads.durability=commit"],
}
# The most sessions a peer can be told to hold: Debian's pure-ftpd takes -c up to 500.
MOST_SESSIONS = {"pure-ftpd": 480, "pure-ftpd-atomic": 480}
# Below the ephemeral ports, and a range for each, so that no server meets another's TIME_WAIT sockets.
PASSIVE_PORTS = {
    "vsftpd": (24000, 24999), "pure-ftpd": (25000, 25999), "proftpd": (26000, 26999), "pyftpdlib": (27000, 27999),
    "floor": (28000, 28999), "floor-leased": (29000, 29999), "weftpd": (31000, 31999),
    "weftpd-tcp": (30000, 30999), "weftpd-mptcp": (23000, 23999), "floor-mptcp": (22000, 22999),
    BEFORE: (21000, 21999), "pure-ftpd-atomic": (17000, 17999), "weftpd-direct": (18000, 18999), "weftpd-relaxed": (19000, 19999), "weftpd-commit": (20000, 20999),
}


# A line of strace -f that begins a call; not "<... call resumed>", not "+++ exited +++", not the rest of a cut line.
CALL = re.compile(rb"\d+ +(\w+)\(")


class Unavailable(Exception):
    """A server that cannot take part; the text says why."""


def process_tree(root):
    """The pids beneath `root`, itself not included."""
    children = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            fields = stat_fields(int(entry))
            if fields:
                children.setdefault(int(fields[1]), []).append(int(entry))
    found, queue = [], [root]
    while queue:
        for child in children.get(queue.pop(), []):
            found.append(child)
            queue.append(child)
    return found


def stat_fields(pid):
    """/proc/PID/stat from the state on (proc(5) fields 3 and up), or None when the process has gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rsplit(b")", 1)[1].split()
    except (OSError, IndexError):
        return None


def status_kib(pid, key):
    try:
        with open(f"/proc/{pid}/status") as file:
            for line in file:
                if line.startswith(key + ":"):
                    return int(line.split()[1])
    except OSError:
        pass
    return 0


class Server:
    """One server beneath its keeper. `start` gives it a port; `stop` ends everything it left behind."""

    def __init__(self, name, tools, cache, root, state, weftpd=None, weftpd_options=()):
        self.name, self.tools, self.cache, self.root = name, tools, cache, root
        self.ports = None  # passive ports of a row that needs more than PASSIVE_PORTS has
        self.state_base, self.weftpd, self.weftpd_options = state, weftpd, list(weftpd_options)
        self.keeper, self.port, self.runs, self.trace = None, None, 0, None
        # The PEM file of certificate and key while it is set up for TLS.
        self.certificate = None
        self.is_weftpd = name.split("-")[0] == "weftpd"
        # What the load generator is told besides the row's arguments.
        self.load_options = ["--mptcp"] if name.endswith("-mptcp") else []
        if name == "weftpd-tcp":
            self.weftpd_options += ["--set", "mptcp.control=off", "--set", "mptcp.data=off"]
        for option in UPLOADS.get(name, []):
            self.weftpd_options += ["--set", option]

    def start(self, traced=False, certificate=None):
        if certificate and self.name not in TLS_SERVERS:
            raise Unavailable("has no TLS here")
        self.runs += 1
        self.certificate = certificate
        self.state = self.state_base / f"{self.name}-{self.runs}"
        self.state.mkdir()
        low, high = self.ports or PASSIVE_PORTS[self.name]
        environment = {key: value for key, value in os.environ.items() if not key.startswith("WEFTPD_")}
        # Root measures in CI; weftpd wants to be told that root is meant.
        environment["WEFTPD_SERVER_ALLOW_ROOT"] = "true"
        announced = True
        if self.is_weftpd:
            command = self.weftpd_command(low, high)
        elif self.name in FLOORS or self.name in VARIANTS:
            kind = {"floor-leased": "leased", "floor-mptcp": "multipath"}.get(self.name, "plain")
            command = [self.tools / "floor", self.root, f"{low}-{high}", kind, PASSWORD_HASH]
        else:
            announced = False
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                self.port = probe.getsockname()[1]
            environment |= {
                "CACHE": str(self.cache), "STATE": str(self.state), "ROOT": str(self.root), "PORT": str(self.port),
                "LOW": str(low), "HIGH": str(high), "HASH": PASSWORD_HASH, "CERTIFICATE": str(certificate or ""),
            }
            command = [HERE / "peers" / "run.sh", self.name]
        self.trace = self.state / "trace" if traced else None
        if traced:
            command = ["strace", "-f", "-qq", "-e", "signal=none", "-o", self.trace, "--", *command]
        self.output = self.state / "output"
        self.errors = self.state / "errors"
        with open(self.output, "wb") as out, open(self.errors, "wb") as err:
            self.keeper = subprocess.Popen(
                [str(self.tools / "keeper"), *map(str, command)], stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                env=environment, start_new_session=True)
        try:
            self.await_greeting(announced, 60 if traced else 20)
        except BaseException:
            self.stop()
            raise

    def weftpd_command(self, low, high):
        table = self.state / "users"
        added = subprocess.run(
            [self.weftpd, "user", "add", USER, "--table", table, "--home", self.root, "--hash", PASSWORD_HASH],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20, check=False)
        if added.returncode:
            raise Unavailable(f"'weftpd user add' failed: {added.stderr.strip()}")
        return [
            self.weftpd, "serve", "--users", table, "--anonymous", "--set", f"accounts.anonymous-root={self.root}",
            "--listen", "127.0.0.1:0", "--set", f"passive.ports={low}-{high}",
            "--set", "log.level=warning", *self.weftpd_options,
            *(["--set", f"tls.certificate={self.certificate}"] if self.certificate else []),
        ]

    def complaint(self):
        lines = (self.errors.read_text(errors="replace") + self.output.read_text(errors="replace")).strip().splitlines()
        return lines[-1] if lines else "it said nothing"

    def await_greeting(self, announced, seconds):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.keeper.poll() is not None:
                raise Unavailable(f"ended at once: {self.complaint()}")
            if announced:
                text = self.output.read_text(errors="replace")
                if "listening on" not in text or not text.endswith("\n"):
                    time.sleep(0.02)
                    continue
                self.port = int(text.split("\n")[0].rsplit(":", 1)[1])
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=seconds) as control:
                    if control.recv(3) == b"220":
                        return
            except OSError:
                pass
            time.sleep(0.05)
        raise Unavailable(f"not ready after {seconds} s: {self.complaint()}")

    def check(self):
        """Does it really serve? A download and an upload compared byte by byte, a listing, and an anonymous login."""
        small = (self.root / "small.bin").read_bytes()
        try:
            with ftplib.FTP(timeout=20) as ftp:
                ftp.connect("127.0.0.1", self.port)
                ftp.login(USER, PASSWORD)
                received = bytearray()
                ftp.retrbinary("RETR small.bin", received.extend)
                upload = f"up/{self.name}-check.bin"
                with open(self.root / "small.bin", "rb") as file:
                    ftp.storbinary(f"STOR {upload}", file)
                names = []
                ftp.retrlines("LIST d100", names.append)
                if received != small or (self.root / upload).read_bytes() != small or len(names) < 100:
                    raise Unavailable("it serves wrong bytes")
            with ftplib.FTP(timeout=20) as ftp:
                ftp.connect("127.0.0.1", self.port)
                ftp.login()
                received = bytearray()
                ftp.retrbinary("RETR small.bin", received.extend)
                if received != small:
                    raise Unavailable("it serves wrong bytes to anonymous")
        except (ftplib.Error, OSError, EOFError) as error:
            raise Unavailable(f"does not serve: {error}") from error

    def stop(self):
        if self.keeper is None:
            return
        if self.keeper.poll() is None:
            self.keeper.send_signal(signal.SIGTERM)
            try:
                self.keeper.wait(15)
            except subprocess.TimeoutExpired:
                for pid in process_tree(self.keeper.pid):
                    try:
                        os.kill(pid, signal.SIGKILL)
                    except OSError:
                        pass
                self.keeper.kill()
                self.keeper.wait()
        self.keeper = None
        shutil.rmtree(self.state, ignore_errors=True)

    def alive(self):
        return self.keeper is not None and self.keeper.poll() is None

    def pin(self, cpus):
        """Binds every thread of the tree to these CPUs; what it forks or starts later inherits that."""
        for pid in [self.keeper.pid, *process_tree(self.keeper.pid)]:
            try:
                for thread in os.listdir(f"/proc/{pid}/task"):
                    os.sched_setaffinity(int(thread), cpus)
            except OSError:
                pass

    def cpu(self):
        """Seconds of CPU used so far by everything the keeper started, what has already exited included.

        A living process is read from its CPU clock (nanoseconds, all threads), exited children from their parent's
        cutime and cstime; orphans are children of the keeper.
        """
        fields = stat_fields(self.keeper.pid)
        total = (int(fields[13]) + int(fields[14])) / TICK if fields else 0.0
        for pid in process_tree(self.keeper.pid):
            fields = stat_fields(pid)
            if fields is None:
                continue
            total += (int(fields[13]) + int(fields[14])) / TICK
            try:
                total += time.clock_gettime(~pid << 3 | 2)  # what clock_getcpuclockid(3) gives
            except OSError:
                total += (int(fields[11]) + int(fields[12])) / TICK
        return total

    def settled_cpu(self, limit=1.5):
        """The CPU time once the server has finished tidying up after its sessions."""
        deadline = time.monotonic() + limit
        last = self.cpu()
        while time.monotonic() < deadline:
            time.sleep(0.05)
            latest = self.cpu()
            if latest - last < 0.001:
                return latest
            last = latest
        return last

    def pss_kib(self):
        total = 0
        for pid in process_tree(self.keeper.pid):
            try:
                with open(f"/proc/{pid}/smaps_rollup") as file:
                    total += next((int(line.split()[1]) for line in file if line.startswith("Pss:")), 0)
            except OSError:
                pass
        return total

    def reset_peak(self):
        """Forgets the highest resident size so far; returns the present one in KiB."""
        resident = 0
        for pid in process_tree(self.keeper.pid):
            try:
                with open(f"/proc/{pid}/clear_refs", "w") as file:
                    file.write("5")
            except OSError:
                pass
            resident += status_kib(pid, "VmRSS")
        return resident

    def peak_kib(self):
        return sum(status_kib(pid, "VmHWM") for pid in process_tree(self.keeper.pid))

    def traced_calls(self, offset):
        """Waits until the trace stands still, then counts the calls after `offset`: ({name: count}, new offset)."""
        deadline, size = time.monotonic() + 5, -1
        while time.monotonic() < deadline:
            latest = self.trace.stat().st_size
            if latest == size:
                break
            size = latest
            time.sleep(0.15)
        calls = {}
        with open(self.trace, "rb") as file:
            file.seek(offset)
            for line in file:
                call = CALL.match(line)
                if call:
                    name = call[1].decode()
                    calls[name] = calls.get(name, 0) + 1
            return calls, file.tell()
