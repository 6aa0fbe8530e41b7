// Connections on this machine: listening at a path, connecting to one, and who is at the other end.
#include "Shims.h"

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static int weft_unix_address(struct sockaddr_un *address, const void *path, size_t length, socklen_t *size) {
  if (length >= sizeof address->sun_path) return -ENAMETOOLONG;
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  memcpy(address->sun_path, path, length);
  *size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + (((const char *)path)[0] != 0 ? 1 : 0));
  return 0;
}
int weft_unix_bind(int type, const void *path, size_t length) {
  struct sockaddr_un address;
  socklen_t size;
  int code = weft_unix_address(&address, path, length, &size);
  if (code < 0) return code;
  int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -errno;
  if (bind(fd, (struct sockaddr *)&address, size) < 0) { code = errno; close(fd); return -code; }
  return fd;
}
int weft_unix_connect(int type, const void *path, size_t length) {
  struct sockaddr_un address;
  socklen_t size;
  int code = weft_unix_address(&address, path, length, &size);
  if (code < 0) return code;
  int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  int result;
  do result = connect(fd, (struct sockaddr *)&address, size); while (result < 0 && errno == EINTR);
  if (result < 0) { code = errno; close(fd); return -code; }
  return fd;
}
int weft_unix_peer(int fd, int32_t *process, uint32_t *user, uint32_t *group) {
  struct ucred peer;
  socklen_t size = sizeof peer;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) return -errno;
  *process = peer.pid;
  *user = peer.uid;
  *group = peer.gid;
  return 0;
}
int weft_unix_peer_groups(int fd, uint32_t *groups, int count) {
  socklen_t size = (socklen_t)((size_t)count * sizeof *groups);
#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif
  if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) < 0) return -errno;
  return (int)(size / sizeof *groups);
}
