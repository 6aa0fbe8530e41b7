// AccountRow and GroupRow: entries to rows and back, what is inherited, and what is wrong with rows that people write.

import Testing

@testable import Accounts

@Suite struct AccountRowTests {
  private func row(
    hash: String = "*", home: String? = "/srv/a", access: String? = "rw", groups: [String] = [],
    options: [String: String] = [:], name: String = "a"
  ) -> AccountRow {
    AccountRow(name: name, hash: hash, home: home, access: access, groups: groups, options: options)
  }

  private func fault(_ row: AccountRow, _ groups: [String: SharedGroup] = [:]) -> String {
    do throws(AccountDirectoryError) {
      _ = try row.entry(groups)
      return ""
    } catch {
      return error.description
    }
  }

  @Test func thereAndBack() throws {
    let options = try AccountOptions(["tls": "required", "admin": "yes", "welcome": "Hello, world: all is well"])
    let entry = UserEntry(
      name: bytes("ä"), hash: Sample.yescrypt, home: "/srv/ä", permissions: [.list, .write], options: options)
    let row = try #require(AccountRow(entry))
    #expect(row.access == "list+write")
    #expect(try row.entry() == entry)
    #expect(AccountRow(entry.with(name: [0xFF])) == nil)
  }

  @Test func groupsHandOn() throws {
    let (groups, problems) = [
      GroupRow(name: "staff", home: "/srv/%u", access: "ro", options: ["tls": "required", "group-sessions": "5"]),
      GroupRow(name: "late", home: nil, access: "rw", options: ["tls": "required-login", "admin": "yes"]),
    ].shared()
    #expect(problems.isEmpty)
    let inherited = row(home: nil, access: nil, groups: ["staff", "late"], options: ["charset": "CP932"])
    let entry = try inherited.entry(groups)
    #expect(entry.home == "/srv/a")
    #expect(entry.isReadOnly)
    #expect(entry.options.texts == ["tls": "required", "admin": "yes", "charset": "CP932"])
    #expect(entry.ownOptions.texts == ["charset": "CP932"])
    // What is not changed stays inherited; what is changed is the user's own from then on.
    let changed = try #require(
      AccountRow(entry.with(hash: "!", home: "/other"), replacing: (row: inherited, entry: entry)))
    #expect(
      changed == row(hash: "!", home: "/other", access: nil, groups: ["staff", "late"], options: ["charset": "CP932"]))
    #expect(fault(row(groups: ["nobody"]), groups) == "the user a: there is no group nobody")
    #expect(row(groups: ["nobody"]).namesGroup(beside: groups) && !inherited.namesGroup(beside: groups))
  }

  @Test func whatIsWrongIsSaid() {
    #expect(fault(row(hash: "plain")).hasPrefix("the user a: the hash is not a hash"))
    #expect(fault(row(hash: "")).contains("the hash is empty"))
    #expect(fault(row(home: "srv")).contains("the home is not an absolute path"))
    #expect(fault(row(home: nil)).contains("there is no home, neither here nor in a group"))
    #expect(fault(row(access: nil)).contains("there is no access, neither here nor in a group"))
    #expect(fault(row(access: "write-only")).contains("the access names no permissions"))
    #expect(fault(row(options: ["colour": "red"])).contains("there is no option 'colour'"))
    #expect(fault(row(options: ["admin": "maybe"])).contains("the option 'admin' has a value that cannot be"))
    #expect(fault(row(options: ["group-sessions": "5"])).contains("the option 'group-sessions' is for groups only"))
    #expect(fault(row(name: "ftp")).contains("is taken by the anonymous login"))
    let secret = "JBSWY3DPEHPK3PXP"
    #expect(!fault(row(hash: "hunter2", options: ["totp": secret])).contains("hunter2"))
    #expect(!fault(row(options: ["totp": secret])).contains(secret))
  }

  @Test func aListingShowsWhatItCan() throws {
    let rows = [row(), row(access: "x", name: "b"), row(groups: ["broken"], name: "c")]
    let listing = AccountListing(rows, groups: [GroupRow(name: "broken", home: "x", access: nil)], place: "P")
    #expect(listing.entries.map(\.name) == [bytes("a")])
    #expect(listing.warnings.count == 3)
    #expect(listing.warnings.allSatisfy { $0.hasPrefix("P: ") })
  }
}
