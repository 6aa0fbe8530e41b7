// Whole files read and written by the tests, by names that are bytes.

import Glibc

/// The content of a file, also one of /proc that reports no size.
public func readFile(_ path: String) throws -> [UInt8] { try readFile(Array(path.utf8)) }

/// The content of a file whose path is given as bytes.
public func readFile(_ path: [UInt8]) throws -> [UInt8] {
  let descriptor = withPath(path) { open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
  try require(descriptor >= 0, "\(shown(path)): \(Connection.text(errno))")
  defer { close(descriptor) }
  var out: [UInt8] = []
  while true {
    let piece = [UInt8](unsafeUninitializedCapacity: 1 << 20) { buffer, filled in
      filled = max(0, read(descriptor, buffer.baseAddress, 1 << 20))
    }
    if piece.isEmpty { return out }
    out += piece
  }
}

/// Creates or replaces a file.
public func writeFile(_ path: [UInt8], _ content: [UInt8], mode: mode_t = 0o644) throws {
  let descriptor = withPath(path) { open($0, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode) }
  try require(descriptor >= 0, "\(shown(path)): \(Connection.text(errno))")
  defer { close(descriptor) }
  var written = 0
  while written < content.count {
    let count = content.withUnsafeBytes { write(descriptor, $0.baseAddress! + written, content.count - written) }
    try require(count > 0, "\(shown(path)): \(Connection.text(errno))")
    written += count
  }
  fchmod(descriptor, mode)
}

/// Gives `path` to `body` as a C string; names are bytes, so String's UTF-8 rules must not touch them.
public func withPath<R>(_ path: [UInt8], _ body: (UnsafePointer<CChar>) throws -> R) rethrows -> R {
  try (path + [0]).withUnsafeBufferPointer { buffer in
    try buffer.withMemoryRebound(to: CChar.self) { try body($0.baseAddress!) }
  }
}
