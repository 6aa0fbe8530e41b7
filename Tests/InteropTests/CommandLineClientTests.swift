// The classic command-line clients: wget, lftp, ncftp, tnftp, inetutils ftp.

import TestSupport
import Testing

@Suite struct CommandLineClientTests {
  @Test(installed("wget"), arguments: ["--passive-ftp", "--no-passive-ftp"])
  func wget(_ mode: String) async throws {
    try await Interop.run { test in
      try test.client("wget", "-q", "--tries=1", mode, "-O", "out.bin", test.url + "data.bin")
      try test.requireLocal("out.bin")
      try test.local.write("data.bin", Array(Interop.content.prefix(700_000)))
      try test.client("wget", "-q", "--tries=1", mode, "-c", test.url + "data.bin")
      try test.requireLocal("data.bin")
      try test.client("wget", "-q", "--tries=1", mode, "-r", "-nH", "--no-remove-listing", test.url + "tree/")
      try test.requireLocal("tree/one/a.bin", pattern(100_000, seed: 2))
      try test.requireLocal("tree/many/file19", pattern(1900, seed: 20))
    }
  }

  @Test(installed("lftp"), arguments: ["on", "off"])
  func lftpMirrorsBothWays(_ passive: String) async throws {
    try await Interop.run { test in
      let settings = """
        set cmd:fail-exit yes; set net:max-retries 2; set net:timeout 20; set ftp:ssl-allow no; \
        set ftp:passive-mode \(passive); open -u alice,\(Server.password) ftp://127.0.0.1:\(test.port);
        """
      try lftp(test, settings + "mirror --parallel=3 tree back")
      try test.requireSameTree(test.server.root.path + "/tree", test.local.path + "/back")
      try lftp(test, settings + "mirror -R --parallel=3 back again")
      try test.requireSameTree(test.server.root.path + "/tree", test.server.root.path + "/again")
      try lftp(test, settings + "pget -n 4 data.bin -o out.bin")
      try test.requireLocal("out.bin")
      try lftp(test, settings + "put out.bin -o up.bin; mv up.bin moved.bin; rm -r again; cls -l")
      try test.requireRemote("moved.bin")
      try require(!test.server.root.exists("again"), "rm -r left something")
    }
  }

  @Test(installed("lftp"))
  func lftpSendsCommandsAhead() async throws {
    try await Interop.run { test in
      let settings = """
        set cmd:fail-exit yes; set net:max-retries 2; set net:timeout 20; set ftp:ssl-allow no; set ftp:sync-mode off; \
        set ftp:use-mlsd yes; open -u alice,\(Server.password) ftp://127.0.0.1:\(test.port);
        """
      try lftp(test, settings + "mirror tree back")
      try test.requireSameTree(test.server.root.path + "/tree", test.local.path + "/back")
    }
  }

  @Test(installed("lftp"))
  func lftpCompresses() async throws {
    try await Interop.run { test in
      let settings = """
        debug -o log 9; set cmd:fail-exit yes; set net:max-retries 2; set net:timeout 20; set ftp:ssl-allow no; \
        set ftp:use-mode-z yes; open -u alice,\(Server.password) ftp://127.0.0.1:\(test.port);
        """
      try lftp(
        test, settings + "mirror tree back; get data.bin; put data.bin -o up.bin; put back/empty -o void; cls -l; ls")
      try test.requireSameTree(test.server.root.path + "/tree", test.local.path + "/back")
      try test.requireLocal("data.bin")
      try test.requireRemote("up.bin")
      try test.requireRemote("void", [])
      let log = String(decoding: try test.local.read("log"), as: UTF8.self)
      for line in ["---> MODE Z", "<--- 200 Mode set to Z."] {
        try require(log.contains(line), "'\(line)' is not in the log of lftp: \(log.suffix(3000))")
      }
    }
  }

  private func lftp(_ test: Interop, _ script: String) throws {
    try test.client("lftp", "--norc", "-c", script, environment: ["LC_ALL": "C.UTF-8", "HOME": test.local.path])
  }

  @Test(installed("ncftpget"), installed("ncftpput"))
  func ncftp() async throws {
    try await Interop.run { test in
      let login = ["-V", "-u", "alice", "-p", Server.password, "-P", test.port]
      func ncftp(_ arguments: [String]) throws {
        let result = try TestSupport.run(arguments, directory: test.local.path)
        try require(
          result.exitCode == 0, "\(arguments) ended with \(result.exitCode): \(result.output)\(result.errors)")
      }
      try ncftp(["ncftpget"] + login + ["127.0.0.1", ".", "data.bin"])
      try test.requireLocal("data.bin")
      try ncftp(["ncftpput"] + login + ["-m", "127.0.0.1", "new", "data.bin"])
      try test.requireRemote("new/data.bin")
      try ncftp(["ncftpget"] + login + ["-R", "127.0.0.1", ".", "tree"])
      try test.requireSameTree(test.server.root.path + "/tree", test.local.path + "/tree")
      try ncftp(["ncftpput"] + login + ["-R", "-m", "127.0.0.1", "up", "tree"])
      try test.requireSameTree(test.server.root.path + "/tree", test.server.root.path + "/up/tree")
    }
  }

  @Test(installed("tnftp"))
  func tnftp() async throws {
    try await Interop.run { test in
      try test.client("tnftp", "-o", "out.bin", test.url + "data.bin")
      try test.requireLocal("out.bin")
      try test.client("tnftp", "-u", test.url + "up.bin", "out.bin")
      try test.requireRemote("up.bin")
      try test.client(
        "tnftp", "-n", "-i", "-v", "127.0.0.1", test.port,
        input: """
          user alice \(Server.password)
          binary
          cd tree/one
          ls
          mls two list.txt
          get a.bin
          size a.bin
          modtime a.bin
          mkdir made
          rmdir made
          bye

          """)
      try test.requireLocal("a.bin", pattern(100_000, seed: 2))
    }
  }

  @Test(installed("inetutils-ftp"), arguments: ["passive\n", ""])
  func inetutils(_ mode: String) async throws {
    try await Interop.run { test in
      try test.client(
        "inetutils-ftp", "-n", "-i", "-v", "127.0.0.1", test.port,
        input: """
          user alice \(Server.password)
          binary
          \(mode)get data.bin out.bin
          put out.bin up.bin
          append out.bin up.bin
          ascii
          get tree/one/two/b.txt b.txt
          dir
          rename up.bin renamed.bin
          bye

          """)
      try test.requireLocal("out.bin")
      try test.requireRemote("renamed.bin", Interop.content + Interop.content)
      try test.requireLocal("b.txt", bytes("line one\nline two\nline three"))
    }
  }
}
