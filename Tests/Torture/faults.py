#!/usr/bin/env python3
"""Tries the faults that an upload may meet, part by part, and counts what came of it.

    faults.py --weftpd .build/release/weftpd [--quick] [--directory DIR] [PART ...]
"""

import argparse
import importlib
import signal
import sys
import time

from rig import Skipped

# Each has torture(weftpd, quick, directory), which returns a tally and notes.
PARTS = {
    "calls": "failing_calls",
    "disks": "full_disks",
    "trees": "changing_trees",
    "clients": "broken_clients",
    "power": "power_loss",
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--weftpd", required=True)
    parser.add_argument("--quick", action="store_true", help="a bounded run")
    parser.add_argument("--directory", help="where served directories are made that need no file system of their own")
    parser.add_argument("--notes", action="store_true", help="print also what was seen on the way")
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    arguments = parser.parse_args()
    # What is mounted is unmounted then, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    failed = False
    for part in arguments.parts or PARTS:
        begun = time.monotonic()
        try:
            tally, notes = importlib.import_module(PARTS[part]).torture(
                arguments.weftpd, arguments.quick, arguments.directory)
        except Skipped as reason:
            print(f"{part}: skipped: {reason}", flush=True)
            continue
        print(f"{part}: {tally.line()} ({time.monotonic() - begun:.0f} s)", flush=True)
        for line in tally.complaints + [note for note in notes if arguments.notes or note.startswith("skipped")]:
            print("  " + line, flush=True)
        failed = failed or bool(tally.complaints)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
