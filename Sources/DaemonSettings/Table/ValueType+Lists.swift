// The types of settings that take several values: addresses to listen on, paths.

import FTPServer
import LinuxSystem

extension ValueType where Value == [ListenSetting] {
  static var listenList: Self {
    ValueType(
      name: "list of ADDRESS:PORT",
      expected: "ADDRESS:PORT, such as 127.0.0.1:2121, [::1]:2121 or *:21, or ftps://ADDRESS:PORT for implicit TLS",
      isList: true,
      parse: { (items: [String]) throws(Rejection) in
        guard !items.isEmpty else { throw Rejection("names no address") }
        var list: [ListenSetting] = []
        for item in items {
          let one = try listenSetting(trimmed(item[...]))
          if one.port != 0, list.contains(where: { $0.host == one.host && $0.port == one.port }) {
            throw Rejection("names \(one) twice")
          }
          list.append(one)
        }
        return list
      }, show: { $0.map(\.description) })
  }
}

extension ValueType where Value == [String] {
  /// Paths, none by default.
  static func paths(_ expected: String) -> Self {
    ValueType(
      name: "list of paths", expected: expected, isList: true,
      parse: { (items: [String]) throws(Rejection) in
        for item in items {
          try refuseControls(item)
          guard (1...4095).contains(item.utf8.count) else { throw Rejection("is no path of 1 to 4095 bytes") }
        }
        return items
      }, show: { $0 })
  }
}

private func listenSetting(_ text: String) throws(Rejection) -> ListenSetting {
  var text = text
  var rules = ListenerRules()
  if let (scheme, rest) = parted(text, at: "://") {
    guard scheme == "ftp" || scheme == "ftps" else { throw Rejection("begins with neither ftp:// nor ftps://") }
    rules.isImplicit = scheme == "ftps"
    text = rest
  }
  if let (address, option) = parted(text, at: "?tls=") {
    guard let mode = TLSMode(rawValue: option) else {
      throw Rejection("has none of \(TLSMode.allCases.map(\.rawValue).joined(separator: ", ")) behind ?tls=")
    }
    guard !rules.isImplicit || mode != .off else { throw Rejection("has TLS and has it not") }
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
  guard let address = IPAddress(host) else { throw Rejection("has no IP address before the port") }
  guard bracketed == host.contains(":") else { throw Rejection("needs an IPv6 address in brackets") }
  guard !address.isMulticastOrBroadcast else { throw Rejection("is an address nobody can listen on") }
  return ListenSetting(host: address, port: port, rules: rules)
}

/// What stands before and behind the first `separator`; nil without one.
private func parted(_ text: String, at separator: String) -> (String, String)? {
  guard let range = text.firstRange(of: separator) else { return nil }
  return (String(text[..<range.lowerBound]), String(text[range.upperBound...]))
}
