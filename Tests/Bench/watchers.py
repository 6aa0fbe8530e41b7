#!/usr/bin/env python3
"""What operators and scrapers cost: processor time of weftpd for each small download, with nobody looking, with metrics, with a scraper, with
a watcher. One server for each; rounds take turns, so that a machine that is busy otherwise is busy for all of them.

usage: watchers.py WEFTPD [ROUNDS] [SECONDS]
"""
import glob, json, os, shutil, signal, statistics, subprocess, sys, tempfile, threading, time

binary = os.path.realpath(sys.argv[1])
rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 12
seconds = float(sys.argv[3]) if len(sys.argv) > 3 else 2.0
here = os.path.dirname(os.path.abspath(__file__))
work = tempfile.mkdtemp(prefix="weftpd-watchers-")
os.mkdir(f"{work}/root")
open(f"{work}/root/small", "wb").write(os.urandom(4096))
load = f"{work}/load"
subprocess.run(["gcc", "-O2", "-o", load, f"{here}/load.c", "-lssl", "-lcrypto"], check=True)
port = 21600 + os.getpid() % 1000
servers = {}


def start(name, *settings):
    global port
    port += 1
    words = [binary, "serve", f"{work}/root", "--user", "alice", "--listen", f"127.0.0.1:{port}"]
    for setting in ("mptcp.control=off", "mptcp.data=off", "limits.sessions-per-address=0", "tls.mode=off",
                    f"server.control={work}/{name}") + settings:
        words += ["--set", setting]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("WEFTPD_")}
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=open(f"{work}/{name}.log", "wb"),
                               env=environment | {"WEFTPD_PASSWORD": "secret", "WEFTPD_SERVER_ALLOW_ROOT": "true"})
    process.stdout.readline()
    servers[name] = (process, port)


def processor(pid):
    """Nanoseconds that all threads have run."""
    return sum(int(open(f).read().split()[0]) for f in glob.glob(f"/proc/{pid}/task/*/schedstat"))


def measure(name):
    process, port = servers[name]
    client = subprocess.Popen([load, "--port", str(port), "--op", "retr", "--path", "small", "--size", "4096", "--sessions", "8",
                               "--seconds", str(seconds), "--user", "alice", "--password", "secret"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    ready = json.loads(client.stdout.readline())
    if not ready["ready"]:
        raise SystemExit(f"{name}: {ready}")
    before = processor(process.pid)
    client.stdin.write("\n")
    client.stdin.flush()
    result = json.loads(client.stdout.readline())
    used = processor(process.pid) - before
    client.stdin.close()
    client.wait()
    if result["errors"]:
        raise SystemExit(f"{name}: {result}")
    return used / result["ops"] / 1000


try:
    start("nobody")
    # The same again: what the measurement itself is good for.
    start("control")
    start("metrics", f"metrics.listen={work}/metrics.sock")
    start("scraper", f"metrics.listen={work}/scraper.sock")
    start("watcher")
    over = threading.Event()

    def scrape():
        while not over.wait(1):
            subprocess.run(["curl", "-s", "-o", "/dev/null", "--unix-socket", f"{work}/scraper.sock", "http://x/metrics"])

    threading.Thread(target=scrape, daemon=True).start()
    watcher = subprocess.Popen([binary, "who", "--json", "--socket", f"{work}/watcher"], stdout=subprocess.DEVNULL)
    figures = {name: [] for name in servers}
    for number in range(rounds):
        names = list(servers)
        for name in names[number % len(names):] + names[:number % len(names)]:
            figures[name].append(measure(name))
    over.set()
    base = figures["nobody"]
    for name in servers:
        ratios = [a / b - 1 for a, b in zip(figures[name], base)]
        print(f"{name:8}  {statistics.median(figures[name]):7.2f} us for each RETR of 4 KiB   "
              f"{statistics.median(ratios) * 100:+5.1f} % (median of {rounds} rounds)")
    watcher.kill()
    watcher.wait()
finally:
    for process, _ in servers.values():
        process.send_signal(signal.SIGKILL)
        process.wait()
    shutil.rmtree(work, ignore_errors=True)
