// Calls on sockets.
#include "Shims.h"

#include <sys/socket.h>

int weft_socket(int domain, int type, int protocol) { return weft_unreserved(WEFT_RESULT(socket(domain, type, protocol))); }
int weft_bind(int fd, const void *address, uint32_t length) {
  return WEFT_RESULT(bind(fd, (const struct sockaddr *)address, length));
}
int weft_listen(int fd, int backlog) { return WEFT_RESULT(listen(fd, backlog)); }
int weft_accept4(int fd, void *address, uint32_t *length, int flags) {
  return WEFT_RESULT(accept4(fd, (struct sockaddr *)address, length, flags));
}
int weft_connect(int fd, const void *address, uint32_t length) {
  return WEFT_RESULT(connect(fd, (const struct sockaddr *)address, length));
}
int weft_getsockname(int fd, void *address, uint32_t *length) {
  return WEFT_RESULT(getsockname(fd, (struct sockaddr *)address, length));
}
int weft_getpeername(int fd, void *address, uint32_t *length) {
  return WEFT_RESULT(getpeername(fd, (struct sockaddr *)address, length));
}
int weft_setsockopt(int fd, int level, int name, const void *value, uint32_t length) {
  return WEFT_RESULT(setsockopt(fd, level, name, value, length));
}
int weft_getsockopt(int fd, int level, int name, void *value, uint32_t *length) {
  return WEFT_RESULT(getsockopt(fd, level, name, value, length));
}
ssize_t weft_recv(int fd, void *buffer, size_t count, int flags) {
  return WEFT_RESULT(recv(fd, buffer, count, flags));
}
ssize_t weft_send(int fd, const void *buffer, size_t count, int flags) {
  return WEFT_RESULT(send(fd, buffer, count, flags));
}
int weft_shutdown(int fd, int how) { return WEFT_RESULT(shutdown(fd, how)); }
