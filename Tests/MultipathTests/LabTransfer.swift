// Transfers of the lab client: every byte compared, times and pauses taken, with a hook for what happens in mid-transfer.

import Glibc
import LinuxSystem
import MultipathTCP
import TestSupport

/// What a transfer showed at the client.
struct Measured {
  let bytes: Int
  /// From the 150 to the end of the file (download) or to the 226 (upload).
  let seconds: Double
  /// The longest time in which no byte moved.
  let longestPause: Double
  /// The paths of the data connection at its end, as the client's kernel tells.
  let paths: [Subflow]

  /// Mbit/s of payload.
  var rate: Double { Double(bytes) * 8 / seconds / 1e6 }
}

extension LabClient {
  /// Called with the bytes moved so far after each piece.
  typealias Watch = (_ moved: Int, _ data: Connection) throws -> Void

  /// RETR of a ``PatternFile`` of `size` bytes.
  func download(
    _ name: String, size: Int, _ mode: DataMode = .epsv, from source: String? = nil, policy: MultipathPolicy? = nil,
    watch: Watch = { _, _ in }
  ) throws -> Measured {
    process.transfers["/" + name, default: 0] += 1
    let data = try open(mode, "RETR \(name)", from: source, policy: policy)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: PatternFile.piece, alignment: 16)
    defer { buffer.deallocate() }
    var clock = TransferClock()
    var total = 0
    while true {
      let count = recv(data.descriptor, buffer.baseAddress, buffer.count, 0)
      if count < 0 {
        try wait(data, POLLIN, after: errno, "download", total)
        continue
      }
      if count == 0 { break }
      let piece = UnsafeRawBufferPointer(rebasing: buffer[..<count])
      try require(PatternFile.matches(piece, at: total), "download: wrong bytes behind \(total)")
      total += count
      clock.moved()
      try watch(total, data)
    }
    let measured = clock.measured(total, Self.paths(data))
    data.close()
    try ftp.expect(226, after: "a download")
    try require(total == size, "download: \(total) bytes instead of \(size)")
    return measured
  }

  /// STOR of a ``PatternFile`` of `size` bytes. The caller verifies the file at the server.
  func upload(
    _ name: String, size: Int, _ mode: DataMode = .epsv, from source: String? = nil, policy: MultipathPolicy? = nil,
    watch: Watch = { _, _ in }
  ) throws -> Measured {
    process.transfers["/" + name, default: 0] += 1
    let data = try open(mode, "STOR \(name)", from: source, policy: policy)
    var clock = TransferClock()
    var total = 0
    while total < size {
      let count = PatternFile.withBytes(at: total, count: min(PatternFile.piece, size - total)) {
        send(data.descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count < 0 {
        try wait(data, POLLOUT, after: errno, "upload", total)
        continue
      }
      total += count
      clock.moved()
      try watch(total, data)
    }
    // What the server has acknowledged, before the connection goes.
    data.finishSending()
    let isThere = Deadline.after(ftp.control.patience).until {
      MultipathSocket.unacknowledgedBytes(data.descriptor) ?? 0 <= 1
    }
    try require(isThere, "upload: the server does not take the rest")
    let paths = Self.paths(data)
    try ftp.expect(226, after: "an upload")
    return clock.measured(total, paths)
  }

  /// An upload of `up`, verified at the server, or a download of `down`.
  func transfer(upload: Bool, size: Int, watch: Watch) throws -> Measured {
    if !upload { return try download("down", size: size, watch: watch) }
    let measured = try self.upload("up", size: size, watch: watch)
    try PatternFile.verify(process.root.path + "/up", size: size)
    return measured
  }

  /// Waits until `data` can go on after a call that failed with `code`.
  private func wait(_ data: Connection, _ events: Int32, after code: Int32, _ what: String, _ total: Int) throws {
    try require(code == EAGAIN || code == EINTR, "\(what): \(Connection.text(code)) after \(total) bytes")
    let goesOn = Deadline.after(ftp.control.patience).wait(data.descriptor, events)
    try require(goesOn, "\(what): silence after \(total) bytes")
  }

  /// All paths with their figures.
  static func paths(_ data: Connection) -> [Subflow] { ConnectionReport(data.descriptor).paths }
}

/// Takes the time of a transfer and its longest pause.
private struct TransferClock {
  private let start = ContinuousClock.now
  private var last = ContinuousClock.now
  private var pause = Duration.zero

  mutating func moved() {
    let now = ContinuousClock.now
    pause = max(pause, last.duration(to: now))
    last = now
  }

  func measured(_ bytes: Int, _ paths: [Subflow]) -> Measured {
    func seconds(_ duration: Duration) -> Double {
      Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }
    let now = ContinuousClock.now
    return Measured(
      bytes: bytes, seconds: seconds(start.duration(to: now)),
      longestPause: seconds(max(pause, last.duration(to: now))), paths: paths)
  }
}
