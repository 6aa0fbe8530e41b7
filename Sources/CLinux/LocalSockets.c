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

ssize_t weft_unix_send_passing(int fd, const void *data, size_t count, const int *descriptors, int passed) {
  if (passed < 0 || passed > WEFT_PASSED_LIMIT) return -EINVAL;
  struct iovec vector = {(void *)data, count};
  union { struct cmsghdr header; char bytes[CMSG_SPACE(WEFT_PASSED_LIMIT * sizeof(int))]; } control;
  struct msghdr message;
  memset(&message, 0, sizeof message);
  memset(&control, 0, sizeof control);
  message.msg_iov = &vector;
  message.msg_iovlen = 1;
  if (passed > 0) {
    message.msg_control = &control;
    message.msg_controllen = CMSG_SPACE((size_t)passed * sizeof(int));
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN((size_t)passed * sizeof(int));
    memcpy(CMSG_DATA(header), descriptors, (size_t)passed * sizeof(int));
  }
  return WEFT_RESULT(sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT));
}
ssize_t weft_unix_receive_passed(int fd, void *buffer, size_t count, int *descriptors, int *passed) {
  struct iovec vector = {buffer, count};
  union { struct cmsghdr header; char bytes[CMSG_SPACE(WEFT_PASSED_LIMIT * sizeof(int))]; } control;
  struct msghdr message;
  memset(&message, 0, sizeof message);
  message.msg_iov = &vector;
  message.msg_iovlen = 1;
  message.msg_control = &control;
  message.msg_controllen = sizeof control;
  ssize_t n = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  int limit = *passed, came = 0;
  *passed = 0;
  if (n < 0) return -errno;
  for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    int all = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    for (int i = 0; i < all; i++) {
      int number;
      memcpy(&number, CMSG_DATA(header) + (size_t)i * sizeof(int), sizeof number);
      if (came < limit) descriptors[came] = number; else close(number);
      came++;
    }
  }
  if (came > limit || message.msg_flags & MSG_CTRUNC) {
    for (int i = 0; i < came && i < limit; i++) close(descriptors[i]);
    return -EMSGSIZE;
  }
  *passed = came;
  return n;
}
