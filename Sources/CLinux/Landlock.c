// Landlock: creates a set of rules about files and ports, and applies it.
#include "Shims.h"

#include <sys/syscall.h>

/* The numbers and structures of linux/landlock.h, which older headers have only in part. */
int weft_landlock_version(int errata) { return (int)WEFT_RESULT(syscall(444, NULL, 0, errata ? 2 : 1)); }
int weft_landlock_create(uint64_t files, uint64_t ports, uint64_t scopes) {
  struct { uint64_t files, ports, scopes; } rules = {files, ports, scopes};
  return (int)WEFT_RESULT(syscall(444, &rules, sizeof rules, 0));
}
int weft_landlock_add_path(int ruleset, int path, uint64_t allowed) {
  struct __attribute__((packed)) { uint64_t allowed; int32_t path; } rule = {allowed, path};
  return (int)WEFT_RESULT(syscall(445, ruleset, 1, &rule, 0));
}
int weft_landlock_add_port(int ruleset, uint16_t port, uint64_t allowed) {
  struct { uint64_t allowed, port; } rule = {allowed, port};
  return (int)WEFT_RESULT(syscall(445, ruleset, 2, &rule, 0));
}
int weft_landlock_restrict(int ruleset) { return (int)WEFT_RESULT(syscall(446, ruleset, 0)); }
