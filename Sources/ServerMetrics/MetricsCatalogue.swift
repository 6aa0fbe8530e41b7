// Every metric of weftpd once: its name, its type, its labels and what it means. docs/metrics.md is written from it.

import OpenMetrics

/// The metrics, in the order they are shown.
public enum MetricsCatalogue {
  /// Of a command: most take less than a millisecond, a transfer as long as it takes.
  static let commandBuckets: [Double] = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30, 120, 600]
  static let commitBuckets: [Double] = [0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30]

  public static let all: [MetricFamily] = sessions + commands + transfers + uploads + health + process

  static let sessions = [
    MetricFamily("weftpd_build_info", .gauge, labels: ["version"], "1; the version is a label."),
    MetricFamily("weftpd_sessions", .gauge, "Control connections that are open."),
    MetricFamily("weftpd_sessions_total", .counter, "Sessions that have ended."),
    MetricFamily(
      "weftpd_refused_connections_total", .counter, labels: ["reason"],
      "Clients that were turned away before their session began, by reason: banned, a limit, no descriptor left."),
    MetricFamily(
      "weftpd_logins_total", .counter, labels: ["result"],
      "Logins by result: accepted, credentials (name, password or code is wrong), over_budget (too many have failed)."),
    MetricFamily("weftpd_draining", .gauge, "1 while the server ends as soon as its last transfer has, else 0."),
  ]

  static let commands = [
    MetricFamily(
      "weftpd_command_duration_seconds", .histogram, labels: ["verb", "reply"], buckets: commandBuckets,
      """
      Time from a command's arrival to its final reply, by verb and class of the reply (1xx to 5xx); its _count is the \
      number of commands.
      """)
  ]

  static let transfers = [
    MetricFamily("weftpd_transfers_running", .gauge, labels: ["direction"], "Transfers that run now, by direction."),
    MetricFamily(
      "weftpd_transfers_total", .counter, labels: ["direction", "kind", "tls", "multipath", "result"],
      """
      Transfers that have ended, by direction (download, upload, listing), kind (image, text, compressed), whether the \
      data connection was under TLS and whether it was multipath, and result (completed, failed).
      """),
    MetricFamily(
      "weftpd_transfer_bytes_total", .counter, labels: ["direction", "tls", "multipath"],
      "Bytes moved on data connections, those of transfers that still run included."),
    MetricFamily(
      "weftpd_transfer_failures_total", .counter, labels: ["cause"],
      "Transfers that were not completed, by cause; the first eight causes are those of data connections."),
    MetricFamily(
      "weftpd_multipath_subflows_total", .counter, "Paths that multipath data connections had when they ended."),
    MetricFamily(
      "weftpd_multipath_fallbacks_total", .counter, labels: ["reason"],
      "Data connections that were to be multipath and were not, by reason."),
    MetricFamily("weftpd_passive_ports", .gauge, "Passive ports that wait for their client or serve a transfer."),
    MetricFamily(
      "weftpd_quota_refusals_total", .counter,
      "Uploads that ended with 552 or 452: a quota, a limit of the account, or the disk is full."),
  ]

  static let uploads = [
    MetricFamily(
      "weftpd_upload_commit_duration_seconds", .histogram, buckets: commitBuckets,
      "Time an upload took to get its name after its last byte: with uploads.durability commit, until it is on the disk."
    ),
    MetricFamily("weftpd_upload_partials_kept_total", .counter, "Broken uploads of which something was kept."),
    MetricFamily(
      "weftpd_upload_partials_removed_total", .counter,
      "Of those, how many were removed: nobody resumed them in time, or there were too many."),
  ]

  static let health = [
    MetricFamily("weftpd_run_queue_sessions", .gauge, "Sessions that are ready to run and wait for a worker."),
    MetricFamily(
      "weftpd_workers", .gauge, labels: ["state"],
      "Threads that run sessions, by state: active, lingering (waiting a moment for a command), hung, idle."),
    MetricFamily(
      "weftpd_pool_running", .gauge, labels: ["pool"], "Work on files that runs now, by pool: commits, digests, files."),
    MetricFamily("weftpd_pool_waiting", .gauge, labels: ["pool"], "Work on files that waits for a thread."),
    MetricFamily(
      "weftpd_log_lines_lost_total", .counter, "Log lines that were lost because their reader was too slow."),
    MetricFamily(
      "weftpd_certificate_expiry_timestamp_seconds", .gauge, labels: ["host"],
      "When the certificate expires, in seconds since 1970; an empty host is the server's own."),
    MetricFamily("weftpd_control_connections", .gauge, "Operators connected to the control socket."),
  ]

  static let process = [
    MetricFamily("process_start_time_seconds", .gauge, "When the process was started, in seconds since 1970."),
    MetricFamily("process_cpu_seconds_total", .counter, "Processor time, of user and system, in whole seconds."),
    MetricFamily("process_resident_memory_bytes", .gauge, "Resident memory."),
    MetricFamily("process_threads", .gauge, "Threads of the process."),
    MetricFamily("process_open_fds", .gauge, "Open file descriptors."),
    MetricFamily("process_max_fds", .gauge, "How many may be open."),
  ]
}
