// What STAT tells of a session beside the user and the transfer parameters: host, TLS, character set.

extension Session {
  /// A line for each thing that is not as in every session.
  var statusDetails: [String] {
    var lines: [String] = []
    if let host = virtualHost { lines.append("Host: \(host.name)") }
    if isSecured || protection.isPrivate {
      lines.append("TLS: \(isSecured ? "on" : "off"); data connections: \(protection.isPrivate ? "PROT P" : "PROT C")")
    }
    if extras?.charset != nil, let name = identity?.account.options.charset {
      lines.append("Names are converted to \(name)")
    }
    if extras?.stated != nil { lines.append("Limits agreed on: \(limitsInForce.text)") }
    lines += quotaLines
    return lines
  }
}
