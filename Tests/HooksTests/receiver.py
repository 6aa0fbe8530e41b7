# An HTTPS server that notes what is posted to it: receiver.py PORT CERTIFICATE KEY FILE [STATUS...]
# The first answers have the given statuses, all others 204. Prints a line when it listens.
import http.server
import json
import ssl
import sys

port, certificate, key, file = int(sys.argv[1]), *sys.argv[2:5]
statuses = [int(word) for word in sys.argv[5:]]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        record = json.loads(body)
        status = statuses.pop(0) if statuses else 204
        ok = self.headers["X-Request-Id"] == record["id"] and self.headers["Content-Type"] == "application/json"
        with open(file, "a") as notes:
            notes.write(f"{status} {ok} {record['id']} {record['event']} {record.get('path', '')}\n")
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
server.serve_forever()
