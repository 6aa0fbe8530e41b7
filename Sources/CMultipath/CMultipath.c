// The shims declared in include/CMultipath.h, compiled with _GNU_SOURCE, which Swift's own import of the C library does
// not define.
#define _GNU_SOURCE 1
#include <errno.h>
#include <sched.h>

#include "CMultipath.h"

int weft_mp_enter_network(int fd) { return setns(fd, CLONE_NEWNET) < 0 ? -errno : 0; }
int weft_mp_new_network(void) { return unshare(CLONE_NEWNET) < 0 ? -errno : 0; }
