# pyftpd.py: pyftpdlib's own event loop (its fastest model) with a crypt(3) password, started by run.sh.

import ctypes
import ctypes.util
import logging
import os

from pyftpdlib.authorizers import AuthenticationFailed, DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer

environment = os.environ
libcrypt = ctypes.CDLL(ctypes.util.find_library("crypt") or "libcrypt.so.1")
libcrypt.crypt.restype = ctypes.c_char_p


class HashedAuthorizer(DummyAuthorizer):
    """Compares with a crypt(3) hash, as every other server here does."""

    def validate_authentication(self, username, password, handler):
        if username == "anonymous":
            return
        hashed = environment["HASH"].encode()
        if username != "user" or libcrypt.crypt(password.encode(), hashed) != hashed:
            raise AuthenticationFailed("Authentication failed.")


logging.basicConfig(filename=environment["STATE"] + "/pyftpdlib.log", level=logging.WARNING)
authorizer = HashedAuthorizer()
authorizer.add_user("user", "", environment["ROOT"], perm="elradfmwMT")
authorizer.add_anonymous(environment["ROOT"])
FTPHandler.authorizer = authorizer
FTPHandler.passive_ports = range(int(environment["LOW"]), int(environment["HIGH"]) + 1)
FTPServer.max_cons = 20000
FTPServer((environment.get("ADDRESS", "127.0.0.1"), int(environment["PORT"])), FTPHandler, backlog=4096).serve_forever()
