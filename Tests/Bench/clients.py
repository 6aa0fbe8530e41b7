#!/usr/bin/env python3
"""Measures weftp beside curl, lftp, ncftp, wget, rclone and aria2: all against the same weftpd, in interleaved rounds.

make bench-clients runs it. Whoever is missing is left out with a word. lftp has MODE Z switched off, which it would choose and be thirty times
slower by. With --server-prefix and --client-prefix (ip netns exec NAME) and --address both ends run at the two ends of any emulated link.
"""

import argparse, filecmp, json, os, pathlib, shlex, shutil, signal, statistics, subprocess, sys, tempfile, time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
USER, PASSWORD = "alice", "secret"


class Bench:
    def __init__(self, options):
        self.options = options
        self.place = pathlib.Path(tempfile.mkdtemp(prefix="clients-", dir=options.directory))
        self.root, self.work = self.place / "root", self.place / "work"
        for path in (self.root / "tree", self.work):
            path.mkdir(parents=True)
        (self.root / "up").mkdir()
        size = options.mib << 20
        with open(self.root / "big", "wb") as file:
            for _ in range(options.mib):
                file.write(os.urandom(1 << 20))
        assert (self.root / "big").stat().st_size == size
        for directory in range(20):
            (self.root / "tree" / f"d{directory}").mkdir()
            for index in range(10):
                (self.root / "tree" / f"d{directory}" / f"f{index}").write_bytes(os.urandom(4096))
        self.server, self.port = None, 0

    def start(self):
        command = shlex.split(self.options.server_prefix) + [
            self.options.weftpd, "serve", str(self.root), "--listen", f"{self.options.address}:0", "--user", USER,
            "--set", "accounts.attempts=100",
        ] + (["--set", "server.allow-root=true"] if os.geteuid() == 0 else [])
        self.server = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env={**os.environ, "WEFTPD_PASSWORD": PASSWORD})
        for line in self.server.stdout:
            if "listening on" in line:
                self.port = int(line.rsplit(":", 1)[1])
                return
        sys.exit("clients: weftpd did not start")

    def end(self):
        if self.server:
            self.server.send_signal(signal.SIGTERM)
            self.server.wait(20)
        shutil.rmtree(self.place, ignore_errors=True)

    def url(self, path, scheme="ftp"):
        return f"{scheme}://{USER}@{self.options.address}:{self.port}/{path}"

    def lftp(self, script, tls=False):
        settings = "set ftp:use-mode-z no; set net:max-retries 1; set xfer:clobber yes; "
        settings += "set ssl:verify-certificate no; set ftp:ssl-force yes; set ftp:ssl-protect-data yes; " if tls else "set ftp:ssl-allow no; "
        return ["lftp", "-c", f"{settings} open -u {USER},{PASSWORD} -p {self.port} {self.options.address}; {script}"]

    def rclone(self, *arguments):
        secret = subprocess.run(["rclone", "obscure", PASSWORD], capture_output=True, text=True, check=True).stdout.strip()
        where = f":ftp,host={self.options.address},port={self.port},user={USER},pass={secret}:"
        return ["rclone", "--config", "/dev/null", "-q"] + [a.replace("REMOTE:", where) for a in arguments]

    def aria2(self, connections, url):
        # It has neither FTPS nor uploads, so it stands in two rows only.
        return ["aria2c", "-q", f"-x{connections}", f"-s{connections}", "-k1M", "--no-conf", "--allow-overwrite=true", "--file-allocation=none",
                f"--ftp-user={USER}", f"--ftp-passwd={PASSWORD}", url]

    def weftp(self, command, *arguments, tls=False):
        return [self.options.weftp, command, "-q" if command in ("get", "put", "mirror") else "--no-netrc",
                "--trust=none" if tls else "--tls=off", *arguments]

    def rows(self):
        curl = ["curl", "-s", "--user", f"{USER}:{PASSWORD}"]
        big, plain = str(self.root / "big"), self.url
        bare = f"ftp://{self.options.address}:{self.port}/"
        yield "get", "one large file down", {
            "weftp": self.weftp("get", plain("big")), "curl": curl + ["-o", "big", bare + "big"],
            "lftp": self.lftp("get big"), "wget": ["wget", "-q", "-O", "big", f"--user={USER}", f"--password={PASSWORD}", bare + "big"],
            "ncftp": ["ncftpget", "-V", "-u", USER, "-p", PASSWORD, "-P", str(self.port), self.options.address, ".", "big"],
            "rclone": self.rclone("copyto", "REMOTE:big", "big"), "aria2": self.aria2(1, bare + "big"),
        }, "big"
        yield "tls-get", "the same under TLS", {
            "weftp": self.weftp("get", plain("big", "ftpes"), tls=True), "curl": curl + ["-k", "--ssl-reqd", "-o", "big", bare + "big"],
            "lftp": self.lftp("get big", tls=True),
        }, "big"
        yield "put", "one large file up", {
            "weftp": self.weftp("put", "--no-resume", big, plain("up/")), "curl": curl + ["-T", big, bare + "up/"],
            "lftp": self.lftp(f"cd up; put {big}"),
        }, None
        pieces = {f"weftp -n {count}": self.weftp("get", "-n", count, plain("big")) for count in ("1", "4", "10", "auto")}
        yield "segments", "one large file down over several connections", pieces | {
            "lftp pget 4": self.lftp("pget -n 4 big"), "lftp pget 10": self.lftp("pget -n 10 big"),
            "curl": curl + ["-o", "big", bare + "big"],
            "aria2 4": self.aria2(4, bare + "big"),
        }, "big"
        yield "tls-segments", "the same under TLS", {
            "weftp -n 4": self.weftp("get", "-n", "4", plain("big", "ftpes"), tls=True),
            "weftp 4 plain": self.weftp("get", "-n", "4", plain("big")),
            "lftp pget 4": self.lftp("pget -n 4 big", tls=True),
        }, "big"
        yield "segments-up", "one large file up over several connections", {
            "weftp -n 1": self.weftp("put", "-n", "1", "--no-resume", big, plain("up/")),
            "weftp -n 4": self.weftp("put", "-n", "4", "--no-resume", big, plain("up/")),
            "weftp -n auto": self.weftp("put", "-n", "auto", "--no-resume", big, plain("up/")),
            "curl": curl + ["-T", big, bare + "up/"], "lftp": self.lftp(f"cd up; put {big}"),
        }, "up/big"
        yield "tree-down", "200 files of 4 KiB in 20 directories down", {
            "weftp": self.weftp("mirror", plain("tree"), "tree"), "lftp": self.lftp("mirror -P 4 tree tree"),
            "rclone": self.rclone("copy", "--transfers", "4", "REMOTE:tree", "tree"),
            "ncftp": ["ncftpget", "-V", "-R", "-u", USER, "-p", PASSWORD, "-P", str(self.port), self.options.address, ".", "tree"],
        }, "tree"
        tree = str(self.root / "tree")
        yield "tree-up", "the same up", {
            "weftp": self.weftp("mirror", tree, plain("up/tree")), "lftp": self.lftp(f"mirror -R -P 4 {tree} up/tree"),
            "rclone": self.rclone("copy", "--transfers", "4", tree, "REMOTE:up/tree"),
        }, None
        yield "nothing", "the tree again, with nothing to do", {
            "weftp": self.weftp("mirror", plain("tree"), "same"), "lftp": self.lftp("mirror -P 4 tree same"),
            "rclone": self.rclone("copy", "REMOTE:tree", "same"),
        }, None
        yield "ls", "a listing, from start to exit", {
            "weftp": self.weftp("ls", plain("")), "curl": curl + [bare], "lftp": self.lftp("ls"),
        }, None

    def measure(self, command):
        """Wall and CPU seconds, and the peak of resident memory in KiB, of one run."""
        began = time.monotonic()
        process = subprocess.Popen(
            shlex.split(self.options.client_prefix) + command, cwd=self.work, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            env={**os.environ, "WEFTP_PASSWORD": PASSWORD, "HOME": str(self.place)})
        process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            return None
        return time.monotonic() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss

    def clean(self):
        for path in list(self.work.iterdir()):
            if path.name != "same":
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        for path in (self.root / "up").iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def is_right(self, result):
        if result == "big":
            return filecmp.cmp(self.root / "big", self.work / "big", shallow=False)
        if result == "up/big":
            return filecmp.cmp(self.root / "big", self.root / "up" / "big", shallow=False)
        if result == "tree":
            return not subprocess.run(["diff", "-rq", self.root / "tree", self.work / "tree"], capture_output=True).stdout
        return True

    def run(self):
        self.start()
        # What "nothing" finds.
        self.measure(self.weftp("mirror", self.url("tree"), "same"))
        figures = {}
        wanted = self.options.rows.split(",") if self.options.rows else None
        for name, title, clients, result in self.rows():
            if wanted and name not in wanted:
                continue
            clients = {client: command for client, command in clients.items() if shutil.which(command[0])}
            runs = {client: [] for client in clients}
            for number in range(self.options.rounds):
                order = list(clients)
                order = order[number % len(order):] + order[:number % len(order)]
                for client in order:
                    self.clean()
                    figure = self.measure(clients[client])
                    if figure and self.is_right(result):
                        runs[client].append(figure)
            print(f"\n{name}: {title}")
            for client, values in runs.items():
                if len(values) < self.options.rounds:
                    print(f"  {client:13} failed {self.options.rounds - len(values)} of {self.options.rounds}")
                if values:
                    wall, cpu, memory = (statistics.median(column) for column in zip(*values))
                    figures[f"{name} {client}"] = {"seconds": wall, "cpu": cpu, "kib": memory}
                    print(f"  {client:13} {wall:8.3f} s  CPU {cpu:7.3f} s  {memory / 1024:7.1f} MiB")
            sys.stdout.flush()
        if self.options.json:
            pathlib.Path(self.options.json).write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weftp", default=str(REPOSITORY / ".build/release/weftp"))
    parser.add_argument("--weftpd", default=str(REPOSITORY / ".build/release/weftpd"))
    parser.add_argument("--rows", metavar="NAMES", help="only these, separated by commas: get, tls-get, put, segments, tls-segments, segments-up, tree-down, tree-up, nothing, ls")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--mib", type=int, default=256, help="size of the large file")
    parser.add_argument("--directory", default="/dev/shm")
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--server-prefix", default="", help="runs the server: 'ip netns exec NAME'")
    parser.add_argument("--client-prefix", default="", help="runs the clients")
    parser.add_argument("--json", metavar="FILE")
    bench = Bench(parser.parse_args())
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        bench.run()
    finally:
        bench.end()


if __name__ == "__main__":
    main()
