#!/usr/bin/env python3
"""Tests of the console with a real browser, a real weftpd and real FTP clients: `make console-test`.

Needs Debian's chromium and chromium-driver, and selenium of PyPI; without them it says so and looks at the guard only. Every page
is checked in light, dark and at 360 pixels; --shots keeps pictures of them.
"""

import argparse
import os
import shutil
import signal
import sys
import time

import crash_checks
import guard_checks
from harness import Failure, Rig, check


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weftpd", required=True)
    parser.add_argument("--console", required=True)
    parser.add_argument("--pages", default=os.path.join(here, "..", "..", "Web"))
    parser.add_argument("--shots", help="keep pictures of every page there; without it pages are only checked")
    parser.add_argument("--only", help="guard, socket, files, operator, drip, crashes or drain")
    options = parser.parse_args()
    if options.shots:
        os.makedirs(options.shots, exist_ok=True)
    done = 0

    def part(name, body):
        nonlocal done
        if options.only not in (None, name):
            return
        begin = time.monotonic()
        notes = body()
        done += 1
        print(f"ok  {name} ({time.monotonic() - begin:.1f} s)", flush=True)
        for note in notes if isinstance(notes, list) else [notes] if notes else []:
            print(f"    {note}", flush=True)

    # Slow enough to look at an upload while it comes.
    with Rig(options.weftpd, options.console, options.pages, ["limits.rate-up-per-session=20MiB",
                                                              "limits.rate-down-per-session=16MiB"]) as rig:
        page = None
        try:
            link = rig.start_console("--origin", "https://console.example.net", "--forwarded", "--operator", "olga", "--operator", "alice",
                                     by_tcp=True)
            part("guard", lambda: guard_checks.run(rig, link))
            # The logins of the guard's checks end with their console.
            rig.kill_console(signal.SIGTERM)
            rig.start_console("--origin", "https://console.example.net", "--forwarded")
            # The guard's console came by an address that weftpd trusts; from here on it is weftpd's Unix socket.
            part("socket", lambda: guard_checks.address_is_passed_on(rig, "192.0.2.8", "2001:db8::8"))
            drip = guard_checks.Drip(rig)
            if not (shutil.which("chromium") and shutil.which("chromedriver")):
                print("chromium or chromium-driver is missing: the pages are not looked at")
            else:
                try:
                    import browser
                except ImportError:
                    print("selenium is missing: the pages are not looked at")
                else:
                    import file_checks
                    import operator_checks
                    downloads = os.path.join(rig.place, "downloads")
                    os.mkdir(downloads)
                    page = browser.Page(options.shots, downloads)
                    part("files", lambda: file_checks.run(rig, page, downloads))
                    # The wrong password of the login is the one answer of 403.
                    # So is that of a resume that came before the server had put away the part: it is tried again.
                    page.expected.append("409")
                    complaints = [one for one in page.complaints() if "/api/login" not in one]
                    check(not complaints, f"Chromium's console: {complaints}")
                    part("operator", lambda: operator_checks.run(rig, page, rig.link()))
                    complaints = page.complaints()
                    check(not complaints, f"Chromium's console: {complaints}")
            part("drip", drip.check)
            part("crashes", lambda: crash_checks.run(rig))
            if page:
                page.expected.append("502")
                part("drain", lambda: (page.open(rig.link()), page.wait_text("Overview", "h1"),
                                       operator_checks.drained(rig, page)) and None)
        except Exception as failure:
            if page:
                if options.shots:
                    page.driver.save_screenshot(os.path.join(options.shots, "failed.png"))
                print("the page: " + page.text()[:2000], file=sys.stderr)
                print("Chromium: " + "\n".join(page.complaints()), file=sys.stderr)
            print(rig.read("console.log")[-4000:], file=sys.stderr)
            print(rig.read("weftpd.log")[-3000:], file=sys.stderr)
            if not isinstance(failure, Failure):
                raise
            print(f"failed: {failure}", file=sys.stderr)
            print(f"{done} passed, 1 failed")
            return 1
        finally:
            if page:
                page.close()
    print(f"{done} passed, 0 failed")
    return 0


sys.exit(main())
