// The types of settings that are addresses and ports.

import FTPProtocol
import FTPServer
import LinuxSystem
import SafeText
import ServerLog
import ServerMetrics

extension ValueType where Value == SyslogAddress {
  /// Where a syslog server is.
  static var syslogAddress: Self {
    single(
      "address", "the path of a socket such as /dev/log, or an address and a port such as 192.0.2.1:514",
      show: { "\($0)" },
      parse: { (text) throws(Rejection) in
        guard let address = SyslogAddress(text) else { throw Rejection("is neither an absolute path nor an address") }
        return address
      })
  }
}

extension ValueType where Value == MetricsAddress? {
  /// Where metrics are scraped; the empty text is "not set".
  static var metricsAddress: Self {
    single(
      "address",
      "an address and a port such as 127.0.0.1:9021, or the path of a socket such as /run/weftpd/server/metrics",
      show: { $0.map { "\($0)" } },
      parse: { (text) throws(Rejection) in
        if text.isEmpty { return nil }
        guard let address = MetricsAddress(text) else { throw Rejection("is neither an address nor an absolute path") }
        return address
      })
  }
}

extension ValueType where Value == ClosedRange<UInt16>? {
  static var portRange: Self {
    let expected = "FIRST-LAST with ports from 1 to 65535, such as 49152-65534, or 0 to let the kernel pick"
    let show: @Sendable (Value) -> String? = { range in range.map { "\($0.lowerBound)-\($0.upperBound)" } ?? "0" }
    return single(
      "port range", expected, show: show,
      parse: { (text) throws(Rejection) in
        if text == "0" { return nil }
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { trimmed($0) }
        guard ends.count == 1 || ends.count == 2, ends.allSatisfy(isDigits) else {
          throw Rejection("is not a port range")
        }
        let ports = ends.compactMap { UInt16($0) }.filter { $0 > 0 }
        guard ports.count == ends.count, let first = ports.first, let last = ports.last else {
          throw Rejection("has a port outside 1 to 65535")
        }
        guard first <= last else { throw Rejection("ends before it starts") }
        return first...last
      })
  }
}

extension ServerConfiguration.PassiveAddress {
  /// As the setting `passive.address` has it.
  public var asSetting: String {
    switch self {
    case .automatic: return "auto"
    case .fixed(let address): return address.description
    }
  }
}

extension ValueType where Value == [IPNetwork] {
  /// Networks in CIDR notation, none by default.
  static var networks: Self {
    ValueType(
      name: "list of networks", expected: "networks, such as 192.0.2.0/24, 2001:db8::/32 or 198.51.100.7",
      isList: true,
      parse: { (items: [String]) throws(Rejection) in
        var networks: [IPNetwork] = []
        for item in items {
          guard let network = IPNetwork(item) else {
            throw Rejection("is not a network, or has bits set behind its prefix")
          }
          if networks.contains(network) { throw Rejection("lists \(network) twice") }
          networks.append(network)
        }
        return networks
      }, show: { $0.map(\.description) })
  }
}

extension ValueType where Value == ServerConfiguration.PassiveAddress {
  static var passiveAddress: Self {
    single(
      "auto or IPv4", "auto, or the IPv4 address clients reach this server at", show: { $0.asSetting },
      parse: { (text) throws(Rejection) in
        if text == "auto" { return .automatic }
        guard let address = IPAddress(text), address.family == .ipv4 else {
          throw notAnAddress(text, "is not an IPv4 address") { $0.family == .ipv4 ? $0.description : nil }
        }
        guard !address.isWildcard, !address.isMulticastOrBroadcast else {
          throw Rejection("is an address nobody can connect to")
        }
        return .fixed(address)
      })
  }
}

extension ValueType where Value == [ListenSetting] {
  static var listenList: Self {
    ValueType(
      name: "list of ADDRESS:PORT",
      expected: "ADDRESS:PORT, such as 127.0.0.1:2121, [::1]:2121 or *:21, or ftps://ADDRESS:PORT for implicit TLS",
      isList: true,
      parse: { (items: [String]) throws(Rejection) in
        guard !items.isEmpty else { throw Rejection("lists no address") }
        var list: [ListenSetting] = []
        for item in items {
          let one = try listenSetting(trimmed(item[...]))
          if one.port != 0, list.contains(where: { $0.host == one.host && $0.port == one.port }) {
            throw Rejection("lists \(one) twice")
          }
          list.append(one)
        }
        return list
      }, show: { $0.map(\.description) })
  }
}

private func listenSetting(_ text: String) throws(Rejection) -> ListenSetting {
  var text = text
  var rules = ListenerRules()
  if let (scheme, rest) = parted(text, at: "://") {
    guard scheme == "ftp" || scheme == "ftps" else { throw Rejection("starts with neither ftp:// nor ftps://") }
    rules.isImplicit = scheme == "ftps"
    text = rest
  }
  if let (address, option) = parted(text, at: "?tls=") {
    guard let mode = TLSMode(rawValue: option) else {
      throw Rejection(
        "has an unknown mode after ?tls=; the modes are \(TLSMode.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    guard !rules.isImplicit || mode != .off else { throw Rejection("asks for implicit TLS and for tls=off") }
    rules.mode = mode
    text = address
  }
  guard let colon = text.lastIndex(of: ":") else { throw Rejection("has no port") }
  let digits = String(text[text.index(after: colon)...])
  var host = String(text[..<colon])
  guard isDigits(digits), let port = UInt16(digits) else { throw Rejection("has no port from 0 to 65535") }
  if host == "*" { return ListenSetting(host: nil, port: port, rules: rules) }
  let bracketed = host.hasPrefix("[") && host.hasSuffix("]")
  if bracketed { host = String(host.dropFirst().dropLast()) }
  guard let address = IPAddress(host) else {
    throw notAnAddress(host, "has no IP address before the port") { SocketAddress($0, port: port).description }
  }
  guard bracketed == host.contains(":") else {
    throw Rejection("must have brackets around an IPv6 address and nothing else")
  }
  guard !address.isMulticastOrBroadcast else { throw Rejection("is a multicast or broadcast address") }
  return ListenSetting(host: address, port: port, rules: rules)
}

/// Why `host` cannot stand where an address has to, with the addresses to write instead if it is a name that has some.
///
/// Names are not taken, because at boot the name servers may not be there yet, and because a later answer would be another address.
/// - Parameters:
///   - reason: what is wrong with it if it is no name either.
///   - show: how an address is written in the setting; nil if it cannot stand there.
private func notAnAddress(_ host: String, _ reason: String, _ show: (IPAddress) -> String?) -> Rejection {
  guard case .name(let name)? = HostName(Array(host.utf8)), !isDigits(host.filter { $0 != "." }) else {
    return Rejection(reason)
  }
  let rule = "names a host, and only an address will do"
  switch HostLookup.addresses(of: name) {
  case .found(let addresses):
    let shown = addresses.compactMap(show)
    return Rejection(shown.isEmpty ? rule : "\(rule); write \(shown.joined(separator: " or "))")
  case .failed(let reason): return Rejection("\(rule); \(quoted(name)) cannot be looked up: \(reason)")
  }
}

/// What stands before and behind the first `separator`; nil without one.
private func parted(_ text: String, at separator: String) -> (String, String)? {
  guard let range = text.firstRange(of: separator) else { return nil }
  return (String(text[..<range.lowerBound]), String(text[range.upperBound...]))
}
