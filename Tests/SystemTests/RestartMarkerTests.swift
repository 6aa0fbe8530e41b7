// Restart markers across broken connections: a record file in block mode, cut at ten random places in each direction and gone on with.

import FTPProtocol
import Foundation
import TestSupport
import Testing

extension SystemTests {
  /// The file is 8 MiB, or as many as WEFTPD_MARKER_MIB says: 1024 is the full size.
  @Suite struct RestartMarkerTests {
    private static let mebibytes = setting("WEFTPD_MARKER_MIB", default: 8)
    private static let interval = UInt64(mebibytes) << 20 / 64
    private static let cuts = 10

    @Test func aCutDownloadGoesOnFromItsLastMarker() async throws {
      try await Blocking.run {
        try Self.withRecords { server, original in
          let local = try TemporaryDirectory()
          try local.write("copy", [])
          let copy = try RecordCopy(path: local.path + "/copy", writable: true)
          var cuts = Cuts(Self.cuts, within: Self.mebibytes << 20)
          var session: BlockSession
          repeat {
            session = try BlockSession(server)
            try copy.download(session, "records", stoppingAfter: cuts.next())
          } while !session.isComplete
          try require(cuts.isUsedUp, "only \(cuts.used) cuts")
          try Self.requireSame(original, local.path + "/copy")
          report("download of \(Self.mebibytes) MiB, \(Self.cuts) cuts, resumed at \(copy.resumedAt) bytes")
        }
      }
    }

    @Test func aCutUploadGoesOnFromItsLastMarker() async throws {
      try await Blocking.run {
        try Self.withRecords { server, original in
          let file = try RecordCopy(path: original, writable: false)
          var cuts = Cuts(Self.cuts, within: Self.mebibytes << 20)
          var session: BlockSession
          repeat {
            session = try BlockSession(server)
            try file.upload(session, "back", interval: Self.interval, stoppingAfter: cuts.next())
            let there = server.root.exists("back")
            try require(there == session.isComplete, "a part of a file has the name of the whole")
          } while !session.isComplete
          try require(cuts.isUsedUp, "only \(cuts.used) cuts")
          try Self.requireSame(original, server.root.path + "/back")
          try require(try server.root.names().filter { $0.hasSuffix(".part") }.isEmpty, "a part is left")
          report("upload of \(Self.mebibytes) MiB, \(Self.cuts) cuts, resumed at \(file.resumedAt) bytes")
        }
      }
    }

    /// A server whose root holds `records`, prefixed records of every length.
    private static func withRecords(_ body: (Server, String) throws -> Void) throws {
      let root = try TemporaryDirectory()
      let path = root.path + "/records"
      try RecordCopy.make(path, bytes: mebibytes << 20)
      try Server.with(Server.Options(settings: ["transfer.marker-interval=\(interval)"]), root: root) { server in
        try body(server, path)
      }
    }

    private static func requireSame(_ one: String, _ other: String) throws {
      let result = try run(["cmp", one, other])
      try require(result.exitCode == 0, "the files differ: \(result.output)\(result.errors)")
      let count = try RecordCopy.count(one)
      try require(try RecordCopy.count(other) == count, "the number of records differs")
      report("\(count) records")
    }
  }
}

/// Where a transfer is cut: random places, each in its own part of the file, and then never again.
private struct Cuts {
  private var generator = SystemRandomNumberGenerator()
  private let part: Int
  private let most: Int
  private(set) var used = 0

  init(_ count: Int, within bytes: Int) {
    most = count
    part = bytes / (count + 1)
  }

  var isUsedUp: Bool { used == most }

  /// Bytes of the data connection until the next cut; Int.max when there are no more.
  mutating func next() -> Int {
    if used == most { return .max }
    used += 1
    // At least a third of a part, which is more than a marker's interval, so that the transfer gets on.
    return Int.random(in: (part / 3)...part, using: &generator)
  }
}

/// A session set to TYPE I, STRU R, MODE B, with records kept as they are.
private final class BlockSession {
  let client: FTPClient
  var isComplete = false
  static let format = TransferFormat(type: .image, structure: .record, mode: .block, records: .prefixed)

  init(_ server: Server) throws {
    client = try server.session("alice")
    try client.command("SITE RECFM PREFIXED", expecting: 200)
    for line in ["TYPE I", "STRU R", "MODE B"] { try client.command(line, expecting: 200) }
  }
}

/// The client's file of prefixed records, and the place it can go on from.
private final class RecordCopy {
  private let handle: FileHandle
  /// What REST is to say; empty at the beginning.
  private var marker: [UInt8] = []
  /// The client's own place that the marker stands for.
  private var place = RestartPoint()
  private(set) var resumedAt: [UInt64] = []

  init(path: String, writable: Bool) throws {
    let url = URL(fileURLWithPath: path)
    handle = writable ? try FileHandle(forUpdating: url) : try FileHandle(forReadingFrom: url)
  }

  private func resume(_ session: BlockSession) throws {
    guard !marker.isEmpty else { return }
    resumedAt.append(place.fileOffset)
    try session.client.command("REST \(latin1(marker))", expecting: 350)
  }

  func download(_ session: BlockSession, _ name: String, stoppingAfter limit: Int) throws {
    try resume(session)
    let data = try session.client.passive()
    try session.client.command("RETR \(name)", expecting: 150)
    var decoder = FileDecoder(BlockSession.format, from: place)
    try handle.seek(toOffset: place.fileOffset)
    try handle.truncate(atOffset: place.fileOffset)
    let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
    defer { room.deallocate() }
    var came = 0
    while came < limit {
      let bytes = try data.receive()
      try require(!bytes.isEmpty, "the server closed the connection before the end of the file")
      came += bytes.count
      var used = 0
      while used < bytes.count {
        let step = try bytes[used...].withUnsafeBytes { try decoder.transform($0, into: room) }
        used += step.consumed
        try handle.write(contentsOf: Data(room[..<step.produced]))
        switch step.event {
        case .marker(let text)?:
          marker = text
          place = decoder.restartPoint
        case .endOfFile?:
          try session.client.expect(250, after: "the end of the file")
          session.isComplete = true
          return
        default: break
        }
      }
    }
    data.reset()
    session.client.control.reset()
  }

  func upload(_ session: BlockSession, _ name: String, interval: UInt64, stoppingAfter limit: Int) throws {
    try resume(session)
    let data = try session.client.passive()
    try session.client.command("STOR \(name)", expecting: 150)
    var encoder = FileEncoder(BlockSession.format, markerInterval: interval, from: place)
    try handle.seek(toOffset: place.fileOffset)
    let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
    defer { room.deallocate() }
    var sent = 0
    while let bytes = try handle.read(upToCount: 1 << 16), !bytes.isEmpty {
      var used = 0
      while used < bytes.count {
        let step = try bytes[(bytes.startIndex + used)...].withUnsafeBytes { try encoder.transform($0, into: room) }
        used += step.consumed
        let piece = Array(room[..<min(step.produced, limit - sent)])
        try data.send(piece)
        sent += piece.count
        if sent >= limit { return try breakOff(session, data) }
      }
      while session.client.control.isReadable(within: .zero) { try note(session.client.reply()) }
    }
    var isDone = false
    while !isDone {
      let last = try encoder.finish(into: room)
      try data.send(Array(room[..<last.produced]))
      isDone = last.isDone
    }
    while true {
      let reply = try session.client.reply()
      if reply.code != 110 {
        try require(reply.code == 250, "expected 250, got: \(reply)")
        session.isComplete = true
        return
      }
      try note(reply)
    }
  }

  /// Closes the data connection in the middle of the file: 426, before which more markers may be answered.
  private func breakOff(_ session: BlockSession, _ data: Connection) throws {
    data.close()
    while true {
      let reply = try session.client.reply()
      if reply.code == 110 {
        try note(reply)
        continue
      }
      try require(reply.code == 426, "expected 426, got: \(reply)")
      return try session.client.quit()
    }
  }

  /// 110 MARK yyyy = mmmm: yyyy is this client's, mmmm is for REST.
  private func note(_ reply: FTPReply) throws {
    let words = reply.text.split(separator: " ")
    try require(reply.code == 110 && words.count == 4 && words[0] == "MARK" && words[2] == "=", "no marker: \(reply)")
    guard let own = RestartPoint.parse(Array(words[1].utf8)) else { throw TestFailure("not this client's: \(reply)") }
    place = own
    marker = Array(words[3].utf8)
  }

  /// Writes a file of prefixed records: lengths from 0 to some thousands, random bytes, among them many of 255.
  static func make(_ path: String, bytes: Int) throws {
    try writeFile(Array(path.utf8), [])
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    var noise = [UInt8](repeating: 0, count: 1 << 16)
    var generator = SystemRandomNumberGenerator()
    for index in noise.indices {
      noise[index] = UInt8.random(in: 0...255, using: &generator) | (index % 7 == 0 ? 255 : 0)
    }
    var written = 0
    while written < bytes {
      var piece: [UInt8] = []
      while piece.count < 1 << 20, written + piece.count < bytes {
        let length = Bool.random() ? Int.random(in: 0...80) : Int.random(in: 0...8000)
        let start = Int.random(in: 0...(noise.count - length))
        piece += [UInt8((length + 4) >> 8), UInt8((length + 4) & 0xFF), 0, 0] + noise[start..<(start + length)]
      }
      try file.write(contentsOf: Data(piece))
      written += piece.count
    }
    try file.close()
  }

  /// Counts the records, reading the prefixes without any codec.
  static func count(_ path: String) throws -> Int {
    let file = try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
    return try file.withUnsafeBytes { bytes in
      var (at, count) = (0, 0)
      while at < bytes.count {
        try require(at + 4 <= bytes.count, "half a prefix at the end")
        let length = Int(bytes[at]) << 8 | Int(bytes[at + 1])
        try require(length >= 4 && bytes[at + 2] == 0 && at + length <= bytes.count, "no record at \(at)")
        at += length
        count += 1
      }
      return count
    }
  }
}
