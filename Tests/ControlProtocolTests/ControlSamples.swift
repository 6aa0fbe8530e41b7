// One message of each kind, for tests.

import ControlProtocol

enum ControlSamples {
  static let path = PathEntry(
    local: "10.77.1.1:20", remote: "10.77.1.2:4711", bytes: 33_100_000, isLive: true, roundTripMicroseconds: 412,
    retransmissions: 3)

  static func session(_ id: UInt64, path name: [UInt8] = Array("/a.iso".utf8)) -> SessionEntry {
    SessionEntry(
      id: id, peer: "[2001:db8::1]:4711", user: [0x61, 0xFF, 0x1B], tls: "TLSv1.3 TLS_AES_256_GCM_SHA384",
      isMultipath: true, connected: 90_000, idle: 12, verb: "RETR",
      transfer: TransferEntry(
        verb: "RETR", direction: .download, path: name, milliseconds: 5000, total: 1 << 40, bytes: 7, isPrivate: true,
        isMultipath: true), paths: [path, path])
  }

  static let idle = SessionEntry(
    id: .max, peer: "192.0.2.1:21", user: [], tls: "", isMultipath: false, connected: 0, idle: .max, verb: "",
    transfer: nil, paths: [])

  static let status = StatusEntry(
    version: "1.2", process: 4711, uptime: 99, isDraining: true, level: .notice,
    listeners: ["127.0.0.1:21", "[::1]:21"], sessions: 1, transfers: 2, completed: 3, failed: 4, sent: 5, received: 6,
    multipath: 7, fallbacks: 8, watchers: 9, successor: 10, predecessors: [11, 12])

  static let origin = OriginEntry(
    process: 4711, device: 1, inode: .max, written: 1_790_000_000_000_000_000, isManaged: true, directory: "/",
    arguments: ["serve", "--config", "/etc/weftpd/weftpd.yaml", ""], environment: ["WEFTPD_SERVER_GREETING=ä"])

  static let inheritance = InheritanceEntry(
    process: 4711,
    listeners: [
      .init(wanted: "0.0.0.0:21", address: "0.0.0.0:21", isImplicit: false, isKept: true, isOfUnit: false),
      .init(wanted: "[::1]:0", address: "[::1]:990", isImplicit: true, isKept: false, isOfUnit: true),
    ], metrics: "127.0.0.1:9021", hasStandardError: true, hash: "$y$j9T$x", notifySocket: "@notify",
    watchdogMicroseconds: 30_000_000, storeLimit: 32)

  static let event = EventEntry(
    kind: .transferEnded, level: .info, time: 1_790_000_000_000_000_000, message: "download", session: 7,
    request: 12, peer: "192.0.2.1:21", user: Array("alice".utf8), verb: "RETR", path: [0x2F, 0xFF], bytes: 4096,
    milliseconds: 13,
    reply: 226, note: "site to site")

  static let requests: [ControlRequest] = [
    .status, .sessions(refreshingPaths: true), .sessions(refreshingPaths: false), .paths(session: 7),
    .subscribe(Subscription(events: .debug, log: .critical, form: .json)), .subscribe(Subscription()),
    .kick(.session(.max), words: ""), .kick(.user([0xFF, 0x0A]), words: "Später, bitte."),
    .kick(.address("192.0.2.0/24"), words: "x"), .ban(address: "2001:db8::/32", seconds: 600, reason: "abuse"),
    .unban(address: "192.0.2.1"), .bans, .reload, .drain(seconds: 0), .level(nil), .level(.trace),
    .origin, .takeOver, .succeed(process: 4712, passes: []), .succeed(process: .max, passes: [.control, .hooks]),
    .settings, .say(.user([0x61]), words: "Maintenance at noon."), .accounts(matching: [0xFF], from: 7, count: .max),
    .account(Array("bob".utf8)), .disks, .certificates,
    .edit(AccountEdit(name: [0x62, 0xFF], .add(password: [0x70, 0xE4], set: [setting]), author: "root")),
    .edit(AccountEdit(name: [], .update(set: [setting, setting], unset: ["totp"]), author: "")),
    .edit(AccountEdit(name: [0x62], .password([]), author: "ä")),
    .edit(AccountEdit(name: [0x62], .remove, author: "x")),
    .edit(AccountEdit(name: [0x62], .recount, author: "x")),
    .explain(AccountQuestion(name: [0x62], verb: "SITE CHMOD", path: [0x2F, 0xFF], address: "192.0.2.1")),
  ]

  static let setting = AccountSetting(key: "welcome", value: "one\ntwo")

  static func account(_ name: [UInt8]) -> AccountEntry {
    AccountEntry(
      name: name, home: "/srv/ftp/bob", isReadOnly: true, isEnabled: false, isLocked: true, hasSecondFactor: true,
      groups: "staff;guests")
  }

  static let replies: [ControlReply] = [
    .done(3), .refused(.notFound, "there is no session 7"), .status(status), .sessions([]),
    .sessions([session(1), idle]), .paths([ConnectionEntry(kind: "multipath", paths: [path])]), .event(event),
    .line(.warning, Array("a line\n".utf8)),
    .bans([
      BanEntry(address: "192.0.2.1/32", seconds: nil, reason: ""),
      BanEntry(address: "::/0", seconds: 5, reason: "all"),
    ]), .level(.debug), .origin(origin), .inheritance(inheritance), .succeeded(firstSession: 77, sessions: 2),
    .text(Array("server.greeting: ready  # default\n".utf8)),
    .accountPlace(AccountPlaceEntry(place: "/etc/weftpd/users", obstacle: "it cannot be written")),
    .accounts([account([0x62, 0xFF]), account([])]),
    .accountFields([
      AccountFieldEntry(
        key: "totp", value: "", origin: .group, isHidden: true, expected: "base32", meaning: "A second factor.")
    ]), .disks([DiskEntry(directory: "/srv/ftp", total: 1 << 40, free: 1)]),
    .certificates([
      CertificateEntry(host: "", expires: 1_900_000_000), CertificateEntry(host: "ftp.example.org", expires: 0),
    ]),
  ]
}
