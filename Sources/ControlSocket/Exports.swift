// The other end of the socket, so that weftpd's commands and the tests need one import; the console has it without the server.

@_exported import ControlAccess
