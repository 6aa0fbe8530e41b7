// Names in directories: opening, listing, creating, removing, renaming and linking files.
#include "Shims.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

int weft_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
  struct open_how how;
  memset(&how, 0, sizeof how);
  how.flags = flags;
  how.mode = mode;
  how.resolve = resolve;
  int fd = (int)WEFT_RESULT(syscall(SYS_openat2, directory, path, &how, sizeof how));
  /* If the open created or truncated a file, closing the descriptor would not undo that. */
  return flags & (O_CREAT | O_TRUNC) ? fd : weft_unreserved(fd);
}
int weft_openat(int directory, const char *path, int flags, unsigned mode) {
  return WEFT_RESULT(openat(directory, path, flags, mode));
}

ssize_t weft_getdents(int fd, void *buffer, size_t count) {
  return WEFT_RESULT(syscall(SYS_getdents64, fd, buffer, count));
}

int weft_mkdirat(int directory, const char *name, unsigned mode) {
  return WEFT_RESULT(mkdirat(directory, name, mode));
}
int weft_unlinkat(int directory, const char *name, int flags) {
  return WEFT_RESULT(unlinkat(directory, name, flags));
}
int weft_linkat(int from, const char *old_name, int to, const char *new_name, int flags) {
  return WEFT_RESULT(linkat(from, old_name, to, new_name, flags));
}

int weft_renameat2(int from, const char *old_name, int to, const char *new_name, unsigned flags) {
  return (int)WEFT_RESULT(syscall(SYS_renameat2, from, old_name, to, new_name, flags));
}
ssize_t weft_readlinkat(int directory, const char *name, char *buffer, size_t count) {
  return WEFT_RESULT(readlinkat(directory, name, buffer, count));
}

ssize_t weft_descriptor_path(int descriptor, char *buffer, size_t count) {
  char name[32];
  snprintf(name, sizeof name, "/proc/self/fd/%d", descriptor);
  return WEFT_RESULT(readlinkat(AT_FDCWD, name, buffer, count));
}

int weft_symlinkat(const char *target, int directory, const char *name) {
  return WEFT_RESULT(symlinkat(target, directory, name));
}

int weft_faccessat(int directory, const char *name, int mode, int flags) {
  return WEFT_RESULT(faccessat(directory, name, mode, flags));
}
