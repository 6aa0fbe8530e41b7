// Patterns for paths and names, as rules about permissions and hidden or denied files write them.

import FTPProtocol

/// A pattern for a path as a user sees it, or for any name on its way.
///
/// `/in` is about `/in` and everything beneath it. A component may be a shell pattern, and `**` stands for any number of components, also
/// none: `/home/*/in`, `/**/tmp`. A pattern without a `/` is about names at any depth: `*.exe`.
public struct PathPattern: Sendable, Hashable {
  private enum Component: Sendable {
    case glob(Glob)
    case anyDepth
  }

  /// As it is written.
  public let text: String
  private let components: [Component]
  private let isAboutNames: Bool
  private let foldsCase: Bool

  /// - Parameter foldsCase: whether `*.exe` is about `A.EXE` too. Only letters of ASCII are folded.
  /// - Returns: nil if `text` is empty, or a path with `.`, `..` or nothing between two `/`.
  public init?(_ text: String, foldsCase: Bool = false) {
    self.text = text
    self.foldsCase = foldsCase
    let bytes = foldsCase ? PathPattern.folded(Array(text.utf8)[...]) : Array(text.utf8)
    isAboutNames = !bytes.contains(0x2F)
    if isAboutNames {
      guard !bytes.isEmpty else { return nil }
      components = [.glob(Glob(bytes, matchesHidden: true))]
      return
    }
    guard bytes.first == 0x2F else { return nil }
    var components: [Component] = []
    var names = bytes.dropFirst().split(separator: 0x2F, omittingEmptySubsequences: false)
    // `/` and `/in/` are what `` and `/in` are.
    if names.last?.isEmpty == true { names.removeLast() }
    for name in names {
      if name.isEmpty || name.elementsEqual(".".utf8) || name.elementsEqual("..".utf8) { return nil }
      components.append(name.elementsEqual("**".utf8) ? .anyDepth : .glob(Glob(Array(name), matchesHidden: true)))
    }
    self.components = components
  }

  /// A pattern for exactly this directory and what is beneath it; nil if its name is no UTF-8.
  init?(literally path: VirtualPath) {
    var text = ""
    guard let name = String(validating: path.bytes, as: UTF8.self) else { return nil }
    for character in name.unicodeScalars {
      if "*?[\\".unicodeScalars.contains(character) { text += "\\" }
      text.unicodeScalars.append(character)
    }
    self.init(text)
  }

  /// The names of a path, taken apart once for all patterns that are asked about it.
  struct Names {
    let plain: [ArraySlice<UInt8>]
    /// For patterns that fold case.
    let folded: [ArraySlice<UInt8>]

    /// - Parameter folding: whether there are such patterns.
    init(_ path: VirtualPath, folding: Bool) {
      let bytes = path.bytes.dropFirst()
      plain = bytes.split(separator: 0x2F)
      let hasCapitals = folding && bytes.contains { (0x41...0x5A).contains($0) }
      folded = hasCapitals ? PathPattern.folded(bytes)[...].split(separator: 0x2F) : plain
    }
  }

  /// Whether the pattern is about `path`: it, or a directory above it, fits.
  public func matches(_ path: VirtualPath) -> Bool { matches(Names(path, folding: foldsCase)) }

  func matches(_ path: Names) -> Bool {
    let names = foldsCase ? path.folded : path.plain
    if isAboutNames { return names.contains { fits($0, components[0]) } }
    // As in Glob, only the last `**` has to be tried again.
    var (place, position) = (0, 0)
    var retry: (place: Int, position: Int)?
    while place < components.count {
      if case .anyDepth = components[place] {
        place += 1
        retry = (place, position)
      } else if position < names.count, fits(names[position], components[place]) {
        place += 1
        position += 1
      } else if let last = retry, last.position < names.count {
        retry = (last.place, last.position + 1)
        (place, position) = (last.place, last.position + 1)
      } else {
        return false
      }
    }
    return true
  }

  /// Whether the pattern may be about something beneath `path` without being about `path`. Patterns for names move with the names.
  func canMatchBeneath(_ path: VirtualPath) -> Bool {
    if isAboutNames || matches(path) { return false }
    let parts = Names(path, folding: foldsCase)
    let names = foldsCase ? parts.folded : parts.plain
    for (component, name) in zip(components, names) {
      if case .anyDepth = component { return true }
      if !fits(name, component) { return false }
    }
    return true
  }

  private func fits(_ name: ArraySlice<UInt8>, _ component: Component) -> Bool {
    guard case .glob(let glob) = component else { return false }
    return name.withUnsafeBytes { glob.matches($0) }
  }

  private static func folded(_ name: ArraySlice<UInt8>) -> [UInt8] {
    name.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
  }

  /// Compared as written: equal patterns have equal texts.
  public static func == (left: PathPattern, right: PathPattern) -> Bool {
    left.text == right.text && left.foldsCase == right.foldsCase
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(text) }

  /// Patterns with `;` between them that fold case, such as `*.exe;/tmp`.
  ///
  /// - Returns: nil if one of them cannot be.
  static func list(_ text: String) -> [PathPattern]? {
    let patterns = text.split(separator: ";", omittingEmptySubsequences: false)
      .map { PathPattern(String($0), foldsCase: true) }
    let good = patterns.compactMap(\.self)
    return good.count == patterns.count ? good : nil
  }
}
