// Descriptors of any kind: closing and copying them, and reserving the last ones.
#include "Shims.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/ioctl.h>
#include <sys/resource.h>

_Atomic int weft_first_reserved = INT_MAX;

void weft_reserve_descriptors(int count) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur > INT_MAX || (int)limit.rlim_cur < 4 * count) return;
  weft_first_reserved = (int)limit.rlim_cur - count;
}
int weft_is_reserved(int fd) { return fd >= weft_first_reserved; }

int weft_close(int fd) { return WEFT_RESULT(close(fd)); }
int weft_dup3(int fd, int target) { return WEFT_RESULT(dup3(fd, target, O_CLOEXEC)); }
int weft_fcntl_int(int fd, int command, int value) { return WEFT_RESULT(fcntl(fd, command, value)); }
int weft_ioctl_int(int fd, unsigned long request, int *value) { return WEFT_RESULT(ioctl(fd, request, value)); }
