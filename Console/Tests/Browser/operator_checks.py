"""The operator's pages: sessions appear, end and are refused; the log, bans and the server's own acts."""

import re
import shutil
import socket
import subprocess
import time

from harness import check, until


def log_in(rig, page, link):
    page.open(link)
    page.wait_text("Overview", "h1")
    check("#link" not in page.driver.current_url, "the link stays in the address bar")
    cookies = page.driver.get_cookies()
    check(len(cookies) == 1 and cookies[0]["httpOnly"] and cookies[0]["sameSite"] == "Strict", f"cookies: {cookies}")
    check(page.script("return document.cookie") == "", "the page can read its cookie")
    page.wait_text("0.1.0", ".facts")
    page.look("overview")


def hundred_sessions(rig, page):
    page.go("#sessions")
    page.wait_text("of 0", ".count")
    sessions = [rig.ftp() for _ in range(99)]
    begin = time.monotonic()
    sessions.append(rig.ftp())
    # Within 2 s where the processors have nothing else to do.
    page.wait_text("100 of 100", ".count", limit=10)
    took = time.monotonic() - begin
    page.type("#filter", "nobody like that")
    page.wait_text("0 of 100", ".count")
    page.type("#filter", "alice")
    page.wait_text("100 of 100", ".count")
    page.look("sessions")
    for connection, lines in sessions:
        lines.close()
        connection.close()
    page.wait_text("0 of 0", ".count")
    page.find("#filter").clear()
    page.script("document.querySelector('#filter').dispatchEvent(new Event('input'))")
    return f"100 sessions were on the page {took:.2f} s after the last one came"


def kicked_lftp(rig, page):
    if not shutil.which("lftp"):
        return "lftp is missing: nobody was kicked"
    with open(f"{rig.files}/long", "wb") as file:
        file.truncate(64 << 20)
    lftp = subprocess.Popen(
        ["lftp", "-c", "set ftp:ssl-allow no; set ftp:use-mode-z no; set net:max-retries 1; set net:limit-rate 200000;"
         f" open -u alice,'{rig.password}' 127.0.0.1:{rig.ftp_port}; get long -o {rig.place}/long.back"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    rig.processes.append(lftp)
    page.wait_text("RETR", "table.sessions")
    page.wait_text("/long", "table.sessions")
    until(lambda: page.all("table.sessions progress"), "a progress bar")
    until(lambda: re.search(r"[\d.]+ KiB/s", page.text("table.sessions")), "a rate")
    page.press("Kick", "table.sessions")
    page.type("#ask-words", "Come back later")
    page.press("End it", "dialog")
    begin = time.monotonic()
    try:
        output, _ = lftp.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        check(False, "lftp goes on")
    took = time.monotonic() - begin
    check(lftp.returncode != 0, f"lftp took it for success: {output}")
    until(lambda: 'saying "Come back later"' in rig.read("console.log"), "a line of the log that tells who did it")
    check(re.search(r"root at 127\.0\.0\.1 ends session \d+|who started .* ends session \d+", rig.read("console.log")),
          "the log does not tell who did it")
    return f"lftp ended {took:.1f} s after the kick"


def one_session(rig, page):
    page.go("#sessions")
    page.wait_text("0 of 0", ".count")
    connection, lines = rig.ftp()
    page.wait_text("1 of 1", ".count")
    page.find("table.sessions tbody a").click()
    page.wait_text("alice", ".facts")
    page.wait_text("Bytes by path", "main")
    # The subscription begins with the page; commands from then on are told.
    def said():
        connection.sendall(b"PWD\r\n")
        lines.readline()
        return "PWD" in page.text("main table:last-of-type tbody") or "PWD" in page.text("main section:last-of-type")
    until(said, "the command PWD on the page", pause=0.5)
    connection.sendall(b"USER alice\r\nPASS secret-word\r\n")
    lines.readline()
    lines.readline()
    page.look("session")
    check("secret-word" not in page.text("main"), "a password is on the page")
    lines.close()
    connection.close()
    page.wait_text("This session is over.")


def banned(rig, page):
    page.go("#bans")
    page.wait_text("Nobody is banned.")
    page.press("Ban…")
    page.type("#ask-subject", "127.0.0.9")
    page.type("#ask-reason", "<b>too many</b> tries")
    page.press("Ban", "dialog")
    page.wait_text("127.0.0.9", "main tbody")
    page.wait_text("<b>too many</b> tries", "main tbody")
    page.look("bans")

    def refused():
        connection = socket.create_connection(("127.0.0.1", rig.ftp_port), 60, source_address=("127.0.0.9", 0))
        first = connection.makefile("rb").readline()
        connection.close()
        return not first.startswith(b"220")
    until(refused, "127.0.0.9 is refused")
    rig.ftp()[0].close()
    page.press("Lift", "main tbody")
    page.press("Lift it", "dialog")
    page.wait_text("Nobody is banned.")
    until(lambda: not refused(), "127.0.0.9 is let in again")
    check("bans" in rig.read("console.log") and "takes the ban of" in rig.read("console.log"), "bans are not logged")


def log_and_server(rig, page):
    page.go("#log")
    page.find("ol.log")

    def seen():
        rig.ftp()[0].close()
        return "login" in page.text("ol.log")
    until(seen, "a login in the log", pause=0.5)
    page.press("Pause")
    page.look("log")
    page.press("Pause")
    page.go("#users")
    held = rig.ftp()
    page.wait_text("alice", "main tbody")
    page.look("users")
    page.press("Kick all", "main tbody")
    page.press("End them", "dialog")
    page.wait_text("Nobody is logged in.")
    held[0].close()
    page.go("#server")
    page.press("Reload…")
    check(page.script("return document.querySelector('dialog button[type=submit]').disabled"), "no word is asked for")
    page.type("#ask-typed", "reload")
    page.look("server")
    page.press("Reload", "dialog")
    page.wait_text("The settings were read.", "#toasts")
    until(lambda: "has weftpd read its settings again" in rig.read("console.log"), "the reload is logged")


def settings(rig, page):
    page.go("#settings")
    page.wait_text("server.control", "main tbody")
    page.wait_text(f"{rig.place}/control", "main tbody")
    page.wait_text("--set", "main tbody")
    page.find("#own").click()
    until(lambda: "server.greeting" not in page.text("main tbody"), "only what was set")
    page.wait_text("limits.rate-up-per-session", "main tbody")
    check(rig.password not in page.text("main"), "a password is among the settings")
    page.look("settings")


def drained(rig, page):
    page.go("#server")
    page.press("Drain…")
    page.type("#ask-typed", "drain")
    page.press("Drain", "dialog")
    rig.weftpd.wait(60)
    check(rig.weftpd.returncode == 0, f"weftpd ended with {rig.weftpd.returncode}")
    page.go("#overview")
    page.wait_text("control socket", ".problem")


def run(rig, page, link):
    log_in(rig, page, link)
    notes = [hundred_sessions(rig, page), kicked_lftp(rig, page)]
    one_session(rig, page)
    banned(rig, page)
    log_and_server(rig, page)
    settings(rig, page)
    return notes
