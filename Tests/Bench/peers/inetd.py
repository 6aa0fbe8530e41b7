"""Runs a program for each connection, with the connection as its input and output: inetd.py PORT PROGRAM [ARGUMENT...]."""

import socket
import subprocess
import sys
import threading


def serve(connection, command):
    with connection:
        subprocess.run(command, stdin=connection, stdout=connection, stderr=subprocess.DEVNULL, check=False)


listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=64)
while True:
    accepted, _ = listener.accept()
    threading.Thread(target=serve, args=(accepted, sys.argv[2:]), daemon=True).start()
