"""The rows of the benchmark: what the load generator does for each, and which figures a run of it gives."""

import dataclasses

BIG, MIDDLE, SMALL = 256 << 20, 16 << 20, 4 << 10
UPLOAD = 128 << 20
# 64 MiB of text, and what it becomes on the wire in TYPE A: one more byte for each line.
TEXT_PIECE = (b"The quick brown fox jumps over the lazy dog, again and again\n" * 20000)[: 1 << 20]
TEXT = 64 * len(TEXT_PIECE)
TEXT_ON_THE_WIRE = TEXT + 64 * TEXT_PIECE.count(b"\n")


@dataclasses.dataclass(frozen=True)
class Metric:
    """One figure of a row; `lower` is true where less is better, `compared` is false for what is only told beside."""

    name: str
    unit: str
    lower: bool = False
    compared: bool = True


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    title: str
    load: tuple  # arguments of the load generator
    kind: str = "rate"  # rate, bytes, time, mixed, burst, churn
    pinned: bool = False  # client and server on one CPU
    anonymous: bool = False
    slow: bool = False  # not part of --quick
    multipath: bool = False  # weftpd with and without multipath TCP takes part, too
    replaces: bool = False  # servers that replace files and those that write into them take part, too
    size: int = 128 << 20  # bytes of one operation, where the load generator does not tell
    special: str = ""  # run by a function of its own: idle, huge
    ports: tuple = ()  # passive ports, where a thousand are too few
    hung: bool = False  # one more session hangs on a file system that does not answer
    tls: bool = False  # both channels under TLS, with every server set up for it

    @property
    def metrics(self):
        cost = Metric("cpu", "µs CPU", True)
        match self.kind:
            case "bytes":
                return [Metric("rate", "MiB/s"), Metric("cpu", "s CPU/GiB", True)]
            case "time":
                return [Metric("rate", "ms", True), cost]
            case "mixed":
                return [Metric("rate", "ops/s"), cost, Metric("p50", "p50 ms", True), Metric("p99", "p99 ms", True)]
            case "burst":
                return [Metric("rate", "p99 ms", True), cost, Metric("share", "% greeted", compared=False)]
            case "churn":
                held = Metric("held", "% of the first second", compared=False)
                return [Metric("rate", "/s at the end"), cost, held]
            case "idle":
                login, opened = Metric("login", "login p50 ms", True), Metric("opened", "opened/s")
                return [Metric("rate", "KiB each", True), login, opened, Metric("base", "MiB with none", True, False)]
            case "huge":
                first, whole = Metric("rate", "first byte ms", True), Metric("whole", "whole ms", True)
                return [first, whole, Metric("growth", "MiB growth", True, compared=False)]
        return [Metric("rate", "/s"), cost]

    def figures(self, result, cpu):
        """The row's metrics from the load generator's JSON and the server's CPU seconds."""
        ops, seconds = result["ops"], result["seconds"] or 1e-9
        if not ops:
            return {}
        figures = {"rate": ops / seconds, "cpu": cpu / ops * 1e6}
        match self.kind:
            case "bytes":
                volume = result["bytes"] or float(ops) * self.size
                figures = {"rate": volume / seconds / 2**20, "cpu": cpu / (volume / 2**30)}
            case "time":
                figures["rate"] = seconds / ops * 1e3
            case "mixed":
                figures["p50"], figures["p99"] = result["p50_us"] / 1e3, result["p99_us"] / 1e3
            case "burst":
                figures["rate"] = result["p99_us"] / 1e3
                figures["share"] = 100 * ops / (ops + result["unfinished"] + result["errors"])
            case "churn":
                whole = result["per_second"]
                figures["rate"] = whole[-1] if whole else ops / seconds
                figures["held"] = 100 * figures["rate"] / whole[0] if whole and whole[0] else 100.0
        return figures


def transfer(*arguments):
    return ("--op", "retr", "--path", "small.bin", "--size", str(SMALL), *arguments)


def mix(sessions):
    return ("--op", "mix", "--path", "small.bin", "--size", str(SMALL), "--list-path", "d100", "--at-least", "2000",
            "--sessions", str(sessions), "--parallel", "8")


def rows(idle=5000, huge=100000, churn=8):
    small_upload = ("--op", "stor", "--size", str(SMALL))
    return [
        Row("retr-1", "RETR of 256 MiB, 1 session, client and server on one CPU",
            ("--op", "retr", "--path", "big.bin", "--size", str(BIG)), "bytes", pinned=True, multipath=True),
        Row("retr-8", "RETR of 256 MiB, 8 sessions",
            ("--op", "retr", "--path", "big.bin", "--size", str(BIG), "--sessions", "8"), "bytes"),
        Row("stor-1", "STOR of 128 MiB, 1 session, client and server on one CPU",
            ("--op", "stor", "--size", str(UPLOAD)), "bytes", pinned=True, multipath=True),
        Row("stor-gib", "STOR of 1 GiB, 1 session", ("--op", "stor", "--size", str(1 << 30), "--limit", "120"), "bytes",
            slow=True, size=1 << 30),
        Row("text-1", "RETR of 64 MiB of text in TYPE A, 1 session, client and server on one CPU",
            ("--op", "retr", "--path", "text.txt", "--type", "A", "--size", str(TEXT_ON_THE_WIRE)),
            "bytes", pinned=True),
        Row("text-up-1", "STOR of 128 MiB of text in TYPE A, 1 session, client and server on one CPU",
            ("--op", "stor", "--type", "A", "--size", str(UPLOAD)), "bytes", pinned=True),
        Row("block-1", "RETR of 64 MiB of text in TYPE A, MODE B, 1 session, client and server on one CPU",
            ("--op", "retr", "--path", "text.txt", "--type", "A", "--mode", "B", "--size", str(TEXT_ON_THE_WIRE)),
            "bytes", pinned=True, slow=True),
        Row("block-image-1", "RETR of 256 MiB in MODE B, 1 session, client and server on one CPU",
            ("--op", "retr", "--path", "big.bin", "--mode", "B", "--size", str(BIG)), "bytes", pinned=True, slow=True),
        Row("deflate-1", "RETR of 64 MiB of text in MODE Z, level 6, 1 session, client and server on one CPU",
            ("--op", "retr", "--path", "text.txt", "--mode", "Z", "--size", str(TEXT)), "bytes", pinned=True,
            slow=True),
        Row("small-retr-1", "PASV and RETR of 4 KiB, 1 session", transfer(), multipath=True),
        Row("small-retr-1-epsv", "EPSV and RETR of 4 KiB, 1 session", transfer("--epsv"), slow=True),
        Row("small-retr-16", "PASV and RETR of 4 KiB, 16 sessions", transfer("--sessions", "16")),
        Row("small-stor-1", "PASV and STOR of 4 KiB, 1 session", small_upload, replaces=True),
        Row("small-stor-16", "PASV and STOR of 4 KiB, 16 sessions", (*small_upload, "--sessions", "16"), slow=True,
            replaces=True),
        Row("churn-16", f"PASV and RETR of 4 KiB, 16 sessions, for {churn} s: the last second",
            transfer("--sessions", "16", "--seconds", str(churn)), "churn", slow=True),
        Row("login-anon-1", "connect, anonymous login, QUIT, one at a time", ("--op", "login"), anonymous=True,
            multipath=True),
        Row("login-anon-32", "connect, anonymous login, QUIT, 32 at once",
            ("--op", "login", "--sessions", "32"), anonymous=True),
        Row("login-user-1", "connect, login with a password (SHA-512 crypt), QUIT, one at a time",
            ("--op", "login"), slow=True),
        Row("login-user-32", "connect, login with a password (SHA-512 crypt), QUIT, 32 at once",
            ("--op", "login", "--sessions", "32")),
        Row("noop", "NOOP, one at a time", ("--op", "command", "--command", "NOOP")),
        Row("noop-pipelined", "NOOP, 32 pipelined", ("--op", "command", "--command", "NOOP", "--depth", "32")),
        Row("size", "SIZE, one at a time", ("--op", "command", "--command", "SIZE small.bin")),
        Row("list-10k", "LIST of 10,000 entries",
            ("--op", "list", "--list-path", "d10000", "--at-least", "200000"), "time"),
        Row("mlsd-10k", "MLSD of 10,000 entries",
            ("--op", "list", "--list-verb", "MLSD", "--list-path", "d10000", "--at-least", "200000"), "time"),
        Row("mix-200", "200 sessions: RETR 4 KiB (5 of 10), STOR 4 KiB (3), LIST of 100 (2)", mix(200), "mixed"),
        Row("mix-2000", "the same with 2,000 sessions", mix(2000), "mixed", slow=True,
            ports=(10000, 19999)),
        Row("mix-200-hung", "the same with 200, beside one that hangs on a file system that does not answer", mix(200),
            "mixed", slow=True, hung=True),
        Row("burst-300", "300 connections at once: the greeting",
            ("--op", "greeting", "--sessions", "300", "--limit", "5"), "burst"),
        Row("tls-retr-1", "TLS: RETR of 256 MiB, 1 session, client and server on one CPU",
            ("--op", "retr", "--path", "big.bin", "--size", str(BIG), "--tls"), "bytes", pinned=True, tls=True),
        Row("tls-stor-1", "TLS: STOR of 128 MiB, 1 session, client and server on one CPU",
            ("--op", "stor", "--size", str(UPLOAD), "--tls"), "bytes", pinned=True, tls=True),
        Row("tls-small-retr-1", "TLS: PASV and RETR of 4 KiB, 1 session", transfer("--tls"), tls=True),
        Row("tls-small-stor-1", "TLS: PASV and STOR of 4 KiB, 1 session", (*small_upload, "--tls"), tls=True),
        Row("tls-login-1", "TLS: connect, full handshake (RSA 2048), login with a password, QUIT, one at a time",
            ("--op", "login", "--tls"), tls=True),
        Row("tls-login-32", "TLS: connect, full handshake (RSA 2048), login with a password, QUIT, 32 at once",
            ("--op", "login", "--sessions", "32", "--tls"), tls=True),
        Row(f"list-{huge // 1000}k", f"LIST of {huge:,} entries: first byte, and growth of resident memory",
            ("--op", "list", "--list-path", f"d{huge}", "--ops", "1", "--limit", "30"), "huge", special="huge"),
        Row("idle", f"{idle:,} idle sessions: memory of each (PSS), and a new anonymous login beside them",
            ("--op", "login", "--parallel", "16", "--ops", "200", "--limit", "120"), "idle",
            anonymous=True, special="idle"),
    ]


# The second table, system calls of the server for one operation: (title, operations counted, load's arguments).
COUNTED = [
    ("RETR 4 KiB (PASV to 226)", 40, transfer()),
    ("RETR 4 KiB (EPSV to 226)", 40, transfer("--epsv")),
    ("STOR 4 KiB", 40, ("--op", "stor", "--size", str(SMALL))),
    ("anonymous login and QUIT", 20, ("--op", "login", "--user", "anonymous")),
    ("NOOP", 100, ("--op", "command", "--command", "NOOP")),
    ("SIZE", 100, ("--op", "command", "--command", "SIZE small.bin")),
    ("RETR 16 MiB", 4, ("--op", "retr", "--path", "middle.bin", "--size", str(MIDDLE))),
    ("STOR 16 MiB", 4, ("--op", "stor", "--size", str(MIDDLE))),
    ("LIST of 100", 10, ("--op", "list", "--list-path", "d100", "--at-least", "2000")),
]
GOALS = {
    "RETR 4 KiB (PASV to 226)": 20, "STOR 4 KiB": 23, "anonymous login and QUIT": 21, "NOOP": 3, "RETR 16 MiB": 60,
    "STOR 16 MiB": 150,
}
