#!/usr/bin/python3
"""weftpd asks an LDAP directory: an example for accounts.external.program (docs/accounts.md).

Needs ldapwhoami and ldapsearch (Debian: ldap-utils). Copy it to /usr/local/lib/weftpd/ldap.py, and ldap.ini beside it, and set
accounts.external.program to it. The user's own name and password are used for the bind, so it needs no password of its own.

Standard input has the question as JSON, standard output gets the answer. Exit code 1 and a line on standard error: nobody can
tell, and the client is told to come again. The password goes to ldapwhoami by a pipe; it is in no argument and no environment.
"""

import base64
import configparser
import json
import os
import re
import subprocess
import sys

INVALID_CREDENTIALS, NO_SUCH_OBJECT = 49, 32


def answer(document):
    json.dump(document, sys.stdout)
    sys.exit(0)


def deny():
    answer({"allow": False})


def give_up(reason):
    print(f"weftpd ldap.py: {reason}", file=sys.stderr)
    sys.exit(1)


def escaped(value):
    """A value as it stands in a DN (RFC 4514, section 2.4)."""
    text = re.sub(r'([,+"\\<>;=])', r"\\\1", value).replace("\0", r"\00")
    if text[:1] in (" ", "#"):
        text = "\\" + text
    if text.endswith(" ") and len(value) > 1:
        text = text[:-1] + "\\ "
    return text


def ldap(program, settings, password, *arguments):
    """Runs an LDAP program that binds as the user; its exit code and what it prints."""
    command = [program, "-x", "-H", settings["uri"], "-D", settings["dn"], "-y", "/dev/stdin", "-o", "nettimeout=5"]
    if settings.getboolean("start_tls", fallback=False):
        command.append("-ZZ")
    environment = {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "LC_ALL": "C.UTF-8",
        "LDAPTLS_CACERT": settings.get("ca", "/etc/ssl/certs/ca-certificates.crt"),
        "LDAPTLS_REQCERT": "demand",
    }
    run = subprocess.run(
        command + list(arguments), input=password.encode(), env=environment, capture_output=True, timeout=30, check=False)
    if run.returncode not in (0, INVALID_CREDENTIALS, NO_SUCH_OBJECT):
        lines = run.stderr.decode(errors="replace").strip().splitlines()
        give_up("; ".join(lines[:3]) or f"{program} ended with {run.returncode}")
    return run.returncode, run.stdout.decode()


def main():
    question = json.load(sys.stdin)
    user, password = question["user"], question["password"]
    # A bind without a password succeeds for whatever name (RFC 4513, section 5.1.2).
    if not password:
        deny()
    # The name becomes a part of a path.
    if "/" in user or user.startswith("."):
        deny()
    reader = configparser.ConfigParser(interpolation=None)
    path = os.path.join(os.path.dirname(os.path.realpath(sys.argv[0])), "ldap.ini")
    if not reader.read(path):
        give_up(f"{path} cannot be read")
    settings = reader["ldap"]
    settings["dn"] = settings["user_dn"].replace("{user}", escaped(user))
    code, _ = ldap("ldapwhoami", settings, password)
    if code != 0:
        deny()
    home = settings["home"].replace("{user}", user)
    condition = settings.get("filter", "")
    attribute = settings.get("home_attribute", "")
    if condition or attribute:
        code, found = ldap(
            "ldapsearch", settings, password, "-LLL", "-o", "ldif_wrap=no", "-s", "base", "-b", settings["dn"],
            condition or "(objectClass=*)", attribute or "1.1")
        if code != 0 or not found.startswith("dn:"):
            deny()
        # What is not ASCII is in base64, behind two colons (RFC 2849).
        named = re.search(rf"^{re.escape(attribute)}(::?) (.*)$", found, re.MULTILINE) if attribute else None
        if named:
            home = named[2] if named[1] == ":" else base64.b64decode(named[2]).decode()
    entry = {"home": home, "access": settings.get("access", "rw")}
    for key, value in reader["entry"].items() if reader.has_section("entry") else []:
        entry[key] = value
    answer({"allow": True, "entry": entry})


if __name__ == "__main__":
    try:
        main()
    except subprocess.TimeoutExpired:
        give_up("the directory gave no answer in time")
