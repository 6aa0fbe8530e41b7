"""A file system for FUSE with one file, for a loop device: each write and each flush that reaches the file is logged in its order.

    logging_disk.py MOUNTPOINT MEGABYTES LOG

It speaks the kernel's protocol (include/uapi/linux/fuse.h) itself, so it needs no library. Can also let writes fail: see FAIL.
"""

import ctypes
import errno
import os
import struct
import sys
import time

FILE = "disk"
WRITE, FLUSH = 1, 2
# kind, offset, length; the bytes of a write follow.
RECORD = struct.Struct("<BxxxIQ")
# Beside the log: if it is there, writes and flushes fail with EIO.
FAIL = ".fail"

LOOKUP, FORGET, GETATTR, SETATTR, OPEN, READ, WRITE_, STATFS, RELEASE, FSYNC = 1, 2, 3, 4, 14, 15, 16, 17, 18, 20
FLUSH_, INIT, OPENDIR, RELEASEDIR, INTERRUPT, DESTROY, BATCH_FORGET = 25, 26, 27, 29, 36, 38, 42
HEADER = struct.Struct("<IIQQIIIHH")
MAX_WRITE = 1 << 20


def records(path):
    """What was logged: kind, offset, bytes, and where in the log the record ends."""
    with open(path, "rb") as file:
        while len(head := file.read(RECORD.size)) == RECORD.size:
            kind, length, offset = RECORD.unpack(head)
            data = file.read(length) if kind == WRITE else b""
            if len(data) < length and kind == WRITE:
                return
            yield kind, offset, data, file.tell()


class Disk:
    def __init__(self, mountpoint, size, log, rate=0):
        # Bytes a second that it can write; 0: as many as it gets.
        self.size, self.rate = size, rate
        self.image = os.open(log + ".image", os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        os.ftruncate(self.image, size)
        self.log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.fail = log + FAIL
        self.device = os.open("/dev/fuse", os.O_RDWR)
        libc = ctypes.CDLL(None, use_errno=True)
        options = f"fd={self.device},rootmode=40000,user_id=0,group_id=0"
        if libc.mount(b"weftpd-torture", mountpoint.encode(), b"fuse", 0, options.encode()) != 0:
            raise OSError(ctypes.get_errno(), "mount")

    def attributes(self, node):
        size, mode = (self.size, 0o100600) if node == 2 else (0, 0o040700)
        return struct.pack("<6Q10I", node, size, size // 512, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)

    def answer(self, code, node, body):
        """Returns an errno, or the bytes of the reply; None where no reply is expected."""
        if code == INIT:
            _, minor, ahead, _ = struct.unpack_from("<4I", body)
            big_writes, max_pages = 1 << 5, 1 << 22
            return struct.pack(
                "<4IHHIIHHI7I", 7, min(minor, 31), ahead, big_writes | max_pages, 0, 0, MAX_WRITE, 1, MAX_WRITE // 4096, 0,
                *[0] * 8)
        if code == LOOKUP:
            if node != 1 or body.rstrip(b"\0") != FILE.encode():
                return errno.ENOENT
            return struct.pack("<4QII", 2, 0, 3600, 3600, 0, 0) + self.attributes(2)
        if code in (GETATTR, SETATTR):
            return struct.pack("<QII", 3600, 0, 0) + self.attributes(node)
        if code in (OPEN, OPENDIR):
            # Past the page cache: what the loop device writes arrives here before it is told that it is written.
            return struct.pack("<QII", 1, 1 if code == OPEN else 0, 0)
        if code == READ:
            _, offset, size = struct.unpack_from("<QQI", body)
            return os.pread(self.image, size, offset)
        if code == WRITE_:
            _, offset, size = struct.unpack_from("<QQI", body)
            if os.path.exists(self.fail):
                return errno.EIO
            if self.rate:
                time.sleep(size / self.rate)
            data = body[40:40 + size]
            os.pwrite(self.image, data, offset)
            os.writev(self.log, [RECORD.pack(WRITE, size, offset), data])
            return struct.pack("<II", size, 0)
        if code == FSYNC:
            if os.path.exists(self.fail):
                return errno.EIO
            os.write(self.log, RECORD.pack(FLUSH, 0, 0))
            return b""
        if code == STATFS:
            return struct.pack("<5Q4I24x", 1 << 20, 1 << 20, 1 << 20, 10, 10, 4096, 255, 4096, 0)
        if code in (FLUSH_, RELEASE, RELEASEDIR, DESTROY):
            return b""
        return None if code in (FORGET, BATCH_FORGET, INTERRUPT) else errno.ENOSYS

    def serve(self):
        while True:
            try:
                request = os.read(self.device, MAX_WRITE + 4096)
            except OSError as error:
                if error.errno == errno.ENODEV:
                    # Unmounted.
                    return
                if error.errno in (errno.ENOENT, errno.EINTR, errno.EAGAIN):
                    continue
                raise
            length, code, unique, node, *_ = HEADER.unpack_from(request)
            reply = self.answer(code, node, request[HEADER.size:length])
            if reply is None:
                continue
            failure, data = (-reply, b"") if isinstance(reply, int) else (0, reply)
            try:
                os.writev(self.device, [struct.pack("<IiQ", 16 + len(data), failure, unique), data])
            except OSError as error:
                # The request was interrupted meanwhile.
                if error.errno != errno.ENOENT:
                    raise


if __name__ == "__main__":
    Disk(sys.argv[1], int(sys.argv[2]) << 20, sys.argv[3], *map(int, sys.argv[4:])).serve()
