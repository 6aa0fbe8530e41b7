"""The console is killed, or ends by a trap, while transfers run: weftpd and its sessions do not notice."""

import hashlib
import json
import os
import signal
import socket
import threading

from harness import check


def fetch(rig, name, result, begun):
    """RETR by hand, over a passive data connection of 127.0.0.1."""
    control, lines = rig.ftp()
    control.sendall(b"TYPE I\r\nEPSV\r\n")
    lines.readline()
    port = int(lines.readline().split(b"|||")[1].split(b"|")[0])
    data = socket.create_connection(("127.0.0.1", port), 60)
    control.sendall(f"RETR {name}\r\n".encode())
    lines.readline()
    digest = hashlib.sha256()
    while piece := data.recv(1 << 16):
        digest.update(piece)
        begun.set()
    result.append((digest.hexdigest(), lines.readline()))
    control.sendall(b"NOOP\r\n")
    result.append(lines.readline())
    control.close()


def run(rig):
    with open(f"{rig.files}/crash.bin", "wb") as file:
        for _ in range(32):
            file.write(os.urandom(1 << 20))
    with open(f"{rig.files}/crash.bin", "rb") as file:
        wanted = hashlib.file_digest(file, "sha256").hexdigest()
    # SIGILL is what a trap of Swift is.
    for number in (signal.SIGKILL, signal.SIGILL):
        result, begun = [], threading.Event()
        thread = threading.Thread(target=fetch, args=(rig, "crash.bin", result, begun))
        thread.start()
        check(begun.wait(60), "no transfer began")
        # One through the console breaks with it.
        _, fields, _ = rig.post("/api/login", {"user": "alice", "password": rig.password})
        cookie = fields["Set-Cookie"].split(";")[0]
        through = socket.create_connection(("127.0.0.1", rig.port), 60)
        through.sendall(f"GET /api/files/crash.bin HTTP/1.1\r\nHost: 127.0.0.1:{rig.port}\r\nCookie: {cookie}\r\n\r\n".encode())
        check(through.recv(12).startswith(b"HTTP/1.1 200"), "no download through the console")
        check(thread.is_alive(), "the transfer was over before the console ended")
        rig.kill_console(number)
        through.close()
        thread.join(60)
        check(not thread.is_alive(), "the transfer has no end")
        check(result[0][0] == wanted and result[0][1].startswith(b"226"), f"after signal {number}: {result}")
        check(result[1].startswith(b"200"), f"the session is lost: {result}")
        check(rig.weftpd.poll() is None, "weftpd ended with the console")
        rig.start_console("--origin", "https://console.example.net")
        status, _, body = rig.post("/api/login", {"user": "alice", "password": rig.password})
        check(status == 200 and json.loads(body)["hasFiles"], "the console that was started again lets nobody in")
    return "killed, and ended by SIGILL: bytes equal, sessions went on"

