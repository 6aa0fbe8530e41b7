"""A small FTPS client for tests: one command, one reply; TLS may be begun, withheld or broken at every step."""

import hashlib
import hmac
import base64
import socket
import ssl
import struct
import time

HOST, TIMEOUT = "127.0.0.1", 20
# Of the sockets: 0 is plain TCP.
PROTOCOL = 0


class Refused(Exception):
    """A reply with a code that was not wanted; `code` is what came."""

    def __init__(self, line, wanted):
        super().__init__(f"{line!r}, wanted {wanted}")
        self.code = int(line[:3])


def context(protocols=(), minimum=None, maximum=None, certificate=None):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    # An end without close_notify must not be hidden from the test.
    made.options &= ~getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", 0)
    if protocols:
        made.set_alpn_protocols(list(protocols))
    if minimum:
        made.minimum_version = minimum
    if maximum:
        made.maximum_version = maximum
    if certificate:
        made.load_cert_chain(certificate)
    return made


def connect(port, source=None):
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM, PROTOCOL)
    made.settimeout(TIMEOUT)
    if source:
        made.bind((source, 0))
    made.connect((HOST, port))
    return made


class Client:
    """One control connection. `tls` is the context its data connections use, too: a session is resumed only by the context it is of."""

    def __init__(self, port, tls=None, implicit=False, source=None, name="localhost"):
        self.tls, self.source = tls or context(), source
        self.socket, self.buffer = connect(port, source), b""
        self.implicit = implicit
        if implicit:
            self.socket = self.tls.wrap_socket(self.socket, server_hostname=name)
        self.greeting = self.reply(220)

    def line(self):
        while b"\n" not in self.buffer:
            piece = self.socket.recv(65536)
            if not piece:
                raise EOFError(f"the control connection ended after {self.buffer!r}")
            self.buffer += piece
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.rstrip(b"\r").decode("latin-1")

    def reply(self, *wanted):
        line = self.line()
        if line[3:4] == "-":
            code = line[:3]
            while True:
                further = self.line()
                line += "\n" + further
                if further[:4] == code + " ":
                    break
        if wanted and int(line[:3]) not in wanted:
            raise Refused(line, wanted)
        return line

    def send(self, line):
        self.socket.sendall(line.encode("latin-1") + b"\r\n")

    def command(self, line, *wanted):
        self.send(line)
        return self.reply(*wanted)

    def auth(self, word="TLS", name="localhost"):
        self.command(f"AUTH {word}", 234)
        self.socket = self.tls.wrap_socket(self.socket, server_hostname=name)
        return self

    def protect(self):
        self.command("PBSZ 0", 200)
        self.command("PROT P", 200)
        return self

    def login(self, user="alice", password="secret"):
        if self.command(f"USER {user}", 331, 336, 232)[:3] != "232":
            self.command(f"PASS {password}", 230)
        self.command("TYPE I", 200)
        return self

    def ready(self):
        """Everything up to the first transfer, both channels under TLS."""
        return (self if self.implicit else self.auth()).protect().login()

    # Data connections

    def passive(self):
        """The port of EPSV."""
        return int(self.command("EPSV", 229).split("|||")[1].split("|")[0])

    def session(self):
        """The TLS session of the control connection, with the newest ticket that has been read."""
        return self.socket.session

    def protected(self, port, session="own", name="localhost", tls=None, source=None):
        """A data connection under TLS; call it after the transfer command was sent."""
        plain = connect(port, source or self.source)
        resumed = self.session() if session == "own" else session
        return (tls or self.tls).wrap_socket(plain, server_hostname=name, session=resumed)

    def retrieve(self, name, session="own"):
        port = self.passive()
        self.send(f"RETR {name}")
        data = self.protected(port, session)
        content = read_all(data)
        self.reply(150, 125)
        self.reply(226)
        return content

    def store(self, name, content, session="own"):
        port = self.passive()
        self.send(f"STOR {name}")
        data = self.protected(port, session)
        data.sendall(content)
        close(data)
        self.reply(150, 125)
        return self.reply(226)

    def quit(self):
        self.command("QUIT", 221)
        if isinstance(self.socket, ssl.SSLSocket):
            self.socket.settimeout(TIMEOUT)
            # Without close_notify this would raise SSLEOFError.
            assert self.socket.recv(1) == b"", "bytes after 221"


def read_all(data):
    """Everything up to close_notify; an end without it raises ssl.SSLEOFError."""
    content = b""
    while True:
        piece = data.recv(1 << 16)
        if not piece:
            break
        content += piece
    data.close()
    return content


def close(data):
    """close_notify, then the end of file. The server's own close_notify may come or not."""
    try:
        data.unwrap().close()
    except (OSError, ValueError):
        data.close()


def cut(data):
    """The end of file without close_notify."""
    number = data.detach()
    plain = socket.socket(fileno=number)
    plain.shutdown(socket.SHUT_WR)
    return plain


def reset(data):
    """A reset."""
    plain = socket.socket(fileno=data.detach())
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    plain.close()


def code(secret, step=0):
    """The one-time password of RFC 6238 for now, or some steps from now."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30 + step), hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at:at + 4])[0] & 0x7FFFFFFF) % 1000000:06}"
