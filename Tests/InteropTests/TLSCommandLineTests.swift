// Command-line clients over TLS: curl, lftp, wget, rclone, explicit and implicit; bytes compared both ways.

import TestSupport
import Testing

@Suite struct TLSCommandLineTests {
  @Test(installed("curl"), arguments: [[], ["--tls-max", "1.2"]], ["ftp", "ftps"])
  func curl(_ options: [String], _ scheme: String) async throws {
    try await TLSInterop.run { tls in
      let port = scheme == "ftp" ? tls.explicit : tls.implicit
      let url = "\(scheme)://alice:\(Server.password)@127.0.0.1:\(port)/"
      func curl(_ arguments: [String]) throws {
        let common = ["curl", "-sS", "-k", "--ssl-reqd", "--max-time", "50"]
        let result = try TestSupport.run(common + options + arguments, directory: tls.test.local.path)
        try require(result.exitCode == 0, "curl \(arguments) ended with \(result.exitCode): \(result.errors)")
      }
      // Several transfers on one control connection, as a script does them.
      try curl(["-o", "out.bin", url + "data.bin", "-o", "nothing", url + "empty", "-o", "list", url])
      try tls.test.requireLocal("out.bin")
      try tls.test.requireLocal("nothing", [])
      try curl(["-T", "out.bin", url + "up.bin"])
      try tls.test.requireRemote("up.bin")
      try tls.test.local.write("part", Array(Interop.content.prefix(500_001)))
      try curl(["-C", "-", "-o", "part", url + "data.bin"])
      try tls.test.requireLocal("part")
      try tls.requireProtected()
    }
  }

  @Test(installed("lftp"), arguments: ["on", "off"], ["ftp", "ftps"])
  func lftp(_ passive: String, _ scheme: String) async throws {
    try await TLSInterop.run { tls in
      let settings = """
        set cmd:fail-exit yes; set net:max-retries 2; set net:timeout 20; set ssl:verify-certificate no; \
        set ftp:ssl-force yes; set ftp:ssl-protect-data yes; set ftp:ssl-protect-list yes; \
        set ftp:passive-mode \(passive); open -u alice,\(Server.password) \
        \(scheme)://127.0.0.1:\(scheme == "ftp" ? tls.explicit : tls.implicit);
        """
      func lftp(_ script: String) throws {
        try tls.test.client(
          "lftp", "--norc", "-c", settings + script,
          environment: ["LC_ALL": "C.UTF-8", "HOME": tls.test.local.path])
      }
      let root = tls.test.server.root.path
      try lftp("mirror --parallel=3 tree back")
      try tls.test.requireSameTree(root + "/tree", tls.test.local.path + "/back")
      try lftp("mirror -R --parallel=3 back again; get data.bin -o out.bin; put out.bin -o up.bin")
      try tls.test.requireSameTree(root + "/tree", root + "/again")
      try tls.test.requireLocal("out.bin")
      try tls.test.requireRemote("up.bin")
      try tls.requireProtected()
    }
  }

  @Test(installed("lftp")) func lftpIsToldToProtectData() async throws {
    // 522 has lftp turn PROT P on by itself.
    try await TLSInterop.run(.prefer, ["tls.mode=required-data"]) { tls in
      let script = """
        set cmd:fail-exit yes; set net:max-retries 2; set net:timeout 20; set ssl:verify-certificate no; \
        set ftp:ssl-protect-data no; open -u alice,\(Server.password) ftp://127.0.0.1:\(tls.explicit); get data.bin -o out.bin
        """
      try tls.test.client("lftp", "--norc", "-c", script, environment: ["HOME": tls.test.local.path])
      try tls.test.requireLocal("out.bin")
    }
  }

  @Test(installed("wget")) func wget() async throws {
    try await TLSInterop.run { tls in
      let url = "ftps://alice:\(Server.password)@127.0.0.1:\(tls.explicit)/"
      try tls.test.client("wget", "-q", "--tries=1", "--no-check-certificate", "-O", "out.bin", url + "data.bin")
      try tls.test.requireLocal("out.bin")
      try tls.requireProtected()
      let implicit = "ftps://alice:\(Server.password)@127.0.0.1:\(tls.implicit)/data.bin"
      try tls.test.client(
        "wget", "-q", "--tries=1", "--no-check-certificate", "--ftps-implicit", "-O", "implicit.bin", implicit)
      try tls.test.requireLocal("implicit.bin")
    }
  }

  @Test(installed("rclone"), arguments: ["explicit_tls", "tls"]) func rclone(_ mode: String) async throws {
    // Several control connections share one ticket in rclone, the latest: not all of its data connections can resume the right one.
    try await TLSInterop.run(.prefer) { tls in
      let secret = try tls.test.client("rclone", "obscure", Server.password).output.split(separator: "\n")[0]
      let port = mode == "tls" ? tls.implicit : tls.explicit
      let remote =
        ":ftp,host=127.0.0.1,port=\(port),user=alice,pass='\(secret)',\(mode)=true,no_check_certificate=true:"
      let environment = ["RCLONE_CONFIG": tls.test.local.path + "/rclone.conf", "RCLONE_RETRIES": "1"]
      func rclone(_ arguments: String...) throws {
        let result = try TestSupport.run(
          ["rclone"] + arguments, environment: environment, directory: tls.test.local.path)
        try require(result.exitCode == 0, "rclone \(arguments) ended with \(result.exitCode): \(result.errors)")
      }
      let root = tls.test.server.root.path
      try rclone("sync", remote + "tree", "back")
      try tls.test.requireSameTree(root + "/tree", tls.test.local.path + "/back")
      try rclone("sync", "back", remote + "copy")
      try tls.test.requireSameTree(root + "/tree", root + "/copy")
      try tls.requireProtected(resumed: false)
    }
  }

  /// What the operator's guide tells users of rclone where every data connection has to resume.
  @Test(installed("rclone")) func rcloneWithOneConnectionResumesAlways() async throws {
    try await TLSInterop.run(.require) { tls in
      let secret = try tls.test.client("rclone", "obscure", Server.password).output.split(separator: "\n")[0]
      let remote =
        ":ftp,host=127.0.0.1,port=\(tls.explicit),user=alice,pass='\(secret)',explicit_tls=true,no_check_certificate=true:"
      try tls.test.client(
        "rclone", "copy", "--ftp-concurrency", "1", remote + "tree", "back",
        environment: ["RCLONE_CONFIG": tls.test.local.path + "/rclone.conf", "RCLONE_RETRIES": "1"])
      try tls.test.requireSameTree(tls.test.server.root.path + "/tree", tls.test.local.path + "/back")
      try tls.requireProtected()
    }
  }
}
