// keeper.c: runs one server as its child and adopts every orphan that server leaves behind (PR_SET_CHILD_SUBREAPER), so
// that no process's CPU time is lost: what has exited is in the keeper's children's times, what lives is below it.
//
// keeper COMMAND [ARGUMENT]...   On SIGTERM, or when its own parent dies, it ends the server and everything beneath it.

#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int reap(void) {
  pid_t pid;
  while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {}
  return pid < 0 && errno == ECHILD;
}

// Kills the direct children; their orphans become direct children in turn, so a few calls end the whole tree.
static void killChildren(void) {
  DIR *processes = opendir("/proc");
  if (!processes) return;
  for (struct dirent *entry; (entry = readdir(processes));) {
    char path[64], text[512], *afterName;
    pid_t pid = (pid_t)atoi(entry->d_name);
    int parent = 0;
    if (pid <= 0) continue;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *stat = fopen(path, "r");
    if (!stat) continue;
    size_t length = fread(text, 1, sizeof text - 1, stat);
    fclose(stat);
    text[length] = 0;
    if (!(afterName = strrchr(text, ')')) || sscanf(afterName, ") %*c %d", &parent) != 1) continue;
    if (parent == getpid()) kill(pid, SIGKILL);
  }
  closedir(processes);
}

int main(int argc, char **argv) {
  if (argc < 2) return 64;
  pid_t parent = getppid();
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
  if (getppid() != parent) return 1;

  sigset_t set, before;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigprocmask(SIG_BLOCK, &set, &before);

  pid_t server = fork();
  if (server == 0) {
    sigprocmask(SIG_SETMASK, &before, NULL);
    execvp(argv[1], argv + 1);
    perror(argv[1]);
    _exit(127);
  }
  for (;;) {
    int number = sigwaitinfo(&set, NULL);
    if (number == SIGCHLD && reap()) return 0;
    if (number == SIGTERM || number == SIGINT) break;
  }
  kill(server, SIGTERM);
  struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };
  for (int turn = 0; turn < 500; turn++) {
    if (reap()) return 0;
    if (turn >= 25) killChildren();
    nanosleep(&pause, NULL);
  }
  return 1;
}
