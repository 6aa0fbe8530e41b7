// The rules about endpoints, limits and routing: whether a second path can be established.

import LinuxSystem

extension Advice {
  static func limits(_ report: HostReport) -> [Finding] {
    guard let limits = report.limits else { return [] }
    let endpoints = (report.endpoints ?? []).filter { !$0.flags.contains(.implicit) }
    var found: [Finding] = []
    let wanted = max(2, UInt32(truncatingIfNeeded: endpoints.count))
    if limits.subflows < wanted {
      found.append(
        Finding(
          .warning, "subflow-limit", "the limit of further paths per connection is \(limits.subflows)",
          meaning: limits.subflows == 0
            ? "no connection gets a second path"
            : "not every one of \(endpoints.count) endpoints and the client's addresses can be a path",
          gist: limits.subflows == 0 ? "no connection gets a second path" : "not every address can be a path",
          commands: ["ip mptcp limits set subflows \(max(4, min(8, wanted)))"]))
    }
    if limits.acceptedAddresses == 0 {
      found.append(
        Finding(
          .notice, "accepted-limit", "addresses announced by peers are not taken up (add_addr_accepted is 0)",
          meaning:
            "in active mode (PORT, EPRT) the server is the end that connects, and a client with signal endpoints "
            + "gets no second path; passive mode is not affected",
          gist: "one path in active mode",
          commands: ["ip mptcp limits set add_addr_accepted 4"]))
    }
    return found
  }

  static func endpoints(_ report: HostReport) -> [Finding] {
    guard let endpoints = report.endpoints else { return [] }
    var found: [Finding] = []
    let outward = report.interfaces.filter { !$0.looksInternal && !$0.addresses.isEmpty }
    let addresses = Set(report.interfaces.flatMap(\.addresses))
    if endpoints.isEmpty, outward.count > 1 {
      let list = outward.map { "\($0.name) \($0.addresses[0])" }.joined(separator: ", ")
      found.append(
        Finding(
          .warning, "no-endpoints", "this host has several interfaces (\(list)) and no MPTCP endpoints",
          meaning: "clients are not told of the further addresses: a transfer uses the one the client connected to, "
            + "unless the client brings several of its own",
          gist: "clients do not learn of them",
          commands: outward.dropFirst().map { "ip mptcp endpoint add \($0.addresses[0]) dev \($0.name) signal" }))
    }
    for endpoint in endpoints where endpoint.flags.contains(.backup) {
      found.append(
        Finding(
          .warning, "backup-endpoint", "endpoint \(endpoint.address) is a backup",
          meaning: "after the first path is lost, every FTP command on a connection that was idle takes 0.2 to 0.8 s",
          gist: "slow once the first path is lost",
          commands: endpoint.id.map { ["ip mptcp endpoint change id \($0) nobackup"] } ?? []))
    }
    for endpoint in endpoints where !addresses.isEmpty && !addresses.contains(endpoint.address) {
      found.append(
        Finding(
          .warning, "endpoint-without-address",
          "no interface that is up has the address of endpoint \(endpoint.address)",
          meaning: "no path can use it",
          commands: endpoint.id.map { ["ip mptcp endpoint delete id \($0)"] } ?? []))
    }
    return found
  }

  /// Strict filtering drops the packets of a path if the routing table would send the answers through another interface.
  static func reversePath(_ report: HostReport) -> [Finding] {
    let names = (report.endpoints ?? []).compactMap { endpoint -> String? in
      guard endpoint.address.family == .ipv4 else { return nil }
      let interface = report.interfaces.first { interface in
        endpoint.interfaceIndex.map { $0 == interface.index } ?? interface.addresses.contains(endpoint.address)
      }
      return interface?.name
    }
    return Set(names).sorted().filter { report.reversePathFilters[$0] == 1 }.map { name in
      Finding(
        .warning, "rp-filter-strict",
        "net.ipv4.conf.\(name).rp_filter is strict (1), and \(name) has an MPTCP endpoint",
        meaning: "packets of the second path are dropped when the answer would take another interface; 2 (loose) still "
          + "refuses addresses that are not routed at all",
        gist: "a second path may be dropped",
        commands: ["sysctl -w net.ipv4.conf.\(name).rp_filter=2"])
    }
  }
}
