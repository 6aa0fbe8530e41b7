"""Starts a real weftpd and the console before it, talks to both, and ends them."""

import base64
import hmac
import http.client
import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

SOURCE = "127.0.0.77"
WAIT = 60


class Failure(AssertionError):
    """A check that did not hold."""


def check(condition, words):
    if not condition:
        raise Failure(words)


def until(condition, words, limit=WAIT, pause=0.05):
    """Waits until the condition holds, and gives what it gave."""
    deadline = time.monotonic() + limit
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Failure(f"not within {limit} s: {words}")
        time.sleep(pause)


class Rig:
    """A scratch directory, weftpd that serves it, and the console."""

    def __init__(self, weftpd, console, pages, settings=()):
        self.place = tempfile.mkdtemp(prefix="weftpd-console-test.")
        self.files = os.path.join(self.place, "files")
        os.mkdir(self.files)
        self.console_program = console
        self.pages = pages
        self.password = "correct horse"
        self.processes = []
        command = [
            weftpd, "serve", self.files, "--user", "alice", "--listen", "127.0.0.1:0",
            "--set", f"server.control={self.place}/control", "--set", f"bans.file={self.place}/bans",
            "--set", f"proxy.trusted={SOURCE}", "--set", "proxy.data=true", "--set", f"proxy.socket={self.place}/ftp",
            "--set", f"proxy.socket-user={pwd.getpwuid(os.geteuid()).pw_name}",
        ]
        self.second_factor = self.make_operator(weftpd)
        command += ["--users", f"{self.place}/accounts/users", "--set", "server.control-accounts=true"]
        if os.geteuid() == 0:
            command += ["--set", "server.allow-root=true"]
        for setting in settings:
            command += ["--set", setting]
        self.weftpd_log = open(os.path.join(self.place, "weftpd.log"), "wb")
        environment = dict(os.environ, WEFTPD_PASSWORD=self.password)
        self.weftpd = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=self.weftpd_log, env=environment, text=True)
        self.processes.append(self.weftpd)
        line = self.weftpd.stdout.readline()
        found = re.search(r"listening on (127\.0\.0\.1):(\d+)", line)
        check(found, f"weftpd does not listen: {line!r} {self.read('weftpd.log')}")
        self.ftp_port = int(found.group(2))
        self.console = None
        self.port = 0

    def make_operator(self, weftpd):
        """A user olga in the user table, with the password of all and a second factor; gives its secret."""
        os.mkdir(os.path.join(self.place, "olga"))
        os.mkdir(os.path.join(self.place, "accounts"))
        table = os.path.join(self.place, "accounts", "users")
        subprocess.run([weftpd, "user", "add", "olga", "--table", table, "--home", f"{self.place}/olga"],
                       input=self.password + "\n", check=True, capture_output=True, text=True)
        told = subprocess.run([weftpd, "user", "totp", "olga", "--table", table], check=True, capture_output=True, text=True)
        return re.search(r"secret=([A-Z2-7]+)", told.stdout + told.stderr).group(1)

    def code(self, ahead=0):
        """What olga's authenticator shows (RFC 6238), or will show in so many times thirty seconds."""
        key = base64.b32decode(self.second_factor)
        mac = hmac.digest(key, (int(time.time()) // 30 + ahead).to_bytes(8, "big"), "sha1")
        start = mac[-1] & 15
        return f"{(int.from_bytes(mac[start:start + 4], 'big') & 0x7FFFFFFF) % 1000000:06}"

    def start_console(self, *options, by_tcp=False):
        """Starts it, and gives a link; it reaches weftpd by its Unix socket, or by an address that weftpd trusts."""
        way = ["--ftp", f"unix:{self.place}/ftp"]
        if by_tcp:
            way = ["--ftp", f"127.0.0.1:{self.ftp_port}", "--ftp-source", SOURCE]
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.origin = f"http://127.0.0.1:{self.port}"
        log = open(os.path.join(self.place, "console.log"), "ab")
        self.console = subprocess.Popen(
            [
                self.console_program, "serve", "--listen", f"127.0.0.1:{self.port}", "--control", f"{self.place}/control",
                *way, "--link-socket", f"{self.place}/link", "--pages", self.pages, "--print-link", *options,
            ],
            stdout=subprocess.PIPE, stderr=log, text=True)
        self.processes.append(self.console)
        link = self.console.stdout.readline().strip()
        check(link.startswith("http"), f"the console does not start: {self.read('console.log')}")
        return self.here(link)

    def here(self, link):
        """A link without the proxy that the console is told of."""
        return self.origin + link[link.index("/#"):]

    def link(self):
        return self.here(subprocess.run(
            [self.console_program, "link", "--link-socket", f"{self.place}/link"], check=True, capture_output=True,
            text=True, timeout=WAIT).stdout.strip())

    def read(self, name):
        with open(os.path.join(self.place, name), "rb") as file:
            return file.read().decode("utf-8", "replace")

    def end(self):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.terminate()
        for process in reversed(self.processes):
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.place, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    # HTTP without a browser

    def request(self, method, path, body=None, headers=None, host=None):
        """Status, fields and body of one request, with just the fields that are given."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT)
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", host or f"127.0.0.1:{self.port}")
        for name, value in (headers or {}).items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        return answer.status, answer.headers, data

    def post(self, path, value, **fields):
        headers = {"Origin": self.origin, "Content-Type": "application/json", **fields}
        return self.request("POST", path, json.dumps(value).encode(), headers)

    # FTP

    def ftp(self, user="alice", source=None):
        """A control connection that is logged in, and its file."""
        connection = socket.create_connection(
            ("127.0.0.1", self.ftp_port), WAIT, source_address=(source, 0) if source else None)
        lines = connection.makefile("rb")
        lines.readline()
        if user:
            for line in (f"USER {user}", f"PASS {self.password}"):
                connection.sendall(line.encode() + b"\r\n")
                reply = lines.readline()
            check(reply.startswith(b"230"), f"no login: {reply!r}")
        return connection, lines

    def kill_console(self, number=signal.SIGKILL):
        # Swift's own handler takes the first signal of a trap, looks around, and returns to the instruction, which traps again.
        def ended():
            self.console.send_signal(number)
            return self.console.poll() is not None
        until(ended, "the console has ended", pause=0.2)
        check(self.console.returncode == -number, f"the console ended with {self.console.returncode}")
