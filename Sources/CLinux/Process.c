// This process: its limits, name, memory and copies; processes it starts; random bytes; error texts.
#include "Shims.h"

#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

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
int weft_start_detached(const char *path, char *const *arguments, char *const *environment, const char *directory, int output) {
  int report[2];
  if (pipe2(report, O_CLOEXEC) < 0) return -errno;
  pid_t child = fork();
  if (child < 0) { int code = errno; close(report[0]); close(report[1]); return -code; }
  if (child == 0) {
    /* Whose parent ends is process 1's from then on, and whoever supervises by that sees it so from the start. */
    pid_t parent = getpid(), own = setsid() < 0 ? -1 : fork();
    if (own > 0) _exit(0);
    int word[2] = {0, (int)getpid()};
    int input = own < 0 ? -1 : open("/dev/null", O_RDONLY);
    if (input < 0 || dup2(input, 0) < 0 || dup2(output, 1) < 0 || (directory && chdir(directory) < 0)) {
      word[0] = errno;
      (void)!write(report[1], word, sizeof word);
      _exit(127);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    int kept = dup3(report[1], 3, O_CLOEXEC);
    if (report[1] == 3) kept = 3;
    close_range(4, ~0u, 0);
    while (getppid() == parent) usleep(1000);
    (void)!write(kept, word, sizeof word);
    execve(path, arguments, environment);
    word[0] = errno;
    (void)!write(kept, word, sizeof word);
    _exit(127);
  }
  close(report[1]);
  int status;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
  int word[2], process = -EIO;
  /* The first word says who it is; a second one comes only if the program could not be started. */
  while (read(report[0], word, sizeof word) == (ssize_t)sizeof word) process = word[0] ? -word[0] : word[1];
  close(report[0]);
  return process;
}
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
