"""A file system that never answers: whoever looks a file up in it hangs, as on a dead network mount. Needs root and /dev/fuse."""

import ctypes
import ftplib
import os
import struct
import threading

MNT_DETACH, EIO, ENOSYS = 2, 5, 38
libc = ctypes.CDLL(None, use_errno=True)


class HungDisk:
    """Mounts it for as long as the context lasts. Only its root directory answers (linux/fuse.h)."""

    def __init__(self, path):
        self.path = path
        self.hanging = threading.Event()
        self.victim = None
        self.waiting, self.is_released = [], False

    def __enter__(self):
        self.path.mkdir(exist_ok=True)
        self.device = os.open("/dev/fuse", os.O_RDWR)
        options = f"fd={self.device},rootmode=40000,user_id=0,group_id=0,allow_other"
        if libc.mount(b"hung", os.fsencode(self.path), b"fuse", 0, options.encode()):
            os.close(self.device)
            raise OSError(ctypes.get_errno(), f"mount on {self.path}")
        threading.Thread(target=self.answer, daemon=True).start()
        return self

    def __exit__(self, *_):
        # Whatever hangs fails now; the device is closed by the end of the thread that reads it.
        self.is_released = True
        for unique in self.waiting:
            self.reply(unique, -EIO)
        libc.umount2(os.fsencode(self.path), MNT_DETACH)
        if self.victim:
            self.victim.close()

    def catch(self, port, user, password):
        """Has a session of the server hang there; false if it did not within two seconds."""
        ftp = ftplib.FTP()
        ftp.connect("127.0.0.1", port, timeout=20)
        ftp.login(user, password)
        self.victim = ftp
        ftp.sock.sendall(f"MDTM {self.path.name}/file\r\n".encode())
        return self.hanging.wait(2)

    def answer(self):
        while True:
            try:
                request = os.read(self.device, 1 << 17)
            except OSError:
                return os.close(self.device)
            operation, unique = struct.unpack_from("=IQ", request, 4)
            match operation:
                case 1:  # FUSE_LOOKUP
                    self.waiting.append(unique)
                    self.hanging.set()
                    if not self.is_released:
                        continue
                    error, body = -EIO, b""
                case 2 | 36 | 42:  # FUSE_FORGET, _INTERRUPT, _BATCH_FORGET
                    continue
                case 26:  # FUSE_INIT
                    error, body = 0, struct.pack("=7I36x", 7, 31, 0, 1 << 18, 0, 65536, 1)
                case 3:  # FUSE_GETATTR
                    fields = [0] * 26
                    fields[0], fields[4], fields[19], fields[20], fields[24] = 3600, 1, 0o40755, 2, 4096
                    error, body = 0, struct.pack("=26I", *fields)
                case 27:  # FUSE_OPENDIR
                    error, body = 0, bytes(16)
                case _:
                    error, body = -ENOSYS, b""
            self.reply(unique, error, body)

    def reply(self, unique, error, body=b""):
        try:
            os.write(self.device, struct.pack("=IiQ", 16 + len(body), error, unique) + body)
        except OSError:
            pass
