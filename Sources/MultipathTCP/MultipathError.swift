// The one error type of this module: what failed, with a stable code and the kernel's errno.

import LinuxSystem

/// What went wrong in a call of this module.
public enum MultipathError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The policy was ``MultipathPolicy/required`` and the kernel gave no multipath socket, or has no MPTCP at all.
  case unavailable(MultipathUnavailability)
  /// The question only makes sense for a multipath connection, and this socket is something else.
  case notMultipath(Negotiation)
  /// The running kernel cannot answer; the text is the first version that can, for example `5.16`.
  case kernelTooOld(needs: String)
  /// The call needs CAP_NET_ADMIN in the owner of this network namespace.
  case notPermitted(SystemError)
  /// The kernel refused a path manager command; the text is its own explanation, empty if it gave none.
  case refused(SystemError, explanation: String)
  /// The kernel's answer could not be read.
  case malformedAnswer(String)
  /// Any other system call that failed.
  case system(SystemError)

  /// A name that does not change between releases, for logs and tests.
  public var code: String {
    switch self {
    case .unavailable: "multipath-unavailable"
    case .notMultipath: "not-multipath"
    case .kernelTooOld: "kernel-too-old"
    case .notPermitted: "not-permitted"
    case .refused: "refused"
    case .malformedAnswer: "malformed-answer"
    case .system: "system"
    }
  }

  /// The errno behind it, nil where no system call failed.
  public var errno: Int32? {
    switch self {
    case .unavailable(let why): why.errno
    case .notPermitted(let error), .refused(let error, _), .system(let error): error.code
    case .notMultipath, .kernelTooOld, .malformedAnswer: nil
    }
  }

  public var description: String {
    switch self {
    case .unavailable(let why): "no multipath socket: \(why)"
    case .notMultipath(let state): "not a multipath connection: \(state)"
    case .kernelTooOld(let version): "this kernel cannot tell; Linux \(version) can"
    case .notPermitted(let error): "not permitted, CAP_NET_ADMIN is needed (\(error))"
    case .refused(let error, let text): text.isEmpty ? "refused: \(error)" : "refused: \(text) (\(error))"
    case .malformedAnswer(let what): "unreadable answer of the kernel: \(what)"
    case .system(let error): "\(error)"
    }
  }
}
