// floor.c: the least C code that answers the load generator; what it costs is the floor under every server's figures.
//
// Not an FTP server: no jail, no checks, a thread per connection, loopback only. Two kinds:
//   plain     a listener per transfer, sendfile down, recv and pwrite up
//   leased    the session keeps its passive listener, a small file's 150 and 226 leave in one write, splice up
//   multipath as plain, but every socket is multipath TCP: reads and sends down, where the kernel copies for sendfile too

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#ifndef NO_CRYPT
#include <crypt.h>
#endif

enum { COMMAND_BUFFER = 4096, REPLIES = 16384, BLOCK = 1 << 20, PROTOCOL_MPTCP = 262, SMALL = 64 << 10, LISTING = 256 << 10 };

typedef struct {
  int control, listener, data, pipe[2];
  uint16_t port;
  bool ascii, anonymous;
  uint32_t random;
  size_t replyLength;
  char *block;              // BLOCK bytes, made at the first transfer that needs them
  time_t minute;
  char stamp[16];           // "Nov 21 06:03", of that minute
  char replies[REPLIES];
} Session;

static bool leased, multipath;
static int passiveLow, passiveHigh;
static const char *passwordHash;

static void flush(Session *s) {
  for (size_t sent = 0; sent < s->replyLength;) {
    ssize_t n = send(s->control, s->replies + sent, s->replyLength - sent, MSG_NOSIGNAL);
    if (n <= 0) break;
    sent += (size_t)n;
  }
  s->replyLength = 0;
}

static void reply(Session *s, const char *text) {
  size_t n = strlen(text);
  if (s->replyLength + n + 2 > REPLIES) flush(s);
  memcpy(s->replies + s->replyLength, text, n);
  memcpy(s->replies + s->replyLength + n, "\r\n", 2);
  s->replyLength += n + 2;
}

static char *putNumber(char *out, uint64_t value, int width, char fill) {
  char digits[24];
  int n = 0;
  do digits[n++] = (char)('0' + value % 10); while (value /= 10);
  while (width-- > n) *out++ = fill;
  while (n) *out++ = digits[--n];
  return out;
}

static bool openListener(Session *s) {
  if (leased && s->listener >= 0) return true;
  if (s->listener >= 0) close(s->listener);
  int one = 1;
  for (int tries = 0; tries < 100; tries++) {
    s->random = s->random * 1664525u + 1013904223u;
    s->port = (uint16_t)(passiveLow + (int)((s->random >> 8) % (uint32_t)(passiveHigh - passiveLow + 1)));
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(s->port),
      .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, multipath ? PROTOCOL_MPTCP : 0);
    setsockopt(s->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(s->listener, (struct sockaddr *)&address, sizeof address) == 0 && listen(s->listener, 1) == 0) return true;
    close(s->listener);  // the port is taken
  }
  s->listener = -1;
  return false;
}

static void passive(Session *s, bool extended) {
  char text[64];
  if (!openListener(s)) { reply(s, "425 No port"); return; }
  if (extended) {
    snprintf(text, sizeof text, "229 Entering Extended Passive Mode (|||%u|)", s->port);
  } else {
    snprintf(text, sizeof text, "227 Entering Passive Mode (127,0,0,1,%u,%u).", s->port >> 8, s->port & 255);
  }
  reply(s, text);
}

static bool acceptData(Session *s) {
  s->data = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
  if (!leased) { close(s->listener); s->listener = -1; }
  return s->data >= 0;
}

static bool block(Session *s) { return s->block || (s->block = malloc(BLOCK)); }

static bool sendAll(int fd, const char *bytes, size_t length) {
  while (length) {
    ssize_t n = send(fd, bytes, length, MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes += n;
    length -= (size_t)n;
  }
  return true;
}

// LF becomes CRLF. A quarter of the block is read into, the rest takes the output, which is twice the input at most.
static void sendASCII(Session *s, int file) {
  enum { INPUT = BLOCK / 4 };
  char *input = s->block, *output = s->block + INPUT;
  for (ssize_t n; (n = read(file, input, INPUT)) > 0;) {
    char *from = input, *end = input + n, *to = output, *newline;
    while ((newline = memchr(from, '\n', (size_t)(end - from)))) {
      size_t run = (size_t)(newline - from);
      memcpy(to, from, run);
      to += run;
      *to++ = '\r';
      *to++ = '\n';
      from = newline + 1;
    }
    memcpy(to, from, (size_t)(end - from));
    to += end - from;
    if (!sendAll(s->data, output, (size_t)(to - output))) return;
  }
}

static void retrieve(Session *s, const char *name) {
  struct stat facts;
  int file = open(name, O_RDONLY | O_CLOEXEC);
  if (file < 0 || fstat(file, &facts) < 0) { reply(s, "550 No such file"); return; }
  bool small = leased && facts.st_size <= SMALL;
  reply(s, "150 Opening data connection.");
  if (!small) flush(s);
  if (acceptData(s)) {
    if (s->ascii && block(s)) {
      sendASCII(s, file);
    } else if (multipath && block(s)) {
      for (ssize_t n; (n = read(file, s->block, BLOCK)) > 0;) if (!sendAll(s->data, s->block, (size_t)n)) break;
    } else {
      for (off_t left = facts.st_size; left > 0;) {
        ssize_t n = sendfile(s->data, file, NULL, (size_t)left);
        if (n <= 0) break;
        left -= n;
      }
    }
    close(s->data);
  }
  close(file);
  reply(s, "226 Transfer complete.");
}

static void receiveBySplice(Session *s, int file, off_t offset) {
  if (s->pipe[0] < 0) {
    if (pipe2(s->pipe, O_CLOEXEC) < 0) return;
    fcntl(s->pipe[1], F_SETPIPE_SZ, BLOCK);
  }
  int least = 128 << 10;
  setsockopt(s->data, SOL_SOCKET, SO_RCVLOWAT, &least, sizeof least);
  for (ssize_t n; (n = splice(s->data, NULL, s->pipe[1], NULL, BLOCK, SPLICE_F_MOVE)) > 0;) {
    while (n > 0) {
      ssize_t moved = splice(s->pipe[0], NULL, file, &offset, (size_t)n, SPLICE_F_MOVE);
      if (moved <= 0) return;
      n -= moved;
    }
  }
}

static void store(Session *s, const char *name) {
  int file = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) { reply(s, "550 Cannot create the file"); return; }
  reply(s, "150 Ready for data.");
  flush(s);
  if (acceptData(s) && block(s)) {
    off_t offset = 0;
    for (ssize_t n; (n = recv(s->data, s->block, leased ? SMALL / 4 : BLOCK / 4, 0)) > 0;) {
      if (pwrite(file, s->block, (size_t)n, offset) != n) break;
      offset += n;
      if (leased && n == SMALL / 4) { receiveBySplice(s, file, offset); break; }
    }
  }
  if (s->data >= 0) close(s->data);
  close(file);
  reply(s, "226 Transfer complete.");
}

struct directoryEntry { uint64_t inode; int64_t offset; unsigned short length; unsigned char type; char name[]; };

static char *putLong(Session *s, char *out, const char *name, const struct stat *facts) {
  static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  memcpy(out, S_ISDIR(facts->st_mode) ? "drwxr-xr-x" : "-rw-r--r--", 10);
  out = putNumber(out + 10, facts->st_nlink, 4, ' ');
  memcpy(out, " ftp ftp", 8);
  out = putNumber(out + 8, (uint64_t)facts->st_size, 13, ' ');
  time_t minute = facts->st_mtime / 60;
  if (minute != s->minute || !s->stamp[0]) {
    struct tm t;
    gmtime_r(&facts->st_mtime, &t);
    s->minute = minute;
    snprintf(s->stamp, sizeof s->stamp, " %.3s %02u %02u:%02u", months + t.tm_mon * 3, (unsigned)t.tm_mday % 100,
      (unsigned)t.tm_hour % 100, (unsigned)t.tm_min % 100);
  }
  memcpy(out, s->stamp, 13);
  out[13] = ' ';
  return stpcpy(out + 14, name);
}

static char *putFacts(char *out, const char *name, const struct stat *facts) {
  struct tm t;
  gmtime_r(&facts->st_mtime, &t);
  out = putNumber(stpcpy(out, S_ISDIR(facts->st_mode) ? "type=dir;size=" : "type=file;size="),
    (uint64_t)facts->st_size, 0, ' ');
  out = putNumber(stpcpy(out, ";modify="), (uint64_t)t.tm_year + 1900, 4, '0');
  out = putNumber(out, (uint64_t)t.tm_mon + 1, 2, '0');
  out = putNumber(out, (uint64_t)t.tm_mday, 2, '0');
  out = putNumber(out, (uint64_t)t.tm_hour, 2, '0');
  out = putNumber(out, (uint64_t)t.tm_min, 2, '0');
  out = putNumber(out, (uint64_t)t.tm_sec, 2, '0');
  out = stpcpy(out, ";UNIX.mode=0");
  for (int shift = 6; shift >= 0; shift -= 3) *out++ = (char)('0' + ((facts->st_mode >> shift) & 7));
  out = putNumber(stpcpy(out, ";unique="), facts->st_ino, 0, ' ');
  return stpcpy(stpcpy(out, "; "), name);
}

static void list(Session *s, const char *name, bool machine) {
  int directory = open(*name ? name : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) { reply(s, "550 No such directory"); return; }
  reply(s, "150 Here it comes.");
  flush(s);
  if (acceptData(s) && block(s)) {
    char *entries = s->block, *text = s->block + LISTING, *out = text;
    for (long n; (n = syscall(SYS_getdents64, directory, entries, LISTING)) > 0;) {
      for (long at = 0; at < n;) {
        struct directoryEntry *entry = (struct directoryEntry *)(entries + at);
        struct stat facts;
        at += entry->length;
        if (entry->name[0] == '.') continue;
        if (fstatat(directory, entry->name, &facts, AT_SYMLINK_NOFOLLOW) < 0) continue;
        out = machine ? putFacts(out, entry->name, &facts) : putLong(s, out, entry->name, &facts);
        *out++ = '\r';
        *out++ = '\n';
        if (out - text > LISTING) { sendAll(s->data, text, (size_t)(out - text)); out = text; }
      }
    }
    sendAll(s->data, text, (size_t)(out - text));
  }
  if (s->data >= 0) close(s->data);
  close(directory);
  reply(s, "226 Done.");
}

static bool passwordIsRight(Session *s, const char *password) {
  if (s->anonymous || !passwordHash) return true;
#ifdef NO_CRYPT
  (void)password;
  return true;
#else
  struct crypt_data *data = calloc(1, sizeof *data);
  const char *made = data ? crypt_r(password, passwordHash, data) : NULL;
  bool right = made && !strcmp(made, passwordHash);
  free(data);
  return right;
#endif
}

// One command; false ends the session.
static bool answer(Session *s, char *line) {
  char *argument = strchr(line, ' ');
  if (argument) *argument++ = 0; else argument = line + strlen(line);
  char *path = argument;
  while (*path == '/') path++;
  if (!strcmp(line, "NOOP")) reply(s, "200 OK");
  else if (!strcmp(line, "PASV")) passive(s, false);
  else if (!strcmp(line, "EPSV")) passive(s, true);
  else if (!strcmp(line, "RETR")) retrieve(s, path);
  else if (!strcmp(line, "STOR")) store(s, path);
  else if (!strcmp(line, "LIST")) list(s, path, false);
  else if (!strcmp(line, "MLSD")) list(s, path, true);
  else if (!strcmp(line, "SIZE")) {
    struct stat facts;
    char text[40];
    bool found = stat(path, &facts) == 0;
    snprintf(text, sizeof text, "213 %lld", found ? (long long)facts.st_size : 0);
    reply(s, found ? text : "550 No such file");
  }
  else if (!strcmp(line, "USER")) { s->anonymous = !strcmp(argument, "anonymous"); reply(s, "331 Password, please"); }
  else if (!strcmp(line, "PASS")) reply(s, passwordIsRight(s, argument) ? "230 Welcome" : "530 No");
  else if (!strcmp(line, "TYPE")) { s->ascii = *argument == 'A'; reply(s, "200 OK"); }
  else if (!strcmp(line, "PWD")) reply(s, "257 \"/\"");
  else if (!strcmp(line, "QUIT")) { reply(s, "221 Bye"); return false; }
  else reply(s, "502 Not in the floor");
  return true;
}

static void *converse(void *argument) {
  static atomic_uint seed;
  char buffer[COMMAND_BUFFER];
  size_t used = 0;
  int one = 1;
  Session session, *s = &session;
  s->control = (int)(intptr_t)argument;
  s->listener = s->data = s->pipe[0] = s->pipe[1] = -1;
  s->random = (uint32_t)time(NULL) + 2654435761u * ++seed;
  s->replyLength = 0;
  s->ascii = s->anonymous = false;
  s->block = NULL;
  s->stamp[0] = 0;
  setsockopt(s->control, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  reply(s, "220 floor");
  for (bool goesOn = true; goesOn;) {
    flush(s);
    ssize_t n = recv(s->control, buffer + used, sizeof buffer - used, 0);
    if (n <= 0) break;
    used += (size_t)n;
    char *line = buffer, *end = buffer + used, *newline;
    while (goesOn && (newline = memchr(line, '\n', (size_t)(end - line)))) {
      *newline = 0;
      if (newline > line && newline[-1] == '\r') newline[-1] = 0;
      goesOn = answer(s, line);
      line = newline + 1;
    }
    used = (size_t)(end - line);
    if (used == sizeof buffer) break;
    memmove(buffer, line, used);
  }
  flush(s);
  close(s->control);
  if (s->listener >= 0) close(s->listener);
  if (s->pipe[0] >= 0) { close(s->pipe[0]); close(s->pipe[1]); }
  free(s->block);
  return NULL;
}

int main(int argc, char **argv) {
  // floor DIR LOW-HIGH plain|leased|multipath [HASH]
  if (argc < 4 || chdir(argv[1]) < 0 || sscanf(argv[2], "%d-%d", &passiveLow, &passiveHigh) != 2) {
    fputs("floor DIR LOW-HIGH plain|leased|multipath [HASH]\n", stderr);
    return 64;
  }
  leased = !strcmp(argv[3], "leased");
  multipath = !strcmp(argv[3], "multipath");
  passwordHash = argc > 4 ? argv[4] : NULL;
  signal(SIGPIPE, SIG_IGN);
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, multipath ? PROTOCOL_MPTCP : 0);
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
  socklen_t length = sizeof address;
  if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, SOMAXCONN) < 0
      || getsockname(listener, (struct sockaddr *)&address, &length) < 0) return 1;
  printf("floor: listening on 127.0.0.1:%u\n", ntohs(address.sin_port));
  fflush(stdout);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, 128 << 10);
  for (;;) {
    int control = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (control < 0) { if (errno == EMFILE) usleep(10000); continue; }
    pthread_t thread;
    if (pthread_create(&thread, &attributes, converse, (void *)(intptr_t)control) != 0) close(control);
  }
}
