"""Runs a program for each connection, with the connection as its input and output: inetd.py ADDRESS PORT PROGRAM [ARGUMENT...]."""

import socket
import subprocess
import sys
import threading


def serve(connection, command):
    with connection:
        subprocess.run(command, stdin=connection, stdout=connection, stderr=subprocess.DEVNULL, check=False)


address, port = sys.argv[1], int(sys.argv[2])
family = socket.AF_INET6 if ":" in address else socket.AF_INET
listener = socket.create_server((address, port), family=family, backlog=64)
while True:
    accepted, _ = listener.accept()
    threading.Thread(target=serve, args=(accepted, sys.argv[3:]), daemon=True).start()
