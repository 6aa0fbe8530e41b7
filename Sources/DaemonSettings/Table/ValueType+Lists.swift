// The types of settings that take several texts: paths, names of hosts.

import FTPProtocol

extension ValueType where Value == [String] {
  /// Paths, none by default.
  static func paths(_ expected: String) -> Self {
    ValueType(
      name: "list of paths", expected: expected, isList: true,
      parse: { (items: [String]) throws(Rejection) in
        for item in items {
          try refuseControls(item)
          guard (1...4095).contains(item.utf8.count) else { throw Rejection("is not a path of 1 to 4095 bytes") }
        }
        return items
      }, show: { $0 })
  }

  /// Domain names, each once, kept in lower case.
  static var hostNames: Self {
    ValueType(
      name: "list of names", expected: "domain names, such as ftp.example.org, www.example.org", isList: true,
      parse: { (items: [String]) throws(Rejection) in
        var names: [String] = []
        for item in items {
          guard case .name(let name)? = HostName(Array(item.utf8)) else { throw Rejection("is not a domain name") }
          if name == "names" { throw Rejection("is reserved: hosts.names is a setting") }
          if names.contains(name) { throw Rejection("lists \(name) twice") }
          names.append(name)
        }
        return names
      }, show: { $0 })
  }
}
