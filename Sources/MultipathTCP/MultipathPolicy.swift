// Whether a socket should be a multipath socket, and why the kernel did not make one.

import Glibc

/// Whether an operator wants a socket to be multipath.
public enum MultipathPolicy: String, Sendable, Hashable, CaseIterable, CustomStringConvertible {
  /// Multipath where the kernel has it and allows it, plain TCP otherwise.
  case automatic
  /// Multipath or an error.
  case required
  /// Plain TCP, requested by its protocol number so that a preloaded `mptcpize` does not change it.
  case off

  public var description: String { rawValue }

  /// Whether this policy allows a connection with the result `negotiation`.
  public func admits(_ negotiation: Negotiation) -> Bool { self != .required || negotiation == .multipath }
}

/// Why a socket is plain TCP and not multipath.
///
/// Source: socket(2); the errnos are those of the kernels from 5.4 to 6.18.
public enum MultipathUnavailability: Sendable, Hashable, CustomStringConvertible {
  /// The policy was ``MultipathPolicy/off``.
  case notRequested
  /// Linux before 5.6 does not know protocol 262 (EINVAL).
  case kernelTooOld
  /// A kernel without CONFIG_MPTCP, or without CONFIG_MPTCP_IPV6 for an IPv6 socket (EPROTONOSUPPORT).
  case notCompiled
  /// `net.mptcp.enabled` is 0 in this network namespace (ENOPROTOOPT).
  case disabled
  /// A security module, seccomp or BPF refused it (EACCES, EPERM).
  case denied(Int32)
  /// Another errno: a call that this kernel does not support on multipath sockets.
  case other(Int32)

  /// Reads the errno of a failed socket(2). Nil for a shortage (descriptors, memory), which would also affect plain TCP.
  init?(socketErrno code: Int32) {
    switch code {
    case EMFILE, ENFILE, ENOBUFS, ENOMEM: return nil
    case EINVAL: self = .kernelTooOld
    case EPROTONOSUPPORT: self = .notCompiled
    case ENOPROTOOPT: self = .disabled
    case EACCES, EPERM: self = .denied(code)
    default: self = .other(code)
    }
  }

  /// Reads the errno of a failed bind, listen or connect. Nil if the same would happen to a TCP socket.
  init?(callErrno code: Int32) {
    switch code {
    case EOPNOTSUPP, ENOPROTOOPT, EPROTONOSUPPORT: self = .other(code)
    default: return nil
    }
  }

  /// The errno behind it, nil when nothing was tried.
  public var errno: Int32? {
    switch self {
    case .notRequested: nil
    case .kernelTooOld: EINVAL
    case .notCompiled: EPROTONOSUPPORT
    case .disabled: ENOPROTOOPT
    case .denied(let code), .other(let code): code
    }
  }

  public var description: String {
    switch self {
    case .notRequested: "not requested"
    case .kernelTooOld: "the kernel is older than Linux 5.6"
    case .notCompiled: "the kernel was built without MPTCP"
    case .disabled: "net.mptcp.enabled is 0"
    case .denied(let code): "denied by a security policy (errno \(code))"
    case .other(let code): "the kernel does not support it (errno \(code))"
    }
  }
}
