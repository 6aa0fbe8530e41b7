"""A client of MODE Z over Python's zlib: files and listings both ways, compared with what MODE S carries.

deflate_mode.py PORT USER PASSWORD [down]: runs against any server that has MODE Z, so that two of them can be compared. With `down` files
go up in MODE S: ProFTPD's mod_deflate 0.5.6 stands still when an upload does not become smaller.
"""

import ftplib
import os
import sys
import zlib


def receive(ftp, command):
    with ftp.transfercmd(command) as data:
        wire = b""
        while piece := data.recv(1 << 16):
            wire += piece
    ftp.voidresp()
    return wire


def inflate(wire):
    stream = zlib.decompressobj()
    plain = stream.decompress(wire)
    assert stream.eof and not stream.unused_data, "not exactly one zlib stream"
    return plain


def send(ftp, command, wire):
    with ftp.transfercmd(command) as data:
        data.sendall(wire)
    ftp.voidresp()


ftp = ftplib.FTP(timeout=30)
ftp.connect("127.0.0.1", int(sys.argv[1]))
ftp.login(sys.argv[2], sys.argv[3])
only_down = sys.argv[4:] == ["down"]
contents = {
    "z-empty": b"",
    "z-byte": b"\n",
    "z-noise": os.urandom(3_000_001),
    "z-zeros": bytes(20_000_000),
    "z-text": b"the same line again and again\n" * 200_000,
}
for level in (1, 6, 9):
    ftp.voidcmd("TYPE I")
    ftp.voidcmd("MODE Z")
    ftp.voidcmd(f"OPTS MODE Z LEVEL {level}")
    for name, content in contents.items():
        if only_down:
            ftp.voidcmd("MODE S")
            send(ftp, "STOR " + name, content)
            ftp.voidcmd("MODE Z")
        else:
            send(ftp, "STOR " + name, zlib.compress(content, level))
        wire = receive(ftp, "RETR " + name)
        assert inflate(wire) == content, name
        assert len(wire) < len(content) // 10 or name not in ("z-zeros", "z-text"), (name, len(wire))
        ftp.voidcmd("MODE S")
        assert receive(ftp, "RETR " + name) == content, name
        ftp.voidcmd("MODE Z")
ftp.voidcmd("TYPE A")
text = contents["z-text"]
assert inflate(receive(ftp, "RETR z-text")) == text.replace(b"\n", b"\r\n")
send(ftp, "STOR z-text", zlib.compress(text.replace(b"\n", b"\r\n")))
names = inflate(receive(ftp, "NLST")).decode().split("\r\n")
assert set(contents) <= set(names), names
ftp.voidcmd("MODE S")
ftp.voidcmd("TYPE I")
# ProFTPD keeps the CR of such an upload.
assert only_down or receive(ftp, "RETR z-text") == text
for name in contents:
    ftp.delete(name)
ftp.quit()
