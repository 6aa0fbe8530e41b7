"""An FTP server with one file that resets exactly every third of its data connections, half way.

dropping_server.py FILE: prints its port, then serves any number of clients. `SITE DROPS` tells how many connections were reset, and how many
bytes of the file were given to data connections in all.
"""

import itertools
import socket
import struct
import sys
import threading

content = open(sys.argv[1], "rb").read()
numbers = itertools.count(1)
lock = threading.Lock()
drops, sent = 0, 0


def give(data, start, end):
    """Sends a range; of every third connection only half, and then a reset."""
    global drops, sent
    is_dropped = next(numbers) % 3 == 0
    part = content[start : start + (end - start) // 2 if is_dropped else end]
    with lock:
        drops += is_dropped
        sent += len(part)
    try:
        data.sendall(part)
        if is_dropped:
            data.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    except OSError:
        is_dropped = True
    data.close()
    return not is_dropped


def session(control):
    lines = control.makefile("rb")
    passive, start, end = None, 0, len(content)

    def say(text):
        control.sendall(text.encode() + b"\r\n")

    say("220 ready")
    for line in lines:
        verb, _, argument = line.decode().strip().partition(" ")
        verb = verb.upper()
        if verb == "USER":
            say("230 in")
        elif verb == "FEAT":
            say("211-Features:\r\n SIZE\r\n MDTM\r\n REST STREAM\r\n RANG STREAM\r\n EPSV\r\n211 End")
        elif verb == "SITE":
            say(f"200 {drops} {sent}")
        elif verb in ("TYPE", "MODE", "STRU", "NOOP"):
            say("200 ok")
        elif verb == "SIZE":
            say(f"213 {len(content)}")
        elif verb == "MDTM":
            say("213 20200101000000")
        elif verb == "RANG":
            first, last = argument.split()
            start, end = int(first), int(last) + 1
            say("350 go on")
        elif verb == "EPSV":
            passive = socket.create_server(("127.0.0.1", 0))
            say(f"229 Here (|||{passive.getsockname()[1]}|)")
        elif verb == "RETR":
            data, _ = passive.accept()
            passive.close()
            say("150 comes")
            say("226 done" if give(data, start, end) else "426 the connection was reset")
            start, end = 0, len(content)
        elif verb == "QUIT":
            say("221 bye")
            break
        else:
            say("500 what?")
    control.close()


listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    control, _ = listener.accept()
    threading.Thread(target=session, args=(control,), daemon=True).start()
