"""Has two servers transfer a file, the first being TLS's client by SSCN; prints the final codes of both.

site_to_site.py ADDRESS:PORT ADDRESS:PORT PASSWORD"""
import ftplib
import ssl
import sys


def session(endpoint, password):
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    host, port = endpoint.rsplit(":", 1)
    ftp = ftplib.FTP_TLS(context=context, timeout=30)
    ftp.connect(host, int(port))
    ftp.login("alice", password)
    ftp.prot_p()
    ftp.voidcmd("TYPE I")
    return ftp


def code(ftp):
    try:
        return ftp.voidresp()[:3]
    except ftplib.Error as error:
        return str(error)[:3]


source, target = (session(endpoint, sys.argv[3]) for endpoint in sys.argv[1:3])
assert source.sendcmd("SSCN ON") == "200 SSCN:CLIENT METHOD"
assert source.sendcmd("SSCN") == "200 SSCN:CLIENT METHOD"
host, port = ftplib.parse227(target.sendcmd("PASV"))
source.sendport(host, port)
target.putcmd("STOR data.bin")
source.putcmd("RETR data.bin")
for ftp in source, target:
    assert ftp.getresp()[:3] == "150"
print(code(source), code(target))
# The session goes on, with the roles as they were.
assert source.sendcmd("SSCN OFF") == "200 SSCN:SERVER METHOD"
lines = []
source.retrlines("NLST", lines.append)
assert lines == ["data.bin"], lines
