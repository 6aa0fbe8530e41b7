// Clients by library: Python's ftplib, javax.net.ssl, and the command-line tools of OpenSSL and GnuTLS driven by a script.

import TestSupport
import Testing

@Suite struct TLSLibraryTests {
  @Test(installed("python3"), arguments: ["1.2", "1.3"], ["reuse", "anew"])
  func ftplib(_ version: String, _ session: String) async throws {
    try await TLSInterop.run(session == "reuse" ? .require : .prefer) { tls in
      try tls.test.client("python3", client("ftplib_tls.py"), tls.explicit, Server.password, version, session)
      try tls.test.requireLocal("out.bin")
      try tls.test.requireRemote("up.bin")
      try tls.requireProtected(resumed: session == "reuse")
    }
  }

  @Test(installed("python3")) func ftplibWithoutReuseIsToldWhatToChange() async throws {
    try await TLSInterop.run(.require) { tls in
      let result = try TestSupport.run(
        ["python3", client("ftplib_tls.py"), tls.explicit, Server.password, "1.3", "anew"],
        directory: tls.test.local.path)
      try require(result.exitCode != 0, "it was let through")
      try require(
        result.errors.contains("522") && result.errors.contains("tls.data-session"), "unhelpful: \(result.errors)")
    }
  }

  /// Its clients use each ticket of TLS 1.3 once: ten transfers in a row need a fresh one each time.
  @Test(installed("java"), arguments: ["TLSv1.3", "TLSv1.2"]) func java(_ version: String) async throws {
    try await TLSInterop.run { tls in
      try tls.test.local.write("data.bin", Interop.content)
      try tls.test.client("java", client("Transfers.java"), tls.explicit, Server.password, version, "data.bin")
      for round in [1, 3, 5, 7, 9] { try tls.test.requireRemote("java\(round)") }
      try tls.requireProtected()
    }
  }

  /// It shakes hands on the data connection before it sends the transfer command.
  @Test(.enabled(if: PythonTests.has("aioftp"), "no python3 with aioftp")) func aioftp() async throws {
    try await TLSInterop.run(.prefer) { tls in
      try tls.test.client(PythonTests.python, "-c", Self.aioftpScript, tls.explicit, Server.password)
      try tls.test.requireSameTree(tls.test.server.root.path + "/tree", tls.test.local.path + "/tree")
      try tls.test.requireSameTree(tls.test.server.root.path + "/tree", tls.test.server.root.path + "/up/tree")
      try tls.requireProtected(resumed: false)
    }
  }

  private static let aioftpScript = """
    import asyncio, ssl, sys, aioftp
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    async def main():
      client = aioftp.Client(socket_timeout=20)
      await client.connect('127.0.0.1', int(sys.argv[1]))
      await client.upgrade_to_tls(tls)
      await client.login('alice', sys.argv[2])
      await client.download('tree', 'tree', write_into=True)
      await client.make_directory('/up')
      await client.change_directory('/up')
      await client.upload('tree', 'tree', write_into=True)
      await client.quit()
    asyncio.run(main())
    """

  private static let hexadecimal = Interop.content.flatMap { bytes(($0 < 16 ? "0" : "") + String($0, radix: 16)) }

  @Test(installed("python3"), installed("openssl"), arguments: ["-tls1_2", "-tls1_3"])
  func opensslCommandLine(_ version: String) async throws {
    try await TLSInterop.run { tls in
      try tls.test.client("python3", client("command_line_tls.py"), "openssl", tls.explicit, Server.password, version)
      try tls.test.requireLocal("out.bin")
      try tls.test.requireRemote("up.hex", Self.hexadecimal)
      try tls.requireProtected()
    }
  }

  @Test(installed("python3"), installed("gnutls-cli")) func gnutlsCommandLine() async throws {
    // It resumes a session only with the port it had it from.
    try await TLSInterop.run(.prefer) { tls in
      try tls.test.client("python3", client("command_line_tls.py"), "gnutls", tls.explicit, Server.password, "")
      try tls.test.requireLocal("out.bin")
      try tls.test.requireRemote("up.hex", Self.hexadecimal)
      try tls.requireProtected(resumed: false)
    }
  }
}
