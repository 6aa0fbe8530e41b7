// Who fills which partial in segments: the sessions that send parts of one file find each other here.

import FTPProtocol
import Jail
import LinuxSystem
import Synchronization

/// All partials of one server that are filled in segments right now.
public final class SegmentTable: Sendable {
  struct Key: Hashable {
    let device: UInt64
    let directory: UInt64
    let name: [UInt8]
  }

  /// One partial, opened by the first session that wants it.
  final class Place: Sendable {
    let key: Key
    let owner: [UInt8]
    let file = Mutex<SegmentedFile?>(nil)

    init(_ key: Key, owner: [UInt8]) {
      self.key = key
      self.owner = owner
    }
  }

  private let places = Mutex<[Key: (place: Place, users: Int)]>([:])

  public init() {}

  /// The partial `name` beside `target`, which others may be filling.
  ///
  /// - Parameters:
  ///   - owner: whose sessions may fill it together.
  ///   - open: opens or makes it; called for the first of them only.
  /// - Throws: ``UploadError/inUse`` if somebody else fills it; what `open` throws.
  func join(
    _ target: VirtualPath, _ name: [UInt8], in jail: Jail, owner: [UInt8],
    open: () throws(UploadError) -> SegmentedFile
  ) throws(UploadError) -> (Place, SegmentedFile) {
    let parent = try onTarget { () throws(SystemError) in try jail.status(of: target.parent) }
    let key = Key(device: parent.device, directory: parent.inode, name: name)
    let place = places.withLock { places -> Place? in
      if let present = places[key] {
        guard present.place.owner == owner else { return nil }
        places[key]?.users += 1
        return present.place
      }
      let place = Place(key, owner: owner)
      places[key] = (place, 1)
      return place
    }
    guard let place else { throw .inUse }
    var failure: UploadError?
    let file = place.file.withLock { file -> SegmentedFile? in
      if let file { return file }
      do throws(UploadError) { file = try open() } catch { failure = error }
      return file
    }
    guard let file, !file.isEnding else {
      leave(place)
      throw failure ?? .inUse
    }
    return (place, file)
  }

  /// Ends what ``join(_:_:in:owner:open:)`` began. The last one puts the partial aside.
  func leave(_ place: Place) {
    places.withLock { places in
      guard let users = places[place.key]?.users else { return }
      if users > 1 {
        places[place.key]?.users = users - 1
        return
      }
      places[place.key] = nil
      // Before anybody can open it anew.
      place.file.withLock { $0?.putAside() }
    }
  }

  /// What is there of a partial that is being filled; nil if nobody does.
  func look(at target: VirtualPath, _ name: [UInt8], in jail: Jail) -> SegmentedFile? {
    guard let parent = try? jail.status(of: target.parent) else { return nil }
    let key = Key(device: parent.device, directory: parent.inode, name: name)
    return places.withLock { $0[key]?.place }?.file.withLock { $0 }
  }
}
