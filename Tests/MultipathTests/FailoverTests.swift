// A path lost in mid-transfer, brought back, or added: the transfer goes on, every byte right, and the report tells.

import LinuxSystem
import MultipathTCP
import NetworkSupport
import TestSupport
import Testing

extension MultipathTests {
  @Suite(.enabled(if: Machine.hasNamespaces, Machine.needsNamespaces)) struct FailoverTests {
    private static let megabyte = 1 << 20

    @Test(arguments: [1, 2], [false, true]) func aTransferOutlivesALostPath(path: Int, upload: Bool) async throws {
      try await Blocking.run(slots: Blocking.width) {
        let lab = try NetworkLab(rate: "100mbit")
        let size = 16 * Self.megabyte
        try LabServer.with(in: lab.server) { server in
          try PatternFile.write(server.root.path + "/down", size: size)
          let client = try LabClient(lab.client, server)
          try client.waitForPaths(2)
          var isCut = false
          let cut: LabClient.Watch = { moved, _ in
            if isCut || moved < 4 * Self.megabyte { return }
            try lab.cut(path)
            isCut = true
          }
          let measured = try client.transfer(upload: upload, size: size, watch: cut)
          let logged = try server.transfer(upload ? "/up" : "/down")
          report(
            "path \(path) lost in mid-\(upload ? "upload" : "download"): longest pause "
              + "\(rounded(measured.longestPause * 1000)) ms, \(rounded(measured.rate)) Mbit/s; log: \(logged.text)")
          try require(measured.longestPause < 5, "nothing moved for \(measured.longestPause) s")
          // The stall is reported: which path it is, and what the other carried.
          let remote = NetworkLab.clientAddress(path)
          let lost = logged.paths.first { $0.remote == remote }
          let other = logged.paths.first { $0.remote != remote }
          try require(logged.result == 226 && (other?.bytes ?? 0) > Double(size) / 3, "\(logged)")
          try require(lost.map(\.isStalled) ?? true && other?.isStalled == false, "\(logged)")
          // The session goes on over the path that is left.
          try client.ftp.command("NOOP", expecting: 200)
          let source = NetworkLab.clientAddress(3 - path)
          let next = try client.download("down", size: size / 4 * 4, path == 1 ? .pasv : .epsv, from: source)
          try require(next.bytes == size, "the next download")
        }
      }
    }

    @Test(arguments: [false, true]) func aPathThatComesBackIsUsedAgain(upload: Bool) async throws {
      try await Blocking.run(slots: Blocking.width) {
        let lab = try NetworkLab(rate: "50mbit")
        let size = 40 * Self.megabyte
        try LabServer.with(in: lab.server) { server in
          try PatternFile.write(server.root.path + "/down", size: size)
          let client = try LabClient(lab.client, server)
          try client.waitForPaths(2)
          var script = LossAndReturn(lab: lab)
          let watch: LabClient.Watch = { try script.step($0, $1, upload: upload) }
          let measured = try client.transfer(upload: upload, size: size, watch: watch)
          report(
            "both paths lost and brought back in turn, \(upload ? "upload" : "download"): longest pause "
              + "\(rounded(measured.longestPause * 1000)) ms; used again after "
              + script.returned.map { "\(rounded($0 * 1000)) ms" }.joined(separator: " and "))
          try require(script.returned.count == 2, "only \(script.returned.count) of 2 paths were used again")
        }
      }
    }

    @Test(arguments: [false, true]) func aPathAddedInMidTransferIsUsed(upload: Bool) async throws {
      try await Blocking.run(slots: Blocking.width) {
        let lab = try NetworkLab(rate: "100mbit", endpoint: nil)
        let size = 16 * Self.megabyte
        try LabServer.with(in: lab.server) { server in
          try PatternFile.write(server.root.path + "/down", size: size)
          let client = try LabClient(lab.client, server)
          var isAdded = false
          let add: LabClient.Watch = { moved, data in
            if isAdded || moved < 4 * Self.megabyte { return }
            try require(establishedPaths(data.descriptor).count == 1, "there is a second path already")
            try lab.addPath()
            isAdded = true
          }
          let measured = try client.transfer(upload: upload, size: size, watch: add)
          let logged = try server.transfer(upload ? "/up" : "/down")
          report(
            "path added in mid-\(upload ? "upload" : "download"): \(rounded(measured.rate)) Mbit/s; \(logged.text)")
          let added = logged.paths.first { $0.remote == NetworkLab.clientAddress(2) }
          try require((added?.bytes ?? 0) > Double(size) / 6, "the path added carried too little: \(logged)")
        }
      }
    }
  }
}

/// Takes each path away for a while and notes when it carries bytes again.
private struct LossAndReturn {
  let lab: NetworkLab
  /// Seconds from raising the link until the path carried data.
  private(set) var returned: [Double] = []
  private var phase = Phase.whole(until: 2 << 20)

  private enum Phase {
    /// Both paths up, until so many bytes have moved.
    case whole(until: Int)
    case cut(until: Int)
    case raised(since: ContinuousClock.Instant, carried: UInt64)
  }

  init(lab: NetworkLab) { self.lab = lab }

  mutating func step(_ moved: Int, _ data: Connection, upload: Bool) throws {
    let path = returned.count + 1
    if path > 2 { return }
    switch phase {
    case .whole(let until) where moved >= until:
      try lab.cut(path)
      phase = .cut(until: moved + 4 << 20)
    case .cut(let until) where moved >= until:
      try lab.raise(path)
      phase = .raised(since: .now, carried: carried(path, data, upload))
    case .raised(let since, let before):
      if carried(path, data, upload) < before + 500_000 { return }
      let took = since.duration(to: .now)
      returned.append(Double(took.components.seconds) + Double(took.components.attoseconds) / 1e18)
      phase = .whole(until: moved + 2 << 20)
    default: break
    }
  }

  private func carried(_ path: Int, _ data: Connection, _ upload: Bool) -> UInt64 {
    let local = NetworkLab.clientAddress(path)
    let statistics = LabClient.paths(data).first { $0.local.address.description == local }?.statistics
    return (upload ? statistics?.bytesAcknowledged : statistics?.bytesReceived) ?? 0
  }
}
