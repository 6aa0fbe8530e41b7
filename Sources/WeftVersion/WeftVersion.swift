// The version of weftpd, weftpd-authd and mptcpctl, which are released together. `make version` reads this line.

/// The version by the rules of semantic versioning, such as `0.1.0`.
public let weftVersion = "0.1.0"
