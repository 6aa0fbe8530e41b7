// secure.h: TLS for the load generator: a context, sessions kept for data connections, and calls like recv(2) and send(2).

#pragma once
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

static SSL_CTX *secureContext;

// Keeps the newest session of a control connection in the place its SSL carries: data connections resume it.
static int keepTicket(SSL *ssl, SSL_SESSION *ticket) {
  SSL_SESSION **place = SSL_get_app_data(ssl);
  if (!place) return 0;
  SSL_SESSION_free(*place);
  *place = ticket;
  return 1;
}

static bool secureSetUp(void) {
  secureContext = SSL_CTX_new(TLS_client_method());
  if (!secureContext) return false;
  SSL_CTX_set_mode(secureContext, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(secureContext, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(secureContext, keepTicket);
  SSL_CTX_set_read_ahead(secureContext, 1);
  SSL_CTX_set_default_read_buffer_len(secureContext, 128 << 10);
  return true;
}

// The client's end over `fd`; `place` is where the newest session is kept and `resume` the one to resume, either may be null.
static SSL *secureBegin(int fd, SSL_SESSION **place, SSL_SESSION *resume) {
  SSL *ssl = SSL_new(secureContext);
  if (!ssl || SSL_set_fd(ssl, fd) != 1) { SSL_free(ssl); return NULL; }
  SSL_set_app_data(ssl, place);
  if (resume) {
    // A copy: OpenSSL's client resumes a session of TLS 1.3 once only, and not every server sends a new one each time.
    SSL_SESSION *copy = SSL_SESSION_dup(resume);
    SSL_set_session(ssl, copy);
    SSL_SESSION_free(copy);
  }
  SSL_set_connect_state(ssl);
  return ssl;
}

// What a call of OpenSSL came to, told as by a system call: -1 with EAGAIN or EPROTO, or 0 at the end.
static ssize_t secureOutcome(SSL *ssl, int result) {
  switch (SSL_get_error(ssl, result)) {
    case SSL_ERROR_WANT_READ: case SSL_ERROR_WANT_WRITE: errno = EAGAIN; return -1;
    case SSL_ERROR_ZERO_RETURN: return 0;
    default: ERR_clear_error(); errno = EPROTO; return -1;
  }
}

static ssize_t secureReceive(SSL *ssl, void *buffer, size_t size) {
  size_t count = 0;
  ERR_clear_error();
  int result = SSL_read_ex(ssl, buffer, size, &count);
  return result == 1 ? (ssize_t)count : secureOutcome(ssl, result);
}

static ssize_t secureSend(SSL *ssl, const void *bytes, size_t size) {
  size_t count = 0;
  ERR_clear_error();
  int result = SSL_write_ex(ssl, bytes, size, &count);
  return result == 1 ? (ssize_t)count : secureOutcome(ssl, result);
}

// One step of the handshake: 1 done, 0 to be gone on with, -1 failed.
static int secureShakeHands(SSL *ssl) {
  ERR_clear_error();
  int result = SSL_do_handshake(ssl);
  if (result == 1) return 1;
  return secureOutcome(ssl, result) < 0 && errno == EAGAIN ? 0 : -1;
}

static void setBlocking(int fd, bool isBlocking) {
  int flags = fcntl(fd, F_GETFL);
  fcntl(fd, F_SETFL, isBlocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK);
}

// Ends an upload: close_notify, then whatever the server still sends, for an unread byte would make close(2) a reset.
static void secureEndUpload(SSL *ssl, int fd) {
  char rest[4096];
  setBlocking(fd, true);
  SSL_shutdown(ssl);
  shutdown(fd, SHUT_WR);
  while (recv(fd, rest, sizeof rest, 0) > 0) {}
}
