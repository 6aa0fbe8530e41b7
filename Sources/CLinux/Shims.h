// Shared by the files of this folder: _GNU_SOURCE, which Swift's own import of the C library does not define, and how results are returned.
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

/* The first reserved number. The kernel always gives the lowest free number, so from this number on few descriptors are left. */
extern _Atomic int weft_first_reserved;

/* `fd`; if it is a reserved descriptor, closes it and returns -EMFILE. */
static inline int weft_unreserved(int fd) {
  if (fd < 0 || fd < weft_first_reserved) return fd;
  close(fd);
  return -EMFILE;
}

#endif
