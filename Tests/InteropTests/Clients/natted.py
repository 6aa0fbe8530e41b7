"""A multipath FTPS client behind a NAT that helps FTP: `natted.py HOST PORT OWN-ADDRESS [corrupting]`; fetches `down` to `got`, sends it as
`up`.

Linux 6.18 itself puts bytes in the wrong place on a multipath connection through a NAT that a second path joins, without MPTCP's
checksums (11 of 1,500 uploads between two programs of 20 lines; counter DSSNotMatching). TLS finds it out: with `corrupting` a transfer may
be broken off by that, and is tried again; but one that was said to be complete has every byte.
"""

import sys

import ftps

ftps.HOST, port, own = sys.argv[1], int(sys.argv[2]), sys.argv[3]
ftps.PROTOCOL = 262  # IPPROTO_MPTCP
said, broken = [], []


def transfer(client):
    # In clear the helper would put the outer address here, and with it the connection out of step. Under TLS it cannot, so the
    # server sees a stranger's address.
    reply = client.command(f"PORT {own.replace('.', ',')},200,1")
    assert reply.startswith("500"), reply
    content = client.retrieve("down")
    client.store("up", content)
    assert client.retrieve("up") == content, "226, and not what was sent"
    client.command("NOOP", 200)
    said.append(reply[:3])
    return content


client = ftps.Client(port).ready()
while len(said) < 3:
    try:
        content = transfer(client)
    except (OSError, EOFError, ftps.Refused) as why:
        if "corrupting" not in sys.argv or len(broken) == 10 or getattr(why, "code", 426) != 426:
            raise
        broken.append(str(why))
        client = ftps.Client(port).ready()
with open("got", "wb") as got:
    got.write(content)
status = client.command("STAT", 211)
assert "Multipath TCP: multipath" in status, status
client.quit()
print("PORT", " ".join(said), "".join(f", broken: {why}" for why in broken), end="")
