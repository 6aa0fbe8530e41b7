#!/usr/bin/env python3
"""Measures whether limits on bandwidth hold, how fair they are, and what they cost.

Many sessions download (or upload) at once under one limit. The rate must be within 3 % over ten seconds, no session may get much less than
its share, and the server must not need a whole processor.

    rates.py --weftpd .build/release/weftpd [--sessions 500] [--rate 50MiB] [--seconds 10] [--up] [--per-session] [--tls]
"""

import argparse
import os
import pathlib
import re
import selectors
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time

UNITS = {"": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}


def size(text):
    number, unit = re.fullmatch(r"(\d+)(\w*)", text).groups()
    return int(number) * UNITS[unit]


class Control:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.file = self.socket.makefile("rb")
        self.reply()

    def reply(self):
        while True:
            line = self.file.readline().decode()
            if not line:
                raise SystemExit("the control connection was lost")
            if re.match(r"\d{3} ", line):
                return line.rstrip()

    def send(self, command):
        self.socket.sendall(f"{command}\r\n".encode())
        return self.reply()

    def passive(self):
        return int(re.search(r"\|\|\|(\d+)\|", self.send("EPSV"))[1])


def processor(pid):
    """Seconds of processor time a process has had, all threads."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weftpd", required=True)
    parser.add_argument("--sessions", type=int, default=500)
    parser.add_argument("--rate", default="50MiB")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--up", action="store_true", help="uploads instead of downloads")
    parser.add_argument("--per-session", action="store_true", help="the rate is each session's, and not shared")
    parser.add_argument("--tls", action="store_true", help="data connections under TLS")
    arguments = parser.parse_args()
    root = pathlib.Path(tempfile.mkdtemp())
    rate, count = size(arguments.rate), arguments.sessions
    with open(root / "file", "wb") as file:
        file.truncate(1 << 36)
    direction = "up" if arguments.up else "down"
    key = f"limits.rate-{direction}" + ("-per-session" if arguments.per_session else "")
    command = [os.path.abspath(arguments.weftpd), "serve", str(root), "--user", "bob", "--listen", "127.0.0.1:0"]
    for setting in [f"{key}={arguments.rate}", "log.level=error", "passive.ports=0", "mptcp.control=off",
                    f"limits.sessions={count + 100}", f"limits.before-login-per-address={count + 100}",
                    f"limits.before-login={count + 100}", "server.allow-root=true", "uploads.durability=relaxed",
                    "uploads.keep-partials=0", "uploads.mode=direct"]:
        command += ["--set", setting]
    server = subprocess.Popen(
        command, env={**os.environ, "WEFTPD_PASSWORD": "rates"}, stdout=subprocess.PIPE, text=True)
    try:
        port = int(re.search(r":(\d+)$", server.stdout.readline().strip())[1])
        measure(arguments, server.pid, port, rate, count, root)
    finally:
        server.kill()
        server.wait()
        shutil.rmtree(root, ignore_errors=True)


def measure(arguments, pid, port, rate, count, root):
    selector = selectors.DefaultSelector()
    controls, moved = [], [0] * count
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    for index in range(count):
        control = Control(port)
        if arguments.tls:
            control.send("AUTH TLS")
            raw = control.socket
            control.socket = context.wrap_socket(raw)
            control.file = control.socket.makefile("rb")
        control.send("USER bob")
        if not control.send("PASS rates").startswith("230"):
            raise SystemExit("the login failed")
        control.send("TYPE I")
        if arguments.tls:
            control.send("PBSZ 0")
            control.send("PROT P")
        controls.append(control)
    # All at once: what gathers in sockets while others log in would be measured as if it came later.
    for index, control in enumerate(controls):
        data = socket.create_connection(("127.0.0.1", control.passive()))
        # Small buffers: what lies in them has moved for the server and not for the client.
        data.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        data.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        control.socket.sendall(f"{'STOR up%d' % index if arguments.up else 'RETR file'}\r\n".encode())
        if arguments.tls:
            data = context.wrap_socket(data, session=control.socket.session)
        control.reply()
        data.setblocking(False)
        selector.register(data, selectors.EVENT_WRITE if arguments.up else selectors.EVENT_READ, index)
    buffer = bytearray(1 << 18)
    view = memoryview(buffer)

    def run(seconds):
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            for key, _ in selector.select(left):
                try:
                    done = key.fileobj.send(view[:65536]) if arguments.up else key.fileobj.recv_into(buffer)
                except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                    continue
                if not done and not arguments.up:
                    raise SystemExit("a transfer ended early")
                moved[key.data] += done

    def arrived():
        """What the server has taken of each upload: what lies in sockets has moved for the client only."""
        return [os.stat(root / f"up{index}").st_size for index in range(count)]

    run(3)
    moved[:] = [0] * count
    taken = arrived() if arguments.up else None
    before, start = processor(pid), time.monotonic()
    threads = len(os.listdir(f"/proc/{pid}/task"))
    run(arguments.seconds)
    passed, used = time.monotonic() - start, processor(pid) - before
    if taken:
        moved[:] = [now - then for now, then in zip(arrived(), taken)]
    wanted = rate * passed * (count if arguments.per_session else 1)
    share = wanted / count
    deviation = sum(moved) / wanted - 1
    fairness = sum(moved) ** 2 / (count * sum(m * m for m in moved))
    print(f"{count} sessions {'up' if arguments.up else 'down'} under {arguments.rate}"
          f"{' each' if arguments.per_session else ''}{', TLS' if arguments.tls else ''}: "
          f"{sum(moved) / passed / (1 << 20):.2f} MiB/s ({deviation * 100:+.2f} %), "
          f"least {min(moved) / share * 100:.0f} %, most {max(moved) / share * 100:.0f} % of the share, "
          f"Jain's index {fairness:.4f}, {used / passed * 100:.0f} % of a processor, {threads} threads")
    # ABOR and STAT are answered while a transfer waits.
    start = time.monotonic()
    answer = controls[0].send("STAT")
    print(f"STAT while waiting: {(time.monotonic() - start) * 1000:.1f} ms ({answer[:40]})")
    sys.exit(0 if abs(deviation) <= 0.03 and used < passed else 1)


if __name__ == "__main__":
    main()
