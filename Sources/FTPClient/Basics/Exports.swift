// Names of rooms that are no products of their own, so that a program need not import them.

import FTPTransfer
import TransportSecurity

/// Counts the bytes of a transfer; readable from any thread while it runs.
public typealias TransferMeter = FTPTransfer.TransferMeter
/// A digest that a server may compute.
public typealias DigestAlgorithm = TransportSecurity.DigestAlgorithm
