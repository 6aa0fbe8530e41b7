// The one error of this module: which system call failed, and with which errno.

import CLinux
import Glibc

/// A system call that failed.
///
/// Source: errno(3). ``code`` is the errno; ``call`` is the name of the call as its man page spells it.
public struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The errno, always positive.
  public let code: Int32
  /// The system call that failed.
  public let call: String

  public init(code: Int32, call: StaticString) {
    self.code = code
    self.call = "\(call)"
  }

  /// For example `openat2: No such file or directory (errno 2)`.
  public var description: String { "\(call): \(reason) (errno \(code))" }

  /// The system's words for ``code``, for example `No such file or directory`. Thread safe.
  public var reason: String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
      guard let base = buffer.baseAddress, let text = weft_strerror(code, base, buffer.count) else {
        return "error \(code)"
      }
      return String(cString: text)
    }
  }
}

/// Turns a shim's result (a value, or -errno) into a value or a thrown ``SystemError``.
@inlinable
@discardableResult
func check<Value: SignedInteger>(_ result: Value, _ call: StaticString) throws(SystemError) -> Value {
  if result < 0 { throw SystemError(code: Int32(truncatingIfNeeded: -result), call: call) }
  return result
}

/// Repeats a call that a signal interrupted (EINTR). Every call of this module goes through this.
@inlinable
@discardableResult
func retrying<Value: SignedInteger>(_ call: StaticString, _ body: () -> Value) throws(SystemError) -> Value {
  while true {
    let result = body()
    if result != -Value(EINTR) { return try check(result, call) }
  }
}
