// The capabilities the daemon may keep, and those the calling thread has, as libcap tells.

import CCap

/// A capability the daemon may keep. The raw value is the kernel's number; source: capabilities(7).
public enum Capability: Int32, Sendable, CaseIterable, CustomStringConvertible {
  case setgid = 6
  case setuid = 7
  case netBindService = 10

  public var description: String {
    switch self {
    case .setgid: return "CAP_SETGID"
    case .setuid: return "CAP_SETUID"
    case .netBindService: return "CAP_NET_BIND_SERVICE"
    }
  }
}

extension Capability {
  /// Those of the known capabilities that the calling thread may use.
  static func permitted() -> Set<Capability> {
    guard let state = cap_get_proc() else { return [] }
    defer { cap_free(UnsafeMutableRawPointer(state)) }
    return Set(allCases.filter { isSet(state, $0.rawValue) })
  }

  /// How many capabilities the calling thread may use, known here or not; -1 when that cannot be told.
  static func countOfPermitted() -> Int {
    guard let state = cap_get_proc() else { return -1 }
    defer { cap_free(UnsafeMutableRawPointer(state)) }
    return (0..<cap_max_bits()).count { isSet(state, $0) }
  }

  private static func isSet(_ state: cap_t, _ capability: Int32) -> Bool {
    var flag = CAP_CLEAR
    return cap_get_flag(state, capability, CAP_PERMITTED, &flag) == 0 && flag == CAP_SET
  }

  /// The capabilities of the calling thread in libcap's notation, such as `cap_net_bind_service=ep`; `none` for none.
  static func currentText() -> String {
    guard let state = cap_get_proc() else { return "unknown" }
    defer { cap_free(UnsafeMutableRawPointer(state)) }
    guard let text = cap_to_text(state, nil) else { return "unknown" }
    defer { cap_free(text) }
    let words = String(cString: text)
    return words == "=" ? "none" : words
  }
}
