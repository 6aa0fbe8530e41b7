"""Logins beyond a password: `logins.py NAME PORT ROOT ARGUMENT…`; run in a directory with the certificates it names."""

import os
import pathlib
import signal
import sys
import time

import ftps
from ftps import Client, Refused, code, context

PORT = 0
FILEZILLA = ("x-filezilla-ftp", "ftp")


def refused(client, user, password):
    client.command(f"USER {user}", 331, 336)
    client.command(f"PASS {password}", 530, 421)


def second_factor(secret, *_):
    """alice has a second factor and the password secret, bob has the password only."""
    plain = Client(PORT)
    assert plain.command("USER alice", 331)
    plain.command(f"PASS secret{code(secret, -1)}", 230)
    # The same code again, in another session, and the one before it.
    refused(Client(PORT), "alice", "secret" + code(secret, -1))
    # FileZilla is asked for it; others are not told that there is one.
    dialect = Client(PORT, context(FILEZILLA)).auth()
    reply = dialect.command("USER alice", 336)
    assert reply.endswith("[alg:totp]"), reply
    dialect.command(f"PASS {code(secret)};secret", 230)
    assert dialect.command("PWD", 257)
    # An older FileZilla does not know 336 and sends the password with the code behind it.
    older = Client(PORT, context(FILEZILLA)).auth()
    older.command("USER alice", 336)
    older.command(f"PASS secret{code(secret, 1)}", 230)
    other = Client(PORT, context(FILEZILLA)).auth()
    other.command("USER bob", 331)
    other.command("PASS secret", 230)


def wrong_factors(secret, *_):
    """Which part was wrong is not told: one reply for all."""
    said = set()
    for password in ("secret", "secret000000", "wrong" + code(secret), code(secret)):
        client = Client(PORT)
        client.command("USER alice", 331)
        said.add(client.command(f"PASS {password}", 530))
    assert len(said) == 1, said
    # A wrong password has not used the code up.
    client = Client(PORT)
    client.command("USER alice", 331)
    client.command(f"PASS secret{code(secret)}", 230)


def certificates(*_):
    """alice is meant by the certificate's address, dora by its fingerprint, bob by none; carol's is revoked, mallory's of another
    authority."""
    def answer(certificate, user):
        return Client(PORT, context(certificate=certificate)).auth().command(f"USER {user}")[:3]

    for certificate, user, wanted in (
        ("alice.both", "alice", "232"), ("alice.both", "dora", "232"), ("alice.both", "bob", "331"),
        ("alice.both", "locked", "331"), ("alice.both", "nobody", "331"), ("carol.both", "alice", "331"),
        ("mallory.both", "alice", "331"), (None, "alice", "331"),
    ):
        got = answer(certificate, user)
        assert got == wanted, (certificate, user, got)
    client = Client(PORT, context(certificate="alice.both")).auth().protect().login("alice")
    assert client.retrieve("data.bin") == pathlib.Path(sys.argv[3], "data.bin").read_bytes()
    client.command("PASS secret", 503)
    # In clear there is no certificate.
    Client(PORT).command("USER alice", 331)


def certificate_required(*_):
    """Settings: tls.client-verify=required."""
    assert Client(PORT, context(certificate="alice.both")).auth().command("USER alice", 232)
    for certificate in (None, "mallory.both", "carol.both"):
        try:
            Client(PORT, context(certificate=certificate)).auth().command("USER alice")
        except (OSError, EOFError):
            continue
        raise AssertionError(f"{certificate} got a handshake")


def revoked_later(process):
    """Settings: tls.client-crl=live.pem, in which nobody is revoked at first. A new list is read on SIGHUP, or when it is noticed; one
    that cannot be used changes nothing; sessions that run go on."""
    def answer(certificate):
        return Client(PORT, context(certificate=certificate)).auth().command("USER alice")[:3]

    def becomes(certificate, wanted):
        deadline = time.monotonic() + 20
        while (got := answer(certificate)) != wanted:
            assert time.monotonic() < deadline, (certificate, got, wanted)
            time.sleep(0.05)

    def replace(content, reload=True):
        pathlib.Path("new.pem").write_bytes(content)
        os.replace("new.pem", "live.pem")
        if reload:
            os.kill(int(process), signal.SIGHUP)

    nobody, carols = pathlib.Path("live.pem").read_bytes(), pathlib.Path("crl.pem").read_bytes()
    assert answer("carol.both") == answer("alice.both") == "232"
    running = Client(PORT, context(certificate="carol.both")).auth().protect().login("alice")
    replace(carols)
    becomes("carol.both", "331")
    assert answer("alice.both") == "232"
    assert running.retrieve("data.bin") == pathlib.Path(sys.argv[3], "data.bin").read_bytes()
    replace(b"nonsense")
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        assert answer("carol.both") == "331" and answer("alice.both") == "232"
    replace(nobody, reload=False)
    becomes("carol.both", "232")
    replace(carols, reload=False)
    becomes("carol.both", "331")


if __name__ == "__main__":
    PORT = int(sys.argv[2])
    try:
        globals()[sys.argv[1]](*sys.argv[4:])
    except Refused as wrong:
        sys.exit(f"a reply that was not wanted: {wrong}")
