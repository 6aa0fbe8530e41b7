#!/usr/bin/env python3
"""How long a user table of 10,000 users takes to load, and to find somebody in, in both forms.

    python3 Tests/Bench/accounts.py --weftpd .build/release/weftpd

`weftpd user show` loads the table and looks one user up. What the same command takes with a table of one user is taken off, so that
the figure is the table's alone. A bound is kept with --limit: the exit code is 1 if a form needs more milliseconds.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

# A hash of "correct horse" by crypt(3): what tables hold, and nothing is hashed while one is loaded.
HASH = "$y$j9T$ZDhiUqzFlyRBZek9ROmny0$rKCtEzEBXtMzl.LZLgDX7AaASlhnxqAFPRgrTakTcf0"


def lines(users):
    """A table of lines with two options a user."""
    return "".join(f"user{n}:{HASH}:/srv/ftp/user{n}:rw,quota=1GiB,rate-down=1MiB\n" for n in range(users))


def yaml(users):
    """The same as YAML, with a group that all users are in."""
    text = "groups:\n  staff:\n    home: /srv/ftp/%u\n    access: rw\n    tls: required\n    hours: mon-fri 0600-2200\nusers:\n"
    return text + "".join(
        f"  user{n}:\n    password: {HASH}\n    groups: [staff]\n    quota: 1GiB\n    rate-down: 1MiB\n" for n in range(users)
    )


def best(command, rounds):
    """The median of the wall clock, in milliseconds."""
    times = []
    for _ in range(rounds):
        begin = time.monotonic()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        times.append((time.monotonic() - begin) * 1000)
    return statistics.median(times)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weftpd", required=True, help="the release build")
    parser.add_argument("--users", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--limit", type=float, help="milliseconds that no form may exceed")
    options = parser.parse_args()
    worst = 0
    print(f"| table of {options.users} users | bytes | load and look-up, ms |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name, make in (("lines", lines), ("YAML", yaml)):
            figures = []
            for users in (1, options.users):
                path = os.path.join(folder, f"{name}-{users}")
                with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
                    file.write(make(users))
                command = [options.weftpd, "user", "show", f"user{users - 1}", "--table", path]
                figures.append(best(command, options.rounds))
            size = os.path.getsize(path)
            print(f"| {name} | {size} | {figures[1] - figures[0]:.0f} |")
            worst = max(worst, figures[1] - figures[0])
    if options.limit and worst > options.limit:
        sys.exit(f"{worst:.0f} ms are more than {options.limit:.0f}")


if __name__ == "__main__":
    main()
