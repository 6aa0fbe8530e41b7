// What goes through a pipeline of transfers: one small file or one listing, and what came of it.

import FTPProtocol
import FTPTransfer
import LinuxSystem

/// A small file of a directory here and its path there.
public struct SmallFile: Sendable {
  /// The most bytes a file may have to be sent or fetched in a pipeline: it is held in memory.
  public static let limit: UInt64 = 256 * 1024

  public let path: RemotePath
  public let name: [UInt8]
  public let directory: LocalDirectory
  /// Bytes the source has, as a listing told.
  public let size: UInt64
  /// When the source was last changed; nil: nobody knows.
  public let modified: ListedTime?

  /// A file as it is.
  public init(
    _ path: RemotePath, name: [UInt8], in directory: LocalDirectory, size: UInt64, modified: ListedTime? = nil
  ) {
    self.path = path
    self.name = name
    self.directory = directory
    self.size = size
    self.modified = modified
  }
}

/// One transfer of a pipeline.
struct PipelineItem: Sendable {
  enum Work: Sendable {
    case fetch(SmallFile, WholeFileOptions)
    case deliver(SmallFile, WholeFileOptions)
    case list(RemotePath)
  }

  /// The place in the caller's order.
  let index: Int
  let work: Work

  var direction: TransferInFlight.Direction { if case .deliver = work { .upload } else { .download } }
}

/// What came of an item.
enum PipelineOutcome: Sendable {
  /// The file is whole; so many bytes have moved.
  case copied(UInt64)
  case listed([ListedEntry])
  /// The server refused it, or the local file cannot be used: the same would fail again.
  case failed(ClientError)
  /// Something broke, for which this item may not be to blame: to be done by itself.
  case undone
}

/// Where a pipeline takes its items from, and who hears of them. Several sessions may share one.
struct PipelineSource: Sendable {
  /// The next item; nil when there are no more.
  let next: @Sendable () -> PipelineItem?
  let tell: @Sendable (PipelineItem, PipelineOutcome) -> Void

  init(
    next: @escaping @Sendable () -> PipelineItem?, tell: @escaping @Sendable (PipelineItem, PipelineOutcome) -> Void
  ) {
    self.next = next
    self.tell = tell
  }
}

extension ClientSession {
  /// The commands of an item: the transfer's, and what is said right behind it.
  func commands(_ item: PipelineItem, machineListings: Bool) -> (transfer: Command, follower: Command?) {
    switch item.work {
    case .fetch(let file, let options):
      // A listing that tells minutes is not enough to set a time by.
      let isExact = file.modified.map { $0.precision >= .second } ?? false
      let asks = options.keepsTimes && !isExact && features.contains("MDTM")
      return (
        Command(verb: "RETR", argument: file.path.bytes),
        asks ? Command(verb: "MDTM", argument: file.path.bytes) : nil
      )
    case .deliver(let file, let options):
      let seconds = options.keepsTimes && features.contains("MFMT") ? file.modified?.seconds : nil
      return (
        Command(verb: "STOR", argument: file.path.bytes),
        seconds.map { .modificationTime($0, pathname: file.path.bytes) }
      )
    case .list(let path):
      if machineListings { return (Command(verb: "MLSD", argument: path.bytes), nil) }
      return (.list("LIST", ListArguments(path: path.bytes.isEmpty ? nil : path.bytes)), nil)
    }
  }

  /// What became of the bytes of a download.
  func settle(
    _ item: PipelineItem, _ bytes: [UInt8], follower: ReceivedReply?, machineListings: Bool
  ) -> PipelineOutcome {
    do throws(ClientError) {
      switch item.work {
      case .deliver: return .copied(UInt64(bytes.count))
      case .list: return .listed(try Self.entries(bytes, machineListings ? .machine : .list(now: WallClock.seconds)))
      case .fetch(let file, let options):
        var time = options.keepsTimes ? file.modified : nil
        if options.keepsTimes, let told = follower?.modificationTime {
          time = ListedTime(seconds: told.seconds, nanoseconds: told.nanoseconds, precision: .second)
        }
        try file.directory.write(bytes, as: file.name, modified: time, replacing: options.replaces)
        return .copied(UInt64(bytes.count))
      }
    } catch { return .failed(error) }
  }

  private static func entries(_ text: [UInt8], _ form: ListingReader.Form) throws(ClientError) -> [ListedEntry] {
    var reader = ListingReader(form)
    text.withUnsafeBytes { reader.append($0) }
    var all: [ListedEntry] = []
    var isAtEnd = false
    do throws(ListingReader.ReadError) {
      while true {
        guard let line = try isAtEnd ? reader.finish() : reader.next() else {
          if isAtEnd { return all }
          isAtEnd = true
          continue
        }
        guard case .entry(let entry) = line, entry.role == .entry else { continue }
        if entry.name.elementsEqual([0x2E]) || entry.name.elementsEqual([0x2E, 0x2E]) { continue }
        all.append(entry)
      }
    } catch {
      throw ClientError(.protocolViolation, "a line of the listing is too long", cause: error)
    }
  }
}
