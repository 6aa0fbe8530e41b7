#!/usr/bin/env python3
"""Instructions that weftpd executes in user space for each command or small transfer, counted by valgrind. How busy the machine is does not
matter. Two runs of each, a short one and a long one: what start and login cost is in both. x86-64 only. WEFTPD is best the program that
`make release` builds, and files are on /dev/shm, as in bench.py: on a disk an upload waits for it on another thread.

usage: instructions.py WEFTPD [ROW...]      rows: noop, pwd, size, retr, stor (all of them if none is named)
"""
import json, os, re, shutil, signal, subprocess, sys, tempfile

ROWS = {
    "noop": ["--op", "command", "--command", "NOOP"],
    "pwd": ["--op", "command", "--command", "PWD"],
    "size": ["--op", "command", "--command", "SIZE small"],
    "retr": ["--op", "retr", "--path", "small", "--size", "4096"],
    "stor": ["--op", "stor", "--size", "4096"],
}
SHORT, LONG = 300, 1800
here = os.path.dirname(os.path.abspath(__file__))


def count(work, number, options):
    words = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={work}/out",
             f"{work}/weftpd", "serve", f"{work}/root", "--user", "alice", "--listen", "127.0.0.1:0"]
    for setting in ("tls.mode=off", "log.level=warning", "mptcp.control=off", "mptcp.data=off"):
        words += ["--set", setting]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("WEFTPD_")}
    environment |= {"WEFTPD_PASSWORD": "secret", "WEFTPD_SERVER_ALLOW_ROOT": "true", "LD_PRELOAD": f"{work}/openat2.so"}
    with open(f"{work}/log", "wb") as log:
        server = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=log, env=environment, text=True)
    try:
        line = server.stdout.readline()
        found = re.search(r":(\d+)$", line.strip())
        if not found:
            raise SystemExit(f"weftpd does not start under valgrind: {open(f'{work}/log').read()[-1000:]}")
        client = subprocess.Popen([f"{work}/load", "--port", found[1], "--user", "alice", "--password", "secret",
                                   "--upload", "up", "--ops", str(number), "--limit", "120", *options],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        output, _ = client.communicate("\n\n")
        result = json.loads(output.splitlines()[-1])
        if result.get("errors") or result.get("ops") != number:
            raise SystemExit(f"{options}: {result}")
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()
    return int(re.search(r"refs:\s+([\d,]+)", open(f"{work}/log").read())[1].replace(",", ""))


def main():
    if len(sys.argv) < 2 or any(row not in ROWS for row in sys.argv[2:]):
        raise SystemExit(__doc__)
    for tool in ("valgrind", "cc", "strip"):
        if not shutil.which(tool):
            raise SystemExit(f"{tool} is not installed")
    with tempfile.TemporaryDirectory(prefix="weftpd-instructions-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as work:
        os.mkdir(f"{work}/root")
        with open(f"{work}/root/small", "wb") as file:
            file.write(os.urandom(4096))
        # Valgrind does not understand Swift's debugging information.
        subprocess.run(["strip", "--strip-debug", "-o", f"{work}/weftpd", sys.argv[1]], check=True)
        subprocess.run(["cc", "-O2", "-o", f"{work}/load", f"{here}/load.c", "-lssl", "-lcrypto"], check=True)
        subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", f"{work}/openat2.so", f"{here}/openat2.c"], check=True)
        for row in sys.argv[2:] or ROWS:
            each = (count(work, LONG, ROWS[row]) - count(work, SHORT, ROWS[row])) / (LONG - SHORT)
            print(f"{row:5} {each:8,.0f} instructions", flush=True)


main()
