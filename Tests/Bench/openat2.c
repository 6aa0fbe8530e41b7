// openat2.c: preloaded under valgrind, which does not know openat2(2) before 3.22: the same by openat(2), without the jail.
//
//     cc -O2 -shared -fPIC -o openat2.so openat2.c

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/syscall.h>

long syscall(long number, ...) {
  va_list list;
  va_start(list, number);
  long words[6];
  for (int i = 0; i < 6; i++) words[i] = va_arg(list, long);
  va_end(list);
  if (number == SYS_openat2) {
    const uint64_t *how = (const uint64_t *)words[2];  // flags, mode, resolve
    words[2] = (long)how[0];
    words[3] = (long)how[1];
    number = SYS_openat;
  }
  register long r10 __asm__("r10") = words[3];
  register long r8 __asm__("r8") = words[4];
  register long r9 __asm__("r9") = words[5];
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(words[0]), "S"(words[1]), "d"(words[2]), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  if (result < 0 && result > -4096) {
    errno = (int)-result;
    return -1;
  }
  return result;
}
