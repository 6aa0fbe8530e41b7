// Reads lines of LIST in the form of Windows' `dir`, as IIS prints them.

/// `11-29-26  02:18AM       <DIR>          name` and `11-29-2026  02:18PM                 1234 name`.
enum DOSListing {
  /// IIS puts so many blanks between `<DIR>` and the name; further ones belong to the name.
  private static let directoryPadding = 10

  /// Reads a line: a date with two or four digits of the year, or year first, a clock of twelve or twenty-four hours.
  ///
  /// A day or a month that does not exist (a server that puts the day first) leaves the time unknown.
  ///
  /// - Returns: nil if the line has another form.
  static func entry(_ line: ArraySlice<UInt8>) -> ListedEntry? {
    var rest = line
    guard let date = rest.takeWord(), isDate(date), let clock = takeClock(&rest), let column = rest.takeWord() else {
      return nil
    }
    let isDirectory = column.elementsEqual("<DIR>".utf8) || column.elementsEqual("<dir>".utf8)
    let size = isDirectory ? nil : DecimalNumber.read(column.filter { $0 != 0x2C })
    guard isDirectory || size != nil else { return nil }
    let blanks = rest.prefix { $0 == 0x20 }.count
    let name = rest.dropFirst(isDirectory ? min(blanks, directoryPadding) : 1)
    guard blanks > 0, !name.isEmpty else { return nil }
    var entry = ListedEntry(name: Array(name), kind: isDirectory ? .directory : .file)
    entry.size = size
    entry.modified = time(date, clock)
    return entry
  }

  /// Whether a word has the shape of a date: three numbers with `-` or `/` between them.
  private static func isDate(_ word: ArraySlice<UInt8>) -> Bool { numbers(word) != nil }

  private static func numbers(_ word: ArraySlice<UInt8>) -> [(digits: Int, value: Int)]? {
    guard let separator = word.first(where: { $0 == 0x2D || $0 == 0x2F }) else { return nil }
    let parts = word.split(separator: separator, omittingEmptySubsequences: false)
    guard parts.count == 3 else { return nil }
    var numbers: [(Int, Int)] = []
    for part in parts {
      guard part.count <= 4, let value = DecimalNumber.read(part, upTo: 9999) else { return nil }
      numbers.append((part.count, value))
    }
    return numbers
  }

  /// `02:18AM`, `02:18 AM` or `14:18`.
  private static func takeClock(_ rest: inout ArraySlice<UInt8>) -> (hour: Int, minute: Int)? {
    guard var word = rest.takeWord() else { return nil }
    var half = halfOfDay(word.suffix(2))
    if half != nil {
      word = word.dropLast(2)
    } else {
      var further = rest
      if let next = further.takeWord(), next.count == 2, let found = halfOfDay(next) {
        half = found
        rest = further
      }
    }
    guard let time = ListingDate.timeOfDay(word) else { return nil }
    guard let half, time.hour <= 12 else { return (time.hour, time.minute) }
    return (time.hour % 12 + (half == .afternoon ? 12 : 0), time.minute)
  }

  private enum HalfOfDay { case morning, afternoon }

  private static func halfOfDay(_ letters: ArraySlice<UInt8>) -> HalfOfDay? {
    switch letters.map({ $0 | 0x20 }) {
    case [0x61, 0x6D]: .morning
    case [0x70, 0x6D]: .afternoon
    default: nil
    }
  }

  private static func time(_ date: ArraySlice<UInt8>, _ clock: (hour: Int, minute: Int)) -> ListedTime? {
    guard let numbers = numbers(date) else { return nil }
    let isYearFirst = numbers[0].digits == 4
    let (year, month, day) = isYearFirst ? (numbers[0], numbers[1], numbers[2]) : (numbers[2], numbers[0], numbers[1])
    let fullYear: Int
    switch year.digits {
    case 2: fullYear = year.value + (year.value >= 70 ? 1900 : 2000)
    case 4: fullYear = year.value
    default: return nil
    }
    return ListingDate.time(
      year: fullYear, month: month.value, day: day.value, hour: clock.hour, minute: clock.minute, precision: .minute)
  }
}
