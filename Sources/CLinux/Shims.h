// What the files of this folder share: _GNU_SOURCE, which Swift's own import of the C library does not define, and the way a result is told.
#ifndef WEFT_SHIMS_H
#define WEFT_SHIMS_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

#include <errno.h>
#include <unistd.h>

#include "CLinux.h"

/* The result of `call`, or -errno. */
#define WEFT_RESULT(call) ({ __typeof__(call) weft_result = (call); weft_result < 0 ? -errno : weft_result; })

/* The first number that is not to be used: the kernel gives the lowest that is free, so beyond it few are left. */
extern _Atomic int weft_first_reserved;

/* `fd`, or -EMFILE when it is one that is kept back: then it is closed. */
static inline int weft_unreserved(int fd) {
  if (fd < 0 || fd < weft_first_reserved) return fd;
  close(fd);
  return -EMFILE;
}

#endif
