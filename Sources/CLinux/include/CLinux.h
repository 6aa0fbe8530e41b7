// System calls that Swift's Glibc module cannot import or imports awkwardly, one function each, returning the result or -errno. No logic.
// Each section names the file its bodies are in.
//
// The declarations need no system header beyond <stdint.h>: including more here, with _GNU_SOURCE, would give Swift two differing
// definitions of the same C types.
#ifndef WEFT_CLINUX_H
#define WEFT_CLINUX_H

#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define WEFT_EPOLL_ADD 1
#define WEFT_EPOLL_MODIFY 3
#define WEFT_EPOLL_READABLE (0x001u | 0x2000u) /* EPOLLIN | EPOLLRDHUP */
#define WEFT_EPOLL_WRITABLE 0x004u
#define WEFT_EPOLL_HANG_UP 0x2000u /* EPOLLRDHUP */
#define WEFT_POLL_HANG_UP 0x2000   /* POLLRDHUP */
#define WEFT_EPOLL_ONE_SHOT (1u << 30)
#define WEFT_RESOLVE_NO_XDEV 0x01ull
#define WEFT_RESOLVE_NO_MAGICLINKS 0x02ull
#define WEFT_RESOLVE_NO_SYMLINKS 0x04ull
#define WEFT_RESOLVE_BENEATH 0x08ull
#define WEFT_RESOLVE_IN_ROOT 0x10ull
#define WEFT_O_PATH 010000000
/* Used together with O_DIRECTORY, which differs between architectures. */
#define WEFT_O_TMPFILE 020000000
#define WEFT_RENAME_NOREPLACE 1u
#define WEFT_SEEK_DATA 3
#define WEFT_SEEK_HOLE 4
#define WEFT_MSG_DONTWAIT 0x40
#define WEFT_SPLICE_MOVE 1u
#define WEFT_SPLICE_NONBLOCK 2u
#define WEFT_F_SETPIPE_SZ 1031
#define WEFT_AT_EMPTY_PATH 0x1000
#define WEFT_AT_NO_AUTOMOUNT 0x800

/* ---- descriptors of any kind: Descriptors.c ---- */
/* Reserves `count` descriptors: sockets, and files opened for reading by the functions here, never take the last ones. */
void weft_reserve_descriptors(int count);
int weft_is_reserved(int fd);
int weft_close(int fd);
int weft_dup3(int fd, int target);
int weft_fcntl_int(int fd, int command, int value);
int weft_ioctl_int(int fd, unsigned long request, int *value);

/* ---- sockets: Sockets.c ---- */
int weft_socket(int domain, int type, int protocol);
int weft_bind(int fd, const void *address, uint32_t length);
int weft_listen(int fd, int backlog);
int weft_accept4(int fd, void *address, uint32_t *length, int flags);
int weft_connect(int fd, const void *address, uint32_t length);
int weft_getsockname(int fd, void *address, uint32_t *length);
int weft_getpeername(int fd, void *address, uint32_t *length);
int weft_setsockopt(int fd, int level, int name, const void *value, uint32_t length);
int weft_getsockopt(int fd, int level, int name, void *value, uint32_t *length);
ssize_t weft_recv(int fd, void *buffer, size_t count, int flags);
ssize_t weft_send(int fd, const void *buffer, size_t count, int flags);
int weft_shutdown(int fd, int how);

/* ---- datagrams on this machine: LocalDatagrams.c ---- */
int weft_unix_datagram(int timeout_ms);
/* `path` is sun_path without a terminating NUL; an abstract name begins with a NUL. `passed` is a descriptor to send along, or -1. */
ssize_t weft_unix_send(int fd, const void *path, size_t path_length, const void *data, size_t count, int passed);
/* Creates a sealed file in memory that contains `data`. */
int weft_sealed_memory(const char *name, const void *data, size_t count);

/* ---- connections on this machine: LocalSockets.c ---- */
/* `path` as in weft_unix_send. Both sockets are close-on-exec, the bound one non-blocking. */
int weft_unix_bind(int type, const void *path, size_t length);
int weft_unix_connect(int type, const void *path, size_t length);
int weft_unix_peer(int fd, int32_t *process, uint32_t *user, uint32_t *group);
/* Returns how many supplementary groups the peer has, or -ERANGE if there are more than `count`. */
int weft_unix_peer_groups(int fd, uint32_t *groups, int count);
/* One packet with descriptors along (SCM_RIGHTS), at most WEFT_PASSED_LIMIT of them; neither waits. What is received is close-on-exec;
   `passed` says how many fit, and is set to how many came. -EMSGSIZE if more came than fit: then none is kept. */
#define WEFT_PASSED_LIMIT 253
ssize_t weft_unix_send_passing(int fd, const void *data, size_t count, const int *descriptors, int passed);
ssize_t weft_unix_receive_passed(int fd, void *buffer, size_t count, int *descriptors, int *passed);

/* ---- readiness: Readiness.c ---- */
int weft_epoll_create(void);
int weft_epoll_ctl(int epoll, int operation, int fd, uint32_t events, uint64_t token);
struct weft_event { uint32_t events; uint64_t token; };
int weft_epoll_wait(int epoll, struct weft_event *out, int count, int timeout_ms);
int weft_eventfd(void);
int weft_poll(void *fds, unsigned count, int timeout_ms);

/* ---- contents of files: FileContents.c ---- */
ssize_t weft_read(int fd, void *buffer, size_t count);
ssize_t weft_write(int fd, const void *buffer, size_t count);
ssize_t weft_pread(int fd, void *buffer, size_t count, int64_t offset);
ssize_t weft_pwrite(int fd, const void *buffer, size_t count, int64_t offset);
ssize_t weft_sendfile(int out, int in, int64_t *offset, size_t count);
ssize_t weft_splice(int in, int64_t *in_offset, int out, int64_t *out_offset, size_t count, unsigned flags);
int weft_pipe(int fds[2]);
int64_t weft_lseek(int fd, int64_t offset, int whence);
int weft_flock(int fd, int operation);
int weft_ftruncate(int fd, int64_t size);
int weft_advise_sequential(int fd, int64_t offset, int64_t length);
ssize_t weft_copy_file_range(int in, int64_t *in_offset, int out, int64_t *out_offset, size_t count);
int weft_fallocate_keep_size(int fd, int64_t offset, int64_t length);
int weft_fdatasync(int fd);
int weft_fsync(int fd);
int weft_start_writing(int fd, int64_t offset, int64_t length);
int weft_finish_writing(int fd, int64_t offset, int64_t length);
/* 1 for a file system that keeps its files in memory, 0 for others. */
int weft_is_in_memory(int fd);

/* ---- names in directories: Paths.c ---- */
int weft_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve);
int weft_openat(int directory, const char *path, int flags, unsigned mode);
ssize_t weft_getdents(int fd, void *buffer, size_t count);
int weft_mkdirat(int directory, const char *name, unsigned mode);
int weft_unlinkat(int directory, const char *name, int flags);
int weft_linkat(int from, const char *old_name, int to, const char *new_name, int flags);
int weft_symlinkat(const char *target, int directory, const char *name);
int weft_renameat2(int from, const char *old_name, int to, const char *new_name, unsigned flags);
ssize_t weft_readlinkat(int directory, const char *name, char *buffer, size_t count);
/* The path of an open file, by the kernel's word; not terminated. */
ssize_t weft_descriptor_path(int descriptor, char *buffer, size_t count);
int weft_faccessat(int directory, const char *name, int mode, int flags);

/* ---- changes in directories: Watches.c ---- */
/* A non-blocking descriptor that tells of files written, replaced and removed there. */
int weft_watch_directory(const char *path);

/* ---- attributes of files: FileAttributes.c ---- */
struct weft_stat {
  uint32_t mode, links, owner, group, modified_nanoseconds, changed_nanoseconds;
  uint64_t size, inode, device, allocated;
  int64_t modified, changed;
};
int weft_statx(int directory, const char *path, int flags, struct weft_stat *out);
int weft_birth_time(int directory, const char *path, int flags, int64_t *seconds, uint32_t *nanoseconds);
int weft_fchmodat2(int fd, unsigned mode);
int weft_chmod(const char *path, unsigned mode);
int weft_set_group(int fd, uint32_t group);
int weft_utimens(int fd, int64_t seconds, int64_t nanoseconds);
int weft_set_times(int fd, int64_t accessed, int64_t modified, int64_t modified_nanoseconds);
int weft_fstatvfs(int fd, uint64_t *available, uint64_t *total);
int weft_change_owner(int fd, uint32_t owner, uint32_t group);
/* Of the file `file` in `directory`, which may have been opened with O_PATH; links are not followed. Sources: xattr(7), proc_pid_fd(5). */
ssize_t weft_list_attributes(int directory, const char *file, char *names, size_t size);
int weft_copy_attribute(int directory, const char *file, int to, const char *name);
/* Of an open file that was not opened with O_PATH. Sources: fsetxattr(2), fgetxattr(2), fremovexattr(2). */
int weft_set_attribute(int fd, const char *name, const void *value, size_t size);
int weft_set_path_attribute(const char *path, const char *name, const void *value, size_t size);
ssize_t weft_get_attribute(int fd, const char *name, void *value, size_t size);
int weft_remove_attribute(int fd, const char *name);

/* ---- clocks: Clock.c ---- */
int64_t weft_monotonic(void);
int64_t weft_realtime(void);
/* `Sat Nov 21 05:39:18 2026` in local time, 24 bytes and a NUL, as ctime(3) without its newline. */
int weft_local_text(int64_t seconds, char text[26]);

/* ---- this process: Process.c ---- */
int weft_fork(void);
/* Starts a program that is nobody's child: in a session of its own, with the child that started it gone already. Standard input is
   /dev/null, standard output `output`; standard error is this process's. Everything else is closed. Returns its process id. */
int weft_start_detached(const char *path, char *const *arguments, char *const *environment, const char *directory, int output);
/* The arguments the program was started with, its name included; NULL beyond them. */
int weft_argument_count(void);
const char *weft_argument(int index);
int weft_prctl_name(const char *name);
int weft_nofile(uint64_t *soft, uint64_t *hard);
int weft_set_nofile(uint64_t soft, uint64_t hard);
ssize_t weft_getrandom(void *buffer, size_t count);
void weft_malloc_settings(int arenas, int trim);
/* Drops the resident pages of all code that was loaded from files. Code is never written to, so nothing is lost. */
void weft_release_code(void);
void weft_malloc_trim(void);
/* A descriptor that becomes readable when the process ends. Source: pidfd_open(2), Linux 5.3. */
int weft_pidfd_open(int process);
/* Has posix_spawn close every descriptor from `first` on in the child; -errno. Source: <spawn.h> of glibc 2.34. */
int weft_spawn_close_from(posix_spawn_file_actions_t *actions, int first);
/* The system's text for an errno, in `buffer` or in static storage; thread safe (the GNU strerror_r). */
const char *weft_strerror(int code, char *buffer, size_t count);

/* ---- Landlock: Landlock.c ---- */
/* The kernel's version (or, with errata set, the bits of fixed errors); a ruleset; its rules; applying it. */
int weft_landlock_version(int errata);
int weft_landlock_create(uint64_t files, uint64_t ports, uint64_t scopes);
int weft_landlock_add_path(int ruleset, int path, uint64_t allowed);
int weft_landlock_add_port(int ruleset, uint16_t port, uint64_t allowed);
int weft_landlock_restrict(int ruleset);

/* ---- privileges: Credentials.c ---- */
int weft_no_new_privileges(void);
/* The raw system calls: glibc's functions of these names change every thread of the process, these change only the calling thread. */
uint32_t weft_setfsuid(uint32_t user);
uint32_t weft_setfsgid(uint32_t group);
int weft_setgroups(size_t count, const uint32_t *groups);
int weft_getgroups(size_t count, uint32_t *groups);

/* ---- character sets: Charset.c ---- */
/* NULL if there is no such conversion. */
void *weft_iconv_open(const char *to, const char *from);
/* Converts as much as possible, from the initial state. Returns 0 at the end of the input, 1 at the end if something was converted
   with a loss, -EILSEQ or -EINVAL at bytes that cannot be converted, -E2BIG when `out` is full. */
int weft_iconv(void *converter, const char *in, size_t in_count, size_t *consumed, char *out, size_t out_count, size_t *produced);
void weft_iconv_close(void *converter);

#endif
