"""The FileZilla client itself, on a screen nobody sees: `filezilla.py KIND MODE PORT PASSWORD CERTIFICATE [SECRET]`.

KIND is opportunistic, explicit or implicit, MODE default or active. It lists /, fetches data.bin, and sends up.txt; the caller compares
files. With SECRET the user has a second factor: where FileZilla understands 336, which it does not under implicit TLS, the code is typed
into its dialog, else it stands behind the password. Needs filezilla, Xvfb, openbox and xdotool. Run in an empty directory; FileZilla's own log stays there as log.txt.
"""

import os
import pathlib
import sqlite3
import ssl
import subprocess
import sys
import time

import ftps

KINDS = {"opportunistic": (0, "ftp"), "implicit": (3, "ftps"), "explicit": (4, "ftpes")}
SCHEMA = """
CREATE TABLE servers (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, host TEXT NOT NULL, port INTEGER, user TEXT, password TEXT,
  account TEXT, keyfile TEXT, protocol INTEGER, type INTEGER, logontype INTEGER, timezone_offset INTEGER, transfer_mode TEXT,
  max_connections INTEGER, encoding TEXT, bypass_proxy INTEGER, post_login_commands TEXT, name TEXT, parameters TEXT,
  site_path TEXT DEFAULT NULL);
CREATE TABLE files (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, server INTEGER NOT NULL, source_file TEXT, target_file TEXT,
  local_path INTEGER, remote_path INTEGER, size INTEGER, error_count INTEGER, priority INTEGER, flags INTEGER,
  default_exists_action INTEGER, extra_flags TEXT);
CREATE INDEX server_index ON files (server);
CREATE TABLE local_paths (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, path TEXT NOT NULL);
CREATE TABLE remote_paths (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, path TEXT NOT NULL);
PRAGMA user_version=7;
"""
kind, mode, port, password, certificate = sys.argv[1:6]
secret = sys.argv[6] if len(sys.argv) > 6 else None
is_asked = secret and kind != "implicit"
if secret and not is_asked:
    password += ftps.code(secret)
protocol, scheme = KINDS[kind]
place = pathlib.Path.cwd()
home, log = place / "home", place / "log.txt"
configuration = home / ".config/filezilla"


def configure():
    configuration.mkdir(parents=True)
    settings = {
        "Greeting version": "99.0.0", "Logging file": log, "Number of Transfers": 2, "Queue completion action": 0,
        "File exists action download": 1, "File exists action upload": 1, "Update Check": 0,
    }
    rows = "".join(f'<Setting name="{name}">{value}</Setting>' for name, value in settings.items())
    (configuration / "filezilla.xml").write_text(
        f'<?xml version="1.0"?><FileZilla3 version="3.63.0" platform="*nix"><Settings>{rows}</Settings></FileZilla3>')
    der = ssl.PEM_cert_to_DER_cert(pathlib.Path(certificate).read_text())
    trusted = (
        f"<Certificate><Data>{der.hex()}</Data><ActivationTime>{int(time.time()) - 86400}</ActivationTime>"
        f"<ExpirationTime>{int(time.time()) + 86400}</ExpirationTime><Host>127.0.0.1</Host><Port>{port}</Port>"
        "<TrustSANs>0</TrustSANs></Certificate>")
    (configuration / "trustedcerts.xml").write_text(
        f'<?xml version="1.0"?><FileZilla3 version="3.63.0"><TrustedCerts>{trusted}</TrustedCerts></FileZilla3>')


def fill_queue():
    """FileZilla keeps its queue in a database, and reads it at start."""
    base = sqlite3.connect(configuration / "queue.sqlite3")
    base.executescript(SCHEMA)
    base.execute(
        "insert into servers(id,host,port,user,password,protocol,type,logontype,timezone_offset,transfer_mode,max_connections,"
        "encoding,bypass_proxy) values(1,'127.0.0.1',?,'alice',?,?,0,1,0,?,?,'Auto',0)",
        (int(port), password, protocol, mode, 1 if secret else 0))  # a code is good for one connection
    base.execute("insert into local_paths values(1,?)", (f"{place}/",))
    base.execute("insert into remote_paths values(1,'1 0')")
    for name, size, flags in (("data.bin", -1, 16), ("up.txt", (place / "up.txt").stat().st_size, 0)):
        base.execute(
            "insert into files(server,source_file,local_path,remote_path,size,error_count,priority,flags)"
            " values(1,?,1,1,?,0,2,?)", (name, size, flags))
    base.commit()


def wait_for(what, condition, seconds=100):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            sys.exit(f"{what} did not come: {log.read_text()[-3000:] if log.exists() else 'no log'}")
        time.sleep(0.1)


def main():
    configure()
    fill_queue()
    # -displayfd: a free screen is chosen and told.
    reading, writing = os.pipe()
    screen = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1024x768x24", "-nolisten", "tcp"], pass_fds=[writing],
        stderr=subprocess.DEVNULL)
    display = ":" + os.read(reading, 16).decode().strip()
    environment = os.environ | {"DISPLAY": display, "HOME": str(home), "NO_AT_BRIDGE": "1"}
    quiet = {"env": environment, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    processes = [screen, subprocess.Popen(["openbox"], **quiet)]
    try:
        processes.append(subprocess.Popen(
            ["filezilla", f"--local={place}", f"{scheme}://alice:{password}@127.0.0.1:{port}/"], **quiet))
        found = subprocess.run(
            ["xdotool", "search", "--sync", "--onlyvisible", "--pid", str(processes[-1].pid), "--name", "FileZilla$"],
            env=environment, capture_output=True, text=True, timeout=40, check=False)
        window = found.stdout.split()[0]
        if is_asked:
            subprocess.run(["xdotool", "search", "--sync", "--onlyvisible", "--name", "2FA code"],
                           env=environment, capture_output=True, timeout=40, check=True)
            subprocess.run(["xdotool", "type", "--delay", "50", ftps.code(secret)], env=environment, timeout=40, check=True)
            subprocess.run(["xdotool", "key", "Return"], env=environment, timeout=40, check=True)
        wait_for("the listing", lambda: log.exists() and 'listing of "/" successful' in log.read_text())
        subprocess.run(["xdotool", "windowactivate", "--sync", window, "key", "--clearmodifiers", "ctrl+p"],
                       env=environment, timeout=40, check=False)
        wait_for("two transfers", lambda: log.read_text().count("File transfer successful") == 2)
    finally:
        for process in reversed(processes):
            process.terminate()
            process.wait()


if __name__ == "__main__":
    main()
