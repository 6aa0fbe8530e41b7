// The file that a download fills until it is whole, and what it remembers of where it came from.

import FTPProtocol
import Glibc
import LinuxSystem

/// A part of a download beside its target. It has another name until it is whole, so nobody takes it for the file.
struct PartFile: ~Copyable {
  let name: [UInt8]
  let directory: LocalDirectory
  let file: Descriptor
  /// Bytes it has.
  private(set) var size: UInt64

  /// The attribute that holds the source's size and time: another version of the file must not be gone on with.
  private static let attribute = "user.weftp.source"
  /// NAME_MAX.
  private static let nameLimit = 255

  /// Opens the part of `target`, or makes it.
  ///
  /// - Throws: ``ClientError/Code/localFile``, also when another process is filling it.
  init(of target: [UInt8], in directory: LocalDirectory) throws(ClientError) {
    let name = PartFile.name(for: target)
    let file = try directory.openForWriting(name)
    let size: UInt64
    do throws(SystemError) {
      let status = try File.status(file.number)
      guard status.isRegular else { throw SystemError(code: EINVAL, call: "open") }
      size = status.size
      guard try File.lock(file.number) else { throw SystemError(code: EBUSY, call: "flock") }
    } catch { throw .file(error, directory.path(of: name)) }
    self.directory = directory
    self.name = name
    self.file = file
    self.size = size
  }

  /// `.NAME.weftp-part`; of a name that would become too long, its beginning and a number that stands for all of it.
  static func name(for target: [UInt8], suffix: String = ".weftp-part") -> [UInt8] {
    let suffix = Array(suffix.utf8)
    guard target.count + suffix.count + 1 > nameLimit else { return [0x2E] + target + suffix }
    // FNV-1a: enough to tell names apart that begin alike.
    let hash = target.reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    return [0x2E] + target.prefix(200) + [0x2E] + Array(String(hash, radix: 16).utf8) + suffix
  }

  /// Whether what it has came from a file of this size and time.
  func isOf(_ entry: ListedEntry) -> Bool {
    File.attribute(file.number, PartFile.attribute).map { $0 == PartFile.stamp(entry) } ?? false
  }

  /// Remembers the source. Where the file system keeps no attributes, only a digest can prove what the part is of.
  func remember(_ entry: ListedEntry) { try? File.setAttribute(file.number, PartFile.attribute, PartFile.stamp(entry)) }

  private static func stamp(_ entry: ListedEntry) -> [UInt8] {
    Array("\(entry.size.map { "\($0)" } ?? "-") \(entry.modified.map { "\($0.seconds)" } ?? "-")".utf8)
  }

  /// Makes room for a file of so many bytes: what does not fit is found out before the first of them comes.
  mutating func make(room size: Int64) throws(ClientError) {
    File.removeAttribute(file.number, PartFile.attribute)
    do throws(SystemError) {
      if size > 0, !File.isInMemory(file.number) {
        do throws(SystemError) { try File.reserve(file.number, offset: 0, length: size) } catch {
          // Not every file system can.
          if error.code == ENOSPC || error.code == EDQUOT { throw error }
        }
      } else if try File.availableBytes(file.number) < UInt64(clamping: size) - min(self.size, UInt64(clamping: size)) {
        throw SystemError(code: ENOSPC, call: "fallocate")
      }
      try File.truncate(file.number, to: size)
    } catch { throw .file(error, directory.path(of: name)) }
    self.size = UInt64(clamping: size)
  }

  /// Cuts off what is behind `size`.
  mutating func cut(to size: UInt64) throws(ClientError) {
    do throws(SystemError) { try File.truncate(file.number, to: Int64(clamping: size)) } catch {
      throw .file(error, directory.path(of: name))
    }
    self.size = size
  }

  /// Gives it the time of the source and the name it was fetched for.
  func commit(as target: [UInt8], modified: ListedTime?, replacing: Bool) throws(ClientError) {
    File.removeAttribute(file.number, PartFile.attribute)
    do throws(SystemError) {
      if let modified {
        try File.setModificationTime(file.number, seconds: modified.seconds, nanoseconds: modified.nanoseconds)
      }
      // Late errors of file systems that write when they close.
      try File.flush(file.number)
    } catch { throw .file(error, directory.path(of: target)) }
    try directory.rename(name, to: target, replacing: replacing)
  }
}
