// One byte for another: what types A, E and I make of single characters.

/// A bijection of the 256 bytes, from the file to the wire or back.
struct CharacterMap: @unchecked Sendable {
  // Unchecked: 256 bytes that are written once, before anyone has the pointer, and never freed: there are eight in a process.
  private let table: UnsafePointer<UInt8>?

  private init() { table = nil }

  /// Every byte stays what it is.
  static let unchanged = CharacterMap()

  private init(_ codes: [UInt8]) {
    let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: 256)
    for offset in 0..<256 { memory[offset] = offset < codes.count ? codes[offset] : 0 }
    table = UnsafePointer(memory)
  }

  /// From ISO 8859-1, which the file's bytes are taken for, to the characters of the wire.
  static func outward(_ format: TransferFormat) -> CharacterMap { pair(format).outward }

  /// From the characters of the wire to the file's bytes.
  static func inward(_ format: TransferFormat) -> CharacterMap { pair(format).inward }

  private struct Pair: Sendable {
    var outward = CharacterMap()
    var inward = CharacterMap()

    init() {}

    init(_ page: EBCDICCodePage) {
      let latin1 = EBCDICTables.latin1(page)
      var codes = [UInt8](repeating: 0, count: 256)
      for (code, byte) in latin1.enumerated() { codes[Int(byte)] = UInt8(truncatingIfNeeded: code) }
      outward = CharacterMap(codes)
      inward = CharacterMap(latin1)
    }
  }

  private static let identity = Pair()
  private static let ibm1047 = Pair(.ibm1047)
  private static let ibm037 = Pair(.ibm037)
  private static let ibm500 = Pair(.ibm500)
  private static let ibm273 = Pair(.ibm273)

  private static func pair(_ format: TransferFormat) -> Pair {
    guard case .ebcdic = format.type else { return identity }
    switch format.codePage {
    case .ibm1047: return ibm1047
    case .ibm037: return ibm037
    case .ibm500: return ibm500
    case .ibm273: return ibm273
    }
  }

  var isIdentity: Bool { table == nil }

  subscript(byte: UInt8) -> UInt8 {
    @inline(__always) get { table.map { $0[Int(byte)] } ?? byte }
  }

  /// Copies `count` bytes, each mapped.
  @inline(__always) func copy(from source: UnsafeRawPointer, to target: UnsafeMutableRawPointer, count: Int) {
    guard let table else { return target.copyMemory(from: source, byteCount: count) }
    var offset = 0
    // Eight look-ups and one store: half as long again as a byte at a time.
    while count &- offset >= 8 {
      let word = ByteScan.word(source, offset)
      var mapped: UInt64 = 0
      for shift in stride(from: UInt64(0), to: 64, by: 8) {
        mapped |= UInt64(table[Int(truncatingIfNeeded: word &>> shift & 0xFF)]) &<< shift
      }
      target.storeBytes(of: mapped.littleEndian, toByteOffset: offset, as: UInt64.self)
      offset &+= 8
    }
    while offset < count {
      let byte = source.load(fromByteOffset: offset, as: UInt8.self)
      target.storeBytes(of: table[Int(byte)], toByteOffset: offset, as: UInt8.self)
      offset &+= 1
    }
  }

  /// Copies as much as there is and has room, each byte mapped.
  ///
  /// - Returns: the number of bytes.
  @inline(__always) func copy(_ input: UnsafeRawBufferPointer, to output: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(input.count, output.count)
    guard count > 0, let source = input.baseAddress, let target = output.baseAddress else { return 0 }
    copy(from: source, to: target, count: count)
    return count
  }
}
