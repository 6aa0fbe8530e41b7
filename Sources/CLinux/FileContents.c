// The contents of open files and pipes: reading, writing, copying in the kernel, reserving.
#include "Shims.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/sendfile.h>
#include <sys/vfs.h>

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

int64_t weft_lseek(int fd, int64_t offset, int whence) { return WEFT_RESULT(lseek(fd, offset, whence)); }
int weft_flock(int fd, int operation) { return WEFT_RESULT(flock(fd, operation)); }
int weft_ftruncate(int fd, int64_t size) { return WEFT_RESULT(ftruncate(fd, size)); }

int weft_advise_sequential(int fd, int64_t offset, int64_t length) {
  return -posix_fadvise(fd, offset, length, POSIX_FADV_SEQUENTIAL);
}
ssize_t weft_copy_file_range(int in, int64_t *in_offset, int out, int64_t *out_offset, size_t count) {
  return WEFT_RESULT(copy_file_range(in, in_offset, out, out_offset, count, 0));
}
int weft_fallocate_keep_size(int fd, int64_t offset, int64_t length) {
  return WEFT_RESULT(fallocate(fd, FALLOC_FL_KEEP_SIZE, offset, length));
}

int weft_fdatasync(int fd) { return WEFT_RESULT(fdatasync(fd)); }
int weft_fsync(int fd) { return WEFT_RESULT(fsync(fd)); }
int weft_start_writing(int fd, int64_t offset, int64_t length) {
  return WEFT_RESULT(sync_file_range(fd, offset, length, SYNC_FILE_RANGE_WRITE));
}
int weft_finish_writing(int fd, int64_t offset, int64_t length) {
  return WEFT_RESULT(sync_file_range(
      fd, offset, length, SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER));
}
int weft_is_in_memory(int fd) {
  struct statfs s;
  if (fstatfs(fd, &s) != 0) return 0;
  return s.f_type == TMPFS_MAGIC || s.f_type == RAMFS_MAGIC;
}
