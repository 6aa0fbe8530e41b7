// The only file that calls crypt(3): one hash computed, one fresh setting made, one setting judged.

import CCrypt
import Glibc

/// The system's password hashing, libxcrypt. Every call blocks its thread for as long as the hash is meant to take.
enum Crypt {
  /// Longest password in bytes that crypt(3) takes (CRYPT_MAX_PASSPHRASE_SIZE counts the NUL).
  static let passwordLimit = Int(CRYPT_MAX_PASSPHRASE_SIZE) - 1

  /// The hash of `password` under `setting` (a hash, or a setting of `makeSetting`).
  /// - Returns: nil if the system does not know the setting, or if the password holds a NUL or is too long.
  static func hash(_ password: [UInt8], setting: String) -> String? {
    guard password.count <= passwordLimit, !password.contains(0) else { return nil }
    let size = Int(weft_crypt_data_size())
    let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 64)
    scratch.initializeMemory(as: UInt8.self, repeating: 0)
    // The copy with its NUL is in memory we allocate, so that it can be wiped: an array might leave copies behind.
    let phrase = UnsafeMutableRawBufferPointer.allocate(byteCount: password.count + 1, alignment: 1)
    phrase.initializeMemory(as: UInt8.self, repeating: 0)
    phrase.copyBytes(from: password)
    defer {
      wipe(scratch)
      wipe(phrase)
      scratch.deallocate()
      phrase.deallocate()
    }
    guard let text = phrase.baseAddress?.assumingMemoryBound(to: CChar.self) else { return nil }
    guard let result = crypt_rn(text, setting, scratch.baseAddress, Int32(size)) else { return nil }
    return String(cString: result)
  }

  /// A fresh setting with a random salt and the system's default cost, for the method that begins with `prefix`.
  /// - Throws: nothing; nil if the system does not offer the method, or has no randomness.
  static func makeSetting(prefix: String) -> String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(CRYPT_GENSALT_OUTPUT_SIZE)) { buffer in
      buffer.initialize(repeating: 0)
      guard let result = crypt_gensalt_rn(prefix, 0, nil, 0, buffer.baseAddress, Int32(buffer.count)) else {
        return nil
      }
      return String(cString: result)
    }
  }

  /// True if this system's crypt(3) computes hashes like `setting`. Cheap: nothing is hashed.
  static func knows(_ setting: String) -> Bool {
    switch crypt_checksalt(setting) {
    case CRYPT_SALT_OK, CRYPT_SALT_METHOD_LEGACY, CRYPT_SALT_TOO_CHEAP: true
    default: false
    }
  }

  private static func wipe(_ memory: UnsafeMutableRawBufferPointer) {
    guard let base = memory.baseAddress else { return }
    explicit_bzero(base, memory.count)
  }
}
