// What is said to a proxy before it hands a connection through: a state machine, and its walk over a socket.

import FTPProtocol
import LinuxSystem

/// The talk with a proxy, byte by byte: what comes behind its last byte is the server's. Pure.
struct ProxyHandshake {
  enum Step: Equatable {
    case more
    case send([UInt8])
    case done
  }

  private enum State {
    case method, authentication
    /// The head of the reply of SOCKS, then so many bytes of an address.
    case reply, address
    case http
  }

  private let proxy: ClientProxy
  private let host: String
  private let port: UInt16
  private var state: State
  private var got: [UInt8] = []
  /// How many bytes ``got`` has to have before it is looked at.
  private var wanted: Int
  /// The most of an answer of HTTP that is read.
  private static let limit = 16384

  init(_ proxy: ClientProxy, to host: String, port: UInt16) {
    self.proxy = proxy
    self.host = host
    self.port = port
    state = proxy.kind == .http ? .http : .method
    wanted = 2
  }

  /// What is said first.
  func opening() throws(ClientError) -> [UInt8] {
    guard !host.isEmpty, host.utf8.count < 256, !host.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) else {
      throw ClientError(.usage, "\(RemotePath(host)) is no name that a proxy could look up")
    }
    if proxy.kind == .socks5 { return proxy.user == nil ? [5, 1, 0] : [5, 2, 0, 2] }
    let place = "\(host.contains(":") ? "[\(host)]" : host):\(port)"
    var text = "CONNECT \(place) HTTP/1.1\r\nHost: \(place)\r\n"
    if let user = proxy.user {
      text += "Proxy-Authorization: Basic \(ProxyHandshake.base64(user + [0x3A] + (proxy.password ?? [])))\r\n"
    }
    return Array((text + "\r\n").utf8)
  }

  /// Takes the next byte of the proxy.
  mutating func receive(_ byte: UInt8) throws(ClientError) -> Step {
    got.append(byte)
    if state == .http { return try receiveHTTP() }
    if got.count < wanted { return .more }
    let answer = got
    got = []
    switch state {
    case .method: return try chooseMethod(answer)
    case .authentication:
      guard answer[1] == 0 else { throw ClientError(.loginRefused, "\(proxy) refuses the user or the password") }
      return .send(try request())
    case .reply: return try readReply(answer)
    case .address, .http: return .done
    }
  }

  private mutating func chooseMethod(_ answer: [UInt8]) throws(ClientError) -> Step {
    guard answer[0] == 5 else { throw ClientError(.protocolViolation, "\(proxy) does not speak SOCKS 5") }
    switch (answer[1], proxy.user) {
    case (0, _): return .send(try request())
    case (2, let user?):
      let password = proxy.password ?? []
      guard user.count < 256, password.count < 256 else {
        throw ClientError(.usage, "SOCKS 5 has no room for such a user or password")
      }
      state = .authentication
      return .send([1, UInt8(user.count)] + user + [UInt8(password.count)] + password)
    default: throw ClientError(.loginRefused, "\(proxy) wants another way to log in")
    }
  }

  private mutating func request() throws(ClientError) -> [UInt8] {
    state = .reply
    // The first byte of the address tells how long it is.
    wanted = 5
    let address: [UInt8]
    if let known = IPAddress(host) {
      address = [known.family == .ipv4 ? 1 : 4] + known.octets
    } else {
      address = [3, UInt8(host.utf8.count)] + Array(host.utf8)
    }
    return [5, 1, 0] + address + [UInt8(port >> 8), UInt8(port & 255)]
  }

  private mutating func readReply(_ answer: [UInt8]) throws(ClientError) -> Step {
    guard answer[0] == 5 else { throw ClientError(.protocolViolation, "\(proxy) does not speak SOCKS 5") }
    guard answer[1] == 0 else {
      let reasons: [UInt8: String] = [
        1: "it failed", 2: "its rules forbid it", 3: "the network cannot be reached", 4: "the host cannot be reached",
        5: "the connection was refused", 6: "it took too long", 7: "it cannot connect",
        8: "it does not know such addresses",
      ]
      throw ClientError(
        .connectFailed,
        "\(proxy) does not connect to \(RemotePath(host)):\(port): \(reasons[answer[1]] ?? "code \(answer[1])")")
    }
    state = .address
    switch answer[3] {
    case 1: wanted = 3 + 2
    case 4: wanted = 15 + 2
    case 3: wanted = Int(answer[4]) + 2
    default: throw ClientError(.protocolViolation, "\(proxy) does not speak SOCKS 5")
    }
    return .more
  }

  private func receiveHTTP() throws(ClientError) -> Step {
    guard got.count <= ProxyHandshake.limit else {
      throw ClientError(.protocolViolation, "the answer of \(proxy) has no end")
    }
    guard got.suffix(4).elementsEqual([0x0D, 0x0A, 0x0D, 0x0A]) else { return .more }
    let line = String(decoding: got.prefix { $0 != 0x0D }, as: UTF8.self)
    let words = line.split(separator: " ", maxSplits: 2)
    guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let code = Int(words[1]) else {
      throw ClientError(.protocolViolation, "\(proxy) does not speak HTTP")
    }
    if (200..<300).contains(code) { return .done }
    throw ClientError(
      code == 407 ? .loginRefused : .connectFailed,
      "\(proxy) does not connect to \(RemotePath(host)):\(port): \(RemotePath.printable(Array(line.utf8)))")
  }

  static func base64(_ bytes: [UInt8]) -> String {
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    var text = ""
    var index = 0
    while index < bytes.count {
      let group = bytes[index..<min(index + 3, bytes.count)]
      let value = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
      for place in 0..<4 {
        text.append(place <= group.count ? letters[value >> (18 - 6 * place) & 63] : "=")
      }
      index += 3
    }
    return text
  }
}

extension ClientProxy {
  /// Has the proxy at the other end of `socket` connect to a host. Not one byte behind its answer is taken.
  ///
  /// - Parameter wait: until the socket is ready; throws when that takes too long.
  func tunnel(
    over socket: Int32, to host: String, port: UInt16, isolation: isolated (any Actor)? = #isolation,
    wait: (Readiness) async throws(ClientError) -> Void
  ) async throws(ClientError) {
    var handshake = ProxyHandshake(self, to: host, port: port)
    var output = try handshake.opening()
    while true {
      while !output.isEmpty {
        let sent = try moved {
          () throws(SystemError) in
          try output.withUnsafeBufferPointer { (bytes) throws(SystemError) in
            try Socket.send(socket, UnsafeRawBufferPointer(bytes))
          }
        }
        if let sent { output.removeFirst(sent) } else { try await wait(.writable) }
      }
      var byte: UInt8 = 0
      let received = try moved {
        () throws(SystemError) in
        try withUnsafeMutableBytes(of: &byte) { (raw) throws(SystemError) in try Socket.receive(socket, into: raw) }
      }
      guard let received else {
        try await wait(.readable)
        continue
      }
      guard received == 1 else { throw ClientError(.connectFailed, "\(self) closed the connection") }
      switch try handshake.receive(byte) {
      case .more: continue
      case .send(let bytes): output = bytes
      case .done: return
      }
    }
  }

  /// nil: it would have to wait.
  private func moved(_ body: () throws(SystemError) -> Progress) throws(ClientError) -> Int? {
    do throws(SystemError) {
      if case .moved(let count) = try body() { return count }
      return nil
    } catch { throw ClientError(.connectFailed, "the connection to \(self) broke: \(error.reason)", cause: error) }
  }
}
