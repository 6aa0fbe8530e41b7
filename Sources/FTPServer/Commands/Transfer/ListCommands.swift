// LIST, NLST (RFC 959, section 4.1.3), MLSD, MLST (RFC 3659, section 7), STAT with a pathname.

import FTPProtocol
import FTPTransfer
import Glibc
import Jail
import LinuxSystem

extension Session {
  func list(_ command: Command) async throws(FTPError) { await sendListing(command, isOfNames: false) }

  func nameList(_ command: Command) async throws(FTPError) { await sendListing(command, isOfNames: true) }

  func machineList(_ command: Command) async throws(FTPError) {
    let (identity, path) = try require(.list, resolving: command.argument)
    let status = try onFile { () throws(SystemError) in try identity.jail.status(of: path) }
    // RFC 3659, section 7.1: MLSD is for directories only.
    if !status.isDirectory { throw .syntax("Not a directory: use MLST for files.") }
    let facts = parameters.facts
    await sendEntries(command, path) { () throws(FTPError) in
      let request = ListingRequest(style: .machine(facts), fractionDigits: fractionDigits)
      return try onFile { () throws(SystemError) in try directory(identity, path, request) }
    }
  }

  // MARK: LIST and NLST

  private func sendListing(_ command: Command, isOfNames: Bool) async {
    let arguments = ListArguments.parse(command.argument)
    let path = (try? resolve(arguments.path ?? [])) ?? directory
    await sendEntries(command, path) { () throws(FTPError) in
      let (identity, path) = try require(.list, resolving: arguments.path ?? [])
      let options = arguments.options
      let isLong = !isOfNames || options.contains(.long)
      let target = ListingTarget(argument: arguments.path ?? [], path: path)
      var request = ListingRequest(
        style: isLong ? .long : .names(prefix: target.prefix), showsDots: isLong && options.contains(.all),
        isRecursive: options.contains(.recursive), isReversed: options.contains(.reversed),
        isByTime: options.contains(.byTime), pattern: nil)
      do throws(SystemError) {
        // A name that exists goes before the pattern it could be.
        return try entries(identity, path, request, arguments)
      } catch {
        if error.code == ENOENT || error.code == ENAMETOOLONG, let pattern = target.pattern {
          request.pattern = pattern
          if !isLong { request.style = .names(prefix: target.patternPrefix) }
          if let source = try? entries(identity, path.parent, request, arguments) { return source }
        }
        // RFC 959, section 5.4: LIST and NLST answer 450 when the file is not there.
        if error.code == ENOENT || error.code == ENOTDIR { throw .listingUnavailable("No such file or directory.") }
        throw .file(error, naming: false)
      }
    }
  }

  /// A directory's entries, or the one line of anything else.
  private func entries(
    _ identity: Identity, _ path: VirtualPath, _ request: ListingRequest, _ arguments: ListArguments
  ) throws(SystemError) -> Entries {
    let status = try identity.jail.status(of: path)
    if status.isDirectory {
      return try directory(identity, path, request)
    }
    var line: [UInt8] = []
    var formatter = EntryFormatter(
      names: context.names, granted: identity.permissions(at: path), now: WallClock.seconds,
      credentials: Credentials(identity.jail))
    var style = request.style
    if case .names = style { style = .names(prefix: []) }
    (arguments.path ?? []).withUnsafeBytes {
      formatter.append($0, status, style: style, dot: 0, linkTarget: nil, to: &line)
    }
    return .line(line)
  }

  private func directory(
    _ identity: Identity, _ path: VirtualPath, _ request: ListingRequest
  ) throws(SystemError) -> Entries {
    .directory(
      try ListingSource(
        jail: identity.jail, path: path, request: request, names: context.names,
        sortLimit: configuration.limits.sortedListing, granted: identity.permissions(at: path), rules: identity.rules))
  }

  enum Entries {
    case directory(ListingSource)
    case line([UInt8])
  }

  /// Sends a listing over the data connection while it is being read.
  private func sendEntries(
    _ command: Command, _ path: VirtualPath, _ make: () throws(FTPError) -> Entries
  ) async {
    await perform(TransferProgress(verb: command.verb, direction: .listing, path: path)) {
      () async throws(FTPError) in
      let entries = try make()
      let format = self.format
      let coded = try listingOutput()
      defer { giveBack(coded?.stream) }
      let process = try await openDataConnection(Reply(150, "Opening data connection for the listing."))
      switch entries {
      case .line(let line): try await send(line, through: coded?.output, on: process)
      case .directory(let source):
        // The first piece is small: the client sees the first lines at once.
        var target = 8 * 1024
        var goesOn = true
        while goesOn {
          var piece: [UInt8] = []
          piece.reserveCapacity(target + 1024)
          goesOn = try onFile { () throws(SystemError) in try source.fill(&piece, target: target) }
          try await send(piece, through: coded?.output, on: process)
          if goesOn { await makeWay() }
          target = 128 * 1024
        }
      }
      if let coded {
        try await transferring { () async throws(TransferBreak) in
          try await process.finishCoded(coded.output, with: self)
        }
      }
      let reply = finish(process.data, format)
      return format.endsInBand ? reply : Reply(226, "Directory send OK.")
    }
  }

  /// Sends a piece of a listing, and looks at the control connection.
  private func send(
    _ lines: [UInt8], through output: CodedOutput?, on process: DataTransferProcess
  ) async throws(FTPError) {
    let piece = transfer?.charset.map { $0.encode(lines) } ?? lines
    try await transferring { () async throws(TransferBreak) in
      if let output {
        let text = transfer?.format.isEBCDIC == true ? Self.withoutCarriageReturns(piece) : piece
        try await process.sendCoded(text, through: output, with: self)
      } else {
        try await process.sendAll(piece, with: self)
      }
      if listensToControl, Poll.wait(control.number, .readable, milliseconds: 0) { try serveControlConnection() }
      if isToldToStop { throw .ending }
      // While nothing is found, no send tells that the client has gone.
      if lines.isEmpty, inputEnded, Poll.wait(process.data.number, .hangUp, milliseconds: 0) {
        throw .controlConnectionLost
      }
    }
  }

  /// The lines as a text file of this host has them, which is what TYPE E converts.
  private static func withoutCarriageReturns(_ lines: [UInt8]) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(lines.count)
    for (index, byte) in lines.enumerated() {
      if byte == 0x0D, index + 1 < lines.count, lines[index + 1] == 0x0A { continue }
      text.append(byte)
    }
    return text
  }

  // MARK: on the control connection

  func machineStatus(_ command: Command) throws(FTPError) -> Reply {
    let path = try resolve(command.argument)
    let identity = try requireFacts(at: path)
    let jail = identity.jail
    let (status, isPartial) = try onFile { () throws(SystemError) in
      try statusOrPartial(path, in: jail, followingLink: command.argument.last == 0x2F)
    }
    var formatter = EntryFormatter(
      names: context.names, granted: identity.permissions(at: path), now: WallClock.seconds,
      credentials: Credentials(identity.jail))
    formatter.isBranch = jail.isBranch(path)
    if let rules = identity.answers?.rules {
      formatter.isDivided = status.isDirectory && rules.isDivided(path)
      // Behind a link, what is found is asked about, too.
      if let place = try? jail.look(at: path, followingLink: false).path, place != path {
        formatter.grantedNext = identity.permissions(at: path).intersection(identity.permissions(at: place))
      }
    }
    if !path.isRoot, let parent = try? jail.lookUp(path.parent) {
      try? jail.acting { formatter.enter(directory: parent.number) }
    }
    formatter.fractionDigits = fractionDigits
    let target = status.isSymbolicLink ? try? jail.linkTarget(of: path) : nil
    let created = parameters.facts.contains(.create) ? try? jail.birthTime(of: path) : nil
    var line: [UInt8] = []
    path.bytes.withUnsafeBytes {
      formatter.append(
        $0, status, style: .machine(parameters.facts), dot: 0, linkTarget: target, created: created, to: &line)
    }
    while line.last == 0x0A || line.last == 0x0D { line.removeLast() }
    // A fact of our own, as RFC 3659, section 7.5 lets servers have: what came of an upload that broke off.
    if isPartial { line = Array("x.partial=1;".utf8) + line }
    return Reply(250, opening: "Listing", lines: [[0x20] + line], closing: "End")
  }

  /// Bytes of a listing that go over the control connection.
  private static let statusLimit = 256 * 1024

  /// STAT with a pathname: LIST on the control connection, cut off at a length that clients bear.
  func listStatus(_ command: Command) throws(FTPError) -> Reply {
    let arguments = ListArguments.parse(command.argument)
    let (identity, path) = try require(.list, resolving: arguments.path ?? [])
    let request = ListingRequest(style: .long, showsDots: arguments.options.contains(.all))
    let entries: Entries
    do { entries = try self.entries(identity, path, request, arguments) } catch {
      if error.code == ENOENT { throw .listingUnavailable("No such file or directory.") }
      throw .file(error, naming: false)
    }
    var bytes: [UInt8] = []
    var isCut = false
    switch entries {
    case .line(let line): bytes = line
    case .directory(let source):
      repeat {
        isCut = try onFile { () throws(SystemError) in try source.fill(&bytes, target: Self.statusLimit) }
      } while isCut && bytes.count < Self.statusLimit
    }
    var lines = bytes.split(separator: 0x0A).map { line in Array(line.last == 0x0D ? line.dropLast() : line) }
    if isCut { lines.append(Array("(cut off here: use LIST)".utf8)) }
    return Reply(213, opening: "Status:", lines: lines, closing: "End of status")
  }
}
