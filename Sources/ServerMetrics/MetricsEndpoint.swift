// Where metrics are scraped: a little HTTP on a thread of its own, which no session ever waits for.

import Glibc
import LinuxSystem
import Logging
import OpenMetrics
import Synchronization

/// Where `metrics.listen` is.
public enum MetricsAddress: Sendable, Equatable, CustomStringConvertible {
  case tcp(SocketAddress)
  /// The path of a Unix socket.
  case local(String)

  /// Reads `127.0.0.1:9021`, `[::1]:9021` or an absolute path.
  public init?(_ text: String) {
    if text.hasPrefix("/"), text.utf8.count <= 107 {
      self = .local(text)
    } else if let address = SocketAddress(text) {
      self = .tcp(address)
    } else {
      return nil
    }
  }

  public var description: String {
    switch self {
    case .tcp(let address): "\(address)"
    case .local(let path): path
    }
  }
}

/// Answers `GET /metrics`.
public final class MetricsEndpoint: Sendable {
  /// The permissions of a Unix socket.
  public static let mode: UInt32 = 0o660
  /// How long a client may take to ask and to take the answer.
  static let patience: Int64 = 5_000_000_000

  public let address: MetricsAddress
  private let listener: Descriptor
  private let body: @Sendable (ExpositionFormat) -> String
  private let hasLeft = Atomic(false)

  /// A socket that listens, bound before the process gives up its rights.
  public struct Bound: ~Copyable {
    /// With the port the kernel chose, where that was left to it.
    public let address: MetricsAddress
    let listener: Descriptor

    /// - Parameter owner: who owns a Unix socket; nil: the process.
    public init(_ address: MetricsAddress, owner: (user: UInt32, group: UInt32)?) throws(SystemError) {
      switch address {
      case .local(let path):
        listener = try LocalSocket.listen(.stream, at: path, mode: MetricsEndpoint.mode, owner: owner)
        self.address = address
      case .tcp(let target):
        let socket = try Socket.stream(target.address.family)
        try Socket.setOption(socket.number, SOL_SOCKET, SO_REUSEADDR, 1)
        try Socket.bind(socket, to: target, family: target.address.family)
        try Socket.listen(socket, backlog: 16)
        self.address = .tcp(try Socket.localAddress(socket.number))
        listener = socket
      }
    }

    /// The listener of a server whose place this one takes, which has it bound at `address`.
    public init(inherited listener: consuming Descriptor, at address: MetricsAddress) {
      self.address = address
      self.listener = listener
    }
  }

  /// - Parameter body: makes the answer, on this endpoint's thread.
  public init(_ bound: consuming Bound, body: @escaping @Sendable (ExpositionFormat) -> String) {
    self.body = body
    address = bound.address
    listener = Self.takeListener(bound)
  }

  private static func takeListener(_ bound: consuming Bound) -> Descriptor { bound.listener }

  /// Starts the thread, which lives until ``leave()``.
  public func start() throws(SystemError) {
    var thread = pthread_t()
    let endpoint = Unmanaged.passRetained(self)
    let result = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        ProcessLimits.nameThread("weftpd-metrics")
        Unmanaged<MetricsEndpoint>.fromOpaque(argument).takeRetainedValue().run()
        return nil
      }, endpoint.toOpaque())
    guard result == 0 else {
      endpoint.release()
      throw SystemError(code: result, call: "pthread_create")
    }
    pthread_detach(thread)
  }

  /// The number of the listening socket, for a successor to have a copy of.
  public var number: Int32 { listener.number }

  /// Answers nobody from now on, and leaves the socket to who else has it.
  ///
  /// - Throws: when there is no descriptor left.
  public func leave() throws(SystemError) {
    // The thread may be waiting for the socket: its number becomes that of something that never has a client.
    let bell = try Bell()
    try File.replace(listener.number, by: bell.number)
    hasLeft.store(true, ordering: .sequentiallyConsistent)
  }

  private func run() {
    while !hasLeft.load(ordering: .sequentiallyConsistent) {
      _ = Poll.wait(listener.number, .readable, milliseconds: -1)
      do {
        // One after the other: who does not read holds up other scrapers for a while, and nobody else.
        while let socket = try LocalSocket.accept(listener.number) { serve(socket.number) }
      } catch {
        if hasLeft.load(ordering: .sequentiallyConsistent) { return }
        // Out of descriptors: sessions need them more.
        usleep(1_000_000)
      }
    }
  }

  private func serve(_ socket: Int32) {
    let deadline = MonotonicTime.now.advanced(by: Self.patience)
    guard let request = read(socket, until: deadline) else { return }
    send(socket, Array(answer(to: request).utf8), until: deadline)
    Socket.shutdownWriting(socket)
    // Unread input would make close(2) a reset, which can overtake the answer.
    _ = read(socket, until: MonotonicTime.now.advanced(by: 50_000_000))
  }

  /// What a request is answered. Source: RFC 9112.
  func answer(to request: String) -> String {
    let lines = request.split(separator: "\r\n", omittingEmptySubsequences: false)
    let words = lines.first?.split(separator: " ") ?? []
    guard words.count == 3, words[2].hasPrefix("HTTP/1.") else { return Self.answer("400 Bad Request", "Not HTTP.\n") }
    let isHead = words[0] == "HEAD"
    guard words[0] == "GET" || isHead else {
      return Self.answer("405 Method Not Allowed", "Only GET.\n", "Allow: GET\r\n")
    }
    let path = words[1].split(separator: "?", omittingEmptySubsequences: false).first ?? ""
    guard path == "/metrics" else { return Self.answer("404 Not Found", "Metrics are at /metrics.\n") }
    let accept = lines.dropFirst().first { $0.lowercased().hasPrefix("accept:") }
    let format = ExpositionFormat(accept: String(accept?.dropFirst(7) ?? ""))
    return Self.answer("200 OK", body(format), type: format.contentType, isHead: isHead)
  }

  private static func answer(
    _ status: String, _ body: String, _ more: String = "", type: String = "text/plain; charset=utf-8",
    isHead: Bool = false
  ) -> String {
    "HTTP/1.1 \(status)\r\nContent-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\(more)\r\n"
      + (isHead ? "" : body)
  }

  /// The head of a request; nil when none came in time, or it is too long.
  private func read(_ socket: Int32, until deadline: MonotonicTime) -> String? {
    var head: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while head.count < 16_384 {
      let left = Int32(clamping: max(0, deadline.since(.now)) / 1_000_000)
      guard Poll.wait(socket, .readable, milliseconds: left), left > 0 else { return nil }
      guard let progress = try? buffer.withUnsafeMutableBytes({ try Socket.receive(socket, into: $0) }) else {
        return nil
      }
      guard case .moved(let count) = progress else { continue }
      if count == 0 { return nil }
      head += buffer[..<count]
      if let end = Self.end(of: head) { return String(decoding: head[..<end], as: UTF8.self) }
    }
    return nil
  }

  /// Where the empty line is that ends a head.
  private static func end(of head: [UInt8]) -> Int? {
    guard head.count >= 4 else { return nil }
    return (0...(head.count - 4)).first {
      head[$0] == 13 && head[$0 + 1] == 10 && head[$0 + 2] == 13 && head[$0 + 3] == 10
    }
  }

  private func send(_ socket: Int32, _ bytes: [UInt8], until deadline: MonotonicTime) {
    var rest = bytes[...]
    while !rest.isEmpty {
      guard let progress = try? rest.withUnsafeBytes({ try Socket.send(socket, $0) }) else { return }
      if case .moved(let count) = progress {
        rest = rest.dropFirst(count)
        continue
      }
      let left = Int32(clamping: max(0, deadline.since(.now)) / 1_000_000)
      guard left > 0, Poll.wait(socket, .writable, milliseconds: left) else { return }
    }
  }
}
