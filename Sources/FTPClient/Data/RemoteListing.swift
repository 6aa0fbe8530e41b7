// Listings: MLSD where the server has it, else LIST in whatever form, as an asynchronous sequence of entries.

import FTPProtocol
import FTPTransfer
import LinuxSystem

/// The entries of a directory while they come, for as long as the closure runs that they were given to. To be iterated once.
///
/// Names are the server's word. Before one becomes a local file, `ListedEntry.isSafeName` has to be asked: a listing may say
/// `../../.ssh/authorized_keys`.
public struct RemoteListing: AsyncSequence, Sendable {
  public typealias Element = ListedEntry
  public typealias Failure = ClientError

  let session: ClientSession
  let form: ListingReader.Form

  /// Reads the entries.
  public struct Iterator: AsyncIteratorProtocol {
    let session: ClientSession
    var reader: ListingReader
    var isAtEnd = false

    /// The next entry; nil at the end. `.` and `..` and lines that are no entries are passed over.
    public mutating func next(
      isolation actor: isolated (any Actor)? = #isolation
    ) async throws(ClientError) -> ListedEntry? {
      while true {
        do throws(ListingReader.ReadError) {
          while let line = try isAtEnd ? reader.finish() : reader.next() {
            guard case .entry(let entry) = line, entry.role == .entry else { continue }
            if entry.name.elementsEqual([0x2E]) || entry.name.elementsEqual([0x2E, 0x2E]) { continue }
            return entry
          }
        } catch {
          throw ClientError(.protocolViolation, "a line of the listing is too long", cause: error)
        }
        if isAtEnd { return nil }
        if let piece = try await session.nextPiece() {
          piece.withUnsafeBytes { reader.append($0) }
        } else {
          isAtEnd = true
        }
      }
    }

    public mutating func next() async throws(ClientError) -> ListedEntry? { try await next(isolation: nil) }
  }

  public func makeAsyncIterator() -> Iterator { Iterator(session: session, reader: ListingReader(form)) }
}

/// How a directory is listed.
public enum ListingForm: Sendable, Hashable {
  /// MLSD if the server has it (RFC 3659 §7), else LIST.
  case automatic
  case machine, list
  /// NLST: names, and nothing else is known of them.
  case names
}

extension ClientSession {
  /// The most entries that ``list(_:_:)`` keeps: a server that lists without end must not fill the memory.
  public static let listingLimit = 1_000_000

  /// Gives the entries of a directory to `body` while they come.
  ///
  /// - Parameters:
  ///   - path: nil: the working directory.
  ///   - body: must not use this session otherwise.
  public func entries<Value>(
    of path: RemotePath? = nil, _ form: ListingForm = .automatic, isolation: isolated (any Actor)? = #isolation,
    _ body: (RemoteListing) async throws -> Value
  ) async throws(ClientError) -> Value {
    let chosen = try await openListing(path, form)
    let value: Value
    do {
      value = try await ClientSession.$transferring.withValue(ObjectIdentifier(self)) {
        try await body(RemoteListing(session: self, form: chosen))
      }
    } catch {
      throw await closeRead(because: ClientError.ofCaller(error))
    }
    try await closeRead()
    return value
  }

  /// The entries of a directory, in the order the server has them.
  ///
  /// - Parameter path: nil: the working directory.
  /// - Throws: ``ClientError/Code/protocolViolation`` beyond ``listingLimit``.
  public func list(
    _ path: RemotePath? = nil, _ form: ListingForm = .automatic
  ) async throws(ClientError) -> [ListedEntry] {
    try await entries(of: path, form) { (listing) throws(ClientError) -> [ListedEntry] in
      var all: [ListedEntry] = []
      for try await entry in listing {
        guard all.count < ClientSession.listingLimit else {
          throw ClientError(.protocolViolation, "the listing has more than \(ClientSession.listingLimit) entries")
        }
        all.append(entry)
      }
      return all
    }
  }

  /// The lines of LIST as the server prints them, without line ends.
  public func listingLines(_ path: RemotePath? = nil) async throws(ClientError) -> [[UInt8]] {
    try await openRead(.list("LIST", ListArguments(path: path?.bytes)), format: listingFormat)
    var text: [UInt8] = []
    do throws(ClientError) {
      while let piece = try await nextPiece() {
        text += piece
        guard text.count < 1 << 28 else { throw ClientError(.protocolViolation, "the listing has no end") }
      }
    } catch {
      throw await closeRead(because: error)
    }
    try await closeRead()
    return text.split(separator: 0x0A).map { Array($0.last == 0x0D ? $0.dropLast() : $0) }
  }

  /// Listings travel as they are: their lines end in CR LF in any type, and no server needs to be told.
  private var listingFormat: TransferFormat {
    var format = formatInForce
    if case .ebcdic = format.type { format.type = .ascii(.nonPrint) }
    format.structure = .file
    format.mode = .stream
    return format
  }

  private func openListing(_ path: RemotePath?, _ form: ListingForm) async throws(ClientError) -> ListingReader.Form {
    let wantsMachine =
      form == .machine || (form == .automatic && (features.listsForMachines || features.features.isEmpty))
    if wantsMachine, !lacksMachineListings || form == .machine {
      do throws(ClientError) {
        try await openRead(Command(verb: "MLSD", argument: path?.bytes ?? []), format: listingFormat)
        return .machine
      } catch {
        guard error.code == .unsupported, form == .automatic else { throw error }
        lacksMachineListings = true
      }
    }
    let verb: Verb = form == .names ? "NLST" : "LIST"
    try await openRead(.list(verb, ListArguments(path: path?.bytes)), format: listingFormat)
    return form == .names ? .names : .list(now: WallClock.seconds)
  }
}
