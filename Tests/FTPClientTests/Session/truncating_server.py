"""An FTPS server for one client that ends its data connections without close_notify, as somebody on the way would cut them.

truncating_server.py CERTIFICATE: prints its port, then answers until QUIT. `whole` and `cut` have 100,000 bytes; of `cut` half is sent.
`silent` is like `whole`, but nobody is told its size. All is answered with 226.
"""

import socket
import ssl
import sys

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1])
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
control, _ = listener.accept()
control.sendall(b"220 ready\r\n")
passive = None
buffer = b""


def line():
    global buffer
    while b"\n" not in buffer:
        piece = control.recv(4096)
        if not piece:
            sys.exit(0)
        buffer += piece
    first, buffer = buffer.split(b"\n", 1)
    return first.decode().strip()


def say(text):
    control.sendall(text.encode() + b"\r\n")


while True:
    verb, _, argument = line().partition(" ")
    verb = verb.upper()
    if verb == "AUTH":
        say("234 go on")
        control = context.wrap_socket(control, server_side=True)
    elif verb == "USER":
        say("230 in")
    elif verb == "FEAT":
        say("211-Features:\r\n SIZE\r\n REST STREAM\r\n EPSV\r\n211 End")
    elif verb in ("PBSZ", "PROT", "TYPE", "MODE", "STRU", "NOOP"):
        say("200 ok" if argument != "B" else "504 no")
    elif verb == "SIZE":
        say("550 nobody knows" if argument == "silent" else "213 100000")
    elif verb == "EPSV":
        passive = socket.create_server(("127.0.0.1", 0))
        say(f"229 Here (|||{passive.getsockname()[1]}|)")
    elif verb == "RETR":
        raw, _ = passive.accept()
        say("150 comes")
        data = context.wrap_socket(raw, server_side=True)
        data.sendall(b"x" * (50_000 if argument == "cut" else 100_000))
        # The socket's end, and not that of TLS.
        data.shutdown(socket.SHUT_WR)
        data.close()
        say("226 done")
    elif verb == "QUIT":
        say("221 bye")
        break
    else:
        say("500 what?")
