// What a mirror copies, by which it tells that two files are the same, and what it does besides.

import ArgumentParser
import FTPClient
import Glibc
import LinuxSystem

/// What makes two files the same.
enum ComparisonChoice: String, ExpressibleByArgument, CaseIterable, Sendable {
  case sizeAndTime = "size+time"
  case size, hash
}

extension FileTree.Links: ExpressibleByArgument {}

/// The options of a mirror that say what it does, whichever way it goes.
struct MirrorArguments: ParsableArguments {
  @Option(help: "What makes two files the same: size+time, size, hash (a digest the server computes).") var compare =
    ComparisonChoice.sizeAndTime
  @Flag(help: "Remove what the source does not have, in the end.") var delete = false
  @Option(help: "Remove nothing if it would be more than this.") var maxDelete: Int?
  @Option(help: "Symbolic links: skip them, follow them, or keep them as links that stay inside.") var links =
    FileTree.Links.skip
  @Flag(help: "Set the permission bits of the source.") var perms = false
  @Option(help: ArgumentHelp("Leave alone what fits: a name or a path.", valueName: "pattern")) var exclude: [String] =
    []
  @Option(help: ArgumentHelp("The same, a pattern in each line of a file; # begins a comment.", valueName: "file"))
  var excludeFrom: [String] = []
  @Option(help: ArgumentHelp("But not what fits this.", valueName: "pattern")) var include: [String] = []

  /// - Throws: ``ClientError/Code/localFile`` for a file of patterns that cannot be read.
  func options(_ filter: FilterArguments) throws -> MirrorOptions {
    var options = MirrorOptions()
    options.comparison = compare == .size ? .size : compare == .hash ? .digest : .sizeAndTime
    options.filter = filter.filter
    options.deletes = delete
    options.deletionLimit = maxDelete
    options.links = links
    options.keepsModes = perms
    options.excludes = try exclude + excludeFrom.flatMap(MirrorArguments.patterns)
    options.includes = include
    return options
  }

  private static func patterns(_ path: String) throws -> [String] {
    let text: String?
    do throws(SystemError) { text = try SecretFiles.readIfThere(path) } catch {
      throw ClientError(.localFile, "\(path) cannot be read", cause: error)
    }
    guard let text else {
      throw ClientError(.localFile, "\(path) cannot be read", cause: SystemError(code: ENOENT, call: "open"))
    }
    return text.split(whereSeparator: \.isNewline).map { line in
      let start = line.drop { $0 == " " || $0 == "\t" }
      let end = start.lastIndex { $0 != " " && $0 != "\t" }
      return String(end.map { start[...$0] } ?? "")
    }.filter { !$0.isEmpty && !$0.hasPrefix("#") }
  }
}
