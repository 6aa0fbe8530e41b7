// The commands `weftpd user import`, `export` and `migrate`: accounts from one place to another, and tables of a newer version.

import Accounts
import ArgumentParser
import PostgresAccounts
import SQLiteAccounts

struct ExportUsers: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Copies all accounts into another place, groups and secrets included.")

  @OptionGroup var options: AccountPlace
  @Option(help: ArgumentHelp("The user table to write them to.", valueName: "file")) var toTable: String?
  @Option(help: ArgumentHelp("The SQLite file to write them to.", valueName: "file")) var toSqlite: String?
  @Option(help: ArgumentHelp("The PostgreSQL database to write them to.", valueName: "text")) var toPostgres: String?
  @Flag(help: "Users and groups who are there already become what they are here; otherwise they are left alone.")
  var replace = false

  func validate() throws {
    guard [toTable, toSqlite, toPostgres].compactMap({ $0 }).count == 1 else {
      throw ValidationError("Name one target: --to-table, --to-sqlite or --to-postgres.")
    }
  }

  func run() throws {
    try reportingErrors {
      let target: any AccountEditor
      if let toTable {
        target = UserTableEditor(path: toTable)
      } else if let toSqlite {
        target = StoreEditor(SQLiteStore(path: toSqlite))
      } else {
        target = StoreEditor(PostgresStore(try options.login.options(toPostgres ?? "")))
      }
      try copy(options.editor, to: target, replacing: replace)
    }
  }
}

struct MigrateAccounts: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "migrate",
    abstract: "Makes the tables of a database, or brings those of an older version up to this one's.",
    discussion: """
      A weftpd of the older version cannot use the tables any more then. Where several servers share a database, update all of \
      them first: a newer one waits, and tells in its log, until the tables are of its version.
      """)

  @OptionGroup var options: AccountPlace

  func run() throws {
    try reportingErrors {
      let parts = try options.migrate()
      if parts.isEmpty { return print("A user table has no version: there is nothing to do.") }
      for (part, from, to) in parts {
        print(from == to ? "\(part): version \(to) already." : "\(part): from version \(from) to \(to).")
      }
    }
  }
}

/// Copies all accounts and tells what came of it.
func copy(_ source: any AccountEditor, to target: any AccountEditor, replacing: Bool) throws {
  let listing = try source.listing()
  // A row that cannot be read would be lost in silence.
  for warning in listing.warnings { complain("warning: \(warning)") }
  let report = try target.takeOver(listing, replacing: replacing)
  for name in report.kept {
    complain("\(Account.display(name)): left as in \(target.place); --replace takes the other")
  }
  print(
    "\(target.place): \(report.added.count) added, \(report.replaced.count) changed,",
    "\(report.kept.count) left as they were.")
}
