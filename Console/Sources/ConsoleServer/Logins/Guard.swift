// Whose requests are heard: the right host, the right site, and for changes the page's own token.

import HTTPTypes
import Hummingbird
import LinuxSystem

/// Looks at a request before anything of it is believed.
struct Guard: Sendable {
  /// `scheme://host[:port]`, in lower case, each a browser may have in its address bar.
  let origins: [String]
  let hosts: Set<String>

  /// - Parameters:
  ///   - address: where the console listens, if that is an address; its loopback names are origins.
  ///   - further: origins of a proxy in front of it.
  init(_ address: SocketAddress?, _ further: [String]) {
    var origins = further.map { $0.lowercased() }
    if let address {
      let own = address.address.family == .ipv6 ? "[\(address.address)]" : "\(address.address)"
      for name in [own, "localhost"] { origins.append("http://\(name):\(address.port)") }
    }
    self.origins = origins
    hosts = Set(origins.compactMap { $0.split(separator: "/", omittingEmptySubsequences: true).last.map(String.init) })
  }

  /// The answer to a request that is not for this console or does not come from its page; nil for one that may go on.
  func objection(to request: Request) -> Response? {
    // Another name that resolves to this address (DNS rebinding) is another site to the browser: it must get nothing.
    let host = request.head.authority ?? request.headers[.host] ?? ""
    guard hosts.contains(host.lowercased()) else {
      return .problem(.misdirected, "This console is not called that.")
    }
    if let origin = request.headers[.origin], !origins.contains(origin.lowercased()) {
      return .problem(.forbidden, "The request comes from another site.")
    }
    let site = request.headers[.fetchSite]
    if request.method == .get || request.method == .head {
      // A link from elsewhere may lead to the page, and to nothing else.
      let isNavigation = request.head.path == "/" || request.head.path == "/favicon.ico"
      if let site, site != "same-origin", site != "none", !isNavigation {
        return .problem(.forbidden, "The request comes from another site.")
      }
      return nil
    }
    // A browser that says neither is older than what this page needs.
    guard site == nil ? request.headers[.origin] != nil : site == "same-origin" else {
      return .problem(.forbidden, "The request comes from another site.")
    }
    return nil
  }

  /// Whether the browser reaches the console by https, through a proxy.
  func isSecure(_ request: Request) -> Bool {
    let host = (request.head.authority ?? request.headers[.host] ?? "").lowercased()
    return origins.contains("https://\(host)")
  }

  /// The name of the cookie. Over https it has the prefix that lets no other host and no plain connection set it. On the loopback network there
  /// is no https, and browsers refuse the prefix there; cookies do not keep ports apart, so the port is a part of the name.
  func cookieName(_ request: Request) -> String {
    if isSecure(request) { return "__Host-weft" }
    let host = request.head.authority ?? request.headers[.host] ?? ""
    return "weft-\(host.split(separator: ":").last ?? "")"
  }

  /// The value of the login's cookie.
  func cookie(_ request: Request) -> String? {
    let name = cookieName(request) + "="
    for field in request.headers[values: .cookie] {
      for part in field.split(separator: ";") {
        let part = part.drop { $0 == " " }
        if part.hasPrefix(name) { return String(part.dropFirst(name.count)) }
      }
    }
    return nil
  }

  /// The field that sets the cookie, or with an empty value takes it away.
  func setCookie(_ value: String, _ request: Request) -> String {
    let end = value.isEmpty ? "; Max-Age=0" : ""
    let secure = isSecure(request) ? "; Secure" : ""
    return "\(cookieName(request))=\(value); Path=/; HttpOnly; SameSite=Strict\(secure)\(end)"
  }
}
