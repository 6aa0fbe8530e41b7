"""A multipath FTPS client behind a NAT that helps FTP: `natted.py HOST PORT OWN-ADDRESS`; fetches `down` to `got`, sends it as `up`."""

import sys

import ftps

ftps.HOST, port, own = sys.argv[1], int(sys.argv[2]), sys.argv[3]
ftps.PROTOCOL = 262  # IPPROTO_MPTCP
client = ftps.Client(port).ready()
said = []
for _ in range(3):
    # In clear the helper would put the outer address here, and with it the connection out of step. Under TLS it cannot, so the
    # server sees a stranger's address.
    reply = client.command(f"PORT {own.replace('.', ',')},200,1")
    assert reply.startswith("500"), reply
    said.append(reply[:3])
    content = client.retrieve("down")
    client.store("up", content)
    client.command("NOOP", 200)
with open("got", "wb") as got:
    got.write(content)
status = client.command("STAT", 211)
assert "Multipath TCP: multipath" in status, status
client.quit()
print("PORT", " ".join(said), end="")
