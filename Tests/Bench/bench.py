#!/usr/bin/env python3
"""Measures weftpd beside vsftpd, Pure-FTPd, ProFTPD, pyftpdlib and a bare C floor; see docs/benchmark.md."""

import argparse
import atexit
import fcntl
import json
import os
import pathlib
import platform
import random
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import hungdisk
import report
import rows as catalogue
from servers import BEFORE, FLOORS, MOST_SESSIONS, PASSWORD, PEERS, TWINS, UPLOADS, USER, VARIANTS, Server, Unavailable

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent


def say(text=""):
    print(text, flush=True)


def warn(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


class LoadFailed(Exception):
    """The load generator could not measure; the text is the server's first complaint."""


class Load:
    """One run of the load generator, step by step: ready, go, done."""

    def __init__(self, binary, server, row_arguments, extra=()):
        command = [binary, "--port", server.port, "--upload", f"up/{server.name}", *server.load_options,
                   *extra, *row_arguments]
        self.process = subprocess.Popen(
            list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.process.stdout, selectors.EVENT_READ)
        self.pending = b""

    def line(self, seconds):
        deadline = time.monotonic() + seconds
        while b"\n" not in self.pending:
            if not self.selector.select(max(0, deadline - time.monotonic())):
                raise LoadFailed(f"no figures after {seconds:.0f} s")
            piece = os.read(self.process.stdout.fileno(), 65536)
            if not piece:
                raise LoadFailed("the load generator ended early")
            self.pending += piece
        line, self.pending = self.pending.split(b"\n", 1)
        return json.loads(line)

    def ready(self, seconds=150):
        state = self.line(seconds)
        if not state["ready"]:
            raise LoadFailed(f"only {state['open']} sessions opened; {state['error'] or 'time is up'}")
        return state

    def go(self, seconds=150):
        self.process.stdin.write(b"go\n")
        return self.line(seconds)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.selector.close()
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


class Bench:
    def __init__(self, options):
        self.options = options
        self.cache = pathlib.Path(options.cache).resolve()
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="weftpd-bench-", dir=options.directory))
        self.base.chmod(0o755)
        atexit.register(shutil.rmtree, self.base, ignore_errors=True)
        self.root, self.state = self.base / "root", self.base / "state"
        self.servers, self.skipped = [], {}
        self.results, self.problems, self.calls, self.details = {}, {}, {}, {}
        atexit.register(self.stop_all)

    # Preparation

    def build(self):
        self.tools = self.cache / "tools"
        self.tools.mkdir(parents=True, exist_ok=True)
        compiler = os.environ.get("CC", "cc")
        flags = ["-O2", "-std=gnu11", "-Wall", "-Wextra"]
        for name, libraries in (("load", ["-lssl", "-lcrypto"]), ("keeper", []), ("floor", ["-pthread", "-lcrypt"])):
            source, binary = HERE / f"{name}.c", self.tools / name
            newest = max(file.stat().st_mtime for file in [source, *HERE.glob("*.h")])
            if binary.exists() and binary.stat().st_mtime > newest:
                continue
            command = [compiler, *flags, "-o", binary, source, *libraries]
            made = subprocess.run(command, capture_output=True, text=True, check=False)
            if made.returncode and name == "floor":
                warn("no libcrypt to build with: the floor takes any password")
                command = [compiler, *flags, "-DNO_CRYPT", "-pthread", "-o", binary, source]
                made = subprocess.run(command, capture_output=True, text=True, check=False)
            if made.returncode:
                sys.exit(f"bench: cannot build {name}.c\n{made.stderr}")

    def make_files(self, huge):
        (self.root / "up").mkdir(parents=True)
        (self.root / "up").chmod(0o777)
        self.state.mkdir()
        self.state.chmod(0o755)
        block = random.Random(1).randbytes(1 << 20)
        for name, size, piece in (
            ("big.bin", catalogue.BIG, block), ("middle.bin", catalogue.MIDDLE, block),
            ("small.bin", catalogue.SMALL, block), ("text.txt", catalogue.TEXT, catalogue.TEXT_PIECE),
        ):
            with open(self.root / name, "wb") as file:
                for at in range(0, size, len(piece)):
                    file.write(piece[: size - at])
        for count in [100, 10000] + ([huge] if huge else []):
            directory = self.root / f"d{count}"
            directory.mkdir()
            for i in range(count):
                os.close(os.open(directory / f"file-{i:06}.txt", os.O_WRONLY | os.O_CREAT, 0o644))

    def choose_servers(self):
        wanted = self.options.only.split(",") if self.options.only else [
            "weftpd", *PEERS, *FLOORS, *VARIANTS, *TWINS]
        unknown = set(wanted) - {"weftpd", *PEERS, *FLOORS, *VARIANTS, *TWINS, *UPLOADS}
        if unknown:
            sys.exit(f"bench: no server called {', '.join(sorted(unknown))}")
        if set(wanted) & {*PEERS, *TWINS}:
            fetch = [HERE / "peers" / "fetch.sh", self.cache / "peers"]
            subprocess.run(fetch, stdin=subprocess.DEVNULL, timeout=900, check=False)
        for name in wanted:
            binary = self.options.before if name == BEFORE else self.options.weftpd
            weftpd = binary and pathlib.Path(binary).resolve()
            if name.split("-")[0] == "weftpd" and not (weftpd and weftpd.exists()):
                self.skipped[name] = f"not built: {weftpd or '--weftpd was not given'}"
                continue
            server = Server(
                name, self.tools, self.cache / "peers", self.root, self.state, weftpd, self.options.weftpd_option)
            if self.start(server, check=True):
                self.servers.append(server)
        for name, why in self.skipped.items():
            warn(f"{name} is left out: {why}")

    def make_certificate(self):
        """One certificate for all servers, made with openssl(1): an RSA key, for whose signatures all of them are known."""
        key, certificate, both = (self.state / name for name in ("key.pem", "certificate.pem", "both.pem"))
        if not both.exists():
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "2",
                 "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
                stdin=subprocess.DEVNULL, capture_output=True, check=True)
            both.write_bytes(certificate.read_bytes() + key.read_bytes())
            both.chmod(0o600)
        return both

    def start(self, server, check=False, traced=False, tls=False):
        try:
            server.start(traced, self.make_certificate() if tls else None)
            if check:
                server.check()
            return True
        except (Unavailable, OSError, subprocess.SubprocessError) as error:
            self.skipped[server.name] = str(error)
            server.stop()
            return False

    def stop_all(self):
        for server in self.servers:
            server.stop()

    # Measuring

    def account(self, row):
        user, password = ("anonymous", "bench@") if row.anonymous else (USER, PASSWORD)
        return ("--user", user, "--password", password)

    def note(self, row, server, text):
        self.problems.setdefault(row.name, {})[server.name] = text

    def measure(self, row, server):
        """One run of one row against one server: its figures, or LoadFailed."""
        extra = [*self.account(row), "--seconds", self.options.seconds]
        cpus = os.sched_getaffinity(0)
        if row.pinned:
            extra += ["--cpu", min(cpus)]
            server.pin({min(cpus)})
        try:
            with Load(self.tools / "load", server, row.load, extra) as load:
                load.ready()
                before = server.settled_cpu()
                result = load.go()
                cpu = server.settled_cpu() - before
        finally:
            if row.pinned:
                server.pin(cpus)
            for file in (self.root / "up").glob(f"{server.name}-*"):
                file.unlink(missing_ok=True)
        if row.kind != "burst" and (result["unfinished"] or result["errors"]):
            self.note(row, server, f"{result['errors']} errors: {result['error'] or 'unfinished'}")
            if result["errors"] > max(2, result["ops"] // 1000):
                raise LoadFailed(result["error"])
        if result["full_handshakes"]:
            self.note(row, server, f"{result['full_handshakes']} data connections with a full handshake")
        if result["client_cpu"] and self.options.verbose:
            share = result["client_cpu"] / (result["seconds"] or 1)
            warn(f"{row.name} {server.name}: the client used {share:.0%} of a CPU")
        return row.figures(result, cpu)

    def measure_hung(self, row, server):
        """As ``measure``. The server is started anew: some of them see only what was mounted before."""
        server.stop()
        try:
            with hungdisk.HungDisk(self.root / "hung") as disk:
                if not self.start(server):
                    raise LoadFailed(self.skipped[server.name])
                if not disk.catch(server.port, USER, PASSWORD):
                    raise LoadFailed("the session that was to hang does not")
                try:
                    return self.measure(row, server)
                finally:
                    server.stop()
        except OSError as error:
            raise LoadFailed(f"no file system that hangs: {error}") from error

    def measure_huge(self, row, server):
        with Load(self.tools / "load", server, row.load, self.account(row)) as load:
            load.ready()
            resident = server.reset_peak()
            result = load.go()
            growth = server.peak_kib() - resident
        if not result["ops"]:
            raise LoadFailed(result["error"] or "not done after 30 s")
        return {"rate": result["first_us"] / 1e3, "whole": result["p50_us"] / 1e3, "growth": growth / 1024}

    def measure_idle(self, row, server):
        server.stop()
        if not self.start(server):
            raise LoadFailed(self.skipped[server.name])
        time.sleep(0.2)
        empty = server.pss_kib()
        hold = min(self.options.idle, MOST_SESSIONS.get(server.name, self.options.idle))
        if hold < self.options.idle:
            self.note(row, server, f"with {hold} sessions, the most it holds")
        with Load(self.tools / "load", server, row.load, [*self.account(row), "--hold", hold]) as load:
            state = load.ready()
            each = (server.pss_kib() - empty) / state["open"]
            result = load.go()
        figures = {"rate": each, "login": result["p50_us"] / 1e3, "opened": state["open"] / state["setup_seconds"],
                   "base": empty / 1024}
        server.stop()
        self.start(server)
        return figures

    def takes_part(self, name, row):
        if name in VARIANTS:
            return row.multipath
        return row.replaces or name not in TWINS or bool(self.options.only)

    def run_row(self, row):
        measure = {"huge": self.measure_huge, "idle": self.measure_idle}.get(row.special, self.measure_hung if row.hung else self.measure)
        rounds = min(self.options.rounds, 1 if self.options.quick else 2) if row.special else self.options.rounds
        servers = [server for server in self.servers if self.takes_part(server.name, row)]
        data, lost = {server.name: [] for server in servers}, set()
        for _ in range(rounds):
            for server in servers:
                if server.name in lost:
                    continue
                try:
                    if server.alive() and (row.tls, row.ports) != (bool(server.certificate), server.ports or ()):
                        server.stop()
                    server.ports = row.ports
                    if not server.alive() and not self.start(server, tls=row.tls):
                        raise LoadFailed(self.skipped[server.name])
                    data[server.name].append(measure(row, server))
                except LoadFailed as error:
                    # Left out of this row only: there are peers that lack a command or cannot hold the load.
                    self.note(row, server, str(error))
                    lost.add(server.name)
                    data[server.name] = []
                    server.stop()
        self.results[row.name] = data
        report.print_row(row, data, self.problems.get(row.name, {}), say)

    def count_calls(self):
        """System calls per operation, with each server started anew beneath strace."""
        if not shutil.which("strace"):
            warn("no strace on this machine: system calls are not counted")
            return
        for title, _, _ in catalogue.COUNTED:
            self.calls[title] = {}
        for server in self.servers:
            server.stop()
            if server.name in VARIANTS + TWINS:
                continue
            if not self.start(server, traced=True):
                warn(f"{server.name} is not counted: {self.skipped[server.name]}")
                continue
            for title, operations, arguments in catalogue.COUNTED:
                try:
                    with Load(self.tools / "load", server, arguments, ["--ops", operations, "--limit", "30"]) as load:
                        load.ready()
                        _, offset = server.traced_calls(server.trace.stat().st_size)
                        result = load.go()
                        calls, _ = server.traced_calls(offset)
                except LoadFailed as error:
                    warn(f"{title}, {server.name}: {error}")
                    continue
                if result["ops"] == operations:
                    ordered = sorted(calls.items(), key=lambda item: -item[1])
                    self.calls[title][server.name] = sum(calls.values()) / operations
                    self.details.setdefault(server.name, {})[title] = {
                        name: round(count / operations, 2) for name, count in ordered}
            server.stop()
        names = [server.name for server in self.servers if server.name not in VARIANTS + TWINS]
        report.print_calls(names, self.calls, catalogue.GOALS, say)
        for title, calls in self.details.get("weftpd", {}).items():
            say(f"  weftpd, {title}: " + ", ".join(f"{name} {count:g}" for name, count in list(calls.items())[:14]))

    # The whole

    def run(self):
        options = self.options
        wanted = catalogue.rows(idle=options.idle, churn=options.churn)
        if options.rows:
            names = options.rows.split(",")
            unknown = set(names) - {row.name for row in wanted} - {"calls"}
            if unknown:
                sys.exit(f"bench: no row called {', '.join(sorted(unknown))}; --help lists them")
            wanted = [row for row in wanted if row.name in names]
        elif options.quick:
            wanted = [row for row in wanted if not row.slow]
        calls = "calls" in options.rows.split(",") if options.rows else not options.no_calls

        self.build()
        self.make_files(100000 if any(row.special == "huge" for row in wanted) else 0)
        self.choose_servers()
        if not self.servers:
            sys.exit("bench: no server to measure")
        cpus = len(os.sched_getaffinity(0))
        say(f"{platform.system()} {platform.release()}, {cpus} CPUs, files in {options.directory}; "
            f"{options.rounds} rounds of {options.seconds} s, interleaved; medians (min–max)")
        if report.SUBJECT in {server.name for server in self.servers}:
            say("The columns with × tell how many times better weftpd is than that server.")
        for row in wanted:
            self.run_row(row)
        if calls:
            self.count_calls()
        lines = report.summary(wanted, self.results)
        report.print_summary(lines, say)
        report.print_multipath(wanted, self.results, say)
        report.print_replacing(wanted, self.results, say)
        for name, why in self.skipped.items():
            say(f"Left out: {name}: {why}")
        if options.json:
            with open(options.json, "w", encoding="utf-8") as file:
                everything = {
                    "kernel": platform.release(), "rows": self.results, "problems": self.problems, "summary": lines,
                    "calls": self.calls, "call_details": self.details, "skipped": self.skipped,
                }
                json.dump(everything, file, indent=1)


def main():
    names = ", ".join(row.name for row in catalogue.rows())
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=f"Rows: {names}; and calls (system calls per operation).")
    parser.add_argument("--weftpd", metavar="FILE", help="the daemon to measure (.build/release/weftpd)")
    parser.add_argument("--before", metavar="FILE",
                        help="another build of weftpd, which is measured as the peer weftpd-before")
    parser.add_argument("--weftpd-option", action="append", default=[], metavar="OPTION",
                        help="one more argument for 'weftpd serve', any number of times")
    parser.add_argument("--rows", metavar="NAMES", help="only these rows, separated by commas")
    parser.add_argument("--only", metavar="NAMES", help=f"only these servers: weftpd, {', '.join(PEERS + FLOORS + VARIANTS + TWINS + list(UPLOADS))}")
    parser.add_argument("--rounds", type=int, help="interleaved rounds (5; 2 with --quick)")
    parser.add_argument("--seconds", type=float, help="length of one measurement (1; 0.25 with --quick)")
    parser.add_argument("--idle", type=int, help="sessions held in the row idle (5000; 1000 with --quick)")
    parser.add_argument("--churn", type=int, default=8, help="seconds of the row churn-16 (8)")
    parser.add_argument("--quick", action="store_true",
                        help="short runs, without the rows that take longest or repeat another: a few minutes")
    parser.add_argument("--no-calls", action="store_true", help="do not count system calls")
    parser.add_argument("--json", metavar="FILE", help="write every figure there as well")
    parser.add_argument("--directory", default="/dev/shm", help="where the files served lie (/dev/shm)")
    parser.add_argument("--cache", default=str(REPOSITORY / ".bench"), help="peers and tools are kept there (.bench)")
    parser.add_argument("--verbose", action="store_true", help="tell the client's share of CPU, too")
    options = parser.parse_args()
    if options.before:
        PEERS.insert(0, BEFORE)
    options.rounds = options.rounds or (2 if options.quick else 5)
    options.seconds = options.seconds or (0.25 if options.quick else 1.0)
    options.idle = options.idle or (1000 if options.quick else 5000)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

    # Two benchmarks at once would measure each other.
    pathlib.Path(options.cache).mkdir(parents=True, exist_ok=True)
    with open(pathlib.Path(options.cache) / "lock", "w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            sys.exit("bench: another run is under way")
        began = time.monotonic()
        Bench(options).run()
        say(f"\n{time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
