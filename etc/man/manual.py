#!/usr/bin/env python3
"""Writes the manual pages from what the programs say of themselves and from the documents that are written from the tables.

    etc/man/manual.py --weftpd BINARY --mptcpctl BINARY [--output DIR | --check DIR]

Commands and options come from the parser (`--experimental-dump-help`), settings from docs/configuration.md and user options from
docs/accounts.md, whose tables tests hold to the code. What only a person can say stands in the texts below. --check tells which pages
differ and exits with 1.
"""
import argparse, json, pathlib, re, subprocess, sys

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
OPERATOR = ["status", "who", "paths", "kick", "say", "log", "log-level", "reload", "drain"]


def roff(text):
    """Plain text with `code` and [links](…), as roff."""
    text = re.sub(r"\[([^][]*)\]\([^)]*\)", r"\1", text)
    text = text.replace("…", "...").replace("–", "-")
    out = []
    for index, part in enumerate(re.split(r"`([^`]*)`", text)):
        part = part.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("^", "\\(ha").replace("~", "\\(ti")
        out.append(f"\\fB{part}\\fR" if index % 2 else part)
    # A line must not begin with what roff takes for a request.
    return re.sub(r"^([.'])", r"\\&\1", "".join(out), flags=re.M)


def paragraphs(text):
    return "\n.PP\n".join(roff(" ".join(p.split())) for p in text.strip().split("\n\n"))


def page(name, section, title, brief, body):
    version = re.search(r'weftVersion = "(.*)"', (TOP / "Sources/WeftVersion/WeftVersion.swift").read_text())[1]
    return (f'.\\" Written by etc/man/manual.py.\n.TH {name.upper()} {section} "" "weftpd {version}" "{title}"\n'
            f".SH NAME\n{roff(name)} \\- {roff(brief)}\n{body.rstrip()}\n")


def dump(binary):
    return json.loads(subprocess.run([binary, "--experimental-dump-help"], check=True, capture_output=True).stdout)["command"]


def names(argument):
    return ["-" + n["name"] if n["kind"] == "short" else "--" + n["name"] for n in argument.get("names", [])]


def arguments(command):
    skip = {"help", "version"}
    return [a for a in command.get("arguments", []) if a.get("shouldDisplay", True) and a.get("valueName") not in skip]


def synopsis(prefix, command):
    parts = [f"\\fB{roff(prefix)}\\fR"]
    for a in arguments(command):
        if a["kind"] == "positional":
            text = f"\\fI{roff(a['valueName'].upper())}\\fR"
        elif a["kind"] == "flag":
            text = f"\\fB{roff(names(a)[-1])}\\fR"
        else:
            text = f"\\fB{roff(names(a)[-1])}\\fR\\~\\fI{roff(a['valueName'].upper())}\\fR"
        if a.get("isOptional"):
            text = f"[{text}]"
        parts.append(text + ("..." if a.get("isRepeating") else ""))
    return ".HP\n" + " ".join(parts) + "\n"


def options(command):
    out = ""
    for a in arguments(command):
        if a["kind"] == "positional":
            head = f"\\fI{roff(a['valueName'].upper())}\\fR"
        else:
            head = ", ".join(f"\\fB{roff(n)}\\fR" for n in names(a))
            if a["kind"] == "option":
                head += f" \\fI{roff(a['valueName'].upper())}\\fR"
        text = roff(a.get("abstract", ""))
        default = a.get("defaultValue")
        if default and default not in ("false", ""):
            text += f" The default is {roff(default)}."
        out += f".TP\n{head}\n{text}\n"
    return out


def leaves(prefix, command, only=None):
    """Commands that do something, with their whole names."""
    for sub in command.get("subcommands", []):
        if sub["commandName"] == "help" or not sub.get("shouldDisplay", True) or (only is not None and not only(sub["commandName"])):
            continue
        whole = f"{prefix} {sub['commandName']}"
        deeper = [s for s in sub.get("subcommands", []) if s["commandName"] != "help"]
        if deeper:
            yield from leaves(whole, sub)
        else:
            yield whole, sub


def commands(prefix, command, only=None):
    found = list(leaves(prefix, command, only))
    out = ".SH SYNOPSIS\n" + "".join(synopsis(name, c) for name, c in found)
    out += ".SH COMMANDS\n"
    for name, c in found:
        out += f".SS {roff(name)}\n{roff(c.get('abstract', ''))}\n"
        if c.get("discussion"):
            out += ".PP\n" + paragraphs(c["discussion"]) + "\n"
        out += options(c)
    return out


def table(document, heading):
    """The rows of the first table of a document whose head begins with `heading`."""
    rows, inside = [], False
    for line in (TOP / document).read_text().splitlines():
        if line.startswith(f"| {heading} |"):
            inside = True
        elif inside and line.startswith("|---"):
            continue
        elif inside and line.startswith("|"):
            rows.append([c.strip().replace("\\|", "|") for c in re.split(r"(?<!\\)\|", line)[1:-1]])
        elif inside:
            break
    return rows


def see(*pages):
    return ".SH SEE ALSO\n" + ",\n".join(f"\\fB{roff(p)}\\fR({s})" for p, s in pages) + "\n"


EXIT = """.SH EXIT STATUS
.TP
0
It went well.
.TP
1
It failed; standard error says why.
.TP
64
The command line is wrong.
.TP
78
The settings or the user table cannot be used.
"""

FILES = """.SH FILES
.TP
.I /etc/weftpd/weftpd.yaml
The settings, see \\fBweftpd.yaml\\fR(5).
.TP
.I /etc/weftpd/users
The user table, see \\fBweftpd\\-users\\fR(5).
.TP
.I /run/weftpd/server/control
The control socket, see \\fBweftpd\\-who\\fR(8).
"""

WHO = """.SH DESCRIPTION
These commands reach a running weftpd by its control socket (\\fBserver.control\\fR in \\fBweftpd.yaml\\fR(5)). Root, the user weftpd runs as
and that user's group may use it.
.PP
.B weftpd who
shows a table that keeps itself up to date, if it is on a terminal. These are its keys:
"""


def weftpd(command):
    body = commands("weftpd", command, lambda n: n not in OPERATOR)
    description = ".SH DESCRIPTION\nweftpd is an FTP server (RFC 959) with TLS and Multipath TCP. The commands that look at a running server are in \\fBweftpd\\-who\\fR(8).\n"
    body = body.replace(".SH COMMANDS\n", description + ".SH COMMANDS\n", 1)
    signals = """.SH SIGNALS
.TP
SIGTERM, SIGINT
No new sessions; transfers may take up to \\fBshutdown.grace\\fR. A second one ends the process at once.
.TP
SIGHUP
Reads settings, user tables and certificates again, and reopens the transfer log.
"""
    environment = """.SH ENVIRONMENT
Each setting has a variable, stronger than the file: \\fBWEFTPD_PASSIVE_PORTS\\fR for \\fBpassive.ports\\fR.
.TP
.BR WEFTPD_PASSWORD ", " WEFTPD_PASSWORD_FILE
The password of \\fBserve \\-\\-user\\fR, itself or in a file.
"""
    return page("weftpd", 8, "System Administration", "an FTP server", body + signals + environment + FILES + EXIT
                + see(("weftpd.yaml", 5), ("weftpd-users", 5), ("weftpd-who", 8), ("mptcpctl", 8)))


def who(command):
    body = commands("weftpd", command, lambda n: n in OPERATOR)
    keys = "".join(f".TP\n{roff(k)}\n{roff(v)}\n" for k, v in table("docs/operation.md", "key"))
    body = body.replace(".SH COMMANDS\n", WHO + keys + ".SH COMMANDS\n", 1)
    return page("weftpd-who", 8, "System Administration", "look at a running weftpd, end sessions, drain it", body + FILES + EXIT
                + see(("weftpd", 8), ("weftpd.yaml", 5)))


def settings():
    head = """.SH DESCRIPTION
The settings of \\fBweftpd\\fR(8) are a YAML file, read at the start and on SIGHUP. Every setting has a default. \\fBweftpd check\\fR tells all
mistakes at once, and with \\fB\\-\\-settings\\fR what is in force and where it comes from.
.PP
A key such as \\fBpassive.ports\\fR may stand as one word, or beneath a section:
.PP
.nf
passive:
  ports: 50000\\-50100
.fi
.PP
Stronger than the file are environment variables (\\fBWEFTPD_PASSIVE_PORTS\\fR), then \\fB\\-\\-set passive.ports=50000\\-50100\\fR, then options such as
\\fB\\-\\-listen\\fR. Durations are in seconds or have a unit: 500ms, 30s, 15m, 2h, 1d. Sizes are in bytes or have a unit: 4KiB, 1MiB.
.SH SETTINGS
"""
    out, section = "", None
    for key, kind, default, unit, meaning in table("docs/configuration.md", "key"):
        key = key.strip("`")
        if key.split(".")[0] != section and "." in key:
            section = key.split(".")[0]
            out += f".SS {roff(section)}\n"
        out += f".TP\n\\fB{roff(key)}\\fR ({roff(kind)}{', ' + roff(unit) if unit else ''})\n{roff(meaning)}\n.br\nDefault: {roff(default)}\n"
    return page("weftpd.yaml", 5, "File Formats", "settings of weftpd", head + out + see(("weftpd", 8), ("weftpd-users", 5)))


def users():
    fields = "".join(f".TP\n\\fB{roff(n)}\\fR\n{roff(what)}. {roff(may[0].upper() + may[1:])}.\n" for n, what, may in table("docs/accounts.md", "field"))
    more = "".join(f".TP\n{roff(o)}\n{roff(what)}.\n" for o, what in table("docs/accounts.md", "option"))
    body = f""".SH DESCRIPTION
The user table says who may log in to \\fBweftpd\\fR(8). \\fBaccounts.table\\fR in \\fBweftpd.yaml\\fR(5) names it; it is read at the start and on
SIGHUP. \\fBweftpd user\\fR edits it safely: it checks what it writes and replaces the file in one step.
.PP
There is one user a line, in four fields separated by colons. Empty lines and lines that begin with # are ignored.
.PP
.nf
NAME:HASH:HOME:OPTIONS
.fi
{fields}.SH OPTIONS
The first is \\fBrw\\fR or \\fBro\\fR. These may follow, separated by commas:
{more}.SH EXAMPLE
.nf
alice:$y$j9T$...:/srv/ftp/alice:rw
bob:*:/srv/ftp/pub:ro
carol:$y$j9T$...:/srv/ftp/carol:rw,tls=required\\-data
.fi
.SH SECURITY
The file has password hashes: let only its owner read it, or root and weftpd's group (mode 0640). One that everybody can write is refused.
"""
    return page("weftpd-users", 5, "File Formats", "user table of weftpd", body + see(("weftpd", 8), ("weftpd.yaml", 5)))


def mptcpctl(command):
    body = commands("mptcpctl", command)
    description = ".SH DESCRIPTION\nmptcpctl shows and sets what this host does with Multipath TCP (RFC 8684).\n"
    body = body.replace(".SH COMMANDS\n", description + ".SH COMMANDS\n", 1)
    return page("mptcpctl", 8, "System Administration", "show and set multipath TCP", body + see(("weftpd", 8), ("ip-mptcp", 8)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weftpd", required=True)
    parser.add_argument("--mptcpctl", required=True)
    parser.add_argument("--output", type=pathlib.Path)
    parser.add_argument("--check", type=pathlib.Path)
    chosen = parser.parse_args()
    own = dump(chosen.weftpd)
    pages = {"weftpd.8": weftpd(own), "weftpd-who.8": who(own), "weftpd.yaml.5": settings(), "weftpd-users.5": users(),
             "mptcpctl.8": mptcpctl(dump(chosen.mptcpctl))}
    if chosen.check:
        stale = [n for n, text in pages.items() if not (chosen.check / n).exists() or (chosen.check / n).read_text() != text]
        if stale:
            sys.exit(f"stale: {' '.join(stale)}; run etc/man/manual.py with --output {chosen.check}")
    if chosen.output:
        chosen.output.mkdir(parents=True, exist_ok=True)
        for name, text in pages.items():
            (chosen.output / name).write_text(text)


main()
