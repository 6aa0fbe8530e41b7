#!/usr/bin/env python3
"""Three weftpd behind one HAProxy, with one PostgreSQL and one tree of files, each in a network namespace of its own.

usage: cluster.py WEFTPD [SCENARIO...]

Scenarios, all but `figures` unless named:
  upload    fifty clients upload; the node with most of them is killed with -9 in the midst: they go on at another
  locks     what two nodes do to one name at the same time
  shared    a quota that clients of all nodes use up together, and a ban that holds at all of them
  rolling   every node is replaced by another process while clients come, and one is taken out of service
  figures   throughput and processor time with one, two and three nodes

Needs root, iproute2, haproxy and PostgreSQL. Prints what it sees; the exit code is 0 if all holds.
"""
import ctypes, ftplib, glob, hashlib, os, random, shutil, signal, socket, subprocess, sys, tempfile, threading, time

LIBC = ctypes.CDLL(None, use_errno=True)
NET = "10.99.0"
BALANCER, DATABASE, NODES = f"{NET}.10", f"{NET}.30", [f"{NET}.{21 + i}" for i in range(3)]
PORT = 2121
CLIENTS = 50
QUOTA_MIB = 6
MIB = 1 << 20
PASSWORD = "secret"
HASH = "$5$rounds=1000$weftpdtest$jaIc7vj1O6XBrypCrdT3oww7kPuzp1q2sYL0H/vJXYC"  # of PASSWORD, quick on purpose


def sh(*words, check=True, **more):
    result = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more)
    if check and result.returncode:
        raise SystemExit(f"{' '.join(words)}: {result.stdout}")
    return result.stdout


def until(what, condition, patience=60):
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.05)
    raise SystemExit(f"FAILED: {what}")


def say(text):
    print(f"cluster: {text}", flush=True)


def require(holds, text):
    if not holds:
        raise SystemExit(f"FAILED: {text}")


class Cluster:
    def __init__(self, binary):
        self.binary = os.path.realpath(binary)
        self.work = tempfile.mkdtemp(prefix="weftpd-cluster-", dir="/var/tmp")
        os.chmod(self.work, 0o755)
        self.tree = f"{self.work}/tree"
        os.mkdir(self.tree)
        self.prefix = f"wc{os.getpid()}"
        self.spaces, self.processes, self.nodes = [], [], {}

    # --- network: a switch, and a leg to each host

    def name(self, host):
        return f"{self.prefix}-{host}"

    def host(self, host, *addresses):
        space, leg = self.name(host), f"{host}0"
        sh("ip", "netns", "add", space)
        self.spaces.append(space)
        sh("ip", "-n", space, "link", "set", "lo", "up")
        if host == "switch":
            sh("ip", "-n", space, "link", "add", "br0", "type", "bridge")
            sh("ip", "-n", space, "link", "set", "br0", "up")
            return
        sh("ip", "-n", space, "link", "add", "eth0", "type", "veth", "peer", "name", leg, "netns", self.name("switch"))
        sh("ip", "-n", self.name("switch"), "link", "set", leg, "master", "br0", "up")
        for address in addresses:
            sh("ip", "-n", space, "addr", "add", f"{address}/24", "dev", "eth0")
        sh("ip", "-n", space, "link", "set", "eth0", "up")

    def start(self, host, words, log, **more):
        output = open(f"{self.work}/{log}", "ab")
        process = subprocess.Popen(
            ["ip", "netns", "exec", self.name(host)] + words, stdin=subprocess.DEVNULL, stdout=output, stderr=output, **more)
        self.processes.append(process)
        return process

    # --- hosts

    def database(self):
        programs = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
        data = f"{self.work}/database"
        os.mkdir(data)
        open(f"{self.work}/password", "w").write(PASSWORD)
        sh("chown", "nobody:nogroup", data, f"{self.work}/password")
        nobody = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--"]
        sh(*nobody, f"{programs}/initdb", "-D", data + "/data", "-U", "weft", "--pwfile", f"{self.work}/password",
           "--auth-local=trust", "--auth-host=scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        with open(data + "/data/pg_hba.conf", "a") as rules:
            rules.write(f"host all all {NET}.0/24 scram-sha-256\n")
        self.start("db", nobody + [f"{programs}/postgres", "-D", data + "/data", "-c", f"listen_addresses={DATABASE}",
                   "-c", f"unix_socket_directories={data}", "-c", "fsync=off"], "database.log")
        until("PostgreSQL starts", lambda: subprocess.run(
            nobody + [f"{programs}/pg_isready", "-q", "-h", data]).returncode == 0)
        sh(*nobody, f"{programs}/createdb", "-h", data, "-U", "weft", "weft")
        for user in range(5):
            sh(self.binary, "user", "add", f"user{user}", "--postgres", f"host={data} dbname=weft user=weft",
               "--home", self.tree, "--hash", HASH)
        os.mkdir(f"{self.tree}/limited")
        sh(self.binary, "user", "add", "limited", "--postgres", f"host={data} dbname=weft user=weft",
           "--home", f"{self.tree}/limited", "--hash", HASH)
        sh(self.binary, "user", "set", "limited", f"quota={QUOTA_MIB}MiB", "--postgres", f"host={data} dbname=weft user=weft")

    def node(self, index, more=()):
        """Settings that differ between the nodes: where they listen, their passive ports, and where clients find those."""
        ports = f"{50000 + 1000 * index}-{50299 + 1000 * index}"
        # The data connections of the third come by way of the balancer; those of the others straight from the clients.
        by_balancer = index == 2
        settings = {
            "listen": f"{NODES[index]}:{PORT}", "passive.ports": ports,
            "passive.address": BALANCER if by_balancer else NODES[index], "proxy.trusted": BALANCER,
            "proxy.data": "true" if by_balancer else "false", "accounts.backend": "postgres",
            "accounts.postgres.connection": f"host={DATABASE} dbname=weft user=weft",
            "accounts.postgres.password-file": f"{self.work}/password", "accounts.postgres.sslmode": "disable",
            "accounts.roots": self.tree, "server.control": f"{self.work}/node{index}.control",
            "quotas.server": f"node{index}", "quotas.storage": "shared",
            "limits.before-login-per-address": "0", "server.allow-root": "true", "tls.mode": "off",
        }
        settings.update(more)
        words = [self.binary, "serve"]
        for key, value in settings.items():
            words += ["--set", f"{key}={value}"]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("WEFTPD_")}
        process = self.start(f"node{index}", words, f"node{index}.log", env=environment)
        self.nodes[index] = process
        until(f"node {index} serves", lambda: self.greets(NODES[index]) or process.poll() is not None)
        require(process.poll() is None, f"node {index}: {open(f'{self.work}/node{index}.log').read()[-2000:]}")
        return process

    def greets(self, address):
        try:
            with self.ftp(None, address, login=False):
                return True
        except OSError:
            return False

    def balancer(self):
        servers = "".join(f"  server node{i} {NODES[i]}:{PORT}\n" for i in range(3))
        open(f"{self.work}/haproxy.cfg", "w").write(f"""\
global
  stats socket {self.work}/haproxy.sock mode 600 level admin
defaults
  mode tcp
  timeout connect 5s
  timeout client 15m
  timeout server 15m
  option redispatch 1
  retries 5
listen ftp
  bind {BALANCER}:{PORT}
  balance leastconn
  stick-table type ip size 200k expire 30m
  stick on src
  option tcp-check
  tcp-check expect string 220
  default-server check inter 300ms fall 2 rise 2 send-proxy-v2 check-send-proxy on-marked-down shutdown-sessions
{servers}
listen ftp-data-node2
  bind {BALANCER}:52000-52299
  server node2 {NODES[2]} send-proxy-v2
""")
        self.start("lb", ["haproxy", "-W", "-q", "-f", f"{self.work}/haproxy.cfg"], "haproxy.log")
        until("HAProxy sees all nodes", lambda: len(self.up()) == 3)

    def haproxy(self, command):
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(f"{self.work}/haproxy.sock")
            control.sendall(command.encode() + b"\n")
            answer = b""
            while piece := control.recv(65536):
                answer += piece
            return answer.decode()

    def up(self):
        try:
            lines = [line.split(",") for line in self.haproxy("show stat").splitlines() if line.startswith("ftp,node")]
        except OSError:
            return []
        return [int(line[1][4:]) for line in lines if line[17].startswith("UP")]

    # --- clients: sockets of the clients' namespace, each with an address of its own

    def enter(self, host):
        """The calling thread's sockets are of that host from now on."""
        with open(f"/run/netns/{self.name(host)}") as space:
            require(LIBC.setns(space.fileno(), 0x40000000) == 0, "setns")

    def ftp(self, client, address=BALANCER, login=True):
        """A session of client `client`; failures are OSError. The calling thread is in the clients' namespace from then on."""
        self.enter("client")
        ftp = Client(f"{NET}.{100 + client}" if client is not None else f"{NET}.99")
        try:
            # Fifty log in at once, and on a busy machine the disk takes their first megabytes slowly.
            ftp.connect(address, PORT, timeout=120)
            if login:
                ftp.login(f"user{(client or 0) % 5}", PASSWORD)
                ftp.voidcmd("TYPE I")
            return ftp
        except (EOFError, ftplib.Error) as error:
            raise OSError(str(error)) from error

    def weftpd(self, index, *words):
        return sh("ip", "netns", "exec", self.name(f"node{index}"), self.binary, *words,
                  "--socket", f"{self.work}/node{index}.control")

    def stop(self):
        # A node that was replaced is no child of ours.
        for index in range(3):
            for _ in range(3):
                try:
                    status = self.weftpd(index, "status", "--json") if os.path.exists(f"{self.work}/node{index}.control") else ""
                    pid = int(status.split('"pid":')[1].split(",")[0])
                    os.kill(pid, signal.SIGKILL)
                except (SystemExit, IndexError, ValueError, ProcessLookupError):
                    break
        for process in reversed(self.processes):
            if process.poll() is None:
                process.kill()
            process.wait()
        for space in reversed(self.spaces):
            for pid in sh("ip", "netns", "pids", space, check=False).split():
                # This process is a client.
                if int(pid) != os.getpid():
                    try:
                        os.kill(int(pid), signal.SIGKILL)
                    except ProcessLookupError:
                        pass
            sh("ip", "netns", "delete", space, check=False)
        shutil.rmtree(self.work, ignore_errors=True)

    def begin(self):
        for host, addresses in [("switch", []), ("lb", [BALANCER]), ("db", [DATABASE])] + [
                (f"node{i}", [NODES[i]]) for i in range(3)] + [
                ("client", [f"{NET}.99"] + [f"{NET}.{100 + i}" for i in range(CLIENTS)])]:
            self.host(host, *addresses)
        self.database()
        for index in range(3):
            self.node(index)


class Client(ftplib.FTP):
    """A client of one address: its data connections come from there, too."""

    def __init__(self, source):
        super().__init__(source_address=(source, 0))

    trust_server_pasv_ipv4_address = True


# --- what files contain: every block tells whose it is and where

def block(owner, index):
    seed = hashlib.sha256(f"{owner} {index}".encode()).digest()
    return seed * (65536 // len(seed))


def content(owner, blocks):
    return b"".join(block(owner, i) for i in range(blocks))


def same(path, owner, blocks):
    with open(path, "rb") as file:
        for index in range(blocks):
            if file.read(65536) != block(owner, index):
                return False
        return file.read(1) == b""


def in_parallel(count, body):
    failures = []

    def run(index):
        try:
            body(index)
        except BaseException as error:  # SystemExit, too: it is the main thread that ends
            failures.append(f"client {index}: {error!r}")

    threads = [threading.Thread(target=run, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    return threads, failures


# --- scenarios

def upload(cluster):
    """A node dies in the midst of fifty uploads."""
    blocks, gate_at = 192, 168  # 12 MiB, of which 10.5 have been sent when the node dies
    gate, arrived, lock = threading.Event(), [0], threading.Lock()
    resumed, from_start, waits = [], [], []

    def client(index):
        data, name = content(index, blocks), f"upload{index}"
        ftp = cluster.ftp(index)
        broke = None
        try:
            socket_ = ftp.transfercmd(f"STOR {name}")
            socket_.sendall(data[:gate_at * 65536])
            with lock:
                arrived[0] += 1
            gate.wait()
            socket_.sendall(data[gate_at * 65536:])
            socket_.close()
            ftp.voidresp()
            ftp.quit()
            return
        except (OSError, EOFError, ftplib.Error):
            broke = time.monotonic()
        # As clients do: connect again, ask how much is there, send the rest.
        while True:
            require(time.monotonic() - broke < 60, f"client {index} is not served any more")
            try:
                ftp = cluster.ftp(index)
                try:
                    offset = ftp.size(name) or 0
                except ftplib.error_perm:
                    offset = 0
                socket_ = ftp.transfercmd(f"STOR {name}", rest=offset or None)
                socket_.sendall(data[offset:])
                socket_.close()
                ftp.voidresp()
                waits.append(time.monotonic() - broke)
                (resumed if offset else from_start).append(offset)
                ftp.quit()
                return
            except (OSError, EOFError, ftplib.Error):
                time.sleep(0.1)

    threads, failures = in_parallel(CLIENTS, client)
    until("all clients upload", lambda: arrived[0] == CLIENTS or failures, 180)
    require(not failures, f"{arrived[0]} clients upload, and: {failures}")
    sessions = {i: int(cluster.weftpd(i, "status", "--json").split('"sessions":')[1].split(",")[0]) for i in range(3)}
    victim = max(sessions, key=sessions.get)
    say(f"sessions of the nodes: {sessions}; node {victim} is killed with -9")
    cluster.nodes[victim].kill()
    cluster.nodes[victim].wait()
    gate.set()
    for thread in threads:
        thread.join()
    require(not failures, failures)
    for index in range(CLIENTS):
        require(same(f"{cluster.tree}/upload{index}", index, blocks), f"upload{index} is not what client {index} has sent")
    left = [name for name in os.listdir(cluster.tree) if name.startswith(".weftpd-")]
    require(not left, f"left in the tree: {left}")
    require(len(resumed) + len(from_start) >= sessions[victim] - 1 and resumed, "nobody has gone on elsewhere")
    say(f"{len(resumed)} uploads went on at another node, from {min(resumed) / MIB:.1f} MiB on at least; {len(from_start)} began "
        f"anew; the slowest was done {max(waits):.1f} s after the break; all {CLIENTS} files are what was sent, nothing is left")
    cluster.node(victim)
    until("HAProxy sees the node again", lambda: len(cluster.up()) == 3)


def locks(cluster):
    """Two nodes and one name."""
    one, other = cluster.ftp(0, NODES[0]), cluster.ftp(0, NODES[1])
    data = content("lock", 192)
    socket_ = one.transfercmd("STOR lock")
    socket_.sendall(data[:160 * 65536])
    until("the part is seen at the other node", lambda: (part(other, "lock") or 0) > 9 * MIB)
    try:
        other.sendcmd(f"REST {part(other, 'lock')}")
        other.transfercmd("STOR lock").close()
        reply = other.voidresp()
    except ftplib.Error as error:
        reply = str(error)
    require(reply.startswith("450"), f"a second node may go on with an upload that is under way: {reply}")
    socket_.sendall(data[160 * 65536:])
    socket_.close()
    one.voidresp()
    require(same(f"{cluster.tree}/lock", "lock", 192), "the upload is not what was sent")
    say("an upload that is under way at one node cannot be gone on with at another: 450")

    # Whole uploads to one name: one of them is there, whole, at every moment.
    over, torn, seen = threading.Event(), [], set()

    def reader():
        while not over.is_set():
            try:
                data = open(f"{cluster.tree}/race", "rb").read()
            except FileNotFoundError:
                continue
            digest = hashlib.sha256(data).hexdigest()
            seen.add(digest)

    watcher = threading.Thread(target=reader)
    watcher.start()
    whole = {hashlib.sha256(content(f"race{i}", 16)).hexdigest() for i in range(3)}

    def writer(index):
        ftp = cluster.ftp(index, NODES[index])
        for _ in range(15):
            socket_ = ftp.transfercmd("STOR race")
            socket_.sendall(content(f"race{index}", 16))
            socket_.close()
            ftp.voidresp()

    threads, failures = in_parallel(3, writer)
    for thread in threads:
        thread.join()
    over.set()
    watcher.join()
    require(not failures, failures)
    require(seen and seen <= whole, "a reader saw a file that nobody has sent")
    say(f"45 uploads to one name by three nodes: every look at it found one of them, whole ({len(seen)} of three seen)")

    def appender(index):
        ftp = cluster.ftp(index, NODES[index])
        for turn in range(15):
            socket_ = ftp.transfercmd("APPE log")
            socket_.sendall(f"{index} {turn} ".encode() + b"x" * 20000 + b"\n")
            socket_.close()
            for _ in range(50):
                try:
                    ftp.voidresp()
                    break
                except ftplib.error_temp as error:
                    raise SystemExit(f"APPE: {error}")

    threads, failures = in_parallel(3, appender)
    for thread in threads:
        thread.join()
    require(not failures, failures)
    lines = open(f"{cluster.tree}/log", "rb").read().splitlines()
    expected = {f"{i} {turn} ".encode() + b"x" * 20000 for i in range(3) for turn in range(15)}
    require(len(lines) == 45 and set(lines) == expected, f"{len(lines)} lines, {len(set(lines) & expected)} of them right")
    say("45 pieces appended to one file by three nodes: all are there, each in one piece")


def part(ftp, name):
    try:
        return ftp.size(name)
    except ftplib.Error:
        return None


def shared(cluster):
    """One quota and one list of bans for all nodes."""
    stored, refused, lock = [], [], threading.Lock()

    def client(index, turns=3):
        ftp = cluster.ftp(index, NODES[index % 3], login=False)
        ftp.login("limited", PASSWORD)
        ftp.voidcmd("TYPE I")
        for turn in range(turns):
            name = f"part{index}-{turn}"
            try:
                socket_ = ftp.transfercmd(f"STOR {name}")
                try:
                    socket_.sendall(content(name, 8))
                except OSError:
                    pass
                socket_.close()
                ftp.voidresp()
                with lock:
                    stored.append(name)
            except ftplib.Error as error:
                require(str(error)[:3] in ("552", "452", "426"), f"{name}: {error}")
                with lock:
                    refused.append(str(error)[:3])

    threads, failures = in_parallel(9, client)
    for thread in threads:
        thread.join()
    require(not failures, failures)
    together = len(stored)
    # Uploads that all want the last room at once may all be refused. Whoever comes alone gets it.
    client(9, QUOTA_MIB * 2 - together + 1)
    sizes = [os.path.getsize(f"{cluster.tree}/limited/{name}") for name in os.listdir(f"{cluster.tree}/limited")]
    require(sum(sizes) <= QUOTA_MIB * MIB, f"{sum(sizes)} bytes are there, the quota is {QUOTA_MIB} MiB")
    require(len(stored) == QUOTA_MIB * 2, f"{len(stored)} files of half a MiB were stored, there is room for {QUOTA_MIB * 2}")
    for name in stored:
        require(same(f"{cluster.tree}/limited/{name}", name, 8), f"{name} is not what was sent")
    require(together >= QUOTA_MIB * 2 - 4, f"only {together} files were stored by all together")
    say(f"27 uploads of 0.5 MiB at three nodes into a quota of {QUOTA_MIB} MiB: {together} stored at once, then {len(stored) - together} "
        f"more, {len(refused)} refused")

    def is_refused(node):
        cluster.enter("client")
        probe = Client(f"{NET}.{100 + CLIENTS - 1}")
        try:
            probe.connect(NODES[node], PORT, timeout=30)
            probe.close()
            return False
        except (ftplib.Error, OSError, EOFError):
            return True

    require(not any(is_refused(node) for node in range(3)), "the client is refused before it is banned")
    settings = [word for key in ("accounts.backend=postgres", f"accounts.postgres.connection=host={DATABASE} dbname=weft user=weft",
                f"accounts.postgres.password-file={cluster.work}/password", "accounts.postgres.sslmode=disable",
                f"accounts.roots={cluster.tree}") for word in ("--set", key)]
    ban = ["ip", "netns", "exec", cluster.name("node0"), cluster.binary, "ban"]
    sh(*ban, "add", f"{NET}.{100 + CLIENTS - 1}", "--for", "10m", *settings)
    began = time.monotonic()
    until("the ban holds at all nodes", lambda: all(is_refused(node) for node in range(3)), 10)
    say(f"a ban held at all nodes {time.monotonic() - began:.1f} s after it was made at one")
    sh(*ban, "remove", f"{NET}.{100 + CLIENTS - 1}", *settings)
    until("the ban is lifted everywhere", lambda: not any(is_refused(node) for node in range(3)), 10)


def rolling(cluster):
    """Every node is replaced while clients come, and one is taken away and brought back."""
    over, served = threading.Event(), [0]
    lock = threading.Lock()
    open(f"{cluster.tree}/small", "wb").write(content("small", 1))

    def client(index):
        while not over.is_set():
            ftp = cluster.ftp(index)
            pieces = []
            ftp.retrbinary("RETR small", pieces.append)
            require(b"".join(pieces) == content("small", 1), "a small download differs")
            ftp.quit()
            with lock:
                served[0] += 1

    threads, failures = in_parallel(20, client)

    def more():
        wanted = served[0] + 60
        until("clients are served", lambda: served[0] >= wanted or failures)
        require(not failures, failures)

    more()
    for index in range(3):
        before = cluster.weftpd(index, "status", "--json")
        # What fails changes nothing, so an operator tries again; why it failed is told in any case.
        try:
            cluster.weftpd(index, "upgrade")
        except SystemExit as failure:
            log = open(f"{cluster.work}/node{index}.log", errors="replace").read()
            say(f"the first upgrade failed: {failure}\n{log[-3000:]}")
            cluster.weftpd(index, "upgrade")
        require(cluster.weftpd(index, "status", "--json").split('"pid":')[1].split(",")[0]
                != before.split('"pid":')[1].split(",")[0], "the same process serves")
        more()
    say(f"three nodes replaced by weftpd upgrade, one after the other: {served[0]} sessions of 20 clients, none refused")
    # A host that is to be restarted: the balancer sends nobody new there, and the node ends with its last transfer.
    cluster.haproxy("set server ftp/node0 state drain")
    for i in range(20):
        cluster.haproxy(f"clear table ftp key {NET}.{100 + i}")
    # Sessions that began there before end by themselves: clients here are short.
    until("the sessions at node 0 end", lambda: '"sessions":0,' in cluster.weftpd(0, "status", "--json"))
    cluster.weftpd(0, "drain", "--wait")
    more()
    cluster.node(0)
    cluster.haproxy("set server ftp/node0 state ready")
    until("HAProxy sees the node again", lambda: len(cluster.up()) == 3)
    more()
    over.set()
    for thread in threads:
        thread.join()
    require(not failures, failures)
    say(f"node 0 drained, stopped and started: {served[0]} sessions, none refused")


def processor(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def figures(cluster, seconds=8):
    """Downloads of one cached file, straight from the nodes, by curl: the processors are shared with the clients."""
    with open(f"{cluster.tree}/large", "wb") as file:
        for _ in range(64):
            file.write(random.randbytes(MIB))
    pids = {i: int(cluster.weftpd(i, "status", "--json").split('"pid":')[1].split(",")[0]) for i in range(3)}
    for count in (1, 2, 3):
        end = time.monotonic() + seconds
        before = {i: processor(pids[i]) for i in range(count)}
        moved, lock, began = [0], threading.Lock(), time.monotonic()

        def client(index):
            address = NODES[index % count]
            buffer = bytearray(MIB)
            ftp = cluster.ftp(index, address)
            while time.monotonic() < end:
                socket_ = ftp.transfercmd("RETR large")
                while size := socket_.recv_into(buffer):
                    with lock:
                        moved[0] += size
                socket_.close()
                ftp.voidresp()
            ftp.quit()

        threads, failures = in_parallel(6, client)
        for thread in threads:
            thread.join()
        require(not failures, failures)
        took = time.monotonic() - began
        used = sum(processor(pids[i]) - before[i] for i in range(count))
        gib = moved[0] / (1 << 30)
        say(f"figures: {count} node{'s' if count > 1 else ''}: {moved[0] / took / 1e9:.2f} GB/s, "
            f"{used / gib:.3f} s of processor time in weftpd for each GiB, {used / took:.2f} processors")


def main():
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    chosen = sys.argv[2:] or ["upload", "locks", "shared", "rolling"]
    scenarios = {f.__name__: f for f in (upload, locks, shared, rolling, figures)}
    cluster = Cluster(sys.argv[1])
    try:
        cluster.begin()
        cluster.balancer()
        for name in chosen:
            began = time.monotonic()
            scenarios[name](cluster)
            say(f"{name}: {time.monotonic() - began:.1f} s")
        say("ok")
    except SystemExit as end:
        print(end, file=sys.stderr)
        for log in sorted(glob.glob(f"{cluster.work}/*.log")):
            lines = [line for line in open(log, errors="replace") if " info  " not in line]
            print(f"--- {os.path.basename(log)}", "".join(lines[-25:]), sep="\n", file=sys.stderr)
        raise SystemExit(1)
    finally:
        cluster.stop()


main()
