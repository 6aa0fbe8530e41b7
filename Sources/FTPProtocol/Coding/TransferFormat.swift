// What a data connection carries: type, structure and mode together, and how the file stands on disk.

/// How a file is put together (RFC 959 §3.1.2, the argument of STRU).
public enum FileStructure: UInt8, Sendable, Hashable, CaseIterable {
  /// F: bytes, one after the other.
  case file = 0x46
  /// R: records, each with an end of its own.
  case record = 0x52
  /// P: pages, each with a header.
  case page = 0x50
}

/// How a file travels (RFC 959 §3.4, the argument of MODE).
public enum TransmissionMode: UInt8, Sendable, Hashable, CaseIterable {
  /// S: the bytes as they are, records with escapes.
  case stream = 0x53
  /// B: blocks, each with a descriptor and a count.
  case block = 0x42
  /// C: strings, runs and escapes.
  case compressed = 0x43
  /// Z: what mode S carries, deflated (draft-preston-ftpext-deflate). The codecs here make and take what is inside.
  case deflate = 0x5A
}

/// How the records of a structure R file stand on disk; docs/record-and-page-files.md.
public enum RecordForm: UInt8, Sendable, Hashable, CaseIterable {
  /// An LF behind every record. A record that holds one is refused.
  case lines
  /// A record descriptor word in front of every record: its length with the word in two bytes, high byte first, a flag byte, a zero
  /// byte. Holds any bytes.
  case prefixed
}

/// The character set that type E is converted with.
///
/// The names are IBM's numbers. All are bijections of the 256 bytes with ISO 8859-1, so any byte survives both ways.
public enum EBCDICCodePage: UInt16, Sendable, Hashable, CaseIterable {
  /// Open systems, what z/OS's own UNIX uses; the default.
  case ibm1047 = 1047
  /// USA, Canada.
  case ibm037 = 37
  /// International.
  case ibm500 = 500
  /// Germany, Austria.
  case ibm273 = 273
}

/// The transfer parameters of one file.
public struct TransferFormat: Sendable, Hashable {
  public var type: RepresentationType
  public var structure: FileStructure
  public var mode: TransmissionMode
  public var records: RecordForm
  public var codePage: EBCDICCodePage

  /// The defaults of RFC 959 §5.1: type A N, structure F, mode S.
  public init(
    type: RepresentationType = .ascii(.nonPrint), structure: FileStructure = .file, mode: TransmissionMode = .stream,
    records: RecordForm = .lines, codePage: EBCDICCodePage = .ibm1047
  ) {
    self.type = type
    self.structure = structure
    self.mode = mode
    self.records = records
    self.codePage = codePage
  }

  /// Whether the wire carries the bytes of the file and nothing else, so that no codec is needed: type I, structure F, mode S.
  public var isStraight: Bool { type == .image && structure == .file && mode == .stream }
}
