// How answers look: JSON, a problem in words, and the fields that every answer carries.

import FoundationEssentials
import HTTPTypes
import Hummingbird

/// Why a request is not carried out; thrown by whoever finds out.
struct Problem: Error {
  let status: HTTPResponse.Status
  let message: String

  init(_ status: HTTPResponse.Status, _ message: String) {
    self.status = status
    self.message = message
  }
}

extension HTTPResponse.Status {
  static let misdirected = HTTPResponse.Status(code: 421, reasonPhrase: "Misdirected Request")
}

extension HTTPField.Name {
  static let fetchSite = HTTPField.Name("Sec-Fetch-Site")!
  static let token = HTTPField.Name("X-Weft-Token")!
  static let forwardedFor = HTTPField.Name("X-Forwarded-For")!
  static let host = HTTPField.Name("Host")!
  private static func known(_ name: String) -> HTTPField.Name { HTTPField.Name(name)! }
  static let policy = known("Content-Security-Policy")
  static let openerPolicy = known("Cross-Origin-Opener-Policy")
  static let resourcePolicy = known("Cross-Origin-Resource-Policy")
  static let referrerPolicy = known("Referrer-Policy")
  static let permissionsPolicy = known("Permissions-Policy")
  static let frameOptions = known("X-Frame-Options")
}

extension Response {
  /// `value` as JSON.
  static func json(_ value: some Encodable, _ status: HTTPResponse.Status = .ok) -> Response {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.withoutEscapingSlashes]
    let data = (try? encoder.encode(value)) ?? Data("null".utf8)
    return Response(
      status: status, headers: [.contentType: "application/json"], body: .init(byteBuffer: ByteBuffer(bytes: data)))
  }

  /// `{"error": message}`.
  static func problem(_ status: HTTPResponse.Status, _ message: String) -> Response {
    json(["error": message], status)
  }

  /// Done, and there is nothing to tell.
  static var done: Response { Response(status: .noContent) }
}

/// The policies of the answers.
enum Policy {
  /// For the page itself: nothing but its own files, no inline code, and no string becomes code or markup.
  static let page =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; media-src 'self'; frame-src 'self'; "
    + "frame-ancestors 'none'; base-uri 'none'; form-action 'self'; require-trusted-types-for 'script'; "
    + "trusted-types 'none'"
  /// For what users have uploaded: if it is a document, it may do nothing and is nobody's.
  static let file = "default-src 'none'; sandbox; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

  /// The same for what the page shows in a frame of its own. The viewer of the browser shows the document, which is sandboxed; a frame with
  /// that attribute would keep the viewer out instead.
  static let framed = file.replacing("frame-ancestors 'none'", with: "frame-ancestors 'self'")

  /// Adds what every answer has; a policy that is there already stays.
  static func apply(to response: inout Response) {
    let fields: [(HTTPField.Name, String)] = [
      (.policy, page), (.xContentTypeOptions, "nosniff"), (.referrerPolicy, "no-referrer"),
      (.openerPolicy, "same-origin"), (.resourcePolicy, "same-origin"), (.frameOptions, "DENY"),
      (.permissionsPolicy, "camera=(), microphone=(), geolocation=(), payment=(), usb=()"), (.cacheControl, "no-store"),
    ]
    for (name, value) in fields where !response.headers.contains(name) { response.headers[name] = value }
  }
}

extension Request {
  /// The body as JSON.
  ///
  /// - Throws: ``Problem`` when it is longer than 64 KiB or something else.
  func json<Value: Decodable>(_: Value.Type) async throws -> Value {
    guard let body = try? await body.collect(upTo: 65536) else {
      throw Problem(.contentTooLarge, "The request is longer than 64 KiB.")
    }
    guard let value = try? JSONDecoder().decode(Value.self, from: Data(body.readableBytesView)) else {
      throw Problem(.badRequest, "The request is not understood.")
    }
    return value
  }
}
