// Credentials of the calling thread: the user and groups with which the kernel checks it.
#include "Shims.h"

#include <sys/prctl.h>
#include <sys/syscall.h>

int weft_no_new_privileges(void) { return WEFT_RESULT(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)); }

uint32_t weft_setfsuid(uint32_t user) { return (uint32_t)syscall(SYS_setfsuid, user); }
uint32_t weft_setfsgid(uint32_t group) { return (uint32_t)syscall(SYS_setfsgid, group); }
int weft_setgroups(size_t count, const uint32_t *groups) {
  return (int)WEFT_RESULT(syscall(SYS_setgroups, count, groups));
}
int weft_getgroups(size_t count, uint32_t *groups) { return (int)WEFT_RESULT(syscall(SYS_getgroups, count, groups)); }
