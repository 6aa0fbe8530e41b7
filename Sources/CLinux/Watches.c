/* Being told of changes in a directory. Source: inotify(7). */
#include "Shims.h"
#include <sys/inotify.h>

int weft_watch_directory(const char *path) {
  int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (fd < 0) return -errno;
  if (inotify_add_watch(fd, path, IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE | IN_MOVED_FROM | IN_ONLYDIR) < 0) {
    int error = errno;
    close(fd);
    return -error;
  }
  return fd;
}
