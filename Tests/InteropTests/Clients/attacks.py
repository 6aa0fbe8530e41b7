"""What an attacker, or a client that is out of step, does to a server with TLS: `attacks.py NAME PORT IMPLICIT-PORT ROOT`."""

import array
import fcntl
import os
import pathlib
import socket
import ssl
import subprocess
import sys
import tempfile
import termios
import threading
import time

import ftps
from ftps import Client, Refused, connect, context, cut, read_all, reset

PORT = IMPLICIT = 0
ROOT = pathlib.Path()
WANTED = b""


def ends(plain):
    """Whether the server has ended this connection; what it said before is given."""
    plain.settimeout(ftps.TIMEOUT)
    said = b""
    try:
        while piece := plain.recv(65536):
            said += piece
    except (ConnectionResetError, ssl.SSLError):
        pass
    return said


def works(client):
    """The session has not lost its step: a whole transfer goes through."""
    assert client.retrieve("data.bin") == WANTED
    client.command("NOOP", 200)


def loot(thief):
    """What somebody at a data port gets to read: never a byte of the file."""
    stolen = ends(thief)
    assert WANTED[:16] not in stolen, "bytes of the file in clear"
    return stolen


# Thieves at the passive port: each comes from the client's own address, as from behind the same NAT.


def thief_in_clear():
    client = Client(PORT).ready()
    port = client.passive()
    thief = connect(port)
    client.send("RETR data.bin")
    client.reply(150)
    thief.sendall(b"GIMME\r\n" * 50)
    assert len(loot(thief)) < 100, "more than an alert"
    client.reply(425, 426, 522)
    works(client)


def thief_who_says_nothing():
    """Settings: timeouts.handshake of a second."""
    client = Client(PORT).ready()
    port = client.passive()
    thief = connect(port)
    client.send("RETR data.bin")
    client.reply(150)
    assert loot(thief) == b""
    client.reply(425, 426, 522)
    works(client)


def refused_handshake(client, steal):
    """`steal` opens TLS to the data port; whatever it reads must not be the file, and the transfer is refused."""
    port = client.passive()
    thief = connect(port)
    client.send("RETR data.bin")
    try:
        stolen = ends(steal(thief))
    except (ssl.SSLError, ConnectionError):
        stolen = b""
    assert not stolen, f"{len(stolen)} bytes stolen"
    client.reply(150)
    client.reply(425, 522)
    works(client)


def thief_with_tls():
    """Settings: tls.data-session=require."""
    refused_handshake(Client(PORT).ready(), lambda plain: context().wrap_socket(plain, server_hostname="localhost"))


def thief_with_another_login():
    """Settings: tls.data-session=require. The thief has a session of his own, and resumes that."""
    other = Client(PORT).ready()
    works(other)
    for versions in ({}, {"maximum": ssl.TLSVersion.TLSv1_2}):
        other = Client(PORT, context(**versions)).ready()
        refused_handshake(
            Client(PORT, context(**versions)).ready(),
            lambda plain: other.tls.wrap_socket(plain, server_hostname="localhost", session=other.session()))


def thief_with_an_older_session_of_the_victim():
    """Settings: tls.data-session=require. A session of a control connection that has ended is of no use."""
    tls = context()
    older = Client(PORT, tls).ready()
    works(older)
    session = older.session()
    older.quit()
    refused_handshake(
        Client(PORT, tls).ready(), lambda plain: tls.wrap_socket(plain, server_hostname="localhost", session=session))


def thief_after_the_victim_resumed():
    """Settings: tls.data-session=prefer. Who has resumed once is expected to go on with it, or is at least told in the log."""
    client = Client(PORT).ready()
    works(client)
    port = client.passive()
    stranger = socket.create_connection((ftps.HOST, port), 20, ("127.0.0.2", 0))
    client.send("RETR data.bin")
    assert read_all(client.protected(port)) == WANTED
    client.reply(150)
    client.reply(226)
    assert loot(stranger) == b""


def ports_serve_once():
    """Settings: tls.data-session=prefer. Where a port is all that binds some data connections, none is opened again: others on the
    client's host see it once it has served."""
    client = Client(PORT).ready()
    client.command("PROT C", 200)
    ports = []
    for _ in range(4):  # in clear they may be opened again, but not for what comes then
        ports.append(client.passive())
        plain = connect(ports[-1])
        client.command("RETR data.bin", 150)
        assert ends(plain) == WANTED
        client.reply(226)
    client.protect()
    for _ in range(12):
        port = client.passive()
        assert port not in ports, "a port that has served"
        ports.append(port)
        client.send("RETR data.bin")
        assert read_all(client.protected(port)) == WANTED
        client.reply(150)
        client.reply(226)


def thief_who_knows_the_ports():
    """Settings: tls.data-session=require. Ports that somebody was at who is not the client are not used again."""
    client = Client(PORT).ready()
    known = set()
    for _ in range(6):
        port = client.passive()
        assert port not in known, "a port the thief knows"
        known.add(port)
        client.send("RETR data.bin")
        try:
            ends(context().wrap_socket(connect(port), server_hostname="localhost"))
        except (ssl.SSLError, ConnectionError):
            pass
        client.reply(150)
        client.reply(425, 522)
    works(client)


def thief_of_an_upload():
    """Settings: tls.data-session=require. Nobody can put bytes into another's file."""
    client = Client(PORT).ready()
    port = client.passive()
    thief = connect(port)
    client.send("STOR mine")
    try:
        stolen = context().wrap_socket(thief, server_hostname="localhost")
        stolen.sendall(b"evil")
        ends(stolen)
    except (ssl.SSLError, ConnectionError):
        pass
    client.reply(150)
    client.reply(425, 522)
    assert not (ROOT / "mine").exists() or (ROOT / "mine").read_bytes() == b"", "the thief's bytes are in the file"
    works(client)


# Plain text where TLS should be, and the other way round


def injection():
    for behind in (b"USER alice\r\n", b"USER alice\r\nPASS secret\r\nDELE data.bin\r\n", b"X", b"\r\n"):
        for word in (b"TLS", b"SSL", b"TLS-C", b"TLS-P"):
            plain = connect(PORT)
            plain.recv(1000)
            plain.sendall(b"AUTH " + word + b"\r\n" + behind)
            said = ends(plain)
            assert b"234" not in said and b"331" not in said and b"230" not in said, said
            assert said.startswith(b"421"), said
    assert (ROOT / "data.bin").exists()


def injection_after_234():
    """Plain commands in the place of the ClientHello: no handshake, and none of them is carried out."""
    plain = connect(PORT)
    plain.recv(1000)
    plain.sendall(b"AUTH TLS\r\n")
    assert plain.recv(1000).startswith(b"234")
    plain.sendall(b"USER alice\r\nPASS secret\r\nDELE data.bin\r\n")
    said = ends(plain)
    assert b"331 Password" not in said and b"230" not in said and b"250" not in said, said
    assert (ROOT / "data.bin").exists()


def injection_behind_a_transfer():
    """In clear: AUTH comes while a transfer runs, with a command behind it; both are put off till its end."""
    client = Client(PORT).login()
    data = connect(client.passive())
    client.command("STOR held", 150)
    client.socket.sendall(b"NOOP\r\nAUTH TLS\r\nDELE data.bin\r\n")
    client.reply(200)  # answered during the transfer: the rest has been read with it
    data.close()
    client.reply(226)
    client.reply(421)
    assert ends(client.socket) == b""
    assert (ROOT / "data.bin").exists()


def parameters_in_clear_are_forgotten():
    """TYPE and MODE that somebody has put before AUTH would spoil every file of a client that does not send them."""
    for line in ("TYPE I", "MODE Z", "STRU R"):
        client = Client(PORT)
        client.command(line, 200)
        client.auth()
        client.command("USER alice", 331)
        client.command("PASS secret", 230)
        said = client.command("STAT", 211)
        assert "ASCII" in said and "Stream" in said and "File" in said, said


def clear_name_is_forgotten():
    client = Client(PORT)
    client.command("USER alice", 331)
    client.auth()
    client.command("PASS secret", 503)


def plain_on_the_implicit_port():
    for words in (b"USER alice\r\nPASS secret\r\n", b"GET / HTTP/1.0\r\n\r\n", b"\r\n", b"\x16\x03\x01", b"\x80" * 300):
        plain = connect(IMPLICIT)
        plain.sendall(words)
        plain.shutdown(socket.SHUT_WR)
        said = ends(plain)
        assert b"331 Password" not in said and b"220" not in said, said


def tls_on_the_explicit_port():
    plain = connect(PORT)
    try:
        context().wrap_socket(plain, server_hostname="localhost")
        raise AssertionError("a handshake without AUTH")
    except (ssl.SSLError, ConnectionError):
        pass


def slow_handshakes():
    """Settings: timeouts.handshake of a second. Silence ends it, on the control connection and on a data connection."""
    explicit = connect(PORT)
    explicit.recv(1000)
    explicit.sendall(b"AUTH TLS\r\n")
    assert explicit.recv(1000).startswith(b"234")
    implicit, beginning = connect(IMPLICIT), connect(IMPLICIT)
    beginning.sendall(b"\x16\x03\x01\x02\x00\x01")  # a record that never comes to its end
    for plain in (explicit, implicit, beginning):
        assert b"220" not in ends(plain)
    works(Client(IMPLICIT, implicit=True).ready())


# Names and versions in the handshake


def protocols():
    for offered, wanted in (
        ((), None), (("ftp",), "ftp"), (("h2", "ftp"), "ftp"), (("x-filezilla-ftp", "ftp"), "x-filezilla-ftp"),
        (("ftp", "x-filezilla-ftp"), "x-filezilla-ftp"), (("ftp-data", "ftp"), "ftp"), (("ftpx", "xftp", "ftp"), "ftp"),
    ):
        for port, implicit in ((PORT, False), (IMPLICIT, True)):
            client = Client(port, context(offered), implicit)
            client = client if implicit else client.auth()
            got = client.socket.selected_alpn_protocol()
            assert got == wanted, (offered, got)


def foreign_protocols():
    """A client led here from elsewhere gets no handshake (ALPACA)."""
    for offered in (("h2",), ("http/1.1", "h2"), ("imap",), ("ftpx",), ("xftp",), ("FTP",), ("h2ftp",), ("ft", "p")):
        for port, implicit in ((PORT, False), (IMPLICIT, True)):
            try:
                client = Client(port, context(offered), implicit)
                if not implicit:
                    client.auth()
            except (ssl.SSLError, ConnectionError) as error:
                assert "application protocol" in str(error).lower().replace("_", " ") or isinstance(error, ConnectionError), error
            else:
                raise AssertionError(f"{offered} got a handshake")


def foreign_protocol_on_data():
    client = Client(PORT).ready()
    port = client.passive()
    client.send("RETR data.bin")
    try:
        ends(client.protected(port, None, tls=context(("h2",))))
    except (ssl.SSLError, ConnectionError):
        pass
    client.reply(150)
    client.reply(425, 522)
    works(client)


def names():
    """A name the server does not know is no reason to refuse: it has one certificate, and the client judges that."""
    for name in ("localhost", "elsewhere.example", "x" * 60 + ".example"):
        works(Client(PORT).auth(name=name).protect().login())


def is_host_one(client):
    """Settings: hosts.one.example.org.default-type=I, so that SIZE works without TYPE."""
    client.command("USER alice", 331)
    client.command("PASS secret", 230)
    return client.command("SIZE data.bin", 213, 550)[:3] == "213"


def hosts():
    """RFC 7151: HOST and the name in the handshake (SNI) agree, or the server refuses; either chooses the host."""
    assert not is_host_one(Client(PORT).auth())
    assert is_host_one(Client(PORT).auth(name="one.example.org"))
    assert is_host_one(Client(IMPLICIT, implicit=True, name="One.Example.Org"))
    for name in (None, "one.example.org"):
        client = Client(PORT)
        client.command("HOST one.example.org", 220)
        assert is_host_one(client.auth(name=name))
        client = Client(PORT).auth(name=name)
        client.command("HOST one.example.org", 220)
        assert is_host_one(client)
    client = Client(PORT)
    client.command("HOST one.example.org", 220)
    client.auth(name="two.example.org").reply(421)
    assert client.socket.recv(1) == b""
    client = Client(PORT).auth(name="one.example.org")
    for line in ("HOST two.example.org", "HOST 127.0.0.1"):
        client.command(line, 504)
    assert is_host_one(client)
    client.command("REIN", 220)
    client.command("HOST two.example.org", 504)
    assert is_host_one(client)
    client = Client(PORT).auth(name="elsewhere.example")
    client.command("HOST one.example.org", 504)
    assert not is_host_one(client)


def certificates_of_hosts():
    """HOST before AUTH shows the host's certificate as SNI does, and data connections show the same."""
    own, one = (pathlib.Path(sys.argv[5], name).read_text() for name in ("own.crt", "one.crt"))
    def shown(socket):
        return ssl.DER_cert_to_PEM_cert(socket.getpeercert(True)).strip()
    def client(host=None, name=None):
        made = Client(PORT)
        if host:
            made.command(f"HOST {host}", 220)
        return made.auth(name=name).protect().login()
    for made, certificate in (
        (client(), own), (client("one.example.org"), one), (client(name="one.example.org"), one),
        (client("one.example.org", "one.example.org"), one), (client("two.example.org"), own),
    ):
        assert shown(made.socket) == certificate.strip()
        port = made.passive()
        made.send("RETR data.bin")
        data = made.protected(port)
        assert shown(data) == certificate.strip()
        assert read_all(data) == WANTED
        made.reply(150)
        made.reply(226)


def old_versions():
    for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        tls = context(minimum=version, maximum=version)
        tls.set_ciphers("ALL:@SECLEVEL=0")
        try:
            Client(PORT, tls).auth()
        except (ssl.SSLError, ConnectionError):
            continue
        raise AssertionError(f"{version} was spoken")


def only_the_newest():
    """Settings: tls.minimum=1.3."""
    try:
        Client(PORT, context(maximum=ssl.TLSVersion.TLSv1_2)).auth()
    except (ssl.SSLError, ConnectionError):
        works(Client(PORT).ready())
        return
    raise AssertionError("TLS 1.2 was spoken")


def unread(pipe):
    """How many bytes of a pipe its reader has not taken (FIONREAD of pipe(7))."""
    count = array.array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, count)
    return count[0]


def openssl(*arguments, words=b"", seconds=15):
    """openssl(1) as a client of the explicit port: what it printed. `words` go in piece by piece, as if typed."""
    command = ["openssl", "s_client", "-connect", f"{ftps.HOST}:{PORT}", "-starttls", "ftp", *arguments]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said = []
    reader = threading.Thread(target=lambda: said.extend(iter(lambda: process.stdout.read1(65536), b"")))
    reader.start()
    try:
        for word in words.split(b"|"):
            process.stdin.write(word)
            process.stdin.flush()
            # Each piece has to arrive as one read, or s_client takes it for text.
            while unread(process.stdin) and process.poll() is None:
                time.sleep(0.0002)
        process.stdin.close()
        process.wait(seconds)
    except BrokenPipeError:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
    reader.join()
    return b"".join(said)


def early_data():
    """No ticket allows early data (RFC 8446, section 4.2.10), and what is sent all the same is not read."""
    with tempfile.TemporaryDirectory() as place:
        session, early = pathlib.Path(place, "session"), pathlib.Path(place, "early")
        early.write_bytes(b"USER alice\r\nPASS secret\r\n")
        said = openssl("-tls1_3", "-ign_eof", "-sess_out", str(session), words=b"NOOP\r\n|QUIT\r\n")
        assert b"Max Early Data: 0" in said, said
        said = openssl("-tls1_3", "-ign_eof", "-sess_in", str(session), "-early_data", str(early), words=b"QUIT\r\n")
        assert b"331 Password" not in said and b"Early data was accepted" not in said, said
    works(Client(PORT).ready())


def key_updates():
    """A flood of KeyUpdate ends the connection or is carried out; it does not stop the server."""
    openssl("-tls1_3", words=b"|".join([b"K\n"] * 500 + [b"Q\n"]))
    works(Client(PORT).ready())


def renegotiation():
    """TLS 1.2: the server does not renegotiate."""
    said = openssl("-tls1_2", words=b"R\n|R\n|QUIT\r\n")
    assert b"no renegotiation" in said.lower(), said[-600:]
    works(Client(PORT, context(maximum=ssl.TLSVersion.TLSv1_2)).ready())


def certificate_change():
    """Settings: tls.certificate is live.pem. A changed file is noticed; running sessions and their tickets stay good; a bad one changes
    nothing."""
    place = pathlib.Path(sys.argv[5])

    def shown():
        with Client(PORT).auth().socket as control:
            return control.getpeercert(True)

    running = Client(PORT).ready()
    works(running)
    old = shown()
    assert old == ssl.PEM_cert_to_DER_cert((place / "first.crt").read_text())
    (place / "live.pem").write_bytes((place / "second.pem").read_bytes())
    deadline = time.monotonic() + 20
    while shown() == old:
        assert time.monotonic() < deadline, "the new certificate is not noticed"
        time.sleep(0.2)
    assert shown() == ssl.PEM_cert_to_DER_cert((place / "second.crt").read_text())
    works(running)
    (place / "live.pem").write_bytes(b"nonsense")
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        assert shown() == ssl.PEM_cert_to_DER_cert((place / "second.crt").read_text())
        time.sleep(0.2)
    works(running)


# How uploads and sessions end


def upload(ending, announce=None, name="cut"):
    """An upload of a part of what was meant, ended by `ending`: the code of the final reply."""
    client = Client(PORT).ready()
    if announce is not None:
        client.command(f"ALLO {announce}", 200, 202)
    port = client.passive()
    client.send(f"STOR {name}")
    data = client.protected(port)
    client.reply(150)
    data.sendall(WANTED[:100_000])
    rest = ending(data)
    code = int(client.reply()[:3])
    if rest:
        rest.close()
    works(client)
    return code


def missing_close_accepted():
    """Settings: tls.missing-close=accept."""
    assert upload(cut) == 226
    assert (ROOT / "cut").read_bytes() == WANTED[:100_000]
    assert upload(cut, announce=100_000) == 226
    assert upload(cut, announce=100_001) >= 400, "ALLO announced more"
    assert upload(ftps.close) == 226


def resumed(start, announce, verb="STOR"):
    """An upload that goes on at `start` and ends without close_notify, ALLO having said `announce`: the code of the final reply."""
    (ROOT / "resumed").write_bytes(WANTED[:start])
    client = Client(PORT).ready()
    client.command(f"ALLO {announce}", 200)
    port = client.passive()
    if verb == "STOR":
        client.command(f"REST {start}", 350)
    client.send(f"{verb} resumed")
    data = client.protected(port)
    client.reply(150)
    data.sendall(WANTED[start:])
    rest = cut(data)
    code = int(client.reply()[:3])
    rest.close()
    # An upload that is refused has changed nothing.
    assert (ROOT / "resumed").read_bytes() == (WANTED if code == 226 else WANTED[:start])
    works(client)
    return code


def missing_close_of_a_resumed_upload():
    """Settings: tls.missing-close=accept or accept-if-size-matches. ALLO may say the size of the whole file or of what is still to
    come."""
    whole = len(WANTED)
    for verb in ("STOR", "APPE"):
        for start in (1, 500_000, whole - 7):
            assert resumed(start, whole, verb) == 226, (verb, start, "the whole")
            assert resumed(start, whole - start, verb) == 226, (verb, start, "the rest")
            for wrong in (whole + 1, whole - 1, whole - start + 1, whole + start):
                if wrong not in (whole, whole - start):
                    assert resumed(start, wrong, verb) >= 400, (verb, start, wrong)


def missing_close_refused():
    """Settings: tls.missing-close=refuse."""
    assert upload(cut) >= 400
    assert upload(cut, announce=100_000) >= 400
    assert upload(ftps.close) == 226


def missing_close_by_size():
    """Settings: tls.missing-close=accept-if-size-matches."""
    assert upload(cut) >= 400
    assert upload(cut, announce=99_999) >= 400
    assert upload(cut, announce=100_000) == 226
    assert upload(ftps.close) == 226


def reset_is_never_a_whole_upload():
    for announce in (None, 100_000):
        assert upload(reset, announce) >= 400


def ends_are_marked():
    """close_notify on both channels, 221 and 421 included. Settings: timeouts.idle of two seconds."""
    for maximum in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        client = Client(PORT, context(maximum=maximum)).ready()
        works(client)  # an end of data without close_notify raises
        client.quit()
        client = Client(IMPLICIT, context(maximum=maximum), implicit=True).ready()
        client.reply(421)
        assert client.socket.recv(1) == b""


def unread_ends_keep_no_socket():
    """Settings: timeouts.data-stall of a second. Clients that do not take the end of a file: where close_notify finds no room in the
    socket, the transfer fails, and the socket is closed. The sizes that were tried are left in a file."""
    process, size, tls = int(sys.argv[5]), 16 << 20, context()
    with open(ROOT / "big", "wb") as big:
        big.truncate(size)
    open_files = lambda: len(os.listdir(f"/proc/{process}/fd"))
    clients, tried = [], []

    def begin(count):
        """RETR of the last `count` bytes, which are left unread."""
        client = Client(PORT, tls).ready()
        port = client.passive()
        client.command(f"REST {size - count}", 350)
        client.send("RETR big")
        plain = socket.socket()
        plain.settimeout(ftps.TIMEOUT)
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        plain.connect((ftps.HOST, port))
        clients.append((client, tls.wrap_socket(plain, server_hostname="localhost", session=client.session())))
        client.reply(150)
        return client

    def fits(count):
        """Whether the kernel takes the last `count` bytes and close_notify."""
        tried.append(count)
        return begin(count).reply(226, 426)[:3] == "226"

    before = open_files()
    client = begin(size)
    low = moved = 0
    while moved == 0 or low < moved:  # till it stands still
        low, moved = moved, int(client.command("STAT", 213).split()[2])
        time.sleep(0.1)
    client.reply(426)
    # The most that fits; what is a few bytes longer still fits, but close_notify behind it does not.
    while not fits(low):
        low -= 16384
    high = low + 65536
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    for more in range(1, 25, 3):
        fits(low + more)
    (ROOT / "tried").write_text("".join(f"{count}\n" for count in tried))
    for client, data in clients:
        data.close()
        client.socket.close()
    deadline = time.monotonic() + 10
    while open_files() > before:
        assert time.monotonic() < deadline, f"{open_files() - before} descriptors are not given back"
        time.sleep(0.05)


def nothing_comes_on_an_upload():
    """No ticket, no byte but close_notify comes on the data connection of an upload: clients that close at once would be reset."""
    client = Client(PORT).ready()
    port = client.passive()
    client.send("STOR quiet")
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    data = client.tls.wrap_bio(incoming, outgoing, server_hostname="localhost", session=client.session())
    plain = connect(port)
    while True:
        try:
            data.do_handshake()
            break
        except ssl.SSLWantReadError:
            plain.sendall(outgoing.read())
            incoming.write(plain.recv(65536))
    data.write(b"hello")
    try:
        data.unwrap()
    except ssl.SSLError:
        pass
    plain.sendall(outgoing.read())
    plain.shutdown(socket.SHUT_WR)
    assert len(ends(plain)) <= 32, "more than close_notify"
    client.reply(150)
    client.reply(226)
    assert (ROOT / "quiet").read_bytes() == b"hello"


# Commands


def commands_of_protection():
    client = Client(PORT)
    client.command("AUTH GSSAPI", 504)
    client.command("AUTH KERBEROS_V4", 504)
    client.command("AUTH", 501)
    client.command("PBSZ 0", 503)
    client.command("PROT P", 503)
    client.command("CCC", 533)
    client.auth("ssl")
    client.command("AUTH TLS", 503)
    client.command("PROT P", 503)
    client.command("PBSZ x", 501)
    client.command("PBSZ 0", 200)
    client.command("PROT S", 536)
    client.command("PROT E", 536)
    client.command("PROT X", 504)
    client.command("PROT C", 200)
    client.command("PROT P", 200)
    client.login()
    client.command("AUTH TLS", 503)
    client.command("CCC", 534)
    works(client)


def cleared_control():
    """Settings: tls.ccc. The control connection goes on in clear; data connections stay protected, and AUTH is not taken again."""
    client = Client(PORT).ready()
    session = client.session()
    client.command("CCC", 200)
    client.socket = client.socket.unwrap()
    client.command("NOOP", 200)
    assert client.retrieve("data.bin", session) == WANTED
    client.command("AUTH TLS", 503)
    for line in ("PBSZ 0", "PROT C", "PROT P"):
        client.command(line, 503)
    assert client.retrieve("data.bin", session) == WANTED
    client.command("QUIT", 221)


def nonsense_behind_ccc():
    """Settings: tls.ccc. A broken record after CCC ends the session; it does not keep the server busy."""
    client = Client(PORT).ready()
    client.command("CCC", 200)
    plain = socket.socket(fileno=client.socket.detach())
    plain.settimeout(5)
    plain.sendall(b"\x17\x03\x03\x00\x20" + b"x" * 32)
    ends(plain)


def auth_resets():
    """RFC 4217, section 4.2: user, directory and transfer parameters are forgotten, whoever set them in clear."""
    (ROOT / "d").mkdir()
    client = Client(PORT).login()
    for line, code in (("CWD d", 250), ("MODE B", 200), ("STRU R", 200), ("REST 0", 350)):
        client.command(line, code)
    client.auth()
    client.command("PWD", 530)
    client.command("USER alice", 331)
    client.command("PASS secret", 230)
    client.command("SIZE data.bin", 550)  # TYPE A
    assert '"/"' in client.command("PWD", 257)
    client.command("TYPE I", 200)
    client.command("SIZE data.bin", 213)  # STRU F, MODE S
    works(client.protect())


def beginning_anew():
    """REIN: nothing of the login is left, and a transfer needs one."""
    client = Client(PORT).ready()
    works(client)
    client.command("REIN", 220)
    try:
        client.command("RETR data.bin", 530)
    except (ssl.SSLError, EOFError):
        # The server has ended TLS, as RFC 4217, section 11, has it: the session goes on in clear, under AUTH again.
        pass


def required_login():
    """Settings: tls.mode=required-login."""
    client = Client(PORT)
    client.command("USER alice", 530, 534, 521, 522)
    client.command("PASS secret", 503, 530, 534, 521, 522)
    client.auth().login()
    port = client.passive()
    plain = connect(port)
    client.command("RETR data.bin", 150)
    assert ends(plain) == WANTED
    client.reply(226)
    works(client.protect())


def required_data():
    """Settings: tls.mode=required-data. 522 has lftp send PROT P."""
    client = Client(PORT).auth().login()
    for line in ("LIST", "RETR data.bin", "STOR x", "MLSD", "NLST"):
        client.command(line, 521, 522)
    client.command("PBSZ 0", 200)
    client.command("PROT C", 534)
    client.command("PROT P", 200)
    works(client)


def a_refusal_before_the_data_handshake():
    """550 comes without a handshake, and what follows is in step."""
    client = Client(PORT).ready()
    port = client.passive()
    plain = connect(port)
    client.command("RETR absent", 550)
    assert ends(plain) == b""
    works(client)


# Clients that shake hands on the data connection before they send the transfer command.


def handshake_before_the_command():
    """As aioftp and .NET's clients do; the server takes part at once, whichever way the bytes go then."""
    for newest in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        client = Client(PORT, context(maximum=newest)).ready()
        for _ in range(3):
            began = time.monotonic()
            data = client.protected(client.passive())
            assert time.monotonic() - began < 2, "the handshake waited for something"
            assert "In passive mode, with a data connection" in client.command("STAT", 211)
            client.command("RETR data.bin", 125, 150)
            assert read_all(data) == WANTED
            client.reply(226)
            data = client.protected(client.passive())
            client.command("STOR early", 125, 150)
            data.sendall(WANTED)
            ftps.close(data)
            client.reply(226)
            assert (ROOT / "early").read_bytes() == WANTED
            data = client.protected(client.passive())
            client.command("MLSD", 125, 150)
            assert b"early" in read_all(data)
            client.reply(226)
        works(client)


def what_an_early_connection_comes_to():
    """Nothing is left of one that no command asked for, and none is bound to what was before it."""
    client = Client(PORT).ready()
    # Another port, and the old connection ends.
    old = client.protected(client.passive())
    data = client.protected(client.passive())
    assert ends(old) == b""
    client.command("RETR data.bin", 125, 150)
    assert read_all(data) == WANTED
    client.reply(226)
    # A refused command takes it along.
    data = client.protected(client.passive())
    client.command("RETR absent", 550)
    assert ends(data) == b""
    works(client)
    # Garbage is no handshake: the command hears it, and the next transfer is in step.
    port = client.passive()
    thief = connect(port)
    thief.sendall(b"\x16\x03\x01\x00\x05GARBAGE")
    client.command("RETR data.bin", 125, 150)
    client.reply(425)
    loot(thief)
    works(client)
    # Connected, silent, and then in clear after all.
    plain = connect(client.passive())
    client.command("PROT C", 200)
    client.command("RETR data.bin", 125, 150)
    assert ends(plain) == WANTED
    client.reply(226)
    client.command("PROT P", 200)
    # Not so where TLS has begun.
    data = client.protected(client.passive())
    client.command("PROT C", 200)
    client.command("RETR data.bin", 425)
    client.command("PROT P", 200)
    works(client)


def strangers_at_an_early_port():
    """Whoever comes from elsewhere is sent away without a handshake, and does not keep the client out or the server busy."""
    client = Client(PORT).ready()
    port = client.passive()
    for _ in range(3):
        stranger = connect(port, "127.0.0.2")
        try:
            context().wrap_socket(stranger, server_hostname="localhost")
            raise AssertionError("a stranger shook hands")
        except (ssl.SSLError, ConnectionError):
            pass
    data = client.protected(port)
    client.command("RETR data.bin", 125, 150)
    assert read_all(data) == WANTED
    client.reply(226)
    # A flood of them costs the server no more than looking now and then.
    port = client.passive()
    crowd = [connect(port, "127.0.0.2") for _ in range(40)]
    data = client.protected(port)
    client.command("RETR data.bin", 125, 150)
    assert read_all(data) == WANTED
    client.reply(226)
    for stranger in crowd:
        assert ends(stranger) == b""
    works(client)


def main():
    global PORT, IMPLICIT, ROOT, WANTED
    name, PORT, IMPLICIT, ROOT = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), pathlib.Path(sys.argv[4])
    WANTED = (ROOT / "data.bin").read_bytes()
    globals()[name]()


if __name__ == "__main__":
    try:
        main()
    except Refused as refused:
        sys.exit(f"a reply that was not wanted: {refused}")
