// Reads lines of LIST in the form of `ls -l`, in the many ways servers print it.

/// `-rw-r--r-- 1 owner group 1234 Nov 29 02:18 name`.
///
/// The date is what holds the line together: the first one that has a number before it. Before it stand size, group, owner and links,
/// of which servers leave out some; behind it exactly one blank and the name.
enum UnixListing {
  /// Owners and groups may hold blanks, but a date has to come within so many words.
  private static let wordLimit = 32

  /// Reads a line.
  ///
  /// - Parameter now: seconds since 1970, for dates without a year.
  /// - Returns: nil if the line has another form.
  static func entry(_ line: ArraySlice<UInt8>, now: Int64) -> ListedEntry? {
    var words: [ArraySlice<UInt8>] = []
    var rest = line
    while words.count < wordLimit, let word = rest.takeWord() { words.append(word) }
    guard let first = words.first, let mode = UnixMode(first) else { return nil }
    guard let (place, date) = findDate(words, in: line, now: now) else { return nil }
    // Exactly one blank: further ones belong to the name.
    let nameStart = date.end + 1
    guard nameStart < line.endIndex else { return nil }
    var entry = ListedEntry(name: Array(line[nameStart...]), kind: mode.kind)
    entry.mode = mode.bits
    entry.modified = date.time
    takeColumns(words[1..<place], line, into: &entry)
    if mode.kind == .symlink { splitLink(&entry) }
    return entry
  }

  // MARK: the date

  private struct FoundDate {
    var time: ListedTime?
    /// Where its last word ends.
    var end: Int
  }

  /// The first date behind a number; without one the first at all.
  private static func findDate(
    _ words: [ArraySlice<UInt8>], in line: ArraySlice<UInt8>, now: Int64
  ) -> (place: Int, date: FoundDate)? {
    var fallback: (Int, FoundDate)?
    for place in words.indices.dropFirst() {
      guard let date = date(words[place...], now: now) else { continue }
      if endsInNumber(words[place - 1]) { return (place, date) }
      if fallback == nil { fallback = (place, date) }
    }
    return fallback
  }

  /// Whether a column can be a size, or the numbers of a device: `0,` `27` or `109,767`.
  private static func endsInNumber(_ word: ArraySlice<UInt8>) -> Bool {
    word.split(separator: 0x2C, omittingEmptySubsequences: false).allSatisfy { part in
      !part.isEmpty && part.allSatisfy { 0x30...0x39 ~= $0 }
    }
  }

  private static func date(_ words: ArraySlice<ArraySlice<UInt8>>, now: Int64) -> FoundDate? {
    let start = words.startIndex
    if words.count >= 2, let found = isoDate(words) { return found }
    guard words.count >= 3 else { return nil }
    // `Nov 29`, or `29 Nov` as some servers have it.
    let month: Int
    let day: Int
    if let name = ListingDate.month(words[start]), let number = ListingDate.day(words[start + 1]) {
      (month, day) = (name, number)
    } else if let name = ListingDate.month(words[start + 1]), let number = ListingDate.day(words[start]) {
      (month, day) = (name, number)
    } else {
      return nil
    }
    let last = words[start + 2]
    if last.count == 4, let year = DecimalNumber.read(last, upTo: 9999) {
      guard let time = ListingDate.time(year: year, month: month, day: day, precision: .day) else { return nil }
      return FoundDate(time: time, end: last.endIndex)
    }
    guard let clock = ListingDate.timeOfDay(last) else { return nil }
    // `Nov 29 02:18:33 2026`, as BSD prints with -T.
    if clock.hasSecond, words.count >= 4, words[start + 3].count == 4,
      let year = DecimalNumber.read(words[start + 3], upTo: 9999),
      let time = ListingDate.time(
        year: year, month: month, day: day, hour: clock.hour, minute: clock.minute, second: clock.second,
        precision: .second)
    {
      return FoundDate(time: time, end: words[start + 3].endIndex)
    }
    guard
      let time = ListingDate.recent(month: month, day: day, hour: clock.hour, minute: clock.minute, now: now)
    else { return nil }
    return FoundDate(time: time, end: last.endIndex)
  }

  /// `2026-11-29 02:18`, with seconds and a time zone or without, as GNU prints with --time-style.
  private static func isoDate(_ words: ArraySlice<ArraySlice<UInt8>>) -> FoundDate? {
    let parts = words[words.startIndex].split(separator: 0x2D, omittingEmptySubsequences: false)
    guard parts.map(\.count) == [4, 2, 2], let year = DecimalNumber.read(parts[0], upTo: 9999),
      let month = DecimalNumber.read(parts[1], upTo: 12), let day = ListingDate.day(parts[2]),
      let clock = ListingDate.timeOfDay(words[words.startIndex + 1]),
      let time = ListingDate.time(
        year: year, month: month, day: day, hour: clock.hour, minute: clock.minute, second: clock.second,
        precision: clock.hasSecond ? .second : .minute)
    else { return nil }
    let end = words[words.startIndex + 1].endIndex
    guard words.count >= 3, let offset = zoneOffset(words[words.startIndex + 2]) else {
      return FoundDate(time: time, end: end)
    }
    return FoundDate(
      time: ListedTime(seconds: time.seconds - offset, precision: time.precision),
      end: words[words.startIndex + 2].endIndex)
  }

  /// The seconds that `+0200` is ahead of UTC.
  private static func zoneOffset(_ word: ArraySlice<UInt8>) -> Int64? {
    guard word.count == 5, let sign = word.first, sign == 0x2B || sign == 0x2D,
      let number = DecimalNumber.read(word.dropFirst(), upTo: 1400)
    else { return nil }
    let seconds = Int64(number / 100 * 3600 + number % 100 * 60)
    return sign == 0x2B ? seconds : -seconds
  }

  // MARK: the columns before it

  /// Links, owner, group and size: the size is the last, the links are a number with something behind it, the group is what is left.
  private static func takeColumns(
    _ words: ArraySlice<ArraySlice<UInt8>>, _ line: ArraySlice<UInt8>, into entry: inout ListedEntry
  ) {
    var words = words
    if let last = words.last {
      if let size = DecimalNumber.read(last) {
        words.removeLast()
        if words.last?.last == 0x2C { words.removeLast() } else { entry.size = size }
      } else if endsInNumber(last) {
        words.removeLast()
      }
    }
    if entry.kind == .characterDevice || entry.kind == .blockDevice { entry.size = nil }
    if let links = words.first, DecimalNumber.read(links) != nil { words.removeFirst() }
    guard let owner = words.first else { return }
    if let number = DecimalNumber.read(owner) {
      entry.owner = UInt32(exactly: number)
    } else {
      entry.ownerName = Array(owner)
    }
    words.removeFirst()
    guard let first = words.first, let last = words.last else { return }
    let group = line[first.startIndex..<last.endIndex]
    if let number = DecimalNumber.read(group) {
      entry.group = UInt32(exactly: number)
    } else {
      entry.groupName = Array(group)
    }
  }

  // MARK: links

  /// Splits `name -> target`. Both may hold the arrow: the size of a link is the length of its target, which tells where it is meant.
  private static func splitLink(_ entry: inout ListedEntry) {
    let arrow: [UInt8] = [0x20, 0x2D, 0x3E, 0x20]
    let whole = entry.name
    guard whole.count > arrow.count else { return }
    let places = (1...(whole.count - arrow.count)).filter { whole[$0...].starts(with: arrow) }
    let bySize = places.first { UInt64(whole.count - $0 - arrow.count) == entry.size }
    guard let place = bySize ?? places.first else { return }
    entry.name = Array(whole[..<place])
    entry.linkTarget = Array(whole[(place + arrow.count)...])
  }
}
