// Preloaded into weftpd: makes the nth call on files fail, be cut short, or be said to have failed after it was done; can move the clock.
//
// The file that WEFTPD_FAULTS names is the struct below, shared with the program that plans the faults. Sockets and pipes are let through.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

enum { KIND_FAILS, KIND_SHORT, KIND_LATE, KIND_STAYS };
enum { LOGGED = 8000, NAME = 16 };

struct plan {
  int32_t armed, target, error, kind;
  // Of the calls since it was armed: how many there were, and which one was hit (0: none).
  int32_t seen, hit;
  int64_t clock_offset;
  char names[LOGGED][NAME];
};

static struct plan *plan;

#define REAL(name) \
  static __typeof__(&name) real; \
  if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

static long raw(long number, long a, long b, long c, long d, long e, long f) {
  static long (*real)(long, ...);
  if (!real) real = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
  return real(number, a, b, c, d, e, f);
}

__attribute__((constructor)) static void start(void) {
  const char *path = getenv("WEFTPD_FAULTS");
  if (!path) return;
  int fd = (int)raw(SYS_openat, AT_FDCWD, (long)path, O_RDWR | O_CLOEXEC, 0, 0, 0);
  if (fd < 0) return;
  void *shared = mmap(NULL, sizeof(struct plan), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  raw(SYS_close, fd, 0, 0, 0, 0, 0);
  if (shared != MAP_FAILED) plan = shared;
}

static int is_file(int fd) {
  struct stat status;
  int before = errno;
  int isFile = !raw(SYS_newfstatat, fd, (long)"", (long)&status, AT_EMPTY_PATH, 0, 0) &&
               (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode) || S_ISLNK(status.st_mode));
  errno = before;
  return isFile;
}

// What happens to this call: 0 nothing; 1 it fails; 2 it is cut short; 3 it is done and then fails.
static int fate(const char *name, int moves) {
  if (!plan || !__atomic_load_n(&plan->armed, __ATOMIC_ACQUIRE)) return 0;
  if (plan->kind == KIND_SHORT && !moves) return 0;
  int number = __atomic_add_fetch(&plan->seen, 1, __ATOMIC_ACQ_REL);
  if (number <= LOGGED) strncpy(plan->names[number - 1], name, NAME - 1);
  if (number < plan->target || (number > plan->target && plan->kind != KIND_STAYS)) return 0;
  // A full disk still gives room back.
  if (number > plan->target && plan->error == ENOSPC && (!strcmp(name, "ftruncate") || !strcmp(name, "unlinkat"))) return 0;
  if (!plan->hit) plan->hit = number;
  return plan->kind == KIND_SHORT ? 2 : plan->kind == KIND_LATE ? 3 : 1;
}

#define ON(condition, name, moves) \
  int fate_ = (condition) ? fate(name, moves) : 0; \
  if (fate_ == 1) return errno = plan->error, -1
#define END(result) \
  __typeof__(result) result_ = (result); \
  if (fate_ == 3) return errno = plan->error, -1; \
  return result_
#define LESS(count) (fate_ == 2 && (count) > 1 ? (count) / 2 : (count))

#define WRAP(type, name, parameters, condition, moves, arguments) \
  type name parameters { \
    REAL(name); \
    ON(condition, #name, moves); \
    END(real arguments); \
  }

WRAP(ssize_t, read, (int fd, void *to, size_t n), is_file(fd), 1, (fd, to, LESS(n)))
WRAP(ssize_t, pread, (int fd, void *to, size_t n, off_t at), is_file(fd), 1, (fd, to, LESS(n), at))
WRAP(ssize_t, write, (int fd, const void *from, size_t n), is_file(fd), 1, (fd, from, LESS(n)))
WRAP(ssize_t, pwrite, (int fd, const void *from, size_t n, off_t at), is_file(fd), 1, (fd, from, LESS(n), at))
WRAP(ssize_t, sendfile, (int out, int in, off_t *at, size_t n), 1, 1, (out, in, at, LESS(n)))
WRAP(ssize_t, splice, (int in, off_t *from, int out, off_t *to, size_t n, unsigned flags), is_file(out) || is_file(in), 1,
     (in, from, out, to, LESS(n), flags))
WRAP(ssize_t, copy_file_range, (int in, off_t *from, int out, off_t *to, size_t n, unsigned flags), 1, 1,
     (in, from, out, to, LESS(n), flags))
WRAP(int, sync_file_range, (int fd, off_t at, off_t n, unsigned flags), 1, 0, (fd, at, n, flags))
WRAP(int, fdatasync, (int fd), 1, 0, (fd))
WRAP(int, fsync, (int fd), 1, 0, (fd))
WRAP(int, linkat, (int from, const char *old, int to, const char *name, int flags), 1, 0, (from, old, to, name, flags))
WRAP(int, unlinkat, (int at, const char *name, int flags), 1, 0, (at, name, flags))
WRAP(int, mkdirat, (int at, const char *name, mode_t mode), 1, 0, (at, name, mode))
WRAP(int, fchmod, (int fd, mode_t mode), is_file(fd), 0, (fd, mode))
WRAP(int, fchown, (int fd, uid_t user, gid_t group), is_file(fd), 0, (fd, user, group))
WRAP(int, fchownat, (int at, const char *name, uid_t user, gid_t group, int flags), 1, 0, (at, name, user, group, flags))
WRAP(int, flock, (int fd, int how), 1, 0, (fd, how))
WRAP(int, ftruncate, (int fd, off_t size), 1, 0, (fd, size))
WRAP(int, fallocate, (int fd, int mode, off_t at, off_t n), 1, 0, (fd, mode, at, n))
WRAP(int, fstat, (int fd, struct stat *status), is_file(fd), 0, (fd, status))
WRAP(int, fstatat, (int at, const char *name, struct stat *status, int flags), 1, 0, (at, name, status, flags))
WRAP(int, statx, (int at, const char *name, int flags, unsigned mask, struct statx *status), 1, 0, (at, name, flags, mask, status))
WRAP(int, fstatfs, (int fd, struct statfs *status), 1, 0, (fd, status))
WRAP(int, fstatvfs, (int fd, struct statvfs *status), 1, 0, (fd, status))
WRAP(int, faccessat, (int at, const char *name, int mode, int flags), 1, 0, (at, name, mode, flags))
WRAP(int, fsetxattr, (int fd, const char *name, const void *value, size_t n, int flags), 1, 0, (fd, name, value, n, flags))
WRAP(ssize_t, getxattr, (const char *path, const char *name, void *value, size_t n), 1, 0, (path, name, value, n))
WRAP(ssize_t, listxattr, (const char *path, char *list, size_t n), 1, 0, (path, list, n))
WRAP(ssize_t, readlinkat, (int at, const char *name, char *to, size_t n), 1, 0, (at, name, to, n))
WRAP(off_t, lseek, (int fd, off_t at, int how), is_file(fd), 0, (fd, at, how))
WRAP(int, utimensat, (int at, const char *name, const struct timespec times[2], int flags), 1, 0, (at, name, times, flags))

int openat(int at, const char *path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  mode_t mode = va_arg(list, mode_t);
  va_end(list);
  ON(1, "openat", 0);
  int fd = (int)raw(SYS_openat, at, (long)path, flags, mode, 0, 0);
  // A call that is said to have failed has made no descriptor.
  if (fate_ == 3 && fd >= 0) raw(SYS_close, fd, 0, 0, 0, 0, 0);
  END(fd);
}

int fcntl(int fd, int command, ...) {
  va_list list;
  va_start(list, command);
  long value = va_arg(list, long);
  va_end(list);
  ON((command == F_DUPFD || command == F_DUPFD_CLOEXEC) && is_file(fd), "dup", 0);
  int result = (int)raw(SYS_fcntl, fd, command, value, 0, 0, 0);
  if (fate_ == 3 && result >= 0) raw(SYS_close, result, 0, 0, 0, 0, 0);
  END(result);
}

// The descriptor is gone whatever close(2) answers.
int close(int fd) {
  int fate_ = is_file(fd) ? fate("close", 0) : 0;
  int result = (int)raw(SYS_close, fd, 0, 0, 0, 0, 0);
  return fate_ ? (errno = plan->error, -1) : result;
}

long syscall(long number, ...) {
  va_list list;
  va_start(list, number);
  long a = va_arg(list, long), b = va_arg(list, long), c = va_arg(list, long);
  long d = va_arg(list, long), e = va_arg(list, long), f = va_arg(list, long);
  va_end(list);
  const char *name = number == SYS_openat2      ? "openat2"
                     : number == SYS_renameat2  ? "renameat2"
                     : number == SYS_getdents64 ? "getdents64"
                     : number == SYS_statx      ? "statx"
                                                : NULL;
  ON(name != NULL, name, 0);
  long result = raw(number, a, b, c, d, e, f);
  if (fate_ == 3 && number == SYS_openat2 && result >= 0) raw(SYS_close, result, 0, 0, 0, 0, 0);
  END(result);
}

static int64_t moved(void) { return plan ? __atomic_load_n(&plan->clock_offset, __ATOMIC_ACQUIRE) : 0; }

int clock_gettime(clockid_t clock, struct timespec *now) {
  REAL(clock_gettime);
  int result = real(clock, now);
  if (!result && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += moved();
  return result;
}

time_t time(time_t *to) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (to) *to = now.tv_sec;
  return now.tv_sec;
}
