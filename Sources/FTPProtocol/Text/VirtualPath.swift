// The paths clients speak of: absolute, normalised, as bytes, with "/" for the root they may see.

/// A path in the server's virtual tree (RFC 3659 §6, TVFS): components separated by `/`, compared as bytes.
///
/// It is a name, not a place: `..` is taken lexically and whatever the file system holds (symbolic links, mounts) is the
/// business of whoever opens it.
public struct VirtualPath: Hashable, Sendable {
  /// Why an argument names no path.
  public enum PathError: Error, Sendable, Hashable {
    /// A component of more than 255 bytes or a path of more than 4095.
    case tooLong
    /// It holds a NUL.
    case invalid
  }

  /// The most bytes of one component (NAME_MAX).
  public static let componentLimit = 255
  /// The most bytes of a path (PATH_MAX without the terminating NUL).
  public static let pathLimit = 4095

  public static let root = VirtualPath(normalised: [0x2F])

  /// Begins with `/`; without `//`, `.` and `..`, and without a `/` at the end unless it is the root.
  public let bytes: [UInt8]

  private init(normalised bytes: [UInt8]) { self.bytes = bytes }

  /// Reads a path relative to the root.
  public init(_ path: [UInt8]) throws(PathError) { self = try VirtualPath.root.resolving(path) }

  public var isRoot: Bool { bytes.count == 1 }

  /// What a client's argument means in this directory.
  ///
  /// Absolute if it begins with `/`, otherwise relative to `self`; an empty argument is `self`. `..` never leads above the root.
  /// `~` alone or before a `/` is the root, every user's home (a file of that name is reached as `./~`).
  public func resolving(_ argument: [UInt8]) throws(PathError) -> VirtualPath {
    guard let first = argument.first else { return self }
    var rest = argument[...]
    let isHome = first == 0x7E && (argument.count == 1 || argument[1] == 0x2F)
    if isHome { rest = rest.dropFirst() }
    var result = isHome || first == 0x2F ? VirtualPath.root.bytes : bytes
    result.reserveCapacity(min(result.count + rest.count + 1, VirtualPath.pathLimit + 1))
    while !rest.isEmpty {
      let end = rest.firstIndex(of: 0x2F) ?? rest.endIndex
      try VirtualPath.append(rest[..<end], to: &result)
      rest = rest[end...].dropFirst()
    }
    return VirtualPath(normalised: result)
  }

  private static func append(_ component: ArraySlice<UInt8>, to path: inout [UInt8]) throws(PathError) {
    if component.isEmpty || component.elementsEqual([0x2E]) { return }
    if component.elementsEqual([0x2E, 0x2E]) {
      path.removeLast(path.count - parentLength(of: path))
      return
    }
    guard component.count <= componentLimit else { throw .tooLong }
    guard !component.contains(0) else { throw .invalid }
    if path.count > 1 { path.append(0x2F) }
    path.append(contentsOf: component)
    guard path.count <= pathLimit else { throw .tooLong }
  }

  /// The length of the part of a normalised path that names its parent.
  private static func parentLength(of path: [UInt8]) -> Int { max(path.lastIndex(of: 0x2F) ?? 0, 1) }

  /// The directory above; the root is its own parent.
  public var parent: VirtualPath { VirtualPath(normalised: Array(bytes[..<VirtualPath.parentLength(of: bytes)])) }

  /// The name without the directory; nil for the root.
  public var lastComponent: ArraySlice<UInt8>? {
    guard !isRoot else { return nil }
    return bytes[((bytes.lastIndex(of: 0x2F) ?? 0) + 1)...]
  }

  /// The path without its leading `/`, as `openat2` beneath a root descriptor wants it; `.` for the root.
  public var relativeBytes: [UInt8] { isRoot ? [0x2E] : Array(bytes.dropFirst()) }

  /// Whether this path is `directory` or lies beneath it (a directory cannot be renamed to a place within itself).
  public func isWithin(_ directory: VirtualPath) -> Bool {
    if directory.isRoot { return true }
    guard bytes.starts(with: directory.bytes) else { return false }
    return bytes.count == directory.bytes.count || bytes[directory.bytes.count] == 0x2F
  }
}

extension VirtualPath: CustomStringConvertible {
  /// The path for a log: bytes that are not UTF-8 are replaced.
  public var description: String { String(decoding: bytes, as: UTF8.self) }
}

public typealias PathError = VirtualPath.PathError
