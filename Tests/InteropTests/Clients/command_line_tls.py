"""OpenSSL's and GnuTLS' command-line clients: `command_line_tls.py openssl|gnutls PORT PASSWORD OPTION`."""

import os
import select
import subprocess
import sys
import time

tool, port, password, option = sys.argv[1:5]
SESSION = "session.pem"


def start(target, *arguments):
    if tool == "openssl":
        command = ["openssl", "s_client", "-quiet", "-connect", f"127.0.0.1:{target}", *arguments]
        command += [option] if option else []
    else:
        command = ["gnutls-cli", "--insecure", "--port", target, *arguments, "127.0.0.1"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


class Control:
    def __init__(self):
        first = ["-starttls", "ftp", "-sess_out", SESSION] if tool == "openssl" else ["--starttls-proto=ftp"]
        self.process, self.buffer = start(port, *first), b""

    def line(self):
        deadline = time.monotonic() + 20
        while b"\n" not in self.buffer:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))
            piece = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            if not piece:
                sys.exit(f"no reply; so far: {self.buffer!r}")
            self.buffer += piece
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.decode("latin-1").rstrip("\r")

    def send(self, line):
        self.process.stdin.write(line.encode() + b"\r\n")
        self.process.stdin.flush()

    def expect(self, code):
        # The tools print words of their own between the replies.
        while not (line := self.line())[:3].isdigit():
            pass
        if line[:3] != code:
            sys.exit(f"{line}, wanted {code}")
        return line

    def command(self, line, code):
        self.send(line)
        return self.expect(code)

    def transfer(self, line, content=b""):
        """A transfer over a tool of its own: what came in."""
        target = self.command("EPSV", "229").split("|||")[1].split("|")[0]
        self.send(line)
        resume = ["-sess_in", SESSION] if tool == "openssl" else ["--logfile=/dev/null"]
        # -quiet has it stay when its input ends; the end of an upload is the end of its input.
        data = start(target, *resume, *(["-no_ign_eof"] if content and tool == "openssl" else []))
        if content:
            data.stdin.write(content)
            data.stdin.close()
            self.expect("150")
            self.expect("226")
            data.wait()
            return b""
        received = data.stdout.read()
        data.stdin.close()
        data.wait()
        self.expect("150")
        self.expect("226")
        return received


control = Control()
control.send(f"USER alice")
control.expect("331")
for line, code in ((f"PASS {password}", "230"), ("TYPE I", "200"), ("PBSZ 0", "200"), ("PROT P", "200")):
    control.command(line, code)
content = control.transfer("RETR data.bin")
with open("out.bin", "wb") as out:
    out.write(content)
# As hexadecimal digits: s_client takes Q or R at the beginning of what it reads for a command.
control.transfer("STOR up.hex", content.hex().encode())
control.send("QUIT")
control.expect("221")
