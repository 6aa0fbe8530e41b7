// Waiting for descriptors: epoll, eventfd, poll.
#include "Shims.h"

#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

int weft_epoll_create(void) { return WEFT_RESULT(epoll_create1(EPOLL_CLOEXEC)); }
int weft_epoll_ctl(int epoll, int operation, int fd, uint32_t events, uint64_t token) {
  struct epoll_event event;
  memset(&event, 0, sizeof event);
  event.events = events;
  event.data.u64 = token;
  return WEFT_RESULT(epoll_ctl(epoll, operation, fd, &event));
}
/* struct epoll_event is packed on x86-64, which Swift cannot import, so events are copied out. At most 256 are fetched. */
int weft_epoll_wait(int epoll, struct weft_event *out, int count, int timeout_ms) {
  struct epoll_event events[256];
  if (count > 256) count = 256;
  int n = epoll_wait(epoll, events, count, timeout_ms);
  if (n < 0) return -errno;
  for (int i = 0; i < n; i++) { out[i].events = events[i].events; out[i].token = events[i].data.u64; }
  return n;
}
int weft_eventfd(void) { return WEFT_RESULT(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)); }
int weft_poll(void *fds, unsigned count, int timeout_ms) {
  return WEFT_RESULT(poll((struct pollfd *)fds, count, timeout_ms));
}
