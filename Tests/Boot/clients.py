#!/usr/bin/env python3
"""Clients that come all the while: connect, log in, fetch a file, quit, as fast as they can. Prints how many sessions there were.

usage: clients.py HOST PORT COUNT FILE STOP      until the file STOP exists; the exit code is 1 if a single one was refused
"""
import ftplib, os, sys, threading

host, port, count, name, stop = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5]
served, failures, lock = [0], [], threading.Lock()


def client():
    while not os.path.exists(stop) and not failures:
        try:
            ftp = ftplib.FTP()
            ftp.connect(host, port, timeout=60)
            ftp.login("alice", "secret")
            size = [0]
            ftp.retrbinary(f"RETR {name}", lambda piece: size.__setitem__(0, size[0] + len(piece)))
            ftp.quit()
            with lock:
                served[0] += 1
                with open(stop + ".count.new", "w") as file:
                    file.write(str(served[0]))
                os.rename(stop + ".count.new", stop + ".count")
        except (OSError, EOFError, ftplib.Error) as error:
            failures.append(repr(error))


threads = [threading.Thread(target=client) for _ in range(count)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(served[0], *failures)
sys.exit(1 if failures else 0)
