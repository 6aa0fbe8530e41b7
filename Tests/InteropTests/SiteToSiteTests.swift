// lftp has two servers transfer a file straight from one to the other, in clear and under TLS (FXP).

import TestSupport
import Testing

@Suite struct SiteToSiteTests {
  /// Two servers on addresses of their own, neither of which is the client's.
  private func withServers(
    _ settings: [String] = [],
    _ body: @escaping @Sendable (_ from: Server, _ to: Server, TemporaryDirectory) throws -> Void
  ) async throws {
    try await Blocking.run {
      func options(_ address: String) -> Server.Options {
        var options = Server.Options(
          settings: ["transfer.site-to-site=on", "transfer.site-to-site-networks=127.0.1.0/24", "log.level=debug"]
            + settings)
        options.listen = ["\(address):0"]
        return options
      }
      try Server.with(options("127.0.1.11")) { source in
        try source.root.write("data.bin", Interop.content)
        try Server.with(options("127.0.1.12")) { target in try body(source, target, TemporaryDirectory()) }
      }
    }
  }

  private func transfer(_ from: Server, _ to: Server, _ home: TemporaryDirectory, _ settings: String) throws {
    func url(_ server: Server) -> String { "ftp://alice:\(Server.password)@\(server.endpoint)/" }
    let script = """
      set cmd:fail-exit yes; set net:max-retries 2; set net:timeout 20; set ssl:verify-certificate no; \
      set ftp:use-fxp yes; set ftp:fxp-force yes; \(settings); get -O \(url(to)) \(url(from))data.bin
      """
    let result = try TestSupport.run(
      ["lftp", "--norc", "-c", script], environment: ["LC_ALL": "C.UTF-8", "HOME": home.path], directory: home.path)
    try require(result.exitCode == 0, "lftp ended with \(result.exitCode): \(result.errors)")
    try require(try to.root.read("data.bin") == Interop.content, "the file differs")
    for server in [from, to] {
      try require(server.process.errorText.contains("site to site, with 127.0.1.1"), "not from one to the other")
    }
  }

  @Test(installed("lftp"), arguments: ["yes", "no"]) func inClear(_ passiveSource: String) async throws {
    try await withServers { from, to, home in
      try transfer(from, to, home, "set ftp:ssl-allow no; set ftp:fxp-passive-source \(passiveSource)")
    }
  }

  /// One of the two has to be TLS's client: CPSV says so.
  @Test(installed("lftp"), arguments: ["yes", "no"], ["prefer", "require"])
  func underTLS(_ passiveSource: String, _ binding: String) async throws {
    try await withServers(["tls.data-session=\(binding)"]) { from, to, home in
      try transfer(
        from, to, home,
        """
        set ftp:ssl-force yes; set ftp:ssl-protect-data yes; set ftp:ssl-protect-list yes; set ftp:ssl-protect-fxp yes; \
        set ftp:fxp-passive-source \(passiveSource)
        """)
      let log = from.process.errorText + to.process.errorText
      try require(log.contains("verb=CPSV"), "CPSV was not used")
      for line in log.split(separator: "\n") where line.contains("note=\"site to site") {
        try require(line.contains("tls=\"TLSv1."), "in clear: \(line)")
      }
    }
  }

  /// SSCN does the same for all data connections. A server that the authority in the settings does not vouch for is refused.
  @Test(installed("python3")) func theOtherServersCertificateIsJudged() async throws {
    try await Blocking.run {
      let files = try TemporaryDirectory()
      try require(
        try TestSupport.run(
          [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
            "2",
            "-subj", "/CN=other.example.org", "-keyout", "key.pem", "-out", "ca.pem",
          ], directory: files.path
        ).exitCode == 0, "openssl failed")
      let common = ["transfer.site-to-site=on", "transfer.site-to-site-networks=127.0.1.0/24"]
      var from = Server.Options(settings: common + ["transfer.site-to-site-ca=\(files.path)/ca.pem"])
      from.listen = ["127.0.1.11:0"]
      try Server.with(from) { source in
        try source.root.write("data.bin", Interop.content)
        for isKnown in [true, false] {
          let certificate = ["tls.certificate=\(files.path)/ca.pem", "tls.key=\(files.path)/key.pem"]
          var to = Server.Options(settings: common + (isKnown ? certificate : []))
          to.listen = ["127.0.1.12:0"]
          try Server.with(to) { target in
            let result = try TestSupport.run(
              [
                "python3", client("site_to_site.py"), "\(source.endpoint)", "\(target.endpoint)", Server.password,
              ], directory: files.path)
            try require(result.exitCode == 0, "\(result.errors)")
            let codes = result.output.split { $0 == " " || $0 == "\n" }
            if isKnown {
              try require(codes == ["226", "226"], "\(codes)")
              try require(try target.root.read("data.bin") == Interop.content, "the file differs")
            } else {
              try require(codes.count == 2 && codes.allSatisfy { $0.hasPrefix("4") }, "\(codes)")
              try require(!target.root.exists("data.bin") || (try target.root.read("data.bin")).isEmpty, "it was sent")
            }
          }
        }
      }
    }
  }
}
