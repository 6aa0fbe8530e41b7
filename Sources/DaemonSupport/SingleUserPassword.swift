// The password of the one user of --user: from the environment, from a file, or generated.

import DaemonSettings
import LinuxSystem
import SafeText

/// The password of `accounts.user`: given, or generated.
public struct SingleUserPassword: Sendable {
  public let bytes: [UInt8]
  /// True when it was generated, so that it has to be shown.
  public let isGenerated: Bool

  /// Takes the password from WEFTPD_PASSWORD, or the first line of the file WEFTPD_PASSWORD_FILE names, or makes one.
  ///
  /// - Throws: when both are set, or the password is empty, or the file cannot be read.
  public init(environment: [String: String]) throws(SettingsError) {
    func failed(_ name: String, _ message: String) -> SettingsError {
      SettingsError([SettingsProblem(.environment(name: name), key: name, message)])
    }
    let (direct, file) = (environment["WEFTPD_PASSWORD"], environment["WEFTPD_PASSWORD_FILE"])
    if direct != nil, file != nil {
      throw failed("WEFTPD_PASSWORD_FILE", "is set together with WEFTPD_PASSWORD; set only one of them")
    }
    if let direct {
      guard !direct.isEmpty else { throw failed("WEFTPD_PASSWORD", "is empty; unset it to have a password generated") }
      bytes = Array(direct.utf8)
      isGenerated = false
    } else if let file {
      let content: [UInt8]
      do throws(SettingsError) {
        content = try readSettingsFile(file)
      } catch {
        throw failed("WEFTPD_PASSWORD_FILE", error.description)
      }
      let line = content.prefix { $0 != 0x0A && $0 != 0x0D }
      guard !line.isEmpty else { throw failed("WEFTPD_PASSWORD_FILE", "\(quoted(file)) has an empty first line") }
      bytes = Array(line)
      isGenerated = false
    } else {
      bytes = Self.generate()
      isGenerated = true
    }
  }

  /// 100 random bits as four groups of five, from letters and digits that cannot be mistaken for one another.
  static func generate() -> [UInt8] {
    let alphabet = Array("abcdefghijkmnpqrstuvwxyz23456789".utf8)
    var result: [UInt8] = []
    for (index, random) in Random.bytes(20).enumerated() {
      if index > 0, index % 5 == 0 { result.append(0x2D) }
      // 32 characters: five bits of each byte, evenly.
      result.append(alphabet[Int(random & 31)])
    }
    return result
  }
}
