// The shims declared in include/CLinux.h, compiled with _GNU_SOURCE, which Swift's own import of the C library does not define.
#define _GNU_SOURCE 1
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <fcntl.h>
#include <iconv.h>
#include <linux/openat2.h>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "CLinux.h"

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

#define WEFT_RESULT(call) ({ __typeof__(call) weft_result = (call); weft_result < 0 ? -errno : weft_result; })

/* ---- descriptors kept back ---- */
/* The first number that is not to be used: the kernel gives the lowest that is free, so beyond it few are left. */
static _Atomic int first_reserved = INT_MAX;

void weft_reserve_descriptors(int count) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur > INT_MAX || (int)limit.rlim_cur < 4 * count) return;
  first_reserved = (int)limit.rlim_cur - count;
}
int weft_is_reserved(int fd) { return fd >= first_reserved; }
static int unreserved(int fd) {
  if (fd < 0 || !weft_is_reserved(fd)) return fd;
  close(fd);
  return -EMFILE;
}

/* ---- sockets ---- */
int weft_socket(int domain, int type, int protocol) { return unreserved(WEFT_RESULT(socket(domain, type, protocol))); }
int weft_bind(int fd, const void *address, uint32_t length) {
  return WEFT_RESULT(bind(fd, (const struct sockaddr *)address, length));
}
int weft_listen(int fd, int backlog) { return WEFT_RESULT(listen(fd, backlog)); }
int weft_accept4(int fd, void *address, uint32_t *length, int flags) {
  return WEFT_RESULT(accept4(fd, (struct sockaddr *)address, length, flags));
}
int weft_connect(int fd, const void *address, uint32_t length) {
  return WEFT_RESULT(connect(fd, (const struct sockaddr *)address, length));
}
int weft_getsockname(int fd, void *address, uint32_t *length) {
  return WEFT_RESULT(getsockname(fd, (struct sockaddr *)address, length));
}
int weft_getpeername(int fd, void *address, uint32_t *length) {
  return WEFT_RESULT(getpeername(fd, (struct sockaddr *)address, length));
}
int weft_setsockopt(int fd, int level, int name, const void *value, uint32_t length) {
  return WEFT_RESULT(setsockopt(fd, level, name, value, length));
}
int weft_getsockopt(int fd, int level, int name, void *value, uint32_t *length) {
  return WEFT_RESULT(getsockopt(fd, level, name, value, length));
}
ssize_t weft_recv(int fd, void *buffer, size_t count, int flags) {
  return WEFT_RESULT(recv(fd, buffer, count, flags));
}
ssize_t weft_send(int fd, const void *buffer, size_t count, int flags) {
  return WEFT_RESULT(send(fd, buffer, count, flags));
}
int weft_shutdown(int fd, int how) { return WEFT_RESULT(shutdown(fd, how)); }

/* ---- datagrams on this machine ---- */
int weft_unix_datagram(int timeout_ms) {
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  struct timeval timeout = {timeout_ms / 1000, timeout_ms % 1000 * 1000};
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
  return fd;
}
ssize_t weft_unix_send(int fd, const void *path, size_t path_length, const void *data, size_t count, int passed) {
  struct sockaddr_un address;
  if (path_length >= sizeof address.sun_path) return -ENAMETOOLONG;
  memset(&address, 0, sizeof address);
  address.sun_family = AF_UNIX;
  memcpy(address.sun_path, path, path_length);
  struct iovec vector = {(void *)data, count};
  union { struct cmsghdr header; char bytes[CMSG_SPACE(sizeof(int))]; } control;
  struct msghdr message;
  memset(&message, 0, sizeof message);
  message.msg_name = &address;
  message.msg_namelen = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path_length);
  message.msg_iov = &vector;
  message.msg_iovlen = count > 0 ? 1 : 0;
  if (passed >= 0) {
    memset(&control, 0, sizeof control);
    message.msg_control = &control;
    message.msg_controllen = sizeof control;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &passed, sizeof passed);
  }
  return WEFT_RESULT(sendmsg(fd, &message, MSG_NOSIGNAL));
}
int weft_sealed_memory(const char *name, const void *data, size_t count) {
  int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0) return -errno;
  for (size_t done = 0; done < count;) {
    ssize_t n = write(fd, (const char *)data + done, count - done);
    if (n < 0) { int code = errno; close(fd); return -code; }
    done += (size_t)n;
  }
  fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
  return fd;
}

/* ---- descriptors and readiness ---- */
int weft_close(int fd) { return WEFT_RESULT(close(fd)); }
int weft_epoll_create(void) { return WEFT_RESULT(epoll_create1(EPOLL_CLOEXEC)); }
int weft_epoll_ctl(int epoll, int operation, int fd, uint32_t events, uint64_t token) {
  struct epoll_event event;
  memset(&event, 0, sizeof event);
  event.events = events;
  event.data.u64 = token;
  return WEFT_RESULT(epoll_ctl(epoll, operation, fd, &event));
}
/* struct epoll_event is packed on x86-64, which Swift cannot import: events are copied out. At most 256 are fetched. */
int weft_epoll_wait(int epoll, struct weft_event *out, int count, int timeout_ms) {
  struct epoll_event events[256];
  if (count > 256) count = 256;
  int n = epoll_wait(epoll, events, count, timeout_ms);
  if (n < 0) return -errno;
  for (int i = 0; i < n; i++) { out[i].events = events[i].events; out[i].token = events[i].data.u64; }
  return n;
}
int weft_eventfd(void) { return WEFT_RESULT(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)); }
int weft_poll(void *fds, unsigned count, int timeout_ms) {
  return WEFT_RESULT(poll((struct pollfd *)fds, count, timeout_ms));
}

/* ---- files ---- */
ssize_t weft_read(int fd, void *buffer, size_t count) { return WEFT_RESULT(read(fd, buffer, count)); }
ssize_t weft_write(int fd, const void *buffer, size_t count) { return WEFT_RESULT(write(fd, buffer, count)); }
ssize_t weft_pread(int fd, void *buffer, size_t count, int64_t offset) {
  return WEFT_RESULT(pread(fd, buffer, count, offset));
}
ssize_t weft_pwrite(int fd, const void *buffer, size_t count, int64_t offset) {
  return WEFT_RESULT(pwrite(fd, buffer, count, offset));
}
ssize_t weft_sendfile(int out, int in, int64_t *offset, size_t count) {
  off_t position = (off_t)*offset;
  ssize_t n = WEFT_RESULT(sendfile(out, in, &position, count));
  *offset = position;
  return n;
}
ssize_t weft_splice(int in, int64_t *in_offset, int out, int64_t *out_offset, size_t count, unsigned flags) {
  return WEFT_RESULT(splice(in, (off64_t *)in_offset, out, (off64_t *)out_offset, count, flags));
}
int weft_pipe(int fds[2]) { return WEFT_RESULT(pipe2(fds, O_CLOEXEC | O_NONBLOCK)); }
int weft_dup3(int fd, int target) { return WEFT_RESULT(dup3(fd, target, O_CLOEXEC)); }
int weft_fcntl_int(int fd, int command, int value) { return WEFT_RESULT(fcntl(fd, command, value)); }
int weft_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
  struct open_how how;
  memset(&how, 0, sizeof how);
  how.flags = flags;
  how.mode = mode;
  how.resolve = resolve;
  int fd = (int)WEFT_RESULT(syscall(SYS_openat2, directory, path, &how, sizeof how));
  /* What was made or emptied by opening it is not undone by closing it. */
  return flags & (O_CREAT | O_TRUNC) ? fd : unreserved(fd);
}
int weft_openat(int directory, const char *path, int flags, unsigned mode) {
  return WEFT_RESULT(openat(directory, path, flags, mode));
}
int weft_statx(int directory, const char *path, int flags, struct weft_stat *out) {
  struct statx x;
  if (statx(directory, path, flags, STATX_BASIC_STATS, &x) < 0) return -errno;
  out->mode = x.stx_mode;
  out->links = x.stx_nlink;
  out->owner = x.stx_uid;
  out->group = x.stx_gid;
  out->size = x.stx_size;
  out->inode = x.stx_ino;
  out->device = ((uint64_t)x.stx_dev_major << 32) | x.stx_dev_minor;
  out->modified = x.stx_mtime.tv_sec;
  out->modified_nanoseconds = x.stx_mtime.tv_nsec;
  out->changed = x.stx_ctime.tv_sec;
  out->changed_nanoseconds = x.stx_ctime.tv_nsec;
  return 0;
}
ssize_t weft_getdents(int fd, void *buffer, size_t count) {
  return WEFT_RESULT(syscall(SYS_getdents64, fd, buffer, count));
}
int64_t weft_lseek(int fd, int64_t offset, int whence) { return WEFT_RESULT(lseek(fd, offset, whence)); }
int weft_mkdirat(int directory, const char *name, unsigned mode) {
  return WEFT_RESULT(mkdirat(directory, name, mode));
}
int weft_unlinkat(int directory, const char *name, int flags) {
  return WEFT_RESULT(unlinkat(directory, name, flags));
}
int weft_linkat(int from, const char *old_name, int to, const char *new_name, int flags) {
  return WEFT_RESULT(linkat(from, old_name, to, new_name, flags));
}
int weft_flock(int fd, int operation) { return WEFT_RESULT(flock(fd, operation)); }
int weft_renameat2(int from, const char *old_name, int to, const char *new_name, unsigned flags) {
  return (int)WEFT_RESULT(syscall(SYS_renameat2, from, old_name, to, new_name, flags));
}
ssize_t weft_readlinkat(int directory, const char *name, char *buffer, size_t count) {
  return WEFT_RESULT(readlinkat(directory, name, buffer, count));
}
int weft_ftruncate(int fd, int64_t size) { return WEFT_RESULT(ftruncate(fd, size)); }
int weft_fchmodat2(int fd, unsigned mode) {
  return (int)WEFT_RESULT(syscall(SYS_fchmodat2, fd, "", mode, AT_EMPTY_PATH));
}
int weft_chmod(const char *path, unsigned mode) { return WEFT_RESULT(chmod(path, mode)); }
int weft_utimens(int fd, int64_t seconds, int64_t nanoseconds) {
  struct timespec times[2] = {{0, UTIME_OMIT}, {seconds, nanoseconds}};
  return WEFT_RESULT(utimensat(fd, "", times, AT_EMPTY_PATH));
}
int weft_faccessat(int directory, const char *name, int mode, int flags) {
  return WEFT_RESULT(faccessat(directory, name, mode, flags));
}
int weft_fstatvfs(int fd, uint64_t *available, uint64_t *total) {
  struct statvfs s;
  if (fstatvfs(fd, &s) < 0) return -errno;
  *available = (uint64_t)s.f_bavail * s.f_frsize;
  *total = (uint64_t)s.f_blocks * s.f_frsize;
  return 0;
}

/* ---- process ---- */
int64_t weft_monotonic(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}
int64_t weft_realtime(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}
int weft_local_text(int64_t seconds, char text[26]) {
  time_t time = (time_t)seconds;
  struct tm parts;
  if (localtime_r(&time, &parts) == NULL) return -EOVERFLOW;
  static const char days[] = "SunMonTueWedThuFriSat", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  int n = snprintf(text, 26, "%.3s %.3s %2d %02d:%02d:%02d %d", days + 3 * parts.tm_wday, months + 3 * parts.tm_mon,
                   parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, 1900 + parts.tm_year);
  return n == 24 ? 0 : -EOVERFLOW;
}
int weft_fork(void) { return WEFT_RESULT(fork()); }
int weft_prctl_name(const char *name) { return WEFT_RESULT(prctl(PR_SET_NAME, name, 0, 0, 0)); }
int weft_nofile(uint64_t *soft, uint64_t *hard) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return -errno;
  *soft = limit.rlim_cur;
  *hard = limit.rlim_max;
  return 0;
}
int weft_set_nofile(uint64_t soft, uint64_t hard) {
  struct rlimit limit = {soft, hard};
  return WEFT_RESULT(setrlimit(RLIMIT_NOFILE, &limit));
}
ssize_t weft_getrandom(void *buffer, size_t count) { return WEFT_RESULT(getrandom(buffer, count, 0)); }
void weft_malloc_settings(int arenas, int trim) {
  mallopt(M_ARENA_MAX, arenas);
  mallopt(M_TRIM_THRESHOLD, trim);
}
void weft_release_code(void) {
  FILE *maps = fopen("/proc/self/maps", "re");
  if (!maps) return;
  char line[1024];
  while (fgets(line, sizeof line, maps)) {
    unsigned long start, end;
    char access[5], path[2];
    /* Relocated data is read-only, too, but has been written to: only what may be executed is sure to be as in the file. */
    if (sscanf(line, "%lx-%lx %4s %*s %*s %*s %1s", &start, &end, access, path) == 4 && !strcmp(access, "r-xp") && *path == '/')
      madvise((void *)start, end - start, MADV_DONTNEED);
  }
  fclose(maps);
}
void weft_malloc_trim(void) { malloc_trim(0); }
int weft_ioctl_int(int fd, unsigned long request, int *value) { return WEFT_RESULT(ioctl(fd, request, value)); }

/* ---- privileges ---- */
int weft_no_new_privileges(void) { return WEFT_RESULT(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)); }
/* The numbers and structures of linux/landlock.h, which older headers have only in part. */
int weft_landlock_version(int errata) { return (int)WEFT_RESULT(syscall(444, NULL, 0, errata ? 2 : 1)); }
int weft_landlock_create(uint64_t files, uint64_t ports, uint64_t scopes) {
  struct { uint64_t files, ports, scopes; } rules = {files, ports, scopes};
  return (int)WEFT_RESULT(syscall(444, &rules, sizeof rules, 0));
}
int weft_landlock_add_path(int ruleset, int path, uint64_t allowed) {
  struct __attribute__((packed)) { uint64_t allowed; int32_t path; } rule = {allowed, path};
  return (int)WEFT_RESULT(syscall(445, ruleset, 1, &rule, 0));
}
int weft_landlock_add_port(int ruleset, uint16_t port, uint64_t allowed) {
  struct { uint64_t allowed, port; } rule = {allowed, port};
  return (int)WEFT_RESULT(syscall(445, ruleset, 2, &rule, 0));
}
int weft_landlock_restrict(int ruleset) { return (int)WEFT_RESULT(syscall(446, ruleset, 0)); }
uint32_t weft_setfsuid(uint32_t user) { return (uint32_t)syscall(SYS_setfsuid, user); }
uint32_t weft_setfsgid(uint32_t group) { return (uint32_t)syscall(SYS_setfsgid, group); }
int weft_setgroups(size_t count, const uint32_t *groups) {
  return (int)WEFT_RESULT(syscall(SYS_setgroups, count, groups));
}
int weft_getgroups(size_t count, uint32_t *groups) { return (int)WEFT_RESULT(syscall(SYS_getgroups, count, groups)); }

/* ---- file commands: copies, reservations, links, owners, times ---- */
int weft_advise_sequential(int fd, int64_t offset, int64_t length) {
  return -posix_fadvise(fd, offset, length, POSIX_FADV_SEQUENTIAL);
}
ssize_t weft_copy_file_range(int in, int64_t *in_offset, int out, int64_t *out_offset, size_t count) {
  return WEFT_RESULT(copy_file_range(in, in_offset, out, out_offset, count, 0));
}
int weft_fallocate_keep_size(int fd, int64_t offset, int64_t length) {
  return WEFT_RESULT(fallocate(fd, FALLOC_FL_KEEP_SIZE, offset, length));
}
int weft_symlinkat(const char *target, int directory, const char *name) {
  return WEFT_RESULT(symlinkat(target, directory, name));
}
int weft_set_group(int fd, uint32_t group) {
  return WEFT_RESULT(fchownat(fd, "", (uid_t)-1, group, AT_EMPTY_PATH));
}
int weft_set_times(int fd, int64_t accessed, int64_t modified, int64_t modified_nanoseconds) {
  struct timespec times[2] = {{accessed, 0}, {modified, modified_nanoseconds}};
  return WEFT_RESULT(utimensat(fd, "", times, AT_EMPTY_PATH));
}
int weft_birth_time(int directory, const char *path, int flags, int64_t *seconds, uint32_t *nanoseconds) {
  struct statx x;
  if (statx(directory, path, flags, STATX_BTIME, &x) < 0) return -errno;
  if (!(x.stx_mask & STATX_BTIME)) return -ENODATA;
  *seconds = x.stx_btime.tv_sec;
  *nanoseconds = x.stx_btime.tv_nsec;
  return 0;
}

const char *weft_strerror(int code, char *buffer, size_t count) { return strerror_r(code, buffer, count); }

void *weft_iconv_open(const char *to, const char *from) {
  iconv_t converter = iconv_open(to, from);
  return converter == (iconv_t)-1 ? NULL : (void *)converter;
}

int weft_iconv(void *converter, const char *in, size_t in_count, size_t *consumed, char *out, size_t out_count, size_t *produced) {
  char *from = (char *)in;
  char *to = out;
  size_t from_left = in_count, to_left = out_count;
  iconv((iconv_t)converter, NULL, NULL, NULL, NULL);
  size_t lossy = iconv((iconv_t)converter, &from, &from_left, &to, &to_left);
  int result = lossy == (size_t)-1 ? -errno : lossy > 0;
  *consumed = in_count - from_left;
  *produced = out_count - to_left;
  return result;
}

void weft_iconv_close(void *converter) { iconv_close((iconv_t)converter); }

int weft_spawn_close_from(posix_spawn_file_actions_t *actions, int first) {
  return -posix_spawn_file_actions_addclosefrom_np(actions, first);
}
