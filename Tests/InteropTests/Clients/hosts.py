"""Virtual hosts with certificates of their own: `hosts.py NAME PORT IMPLICIT-PORT PID ROOT`; run in a directory with the
certificates."""

import os
import pathlib
import signal
import ssl
import sys
import time

import ftps
from ftps import Client, Refused, context

PORT = IMPLICIT = PROCESS = 0
WANTED = b""
NAMES = ("one.example", "two.example")


def certificate(name):
    end = "-----END CERTIFICATE-----\n"
    return ssl.PEM_cert_to_DER_cert(pathlib.Path(f"{name}.crt").read_text().partition(end)[0] + end)


def user(name):
    """One of the host's users."""
    return "anna" if name == "one.example" else "alice"


class Named(Client):
    """A client that names `name` in its handshakes; None: it names nothing."""

    def __init__(self, name, implicit=False, maximum=None):
        self.name, self.tls = name, context(maximum=maximum)
        self.source, self.buffer, self.implicit = None, b"", implicit
        self.socket = ftps.connect(IMPLICIT if implicit else PORT)
        if implicit:
            self.socket = self.tls.wrap_socket(self.socket, server_hostname=name)
        self.greeting = self.reply(220)

    def begin(self):
        return self if self.implicit else self.auth(name=self.name)

    def shown(self):
        return self.socket.getpeercert(True)

    def transfers(self):
        """A whole transfer, whose data connection resumes (Settings: tls.data-session=require) and shows the same certificate."""
        port = self.passive()
        self.send("RETR data.bin")
        data = self.protected(port, name=self.name)
        assert data.session_reused and data.getpeercert(True) == self.shown()
        assert ftps.read_all(data) == WANTED
        self.reply(150)
        self.reply(226)


def certificates():
    """The name of the handshake picks certificate and host, whatever its case; one that is unknown, or none, gets the server's own."""
    for maximum in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        for implicit in (False, True):
            for name, wanted in (
                ("one.example", "one.example"), ("two.example", "two.example"), ("TWO.Example", "two.example"),
                ("open.example", "server"), ("other.example", "server"), ("sub.one.example", "server"), (None, "server"),
            ):
                client = Named(name, implicit, maximum).begin()
                assert client.shown() == certificate(wanted), (maximum, implicit, name)
                client.protect().login(user(wanted))
                client.transfers()


def host_after_the_handshake():
    """The handshake's name chooses the host, and HOST may not name another (RFC 7151, section 3.2.2; RFC 6066, section 3)."""
    for implicit in (False, True):
        client = Named("one.example", implicit).begin()
        if implicit:
            assert client.greeting == "220 one"
        client.command("HOST two.example", 504)
        client.command("HOST 127.0.0.1", 504)
        client.login("anna")
        client.command("REIN", 220)
        assert "one" in client.command("HOST One.Example", 220)
        client.protect().login("anna")
        client.transfers()
        # REIN leaves TLS as it is, and with it the name.
        client.command("REIN", 220)
        client.command("HOST two.example", 504)
        client.command("HOST one.example", 220)
        # A name that is no host's is the server itself, and stays it.
        client = Named("other.example", implicit).begin()
        client.command("HOST one.example", 504)
        client.protect().login()
        client.transfers()
        # Who named nothing may choose.
        client = Named(None, implicit).begin()
        client.command("HOST two.example", 220)
        client.protect().login()
        client.transfers()


def host_before_the_handshake():
    """HOST in clear, then AUTH: the host's certificate for a client that names nothing, and the end if the two disagree."""
    for name in NAMES:
        client = Named(None)
        client.command(f"HOST {name}", 220)
        client.begin()
        assert client.shown() == certificate(name)
        client.protect().login(user(name))
        client.transfers()
    client = Named("one.example")
    client.command("HOST one.example", 220)
    assert client.begin().shown() == certificate("one.example")
    client.protect().login("anna")
    for name, shown in (("two.example", "two.example"), ("other.example", "server")):
        client = Named(name)
        client.command("HOST one.example", 220)
        # Never the certificate of a host the client has not named there.
        assert client.begin().shown() == certificate(shown)
        client.reply(421)
        assert client.socket.recv(1) == b""


def modes():
    """Settings: tls.mode=allowed; one.example requires TLS for logins, two.example for data, plain.example has none."""
    client = Client(PORT)
    client.command("HOST one.example", 220)
    client.command("USER anna", 530)
    client.command("PASS secret", 530)
    assert "AUTH TLS" in client.command("FEAT", 211)
    client.auth(name=None).command("USER anna", 331)
    client.command("PASS secret", 230)
    client.command("TYPE I", 200)
    plain = ftps.connect(client.passive())
    client.command("RETR data.bin", 150)
    assert b"".join(iter(lambda: plain.recv(65536), b"")) == WANTED
    client.reply(226)

    client = Client(PORT)
    client.command("HOST two.example", 220)
    client.auth(name=None).login()
    client.command("LIST", 522)
    client.command("PBSZ 0", 200)
    client.command("PROT C", 534)

    client = Client(PORT)
    client.command("HOST plain.example", 220)
    assert "AUTH TLS" not in client.command("FEAT", 211)
    client.command("AUTH TLS", 534)
    client.command("PBSZ 0", 534)
    client.login()
    # What holds there holds there only.
    client = Client(PORT)
    client.command("HOST plain.example", 220)
    client.command("HOST open.example", 220)
    client.auth(name=None).protect().login()
    # Nor does it take away the protection a client has already.
    for client in (Named(None, implicit=True), Named(None).begin()):
        client.command("HOST plain.example", 220)
        client.protect().login()
        client.transfers()
    # Without HOST nothing is asked.
    Client(PORT).login()


def required_stays_required():
    """Settings: tls.mode=required-login. No host lowers it."""
    client = Client(PORT)
    client.command("HOST plain.example", 220)
    client.command("USER alice", 530)
    client.auth(name=None).login()


def a_host_with_tls_on_a_server_without():
    """Settings: tls.mode=off."""
    client = Client(PORT)
    client.command("AUTH TLS", 534)
    client.command("HOST one.example", 220)
    client.command("USER anna", 530)
    client.auth(name=None)
    assert client.socket.getpeercert(True) == certificate("one.example")
    client.protect().login("anna")


def renewed():
    """A host's certificate is replaced, and SIGHUP sent: running sessions keep theirs, new ones see the new one."""
    running = Named("one.example").begin().protect().login("anna")
    old = running.shown()
    for end in (".crt", ".key"):
        os.replace("spare" + end, "one.example" + end)
    assert certificate("one.example") != old
    os.kill(PROCESS, signal.SIGHUP)
    deadline = time.monotonic() + 20
    while Named("one.example").begin().shown() == old:
        assert time.monotonic() < deadline, "the new certificate is not noticed"
        time.sleep(0.05)
    assert Named("one.example").begin().shown() == certificate("one.example")
    assert Named("two.example").begin().shown() == certificate("two.example")
    # Its data connections show the old one still, and resume.
    assert running.shown() == old
    running.transfers()


if __name__ == "__main__":
    PORT, IMPLICIT, PROCESS = (int(argument) for argument in sys.argv[2:5])
    WANTED = pathlib.Path(sys.argv[5], "data.bin").read_bytes()
    try:
        globals()[sys.argv[1]]()
    except Refused as wrong:
        sys.exit(f"a reply that was not wanted: {wrong}")
