"""Kills curl in uploads that announce no size, while every processor is busy: counts how often what has come gets the file's name.

A process that is killed closes its data connection a moment before its control connection, so that its data end as if they were all.
weftpd looks at the control connection last of all. Where the killed process does not get its turn in between, nothing can tell
(docs/uploads.md): more than one in thirty is a failure.

killed_uploads.py --weftpd PROGRAM [--seconds 50] [--busy 6]
"""

import argparse
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

from rig import PASSWORD, Daemon, content


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weftpd", required=True)
    parser.add_argument("--seconds", type=int, default=50)
    parser.add_argument("--busy", type=int, default=6)
    options = parser.parse_args()
    tried = whole = cut = 0
    with tempfile.TemporaryDirectory() as place:
        root, source = pathlib.Path(place, "served"), pathlib.Path(place, "source")
        root.mkdir()
        data = content("killed", 1, 3_000_000)
        source.write_bytes(data)
        daemon = Daemon(os.path.abspath(options.weftpd), root).start()
        busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(options.busy)]
        try:
            end = time.monotonic() + options.seconds
            while time.monotonic() < end:
                tried += 1
                name = f"f{tried}"
                process = subprocess.Popen(
                    ["curl", "-sS", "-u", f"bob:{PASSWORD}", "--limit-rate", "3000000", "-T", str(source),
                     f"ftp://127.0.0.1:{daemon.port}/{name}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                try:
                    process.wait(random.uniform(0.05, 0.3))
                except subprocess.TimeoutExpired:
                    process.kill()
                process.wait()
                time.sleep(0.05)
                if (root / name).exists():
                    if (root / name).read_bytes() == data:
                        whole += 1
                    else:
                        cut += 1
                for path in root.iterdir():
                    path.unlink()
        finally:
            for process in busy:
                process.kill()
                process.wait()
            daemon.stop()
    print(f"{tried} uploads killed: {whole} were whole, {cut} got their name without being whole")
    return int(cut * 30 > tried)


if __name__ == "__main__":
    sys.exit(main())
