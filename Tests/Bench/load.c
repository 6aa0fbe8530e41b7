// load.c: the benchmark's FTP client: one epoll loop drives any number of sessions and reports its figures as JSON.
//
// Phases, so that the driver can read the server's CPU time around the part that is measured:
//   1. log in --hold idle sessions and --sessions working ones; print {"ready":true,...}
//   2. wait for a line on standard input, run the operation, print the figures
//   3. wait for another line (or the end of input), then leave
// Downloaded bytes are dropped in the kernel (MSG_TRUNC), uploads leave in sends of up to 1 MiB, and nothing is
// allocated while an operation runs: the client must never be what is measured. With --tls both channels are under TLS
// (AUTH TLS, PROT P, data connections resume the session of the control connection), and then it does allocate.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "secure.h"

enum {
  MAX_SESSIONS = 16384, CONTROL_BUFFER = 4096, CHUNK = 1 << 20, SMALL_UPLOAD = 64 << 10,
  MAX_SECONDS = 128, MAX_ERRORS = 50, MAX_DEPTH = 256, PROTOCOL_MPTCP = 262,
};

typedef enum { OP_RETR, OP_STOR, OP_LIST, OP_COMMAND, OP_LOGIN, OP_GREETING, OP_MIX } Operation;

typedef enum {
  CLOSED, GREETING, AUTH, SECURING, PBSZ, PROT, USER, PASS, TYPE, MODE, LEVEL, IDLE,  // opening a session
  COMMANDS,                                  // waiting for the replies of one batch of plain commands
  PASSIVE, TRANSFER,                         // waiting for 227/229; data connection open
  QUIT,
} State;

typedef struct {
  int control, data;
  SSL *secureControl, *secureData;
  SSL_SESSION *ticket;        // what data connections resume
  State state;
  Operation operation;        // the one now under way (OP_MIX picks one of three)
  bool opened, completed, dataEnded, firstByteSeen;
  unsigned repliesDue;
  uint32_t random, generation;
  uint64_t started, asked;    // ns: the operation's first command; the command that moves data
  uint64_t moved, size;
  unsigned used, multiline;
  char buffer[CONTROL_BUFFER];
} Session;

// A histogram of microseconds: 32 steps per power of two, good to 3 %.
typedef struct { uint64_t count[64 * 32], total, worst; } Histogram;

static struct {
  int port, sessions, hold, parallel, depth, cpu, protocol;
  Operation operation;
  const char *path, *command, *user, *password, *type, *mode, *listVerb, *listPath, *upload;
  uint64_t size, atLeast, ops;
  double seconds, limit;
  bool extended, tls;
} option = { .sessions = 1, .parallel = 16, .depth = 1, .cpu = -1, .path = "small.bin", .command = "NOOP",
  .user = "user", .password = "pass", .type = "I", .mode = "S", .listVerb = "LIST", .listPath = "", .upload = "up/load",
  .seconds = 1, .limit = 60 };

static Session session[MAX_SESSIONS];
static Histogram latency, firstByte;
static uint64_t perSecond[MAX_SECONDS];
static char sink[CHUNK], errorText[256], batch[MAX_DEPTH * 256];
static int epollDescriptor, sessionCount, nextToOpen, opening, ready, active, batchLength;
static uint64_t began, deadline, lastCompletion, opsStarted, opsDone, bytesMoved, errorCount, fullHandshakes;
static bool measuring;

static void startOperation(Session *s);

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static unsigned bucket(uint64_t us) {
  if (us < 32) return (unsigned)us;
  unsigned top = 63 - (unsigned)__builtin_clzll(us);
  return (top - 4) * 32 + (unsigned)((us >> (top - 5)) & 31);
}

static void record(Histogram *h, uint64_t ns) {
  uint64_t us = ns / 1000;
  h->count[bucket(us)]++;
  h->total++;
  if (us > h->worst) h->worst = us;
}

static double quantile(const Histogram *h, double q) {
  uint64_t wanted = (uint64_t)(q * (double)h->total), seen = 0;
  for (unsigned i = 0; i < 64 * 32; i++) {
    seen += h->count[i];
    if (seen > wanted) {
      if (i < 32) return i;
      unsigned top = i / 32 + 4;
      return (double)((32ull + i % 32) << (top - 5)) + (double)(1ull << (top - 5)) / 2;
    }
  }
  return (double)h->worst;
}

static void note(const char *what, const char *text, int length) {
  errorCount++;
  if (errorText[0]) return;
  snprintf(errorText, sizeof errorText, "%s: %.*s", what, length, text);
  for (char *c = errorText; *c; c++) if (*c < ' ' || *c == '"' || *c == '\\' || *c > '~') *c = ' ';
}

static void closeData(Session *s) {
  if (s->secureData) {
    SSL_shutdown(s->secureData);
    SSL_free(s->secureData);
    s->secureData = NULL;
  }
  if (s->data >= 0) close(s->data);
  s->data = -1;
}

static void closeControl(Session *s) {
  closeData(s);
  SSL_free(s->secureControl);
  s->secureControl = NULL;
  SSL_SESSION_free(s->ticket);
  s->ticket = NULL;
  if (s->control >= 0) close(s->control);
  s->control = -1;
  s->state = CLOSED;
  s->generation++;
}

static void watch(int fd, uint32_t events, const Session *s, bool isData) {
  struct epoll_event e = { .events = events, .data.u64 = (uint64_t)(s - session) << 1 | isData };
  epoll_ctl(epollDescriptor, EPOLL_CTL_ADD, fd, &e);
}

static struct sockaddr_in loopback(int port) {
  return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

// A session that cannot go on: counted once and left out of the rest of the run.
static void lose(Session *s, const char *what, const char *text, int length) {
  note(what, text, length);
  if (s->state != CLOSED && s->state < IDLE && !measuring) opening--;
  closeControl(s);
  if (measuring) active--;
}

static void openControl(Session *s) {
  struct sockaddr_in address = loopback(option.port);
  int one = 1;
  s->used = s->multiline = 0;
  s->data = -1;
  s->control = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, option.protocol);
  s->state = GREETING;
  if (s->control < 0) { lose(s, "socket", strerror(errno), 64); return; }
  setsockopt(s->control, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (connect(s->control, (struct sockaddr *)&address, sizeof address) < 0 && errno != EINPROGRESS) {
    lose(s, "connect", strerror(errno), 64);
    return;
  }
  watch(s->control, EPOLLIN, s, false);
}

static void openMore(void) {
  while (nextToOpen < sessionCount && opening < option.parallel) {
    Session *s = &session[nextToOpen];
    s->random = (uint32_t)++nextToOpen * 2654435761u;
    opening++;
    openControl(s);
  }
}

static void say(Session *s, const char *bytes, size_t length) {
  ssize_t sent = s->secureControl ? secureSend(s->secureControl, bytes, length)
                                  : send(s->control, bytes, length, MSG_NOSIGNAL);
  if (sent != (ssize_t)length) {
    if (s->state != CLOSED) lose(s, "send", strerror(errno), 64);
  }
}

static void sayLine(Session *s, const char *verb, const char *argument) {
  char line[512];
  int n = snprintf(line, sizeof line, *argument ? "%s %s\r\n" : "%s%s\r\n", verb, argument);
  say(s, line, (size_t)n);
}

static bool isOver(void) {
  return errorCount > MAX_ERRORS || (option.ops && opsStarted >= option.ops) || (!option.ops && now() >= deadline);
}

static void finishOperation(Session *s, unsigned operations) {
  uint64_t t = now();
  lastCompletion = t;
  opsDone += operations;
  uint64_t second = (t - began) / 1000000000u;
  if (second < MAX_SECONDS) perSecond[second] += operations;
  record(&latency, t - s->started);
  if (s->state != CLOSED) s->state = IDLE;
  if (isOver()) active--; else startOperation(s);
}

// A refused operation (4xx, 5xx): counted, and the session tries the next one.
static void failOperation(Session *s, const char *line, int length) {
  note("reply", line, length);
  closeData(s);
  s->state = IDLE;
  if (isOver()) active--; else startOperation(s);
}

static void startOperation(Session *s) {
  s->started = s->asked = now();
  s->opened = s->completed = s->dataEnded = s->firstByteSeen = false;
  s->moved = 0;
  s->operation = option.operation;
  if (option.operation == OP_MIX) {  // half downloads, three tenths uploads, a fifth listings
    s->random = s->random * 1664525u + 1013904223u;
    unsigned dice = (s->random >> 16) % 10;
    s->operation = dice < 5 ? OP_RETR : dice < 8 ? OP_STOR : OP_LIST;
  }
  switch (s->operation) {
    case OP_COMMAND:
      s->repliesDue = (unsigned)option.depth;
      opsStarted += s->repliesDue;
      s->state = COMMANDS;
      say(s, batch, (size_t)batchLength);
      return;
    case OP_LOGIN: case OP_GREETING:
      opsStarted++;
      openControl(s);
      return;
    default:
      opsStarted++;
      s->size = option.size;
      s->state = PASSIVE;
      if (option.extended) say(s, "EPSV\r\n", 6); else say(s, "PASV\r\n", 6);
  }
}

static void endTransferIfDone(Session *s) {
  if (!s->completed || !s->dataEnded) return;
  // What counts in MODE Z is the file, not what is left of it on the wire.
  bytesMoved += *option.mode == 'Z' && s->operation == OP_RETR ? s->size : s->moved;
  // Block mode adds its headers, MODE Z has a size of its own.
  bool wrong = (s->operation == OP_RETR && s->size && s->moved != s->size && *option.mode == 'S')
    || (s->operation == OP_RETR && s->moved < s->size && *option.mode == 'B')
    || (s->operation == OP_RETR && !s->moved)
    || (s->operation == OP_LIST && s->moved < option.atLeast);
  if (wrong) { failOperation(s, "wrong number of bytes", 21); return; }
  finishOperation(s, 1);
}

// Uploads until the socket is full or the file has been sent; the end of the data connection is the end of the file.
static void pump(Session *s) {
  while (s->moved < s->size) {
    uint64_t left = s->size - s->moved;
    size_t piece = left < CHUNK ? (size_t)left : CHUNK;
    ssize_t n = s->secureData ? secureSend(s->secureData, sink, piece)
                              : send(s->data, sink, piece, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) { closeData(s); return; }  // the final reply tells what went wrong
    s->moved += (uint64_t)n;
  }
  if (s->secureData) secureEndUpload(s->secureData, s->data);
  closeData(s);
  s->dataEnded = true;
  endTransferIfDone(s);
}

static void onData(Session *s) {
  if (s->data < 0) return;
  if (s->operation == OP_STOR) { if (s->opened) pump(s); return; }
  for (int turn = 0; turn < 64; turn++) {
    ssize_t n = s->secureData ? secureReceive(s->secureData, sink, CHUNK)
                              : recv(s->data, sink, CHUNK, MSG_TRUNC | MSG_DONTWAIT);
    if (n > 0) {
      if (!s->firstByteSeen) { s->firstByteSeen = true; record(&firstByte, now() - s->asked); }
      s->moved += (uint64_t)n;
      continue;
    }
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    closeData(s);
    s->dataEnded = true;
    endTransferIfDone(s);
    return;
  }
}

static int passivePort(const char *line, int length) {
  char text[256];
  snprintf(text, sizeof text, "%.*s", length, line);
  unsigned a, b, c, d, high, low, port;
  const char *open = strchr(text, '(');
  if (!open) return -1;
  if (option.extended) return sscanf(open, "(|||%u|)", &port) == 1 ? (int)port : -1;
  return sscanf(open, "(%u,%u,%u,%u,%u,%u)", &a, &b, &c, &d, &high, &low) == 6 ? (int)(high << 8 | low) : -1;
}

// Puts the data connection under TLS, waiting for it: the server takes part as soon as it has the command. False: it failed.
static bool secureTransfer(Session *s) {
  if (!option.tls) return true;
  s->secureData = secureBegin(s->data, NULL, s->ticket);
  if (!s->secureData || secureShakeHands(s->secureData) != 1) return false;
  if (!SSL_session_reused(s->secureData)) fullHandshakes++;
  setBlocking(s->data, false);
  return true;
}

static void openTransfer(Session *s, const char *line, int length) {
  int port = passivePort(line, length);
  if (port < 0) { failOperation(s, line, length); return; }
  struct sockaddr_in address = loopback(port);
  s->data = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, option.protocol);
  // A blocking connect: the listener is on this machine and its queue is empty.
  if (connect(s->data, (struct sockaddr *)&address, sizeof address) < 0) {
    failOperation(s, strerror(errno), 64);
    return;
  }
  s->state = TRANSFER;
  s->asked = now();
  if (s->operation == OP_STOR) {
    char name[128];
    snprintf(name, sizeof name, "%s-%d.bin", option.upload, (int)(s - session));
    sayLine(s, "STOR", name);
    return;  // watched when the server says 150
  }
  if (s->operation == OP_LIST) sayLine(s, option.listVerb, option.listPath); else sayLine(s, "RETR", option.path);
  if (s->state == TRANSFER && !secureTransfer(s)) { failOperation(s, "data handshake", 14); return; }
  if (s->state == TRANSFER) watch(s->data, EPOLLIN, s, true);
}

static void becomeReady(Session *s) {
  s->state = IDLE;
  opening--;
  ready++;
  openMore();
}

// Goes on with the handshake of the control connection. A session that is to move data asks for PROT P first.
static void secureControl(Session *s) {
  int step = s->secureControl ? secureShakeHands(s->secureControl) : -1;
  if (step == 0) return;
  if (step < 0) { lose(s, "TLS", "handshake failed", 16); return; }
  s->state = measuring ? USER : PBSZ;
  if (measuring) sayLine(s, "USER", option.user); else sayLine(s, "PBSZ", "0");
}

static void onReply(Session *s, unsigned code, const char *line, int length) {
  switch (s->state) {
    case GREETING:
      if (code != 220) break;
      if (measuring && option.operation == OP_GREETING) { finishOperation(s, 1); return; }
      if (option.tls) { s->state = AUTH; sayLine(s, "AUTH", "TLS"); return; }
      s->state = USER;
      sayLine(s, "USER", option.user);
      return;
    case AUTH:
      if (code != 234) break;
      s->secureControl = secureBegin(s->control, &s->ticket, NULL);
      s->state = SECURING;
      secureControl(s);
      return;
    case PBSZ:
      if (code != 200) break;
      s->state = PROT;
      sayLine(s, "PROT", "P");
      return;
    case PROT:
      if (code != 200) break;
      s->state = USER;
      sayLine(s, "USER", option.user);
      return;
    case USER:
      if (code == 331) { s->state = PASS; sayLine(s, "PASS", option.password); return; }
      if (code != 230) break;
      __attribute__((fallthrough));  // some servers let anonymous in without a password
    case PASS:
      if (code != 230) break;
      if (measuring) { s->state = QUIT; sayLine(s, "QUIT", ""); return; }
      s->state = TYPE;
      sayLine(s, "TYPE", option.type);
      return;
    case TYPE:
      if (code != 200) break;
      if (*option.mode != 'S') { s->state = MODE; sayLine(s, "MODE", option.mode); return; }
      becomeReady(s);
      return;
    case MODE:
      if (code != 200) break;
      // The same level for all servers: their defaults differ.
      if (*option.mode == 'Z') { s->state = LEVEL; sayLine(s, "OPTS", "MODE Z LEVEL 6"); return; }
      __attribute__((fallthrough));
    case LEVEL:
      if (code != 200) break;
      becomeReady(s);
      return;
    case QUIT:
      if (code != 221) break;
      closeControl(s);
      finishOperation(s, 1);
      return;
    case COMMANDS:
      if (code >= 400) { note("reply", line, length); if (errorCount > MAX_ERRORS) break; }
      if (--s->repliesDue == 0) finishOperation(s, (unsigned)option.depth);
      return;
    case PASSIVE:
      if (code != 227 && code != 229) { failOperation(s, line, length); return; }
      openTransfer(s, line, length);
      return;
    case TRANSFER:
      if (code >= 400) { failOperation(s, line, length); return; }
      if (code < 200) {
        if (s->operation != OP_STOR || s->opened) return;
        s->opened = true;
        if (!secureTransfer(s)) { closeData(s); return; }  // the final reply tells what went wrong
        if (s->size > SMALL_UPLOAD) watch(s->data, EPOLLOUT, s, true);
        pump(s);
        return;
      }
      s->completed = true;
      // In block mode the server keeps the data connection: all has been sent when it says so.
      if (*option.mode == 'B') { onData(s); closeData(s); s->dataEnded = true; }
      endTransferIfDone(s);
      return;
    default: break;
  }
  lose(s, "reply", line, length);
}

// Reads once and acts on every whole reply; false when there was nothing.
static bool readControl(Session *s) {
  ssize_t n = s->secureControl ? secureReceive(s->secureControl, s->buffer + s->used, CONTROL_BUFFER - s->used)
                               : recv(s->control, s->buffer + s->used, CONTROL_BUFFER - s->used, MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  if (n <= 0) {
    if (s->state == IDLE) { closeControl(s); note("closed", "an idle session", 15); return false; }
    lose(s, "closed", n < 0 ? strerror(errno) : "by the server", 64);
    return false;
  }
  s->used += (unsigned)n;
  char *line = s->buffer, *end = s->buffer + s->used, *newline;
  while ((newline = memchr(line, '\n', (size_t)(end - line)))) {
    if (newline - line >= 4 && line[0] >= '1' && line[0] <= '5') {
      unsigned code = (unsigned)((line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0'));
      if (line[3] == '-' && !s->multiline) s->multiline = code;
      if (line[3] != '-' && (!s->multiline || s->multiline == code)) {
        uint32_t generation = s->generation;
        s->multiline = 0;
        onReply(s, code, line, (int)(newline - line));
        if (generation != s->generation) return false;  // another connection lives in this slot now
      }
    }
    line = newline + 1;
  }
  s->used = (unsigned)(end - line);
  if (s->used == CONTROL_BUFFER) { lose(s, "reply", "line too long", 13); return false; }
  memmove(s->buffer, line, s->used);
  return true;
}

static void onControl(Session *s) {
  if (s->control < 0) return;
  if (s->state == SECURING) { secureControl(s); return; }
  // What OpenSSL has read ahead no socket tells of.
  while (readControl(s) && s->secureControl && s->state != SECURING) {}
}

// Turns the loop until `done` says so or the time limit (ns) is reached; false: the limit was reached.
static bool loopUntil(bool (*done)(void), uint64_t limit) {
  struct epoll_event events[256];
  while (!done()) {
    int n = epoll_wait(epollDescriptor, events, 256, 200);
    for (int i = 0; i < n; i++) {
      Session *s = &session[events[i].data.u64 >> 1];
      if (events[i].data.u64 & 1) onData(s); else onControl(s);
    }
    if (now() > limit) return false;
  }
  return true;
}

static bool allOpen(void) { openMore(); return opening == 0 && nextToOpen == sessionCount; }
static bool allDone(void) { return active <= 0; }

static void waitForDriver(void) {
  char line[64];
  if (!fgets(line, sizeof line, stdin)) return;
}

static void parse(int argc, char **argv) {
  static const struct option known[] = {
    { "port", 1, 0, 'p' }, { "op", 1, 0, 'o' }, { "path", 1, 0, 'f' }, { "size", 1, 0, 's' }, { "sessions", 1, 0, 'n' },
    { "hold", 1, 0, 'h' }, { "parallel", 1, 0, 'P' }, { "seconds", 1, 0, 't' }, { "ops", 1, 0, 'N' },
    { "depth", 1, 0, 'd' }, { "command", 1, 0, 'c' }, { "user", 1, 0, 'u' }, { "password", 1, 0, 'w' },
    { "type", 1, 0, 'y' }, { "mode", 1, 0, 'M' }, { "epsv", 0, 0, 'e' }, { "cpu", 1, 0, 'C' }, { "limit", 1, 0, 'l' },
    { "upload", 1, 0, 'U' }, { "list-verb", 1, 0, 'v' }, { "list-path", 1, 0, 'L' }, { "at-least", 1, 0, 'm' },
    { "tls", 0, 0, 'T' }, { "mptcp", 0, 0, 'X' }, { 0 },
  };
  static const char *const names[] = { "retr", "stor", "list", "command", "login", "greeting", "mix" };
  for (int c; (c = getopt_long(argc, argv, "", known, NULL)) != -1;) {
    switch (c) {
      case 'p': option.port = atoi(optarg); break;
      case 'o':
        for (unsigned i = 0; ; i++) {
          if (i == sizeof names / sizeof *names) { fprintf(stderr, "load: unknown operation %s\n", optarg); exit(64); }
          if (!strcmp(names[i], optarg)) { option.operation = (Operation)i; break; }
        }
        break;
      case 'f': option.path = optarg; break;
      case 's': option.size = strtoull(optarg, NULL, 10); break;
      case 'n': option.sessions = atoi(optarg); break;
      case 'h': option.hold = atoi(optarg); break;
      case 'P': option.parallel = atoi(optarg); break;
      case 't': option.seconds = atof(optarg); break;
      case 'N': option.ops = strtoull(optarg, NULL, 10); break;
      case 'd': option.depth = atoi(optarg); break;
      case 'c': option.command = optarg; break;
      case 'u': option.user = optarg; break;
      case 'w': option.password = optarg; break;
      case 'y': option.type = optarg; break;
      case 'M': option.mode = optarg; break;
      case 'e': option.extended = true; break;
      case 'C': option.cpu = atoi(optarg); break;
      case 'l': option.limit = atof(optarg); break;
      case 'U': option.upload = optarg; break;
      case 'v': option.listVerb = optarg; break;
      case 'L': option.listPath = optarg; break;
      case 'T': option.tls = true; break;
      case 'm': option.atLeast = strtoull(optarg, NULL, 10); break;
      case 'X': option.protocol = PROTOCOL_MPTCP; break;
      default: exit(64);
    }
  }
  if (!option.port || option.depth < 1 || option.depth > MAX_DEPTH || option.sessions < 1 || option.hold < 0
      || option.hold + option.sessions > MAX_SESSIONS || strlen(option.command) > 200) {
    fputs("load: --port is needed, and sizes within reason\n", stderr);
    exit(64);
  }
}

static void prepare(void) {
  signal(SIGPIPE, SIG_IGN);
  if (option.tls && !secureSetUp()) { fputs("load: no TLS\n", stderr); exit(70); }
  if (option.cpu >= 0) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((unsigned)option.cpu, &set);
    sched_setaffinity(0, sizeof set, &set);
  }
  for (int i = 0; i < MAX_SESSIONS; i++) session[i].control = session[i].data = -1;
  for (int i = 0; i < option.depth; i++) batchLength += sprintf(batch + batchLength, "%s\r\n", option.command);
  for (unsigned i = 0; i < CHUNK; i++) sink[i] = (char)(i * 2654435761u >> 13);
  static const char text[] = "The quick brown fox jumps over the lazy dog, again and again\r\n";
  if (*option.type == 'A') for (unsigned i = 0; i < CHUNK; i++) sink[i] = text[i % (sizeof text - 1)];
  epollDescriptor = epoll_create1(EPOLL_CLOEXEC);
}

static double cpuSeconds(void) {
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

int main(int argc, char **argv) {
  parse(argc, argv);
  prepare();

  bool opensItself = option.operation == OP_LOGIN || option.operation == OP_GREETING;
  sessionCount = option.hold + (opensItself ? 0 : option.sessions);
  uint64_t start = now();
  bool complete = loopUntil(allOpen, start + (uint64_t)(option.limit * 1e9));
  printf("{\"ready\":%s,\"open\":%d,\"setup_seconds\":%.4f,\"errors\":%llu,\"error\":\"%s\"}\n",
    complete && ready == sessionCount ? "true" : "false", ready, (double)(now() - start) / 1e9,
    (unsigned long long)errorCount, errorText);
  fflush(stdout);
  waitForDriver();

  double cpu = cpuSeconds();
  measuring = true;
  began = lastCompletion = now();
  deadline = began + (uint64_t)(option.seconds * 1e9);
  active = option.sessions;
  if (option.operation == OP_GREETING) option.ops = (uint64_t)option.sessions;
  for (int i = 0; i < option.sessions; i++) {
    Session *s = &session[option.hold + i];
    if (!opensItself && s->state != IDLE) active--; else startOperation(s);
  }
  loopUntil(allDone, began + (uint64_t)(option.limit * 1e9));

  double seconds = (double)(lastCompletion - began) / 1e9;
  printf("{\"ops\":%llu,\"seconds\":%.6f,\"bytes\":%llu,\"errors\":%llu,\"error\":\"%s\",\"unfinished\":%d,"
    "\"p50_us\":%.1f,\"p99_us\":%.1f,\"max_us\":%llu,\"first_us\":%.1f,\"client_cpu\":%.4f,\"full_handshakes\":%llu,\"per_second\":[",
    (unsigned long long)opsDone, seconds, (unsigned long long)bytesMoved, (unsigned long long)errorCount, errorText,
    active > 0 ? active : 0, quantile(&latency, 0.5), quantile(&latency, 0.99), (unsigned long long)latency.worst,
    quantile(&firstByte, 0.5), cpuSeconds() - cpu, (unsigned long long)fullHandshakes);
  for (int i = 0; i < (int)seconds && i < MAX_SECONDS; i++)
    printf(i ? ",%llu" : "%llu", (unsigned long long)perSecond[i]);
  puts("]}");
  fflush(stdout);
  waitForDriver();
  return 0;
}
