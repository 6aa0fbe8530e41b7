// Proxies: the talk with them byte by byte, and sessions that go through a small one of each kind.

import FTPClient
import FTPProtocol
import Glibc
import LinuxSystem
import TestSupport
import Testing

@testable import FTPClient

@Suite(.timeLimit(.minutes(3))) struct ProxyTests {
  @Test func places() {
    #expect(ClientProxy("socks5h://host") == ClientProxy(.socks5, host: "host", port: 1080))
    #expect(ClientProxy("http://[::1]:3128") == ClientProxy(.http, host: "::1", port: 3128))
    let full = ClientProxy("socks5://a%40b:c@host:1")
    #expect(full == ClientProxy(.socks5, host: "host", port: 1, user: bytes("a@b"), password: bytes("c")))
    #expect(full.map { "\($0)" } == "socks5://host:1")
    for text in ["", "host", "ftp://host", "https://host", "http://", "http://host/x", "socks5://h:0"] {
      #expect(ClientProxy(text) == nil, "\(text)")
    }
  }

  /// Gives what is sent in answer to each piece.
  private func talk(_ proxy: ClientProxy, _ host: String, _ pieces: [[UInt8]]) throws -> [[UInt8]] {
    var handshake = ProxyHandshake(proxy, to: host, port: 2121)
    var sent = [try handshake.opening()]
    for piece in pieces {
      for (index, byte) in piece.enumerated() {
        switch try handshake.receive(byte) {
        case .more: try require(index < piece.count - 1, "it wants more")
        case .send(let bytes): sent.append(bytes)
        case .done:
          try require(index == piece.count - 1, "it is done too early")
          sent.append([])
        }
      }
    }
    return sent
  }

  @Test func socks() throws {
    let plain = ClientProxy(.socks5, host: "p", port: 1)
    let reply: [UInt8] = [5, 0, 0, 1, 127, 0, 0, 1, 9, 9]
    #expect(
      try talk(plain, "ab.c", [[5, 0], reply]) == [
        [5, 1, 0], [5, 1, 0, 3, 4] + bytes("ab.c") + [8, 73], [],
      ])
    #expect(try talk(plain, "1.2.3.4", [[5, 0]])[1] == [5, 1, 0, 1, 1, 2, 3, 4, 8, 73])
    let named = ClientProxy(.socks5, host: "p", port: 1, user: bytes("u"), password: bytes("pw"))
    #expect(
      try talk(named, "h", [[5, 2], [1, 0], [5, 0, 0, 3, 2, 65, 66, 1, 1]]) == [
        [5, 2, 0, 2], [1, 1, 117, 2, 112, 119], [5, 1, 0, 3, 1, 104, 8, 73], [],
      ])
    #expect(try talk(named, "h", [[5, 0], [5, 0, 0, 4] + [UInt8](repeating: 0, count: 18)]).count == 3)
    for (pieces, code) in [
      ([[4, 0]], ClientError.Code.protocolViolation), ([[5, 255]], .loginRefused), ([[5, 2], [1, 1]], .loginRefused),
      ([[5, 0], [5, 5, 0, 1, 0]], .connectFailed), ([[5, 0], [5, 0, 0, 9, 0]], .protocolViolation),
    ] as [([[UInt8]], ClientError.Code)] {
      let error = #expect(throws: ClientError.self) { _ = try talk(named, "h", pieces) }
      #expect(error?.code == code)
    }
    #expect(throws: ClientError.self) { _ = try talk(plain, "a\r\nb", []) }
  }

  @Test func http() throws {
    let proxy = ClientProxy(.http, host: "p", port: 1, user: bytes("Aladdin"), password: bytes("open sesame"))
    let sent = try talk(proxy, "::1", [bytes("HTTP/1.1 200 OK\r\nX: y\r\n\r\n")])
    #expect(
      sent[0]
        == bytes(
          "CONNECT [::1]:2121 HTTP/1.1\r\nHost: [::1]:2121\r\n"
            + "Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n"))
    for (answer, code) in [
      ("HTTP/1.1 407 No\r\n\r\n", ClientError.Code.loginRefused), ("HTTP/1.0 502 \u{1B}[2J\r\n\r\n", .connectFailed),
      ("SSH-2.0\r\n\r\n", .protocolViolation), (String(repeating: "x", count: 20_000), .protocolViolation),
    ] {
      let error = #expect(throws: ClientError.self) { _ = try talk(proxy, "h", [bytes(answer)]) }
      #expect(error?.code == code)
      #expect(error?.message.contains("\u{1B}") == false)
    }
    #expect(ProxyHandshake.base64([]) == "")
    #expect(ProxyHandshake.base64([0xFF]) == "/w==")
    #expect(ProxyHandshake.base64([0xFF, 0xFE, 0xFD]) == "//79")
  }

  @Test(arguments: [ClientProxy.Kind.socks5, .http], [false, true])
  func sessionsGoThrough(_ kind: ClientProxy.Kind, _ underTLS: Bool) async throws {
    try await Peer.with { peer in
      let place = try TemporaryDirectory()
      let relay = try Relay(kind)
      defer { relay.stop() }
      for index in 0..<20 { try peer.home.write("f\(index)", pattern(index * 5000, seed: UInt64(index))) }
      var options = underTLS ? ClientOptions.underTLS : .inClear
      options.proxy = ClientProxy(kind, host: "127.0.0.1", port: relay.port)
      try await peer.session(options) { session in
        let mirror = Mirror(.down, session, local: try LocalDirectory(place.path), remote: "/")
        let report = try await mirror.run(try await mirror.plan().plan)
        #expect(report.copied == 20)
        try await session.write("up", from: pieces(pattern(300_000), of: 10_000))
      }
      #expect(try peer.home.read("up") == pattern(300_000))
      for index in 0..<20 { try require(place.read("f\(index)") == peer.home.read("f\(index)"), "f\(index)") }
      // The control connection, the kept one, and that of the upload.
      #expect(relay.count >= 3)
    }
  }
}

/// A proxy that hands connections through to this host, each with two threads of its own.
private final class Relay: @unchecked Sendable {
  // @unchecked: the numbers are changed by the accepting thread only, and read when the work is done.
  let port: UInt16
  private let listener: Int32
  private(set) var count = 0

  init(_ kind: ClientProxy.Kind) throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    self.listener = listener
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, length) == 0 && listen(listener, 20) == 0 && getsockname(listener, $0, &length) == 0
      }
    }
    try require(bound, "the relay cannot listen")
    port = UInt16(bigEndian: address.sin_port)
    Relay.thread { [self] in
      while true {
        let client = accept(listener, nil, nil)
        if client < 0 { return }
        count += 1
        Relay.thread { Relay.serve(client, kind) }
      }
    }
  }

  func stop() {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  private static func thread(_ body: @escaping @Sendable () -> Void) {
    let box = Unmanaged.passRetained(Box(body))
    var thread = pthread_t()
    pthread_create(
      &thread, nil,
      { argument in
        if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body() }
        return nil
      }, box.toOpaque())
    pthread_detach(thread)
  }

  private final class Box: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  private static func take(_ client: Int32, _ count: Int) -> [UInt8] {
    var all: [UInt8] = []
    var byte: UInt8 = 0
    while all.count < count, recv(client, &byte, 1, 0) == 1 { all.append(byte) }
    return all
  }

  private static func say(_ client: Int32, _ bytes: [UInt8]) { _ = send(client, bytes, bytes.count, 0) }

  private static func serve(_ client: Int32, _ kind: ClientProxy.Kind) {
    defer { close(client) }
    var port: UInt16 = 0
    switch kind {
    case .socks5:
      _ = take(client, 3)
      say(client, [5, 0])
      let request = take(client, 10)
      guard request.count == 10 else { return }
      port = UInt16(request[8]) << 8 | UInt16(request[9])
    case .http:
      var head: [UInt8] = []
      while !head.suffix(4).elementsEqual([13, 10, 13, 10]) {
        let byte = take(client, 1)
        if byte.isEmpty { return }
        head += byte
      }
      let line = String(decoding: head.prefix { $0 != 13 }, as: UTF8.self)
      port = UInt16(line.split(separator: " ")[1].split(separator: ":").last ?? "") ?? 0
    }
    guard let target = try? Connection(to: Endpoint("127.0.0.1", port)) else { return }
    say(client, kind == .http ? bytes("HTTP/1.1 200 ok\r\n\r\n") : [5, 0, 0, 1, 0, 0, 0, 0, 0, 0])
    let other = dup(target.descriptor)
    target.close()
    defer { close(other) }
    // Reading waits for poll, and writing may wait.
    _ = fcntl(other, F_SETFL, 0)
    var ends = [
      pollfd(fd: client, events: Int16(POLLIN), revents: 0), pollfd(fd: other, events: Int16(POLLIN), revents: 0),
    ]
    var buffer = [UInt8](repeating: 0, count: 65536)
    while ends.contains(where: { $0.fd >= 0 }) {
      // As patient as the client, who may wait for its turns among many other tests.
      if poll(&ends, 2, 300_000) <= 0 { return }
      for (index, target) in [(0, other), (1, client)] where ends[index].revents != 0 {
        let count = recv(ends[index].fd, &buffer, buffer.count, 0)
        if count <= 0 {
          shutdown(target, Int32(SHUT_WR))
          ends[index].fd = -1
        } else if send(target, buffer, count, Int32(MSG_NOSIGNAL)) < 0 {
          return
        }
      }
    }
  }
}
