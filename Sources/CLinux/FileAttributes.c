// Attributes of files (size, mode, owner, times), and of their file systems.
#include "Shims.h"

#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#ifndef SYS_listxattrat
#define SYS_listxattrat 465
#endif
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

int weft_statx(int directory, const char *path, int flags, struct weft_stat *out) {
  struct statx x;
  if (statx(directory, path, flags, STATX_BASIC_STATS, &x) < 0) return -errno;
  out->mode = x.stx_mode;
  out->links = x.stx_nlink;
  out->owner = x.stx_uid;
  out->group = x.stx_gid;
  out->size = x.stx_size;
  out->inode = x.stx_ino;
  out->allocated = x.stx_blocks * 512;
  out->device = ((uint64_t)x.stx_dev_major << 32) | x.stx_dev_minor;
  out->modified = x.stx_mtime.tv_sec;
  out->modified_nanoseconds = x.stx_mtime.tv_nsec;
  out->changed = x.stx_ctime.tv_sec;
  out->changed_nanoseconds = x.stx_ctime.tv_nsec;
  return 0;
}

int weft_fchmodat2(int fd, unsigned mode) {
  return (int)WEFT_RESULT(syscall(SYS_fchmodat2, fd, "", mode, AT_EMPTY_PATH));
}
int weft_chmod(const char *path, unsigned mode) { return WEFT_RESULT(chmod(path, mode)); }
int weft_utimens(int fd, int64_t seconds, int64_t nanoseconds) {
  struct timespec times[2] = {{0, UTIME_OMIT}, {seconds, nanoseconds}};
  return WEFT_RESULT(utimensat(fd, "", times, AT_EMPTY_PATH));
}

int weft_fstatvfs(int fd, uint64_t *available, uint64_t *total) {
  struct statvfs s;
  if (fstatvfs(fd, &s) < 0) return -errno;
  *available = (uint64_t)s.f_bavail * s.f_frsize;
  *total = (uint64_t)s.f_blocks * s.f_frsize;
  return 0;
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

int weft_change_owner(int fd, uint32_t owner, uint32_t group) { return WEFT_RESULT(fchownat(fd, "", owner, group, AT_EMPTY_PATH)); }

/* The attribute calls take no directory. By hand: each upload that replaces a file comes here, and snprintf(3) takes a thousand instructions. */
static int weft_path_in(int directory, const char *file, char path[PATH_MAX]) {
  static const char beginning[] = "/proc/self/fd/";
  char digits[12];
  size_t count = 0, length = strlen(file);
  if (directory < 0) return -EBADF;
  do digits[count++] = (char)('0' + directory % 10); while ((directory /= 10) > 0);
  char *end = path + sizeof beginning - 1;
  memcpy(path, beginning, sizeof beginning - 1);
  if (sizeof beginning - 1 + count + 1 + length >= PATH_MAX) return -ENAMETOOLONG;
  while (count > 0) *end++ = digits[--count];
  *end++ = '/';
  memcpy(end, file, length + 1);
  return 0;
}

ssize_t weft_list_attributes(int directory, const char *file, char *names, size_t size) {
  /* listxattrat(2), since Linux 6.13, needs no way through /proc. Filters of system calls that do not know it say EPERM. */
  static atomic_bool is_missing;
  if (!atomic_load_explicit(&is_missing, memory_order_relaxed)) {
    long count = syscall(SYS_listxattrat, directory, file, AT_SYMLINK_NOFOLLOW, names, size);
    if (count >= 0 || (errno != ENOSYS && errno != EPERM)) return WEFT_RESULT(count);
    atomic_store_explicit(&is_missing, true, memory_order_relaxed);
  }
  char path[PATH_MAX];
  int error = weft_path_in(directory, file, path);
  return error < 0 ? error : WEFT_RESULT(llistxattr(path, names, size));
}

int weft_copy_attribute(int directory, const char *file, int to, const char *name) {
  char path[PATH_MAX];
  int error = weft_path_in(directory, file, path);
  if (error < 0) return error;
  ssize_t size = lgetxattr(path, name, NULL, 0);
  if (size < 0) return -errno;
  char *value = malloc(size > 0 ? (size_t)size : 1);
  if (value == NULL) return -ENOMEM;
  size = lgetxattr(path, name, value, (size_t)size);
  int result = size < 0 ? -errno : WEFT_RESULT(fsetxattr(to, name, value, (size_t)size, 0));
  free(value);
  return result;
}

int weft_set_attribute(int fd, const char *name, const void *value, size_t size) {
  return WEFT_RESULT(fsetxattr(fd, name, value, size, 0));
}

/* Of the file itself where `path` is a symbolic link. */
int weft_set_path_attribute(const char *path, const char *name, const void *value, size_t size) {
  return WEFT_RESULT(lsetxattr(path, name, value, size, 0));
}

ssize_t weft_get_attribute(int fd, const char *name, void *value, size_t size) { return WEFT_RESULT(fgetxattr(fd, name, value, size)); }

int weft_remove_attribute(int fd, const char *name) { return WEFT_RESULT(fremovexattr(fd, name)); }
