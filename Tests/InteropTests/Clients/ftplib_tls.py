"""ftplib over TLS: `ftplib_tls.py PORT PASSWORD VERSION reuse|anew`; fetches data.bin and sends it back as up.bin, ten times."""

import ftplib
import ssl
import sys


class Reusing(ftplib.FTP_TLS):
    """ftplib does not resume sessions by itself; this is how its users have it do so."""

    def ntransfercmd(self, cmd, rest=None):
        data, size = ftplib.FTP.ntransfercmd(self, cmd, rest)
        if self._prot_p:
            data = self.context.wrap_socket(data, server_hostname=self.host, session=self.sock.session)
        return data, size


port, password, version, session = int(sys.argv[1]), *sys.argv[2:5]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
context.minimum_version = context.maximum_version = getattr(ssl.TLSVersion, "TLSv" + version.replace(".", "_"))
ftp = (Reusing if session == "reuse" else ftplib.FTP_TLS)(context=context, timeout=30, encoding="utf-8")
ftp.connect("127.0.0.1", port)
ftp.auth()
ftp.login("alice", password)
ftp.prot_p()
for _ in range(5):
    with open("out.bin", "wb") as out:
        ftp.retrbinary("RETR data.bin", out.write)
    with open("out.bin", "rb") as data:
        ftp.storbinary("STOR up.bin", data)
    assert "data.bin" in ftp.nlst()
assert dict(ftp.mlsd())["up.bin"]["size"] == "1234567"
assert ftp.sock.version() == "TLSv" + version
ftp.quit()
