// This process: its limits, name, memory and copies; processes it starts; random bytes; error texts.
#include "Shims.h"

#include <malloc.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>

/* glibc gives the program's arguments to every constructor; Swift's CommandLine reads /proc/self/cmdline, which a chroot may not have. */
static int argument_count;
static char **argument_list;
__attribute__((constructor)) static void keep_arguments(int count, char **list) {
  argument_count = count;
  argument_list = list;
}
int weft_argument_count(void) { return argument_count; }
const char *weft_argument(int index) { return index >= 0 && index < argument_count ? argument_list[index] : NULL; }

int weft_pidfd_open(int process) { return WEFT_RESULT((int)syscall(SYS_pidfd_open, process, 0)); }
int weft_fork(void) { return WEFT_RESULT(fork()); }
int weft_prctl_name(const char *name) { return WEFT_RESULT(prctl(PR_SET_NAME, name, 0, 0, 0)); }
int weft_nofile(uint64_t *soft, uint64_t *hard) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return -errno;
  *soft = limit.rlim_cur;
  *hard = limit.rlim_max;
  return 0;
}
int weft_set_nofile(uint64_t soft, uint64_t hard) {
  struct rlimit limit = {soft, hard};
  return WEFT_RESULT(setrlimit(RLIMIT_NOFILE, &limit));
}
ssize_t weft_getrandom(void *buffer, size_t count) { return WEFT_RESULT(getrandom(buffer, count, 0)); }

void weft_malloc_settings(int arenas, int trim) {
  mallopt(M_ARENA_MAX, arenas);
  mallopt(M_TRIM_THRESHOLD, trim);
}
void weft_release_code(void) {
  FILE *maps = fopen("/proc/self/maps", "re");
  if (!maps) return;
  char line[1024];
  while (fgets(line, sizeof line, maps)) {
    unsigned long start, end;
    char access[5], path[2];
    /* Relocated data is read-only too, but it has been written to. Only executable pages are certain to be the same as in the file. */
    if (sscanf(line, "%lx-%lx %4s %*s %*s %*s %1s", &start, &end, access, path) == 4 && !strcmp(access, "r-xp") && *path == '/')
      madvise((void *)start, end - start, MADV_DONTNEED);
  }
  fclose(maps);
}
void weft_malloc_trim(void) { malloc_trim(0); }

int weft_spawn_close_from(posix_spawn_file_actions_t *actions, int first) {
  return -posix_spawn_file_actions_addclosefrom_np(actions, first);
}

const char *weft_strerror(int code, char *buffer, size_t count) { return strerror_r(code, buffer, count); }
