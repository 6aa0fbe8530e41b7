// TYPE, STRU, MODE (RFC 959, section 4.1.2), OPTS MODE (draft-preston-ftpext-deflate).

import FTPProtocol

extension Session {
  func type(_ command: Command) throws(FTPError) -> Reply {
    do { parameters.format.type = try RepresentationType.parse(command.argument) } catch {
      switch error {
      case .syntax: throw .syntax("Usage: TYPE A [N | T | C] | E [N | T | C] | I | L 8")
      case .byteSize(let size):
        throw .parameter("Bytes of \(size) bits are not supported: use L 8, which is the same as I.")
      }
    }
    parameters.isTypeChosen = true
    return Reply(200, bytes: Array("Type set to ".utf8) + parameters.type.argument + [0x2E])
  }

  func structure(_ command: Command) throws(FTPError) -> Reply {
    guard command.argument.count == 1, let letter = command.argument.first else { throw Self.structureUsage }
    // In either case: only letters have the bit that tells the cases apart.
    guard let structure = FileStructure(rawValue: letter & 0xDF) else { throw Self.structureUsage }
    parameters.format.structure = structure
    switch structure {
    case .file: return Reply(200, "Structure set to F.")
    case .record: return Reply(200, "Structure set to R.")
    case .page: return Reply(200, "Structure set to P.")
    }
  }

  /// SITE RECFM LINES | PREFIXED, or as z/OS names them; without an argument it tells what holds.
  func recordForm(_ argument: [UInt8]) throws(FTPError) -> Reply {
    switch String(decoding: argument, as: UTF8.self).uppercased() {
    case "LINES", "TEXT": parameters.records = .lines
    case "PREFIXED", "V", "VB", "VBS", "U": parameters.records = .prefixed
    case "": break
    default: throw .parameter("Records can be stored only as LINES or PREFIXED (or VB).")
    }
    return Reply(200, "Records are stored as \(recordsOnDisk == .lines ? "lines" : "prefixed records").")
  }

  private static let structureUsage = FTPError.syntax("Usage: STRU F | R | P")

  func mode(_ command: Command) throws(FTPError) -> Reply {
    guard command.argument.count == 1, let letter = command.argument.first,
      let mode = TransmissionMode(rawValue: letter & 0xDF)
    else { throw .syntax("Usage: MODE S | B | C | Z") }
    // What is kept open belongs to the mode that kept it.
    if mode != parameters.format.mode { channels.closeIdle() }
    parameters.format.mode = mode
    switch mode {
    case .stream: return Reply(200, "Mode set to S.")
    case .block: return Reply(200, "Mode set to B.")
    case .compressed: return Reply(200, "Mode set to C.")
    case .deflate: return Reply(200, "Mode set to Z.")
    }
  }

  /// OPTS MODE Z [ENGINE ZLIB] [METHOD 8] [LEVEL n]; without any of them what was chosen is forgotten.
  func modeOptions(_ argument: [UInt8]) throws(FTPError) -> Reply {
    let words = argument.split(separator: 0x20, omittingEmptySubsequences: true).map {
      String(decoding: $0, as: UTF8.self).uppercased()
    }
    guard words.first == "Z", words.count % 2 == 1 else { throw Self.modeUsage }
    var level = TransferParameters.defaultDeflateLevel
    for index in stride(from: 1, to: words.count, by: 2) {
      let value = words[index + 1]
      switch words[index] {
      case "LEVEL":
        guard value.utf8.count == 1, let number = UInt8(value) else { throw Self.modeUsage }
        level = number
      case "ENGINE": if value != "ZLIB" { throw .syntax("MODE Z has only the engine ZLIB.") }
      case "METHOD": if value != "8" { throw .syntax("MODE Z has only the method 8 (deflate).") }
      default: throw Self.modeUsage
      }
    }
    parameters.deflateLevel = level
    return Reply(200, "MODE Z: level \(level).")
  }

  private static let modeUsage = FTPError.syntax("Usage: OPTS MODE Z [ENGINE ZLIB] [METHOD 8] [LEVEL 0...9]")
}
