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
    page.wait_text(" free of ", ".facts")
    page.wait_text(" from now", ".facts")
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


def message(rig, page):
    """Words ride on the next reply that can carry them."""
    page.go("#sessions")
    page.wait_text("0 of 0", ".count")
    connection, lines = rig.ftp()
    page.wait_text("1 of 1", ".count")
    page.press("Message", "table.sessions")
    page.type("#ask-words", "Maintenance <b>at noon</b>")
    page.press("Send", "dialog")
    page.wait_text("1 session is told.", "#toasts")
    connection.sendall(b"PWD\r\nNOOP\r\n")
    said = [lines.readline() for _ in range(3)]
    check(said[0].startswith(b"257 ") and said[1] == b"200-Maintenance <b>at noon</b>\r\n" and said[2].startswith(b"200 "),
          f"the client read {said}")
    page.press("Message to all…")
    page.type("#ask-words", "Goodbye")
    page.press("Send", "dialog")
    until(lambda: "Goodbye" in rig.read("console.log"), "a line of the log for the message")
    connection.sendall(b"NOOP\r\n")
    check(lines.readline() == b"200-Goodbye\r\n", "the second message")
    lines.close()
    connection.close()


def accounts(rig, page):
    """A user is added, changed, disabled and removed on the page, and weftpd follows at once."""
    def login(password, code):
        connection, lines = rig.ftp(user=None)
        for line in (b"USER dora", b"PASS " + password.encode()):
            connection.sendall(line + b"\r\n")
            reply = lines.readline()
        check(reply.startswith(code), f"the login of dora is answered {reply!r}")
        return connection, lines

    page.go("#users")
    page.wait_text("olga", "table.accounts")
    page.wait_text("second factor", "table.accounts")
    page.look("users")
    page.press("New user…")
    page.look("new-user")
    page.type("#ask-name", "dora")
    page.type("#ask-password", "a new password")
    page.type("#ask-home", rig.files)
    page.press("Add", "dialog")
    page.wait_text("dora", "h1")
    page.wait_text("The directory that becomes the user's root.", "main tbody")
    page.wait_text(rig.files, "main tbody")
    page.look("account")
    held = login("a new password", b"230")
    # The answer to a value that cannot be, which Chromium tells.
    page.expected.append("400")
    page.press("Change sessions")
    page.type("#ask-value", "many")
    page.press("Set", "dialog")
    page.wait_text("'sessions' cannot be", "#toasts")
    page.press("Change sessions")
    page.type("#ask-value", "7")
    page.press("Set", "dialog")
    page.wait_text("sessions: not set -> 7", "#toasts")
    page.find("#only-set").click()
    page.wait_text("the entry", "main tbody")
    page.press("Take sessions away")
    page.press("Take away", "dialog")
    page.wait_text("sessions: 7 -> not set", "#toasts")
    page.type("#path", "/long")
    page.press("Explain")
    page.wait_text("Yes.", "main")
    page.wait_text("RETR is granted", "main")
    page.press("Password…")
    page.type("#ask-password", "another password")
    page.press("Set", "dialog")
    page.wait_text("dora has a new password.", "#toasts")
    login("another password", b"230")[0].close()
    page.press("Count the home again")
    page.wait_text(" files in ", "#toasts")
    page.press("Disable")
    page.wait_text("dora was disabled.", "#toasts")
    check(held[1].readline().startswith(b"421"), "the session of a disabled user goes on")
    held[0].close()
    login("another password", b"530")[0].close()
    page.press("Enable")
    page.wait_text("dora was enabled.", "#toasts")
    page.press("Remove…")
    check(page.script("return document.querySelector('dialog button[type=submit]').disabled"), "no name is asked for")
    page.type("#ask-typed", "dora")
    page.press("Remove", "dialog")
    page.wait_text("dora was removed.", "#toasts")
    page.wait_text("olga", "table.accounts")
    check("dora" not in page.text("table.accounts"), "dora is still there")
    for name in ("console.log", "weftpd.log"):
        check("a new password" not in rig.read(name) and "another password" not in rig.read(name), f"a password in {name}")
    check('adds the user "dora"' in rig.read("console.log"), "the console does not log it")
    until(lambda: re.search(r'for "[^"]+ at 127\.0\.0\.1": adds user "dora"', rig.read("weftpd.log")), "weftpd logs it")


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
    page.wait_text("alice", "[aria-label='Logged in now'] tbody")
    page.press("Kick all")
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
    message(rig, page)
    accounts(rig, page)
    log_and_server(rig, page)
    settings(rig, page)
    return notes
