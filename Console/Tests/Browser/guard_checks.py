"""What the console refuses, asked without a browser, which would not send most of it."""

import json
import select
import socket
import threading
import time

from harness import check, until

PAGE_FIELDS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


def hosts_and_origins(rig):
    for host in ("evil.example", f"evil.example:{rig.port}", "127.0.0.1", f"127.0.0.1:{rig.port + 1}", ""):
        status, _, _ = rig.request("GET", "/", host=host or " ")
        check(status == 421, f"Host {host!r} is answered {status}")
    check(rig.request("GET", "/", host=f"localhost:{rig.port}")[0] == 200, "localhost is not answered")
    for origin in ("https://evil.example", "null", f"http://127.0.0.1:{rig.port + 1}", f"https://127.0.0.1:{rig.port}"):
        status, _, _ = rig.request("POST", "/api/login", b"{}", {"Origin": origin})
        check(status == 403, f"Origin {origin} is answered {status}")
    check(rig.request("POST", "/api/login", b"{}")[0] == 403, "neither Origin nor Sec-Fetch-Site is let through")
    for site in ("cross-site", "same-site"):
        status, _, _ = rig.request("GET", "/api/me", headers={"Sec-Fetch-Site": site})
        check(status == 403, f"Sec-Fetch-Site {site} is answered {status}")
        fields = {"Sec-Fetch-Site": site, "Origin": rig.origin}
        check(rig.request("POST", "/api/login", b"{}", fields)[0] == 403, f"{site} may post")


def fields_of_the_page(rig):
    status, fields, _ = rig.request("GET", "/")
    check(status == 200, "no page")
    policy = fields["Content-Security-Policy"]
    for part in ("default-src 'none'", "script-src 'self'", "require-trusted-types-for 'script'", "frame-ancestors 'none'",
                 "trusted-types 'none'"):
        check(part in policy, f"{part} is not in {policy}")
    check("unsafe" not in policy, policy)
    for name, value in PAGE_FIELDS.items():
        check(fields[name] == value, f"{name}: {fields[name]}")


def links_and_cookies(rig, link):
    secret = link.split("link=")[1]
    status, fields, body = rig.post("/api/login", {"link": secret})
    check(status == 200 and json.loads(body)["isOperator"], f"the link is not taken: {status} {body}")
    cookie = fields["Set-Cookie"]
    for flag in ("HttpOnly", "SameSite=Strict", "Path=/"):
        check(flag in cookie, f"{flag} is not in {cookie}")
    check("Domain" not in cookie, cookie)
    check(rig.post("/api/login", {"link": secret})[0] == 403, "a link is good twice")
    value = cookie.split(";")[0]
    token = json.loads(body)["token"]
    check(rig.post("/api/operator/reload", {"confirmation": "reload"}, Cookie=value)[0] == 403, "no token is asked for")
    status, _, body = rig.post("/api/operator/reload", {"confirmation": "yes"}, Cookie=value, **{"X-Weft-Token": token})
    check(status == 400, f"a reload without its word: {status} {body}")
    check(rig.request("GET", "/api/files/?list", headers={"Cookie": value})[0] == 403, "an operator has files")
    check(rig.request("GET", "/api/operator/bans")[0] == 401, "bans are told to anybody")
    status, fields, _ = rig.post("/api/logout", {}, Cookie=value, **{"X-Weft-Token": token})
    check(status == 204 and "Max-Age=0" in fields["Set-Cookie"], "the cookie stays")
    check(rig.request("GET", "/api/operator/bans", headers={"Cookie": value})[0] == 401, "a login outlives its end")


def users_are_no_operators(rig):
    check(rig.post("/api/login", {"user": "alice", "password": "wrong"})[0] == 403, "a wrong password is let in")
    status, fields, body = rig.post("/api/login", {"user": "alice", "password": rig.password})
    check(status == 200 and not json.loads(body)["isOperator"], f"{status} {body}")
    value = fields["Set-Cookie"].split(";")[0]
    for path in ("bans", "overview", "sessions", "log"):
        check(rig.request("GET", f"/api/operator/{path}", headers={"Cookie": value})[0] == 403, f"{path} is told to users")


def operators_need_a_code(rig):
    def log_in(user, code=""):
        status, fields, body = rig.post("/api/login", {"user": user, "password": rig.password, "code": code})
        return status, json.loads(body).get("isOperator"), fields["Set-Cookie"]

    # alice is named as an operator, too, but has no second factor.
    check(log_in("alice")[:2] == (200, False), "an operator without a code")
    check(log_in("alice", "123456")[0] == 403, "a code that nobody has asked for is let through")
    check(log_in("olga")[0] == 403, "a second factor can be left out")
    code = rig.code()
    status, is_operator, cookie = log_in("olga", code)
    check((status, is_operator) == (200, True), f"olga: {status} {is_operator}")
    check(log_in("olga", code)[0] == 403, "a code is good twice")
    cookie = cookie.split(";")[0]
    check(rig.request("GET", "/api/operator/bans", headers={"Cookie": cookie})[0] == 200, "olga sees no bans")
    check(rig.request("GET", "/api/files/?list", headers={"Cookie": cookie})[0] == 200, "olga has no files")
    until(lambda: "olga at 127.0.0.1 logs in as an operator" in rig.read("console.log"), "the log tells it")


def https_origin(rig):
    """Behind a proxy with TLS the cookie is bound to the host and to https."""
    headers = {"Origin": "https://console.example.net", "Content-Type": "application/json"}
    body = json.dumps({"user": "alice", "password": rig.password}).encode()
    status, fields, _ = rig.request("POST", "/api/login", body, headers, host="console.example.net")
    check(status == 200, f"the proxy's name is answered {status}")
    cookie = fields["Set-Cookie"]
    check(cookie.startswith("__Host-weft=") and "Secure" in cookie and "Path=/" in cookie, cookie)


def limits(rig):
    check(rig.request("GET", "/", headers={"X-Long": "x" * 20000})[0] in (400, 431), "a head of 20,000 bytes is read")
    check(rig.post("/api/login", {"user": "x" * 70000})[0] == 413, "a body of 70,000 bytes is read")


def many_connections(rig):
    """About 200 connections are served at a time (SwiftNIO accepts up to four at once); who comes then waits, and nobody is lost."""
    head = f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{rig.port}\r\n\r\n".encode()
    waiting, served = {}, {}
    for number in range(250):
        one = socket.create_connection(("127.0.0.1", rig.port), 60)
        one.sendall(head)
        waiting[one.fileno()] = one

    def answered(limit):
        while True:
            ready, _, _ = select.select(list(waiting), [], [], limit)
            if not ready:
                return len(served)
            for number in ready:
                one = waiting.pop(number)
                check(one.recv(1 << 16).startswith(b"HTTP/1.1 200"), "a connection was not answered")
                served[number] = one
    # It may have a connection of an earlier check for a moment.
    until(lambda: answered(0.5) >= 200, "200 connections are served", limit=30)
    first = answered(1.5)
    check(first <= 203, f"{first} connections are served at a time")
    for one in served.values():
        one.close()
    served.clear()
    until(lambda: answered(0.2) == 250 - first, "those who waited are served", limit=30)
    for one in served.values():
        one.close()


class Drip(threading.Thread):
    """A head that never ends, a field each second: begun early, looked at late."""

    def __init__(self, rig):
        super().__init__(daemon=True)
        self.connection = socket.create_connection(("127.0.0.1", rig.port), 60)
        self.ended = False
        self.took = 0
        self.start()

    def run(self):
        begin = time.monotonic()
        self.connection.settimeout(1)
        self.connection.sendall(b"GET / HTTP/1.1\r\n")
        while time.monotonic() - begin < 60 and not self.ended:
            try:
                self.connection.sendall(b"X-A: b\r\n")
                self.ended = self.connection.recv(1) == b""
            except TimeoutError:
                continue
            except OSError:
                self.ended = True
        self.took = time.monotonic() - begin

    def check(self):
        self.join(70)
        check(self.ended and 20 < self.took < 50, f"a head that drips was waited for: {self.took:.0f} s, {self.ended}")


def address_is_passed_on(rig, *addresses):
    """weftpd logs where the browser is, not the console, for sessions and for transfers."""
    with open(f"{rig.files}/where.txt", "w") as file:
        file.write("here")
    for address in addresses:
        status, fields, _ = rig.post(
            "/api/login", {"user": "alice", "password": rig.password}, **{"X-Forwarded-For": f"10.1.1.1, {address}"})
        check(status == 200, f"the login for {address} is answered {status}")
        cookie = fields["Set-Cookie"].split(";")[0]
        status, _, body = rig.request("GET", "/api/files/where.txt", headers={"Cookie": cookie})
        check(status == 200 and body == b"here", f"a download for {address}: {status} {body}")

        def logged():
            lines = [line for line in rig.read("weftpd.log").splitlines() if address in line]
            return any(" login " in line for line in lines) and any(" download " in line for line in lines)
        until(logged, f"{address} in weftpd's log")


def downloads_that_are_left(rig):
    """A browser that goes in the midst of a download, or sends no more, leaves nothing behind."""
    with open(f"{rig.files}/left", "wb") as file:
        file.truncate(256 << 20)
    _, fields, _ = rig.post("/api/login", {"user": "alice", "password": rig.password})
    cookie = fields["Set-Cookie"].split(";")[0]

    def begin():
        connection = socket.create_connection(("127.0.0.1", rig.port), 60)
        connection.sendall(f"GET /api/files/left HTTP/1.1\r\nHost: 127.0.0.1:{rig.port}\r\nCookie: {cookie}\r\n\r\n".encode())
        check(connection.recv(1000).startswith(b"HTTP/1.1 200"), "no download")
        return connection

    def open_ones():
        with open("/proc/net/tcp") as file:
            lines = [line.split() for line in file.readlines()[1:]]
        # In state 0A it listens, in 06 only the kernel still knows of it.
        return [line for line in lines if line[1].endswith(f":{rig.port:04X}") and line[3] not in ("0A", "06")]

    begin().close()
    silent = begin()
    silent.shutdown(socket.SHUT_WR)
    got = 0
    try:
        while piece := silent.recv(1 << 16):
            got += len(piece)
    except ConnectionError:
        pass
    check(got < 256 << 20, "a download goes on for a browser that has closed its end")
    silent.close()
    # One that stands still for a moment.
    slow = begin()
    time.sleep(0.5)
    got = 0
    while got < 16 << 20:
        got += len(slow.recv(1 << 20))
    slow.close()
    until(lambda: not open_ones(), "all connections have ended")


def run(rig, link):
    hosts_and_origins(rig)
    fields_of_the_page(rig)
    links_and_cookies(rig, link)
    users_are_no_operators(rig)
    operators_need_a_code(rig)
    https_origin(rig)
    limits(rig)
    many_connections(rig)
    address_is_passed_on(rig, "192.0.2.7", "2001:db8::7")
    downloads_that_are_left(rig)
