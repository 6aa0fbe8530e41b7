// Tests which paths Landlock is given for settings, and which program may be run.

import DaemonSettings
import LinuxSystem
import Testing

@testable import Privileges

@Suite struct LandlockPlanTests {
  private func plan(_ assignments: [String] = [], backtraces: String? = nil) throws -> LandlockPlan {
    let settings = try SettingsSources(assignments: assignments).load().settings
    return LandlockPlan(settings, roots: [], files: [], notifySocket: nil, backtraces: backtraces)
  }

  private func access(_ plan: LandlockPlan, _ path: String) -> Landlock.FileAccess? {
    plan.paths.first { $0.path == path }?.access
  }

  @Test func nothingIsRunUnlessACrashIsToBeTold() throws {
    for backtraces in [nil, "", "enable=no,swift-backtrace=/nowhere/tracer", "enable=yes", "swift-backtrace=tracer"] {
      let plan = try plan(backtraces: backtraces)
      #expect(!plan.paths.contains { $0.access.contains(.execute) }, "\(backtraces ?? "nil")")
    }
    let plan = try plan(backtraces: "enable=yes,color=no,swift-backtrace=/nowhere/tracer")
    #expect(access(plan, "/nowhere/tracer") == [.readFile, .execute])
    #expect(plan.lines(version: 4).contains("landlock: read and run \"/nowhere/tracer\" (system)"))
    #expect(!plan.paths.contains { $0.access.isSuperset(of: [.execute, .writeFile]) })
  }

  @Test func homesOfLocalUsersAreRoots() throws {
    #expect(try access(plan(["accounts.local-homes=/nowhere/homes"]), "/nowhere/homes") == nil)
    let local = ["accounts.local=true", "accounts.local-homes=/nowhere/homes"]
    #expect(try access(plan(local), "/nowhere/homes") == .readAndWrite)
    #expect(try access(plan(local + ["accounts.read-only=true"]), "/nowhere/homes") == .read)
  }

  @Test func tablesAreWrittenOnlyWhereOperatorsChangeAccounts() throws {
    let accounts = ["server.control=/nowhere/run/control", "accounts.table=/nowhere/accounts/users"]
    #expect(try access(plan(accounts), "/nowhere/accounts") == nil)
    let open = try plan(accounts + ["server.control-accounts=true"])
    #expect(access(open, "/nowhere/accounts")?.isSuperset(of: [.writeFile, .makeRegular, .removeFile]) == true)
    let unreachable = try plan(["accounts.table=/nowhere/accounts/users", "server.control-accounts=true"])
    #expect(access(unreachable, "/nowhere/accounts") == nil)
  }

  @Test func theDirectoryOfTheTransferLogIsWritten() throws {
    let plan = try plan(["log.xferlog=/nowhere/logs/xferlog"])
    #expect(access(plan, "/nowhere/logs") == [.readFile, .readDirectory, .writeFile, .makeRegular])
  }
}
