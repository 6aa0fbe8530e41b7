// One TCP connection of the test client: blocking in style, every wait bounded by a deadline.

import Glibc

/// A stream socket with a line buffer. Not thread-safe; one test uses it from one thread.
public final class Connection {
  /// How long a single wait may take before the test fails.
  public var patience: Duration = .seconds(60)
  /// The socket; -1 once closed.
  public private(set) var descriptor: Int32
  private var buffered: [UInt8] = []
  private var start = 0

  /// Connects to `remote`, if given from the local address `source`, with SO_RCVBUF of `receiveBuffer` bytes.
  ///
  /// - Parameter protocol: 262 is multipath TCP; 0: TCP.
  public convenience init(
    to remote: Endpoint, from source: String? = nil, receiveBuffer: Int32? = nil, patience: Duration = .seconds(60),
    protocol number: Int32 = 0
  ) throws {
    let descriptor = try Connection.open(remote.family, number)
    self.init(adopting: descriptor)
    self.patience = patience
    if var size = receiveBuffer {
      setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    }
    if let source {
      let status = try Endpoint(source, 0).withSocketAddress { bind(descriptor, $0, $1) }
      try require(status == 0, "bind to \(source): \(Connection.text(errno))")
    }
    let status = try remote.withSocketAddress { connect(descriptor, $0, $1) }
    if status != 0 {
      let code = errno
      try require(code == EINPROGRESS, "connect to \(remote): \(Connection.text(code))")
      try require(Deadline.after(patience).wait(descriptor, POLLOUT), "connect to \(remote): no answer")
      var failure: Int32 = 0
      var length = socklen_t(MemoryLayout<Int32>.size)
      getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &failure, &length)
      try require(failure == 0, "connect to \(remote): \(Connection.text(failure))")
    }
  }

  /// Connects to the Unix stream socket at `path`.
  public convenience init(toSocket path: String, patience: Duration = .seconds(60)) throws {
    self.init(adopting: try Connection.open(AF_UNIX))
    self.patience = patience
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    try require(path.utf8.count < MemoryLayout.size(ofValue: address.sun_path), "\(path) is too long")
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let status = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try require(status == 0, "connect to \(path): \(Connection.text(errno))")
  }

  /// Takes over a connected, non-blocking socket.
  public init(adopting descriptor: Int32) {
    self.descriptor = descriptor
    var on: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
  }

  deinit { close() }

  static func open(_ family: Int32, _ number: Int32 = 0) throws -> Int32 {
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    let descriptor = socket(family, kind, number)
    try require(descriptor >= 0, "socket: \(text(errno))")
    return descriptor
  }

  /// strerror(3).
  public static func text(_ code: Int32) -> String { String(cString: strerror(code)) }

  /// The address of this end.
  public var localEndpoint: Endpoint? { Endpoint.local(of: descriptor) }

  /// Sends all of `data`, waiting while the peer does not read. With `urgent` the last byte is marked urgent (MSG_OOB).
  public func send(_ data: [UInt8], urgent: Bool = false) throws {
    let deadline = Deadline.after(patience)
    var sent = 0
    while sent < data.count {
      let flags = Int32(MSG_NOSIGNAL) | (urgent ? Int32(MSG_OOB) : 0)
      let count = data.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress! + sent, data.count - sent, flags) }
      if count >= 0 {
        sent += count
      } else if errno == EAGAIN {
        try require(deadline.wait(descriptor, POLLOUT), "send: the peer did not read within \(patience)")
      } else if errno != EINTR {
        throw TestFailure("send: \(Connection.text(errno)) after \(sent) of \(data.count) bytes")
      }
    }
  }

  /// Sends what the socket buffers take until the peer stops reading for `lull`; returns the number of bytes.
  public func sendUntilBlocked(lull: Duration = .milliseconds(300)) throws -> Int {
    let data = [UInt8](repeating: 0x61, count: 65536)
    var total = 0
    while true {
      let count = data.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      if count >= 0 {
        total += count
      } else if errno == EAGAIN {
        if !Deadline.after(lull).wait(descriptor, POLLOUT) { return total }
      } else if errno != EINTR {
        throw TestFailure("send: \(Connection.text(errno)) after \(total) bytes")
      }
    }
  }

  /// The next bytes, at most `limit`; empty at the end of the stream. Throws when the deadline passes or on a reset.
  public func receive(limit: Int = 262_144) throws -> [UInt8] {
    if start < buffered.count {
      let piece = Array(buffered[start..<min(buffered.count, start + limit)])
      start += piece.count
      return piece
    }
    return try receiveFresh(limit: limit)
  }

  private func receiveFresh(limit: Int) throws -> [UInt8] {
    let deadline = Deadline.after(patience)
    while true {
      var failure: Int32 = 0
      let piece = [UInt8](unsafeUninitializedCapacity: limit) { buffer, filled in
        let count = recv(descriptor, buffer.baseAddress, limit, 0)
        failure = count < 0 ? errno : 0
        filled = max(0, count)
      }
      if failure == 0 { return piece }
      if failure == EINTR { continue }
      try require(failure == EAGAIN, "receive: \(Connection.text(failure))")
      try require(deadline.wait(descriptor, POLLIN), "nothing received within \(patience)")
    }
  }

  /// Exactly `count` bytes.
  public func read(exactly count: Int) throws -> [UInt8] {
    var out: [UInt8] = []
    while out.count < count {
      let piece = try receive(limit: min(262_144, count - out.count))
      try require(!piece.isEmpty, "the connection ended after \(out.count) of \(count) bytes: \(shown(out))")
      out += piece
    }
    return out
  }

  /// Everything up to the end of the stream.
  public func readToEnd() throws -> [UInt8] {
    var out: [UInt8] = []
    while true {
      let piece = try receive()
      if piece.isEmpty { return out }
      out += piece
    }
  }

  /// Reads to the end, counting instead of keeping.
  public func drain() throws -> Int {
    var total = 0
    while true {
      let piece = try receive()
      if piece.isEmpty { return total }
      total += piece.count
    }
  }

  /// One line without its CRLF; nil at the end of the stream. A line that does not end in CRLF is a failure.
  public func readLine() throws -> [UInt8]? {
    while true {
      if let newline = buffered[start...].firstIndex(of: 0x0A) {
        let line = buffered[start..<newline]
        start = newline + 1
        try require(line.last == 0x0D, "a reply line ends in a bare LF: \(shown(line))")
        return Array(line.dropLast())
      }
      buffered.removeFirst(start)
      start = 0
      let piece = try receiveFresh(limit: 65536)
      if piece.isEmpty {
        try require(buffered.isEmpty, "the connection ended inside a line: \(shown(buffered))")
        return nil
      }
      buffered += piece
    }
  }

  /// Waits for the end of the stream: true for an orderly end or a reset, false when bytes came instead.
  public func isClosedByPeer() throws -> Bool {
    do { return try receive().isEmpty } catch let failure as TestFailure {
      if failure.description.contains(Connection.text(ECONNRESET)) { return true }
      throw failure
    }
  }

  /// Whether something can be read within `duration` (also the end of the stream).
  public func isReadable(within duration: Duration) -> Bool {
    start < buffered.count || Deadline.after(duration).wait(descriptor, POLLIN)
  }

  /// Ends the sending half (FIN), still receiving.
  public func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// Closes the socket in order.
  public func close() {
    if descriptor >= 0 { Glibc.close(descriptor) }
    descriptor = -1
  }

  /// Closes with a reset: SO_LINGER with a zero time.
  public func reset() {
    var option = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    close()
  }

  /// Waits until the other end, a process on this machine, has read everything sent so far: its receive queue in
  /// /proc/net/tcp is empty. Makes "split over two segments" certain instead of likely.
  public func waitUntilPeerHasRead() throws {
    guard let local = localEndpoint else { return }
    let table = local.isIPv6 ? "/proc/net/tcp6" : "/proc/net/tcp"
    let digits = String(local.port, radix: 16, uppercase: true)
    let suffix = ":" + String(repeating: "0", count: 4 - digits.count) + digits
    _ = Deadline.after(.seconds(2)).until {
      guard let text = try? readFile(table) else { return true }
      for line in latin1(text).split(separator: "\n").dropFirst() {
        let fields = line.split(separator: " ")
        guard fields.count > 4, fields[2].hasSuffix(suffix), fields[3] == "01" else { continue }
        if !fields[4].hasSuffix(":00000000") { return false }
      }
      return true
    }
  }
}
