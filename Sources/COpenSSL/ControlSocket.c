// How a control connection reads and writes its socket: ahead, and a ticket together with the reply behind it.

#include "Slots.h"

#include <string.h>

/* Lies between a control connection and its socket: what is written while it holds goes out with the first write after that. */
struct joint {
  int is_holding;
  size_t count;
  unsigned char *bytes;
};

static int joint_type = 0;
static BIO_METHOD *joint_method = NULL;

static int joint_append(struct joint *joint, const char *bytes, int count) {
  unsigned char *grown = OPENSSL_realloc(joint->bytes, joint->count + (size_t)count);
  if (!grown) return 0;
  memcpy(grown + joint->count, bytes, (size_t)count);
  joint->bytes = grown;
  joint->count += (size_t)count;
  return 1;
}

static int joint_write(BIO *bio, const char *bytes, int count) {
  struct joint *joint = BIO_get_data(bio);
  BIO *next = BIO_next(bio);
  if (!joint || !next || count <= 0) return 0;
  BIO_clear_retry_flags(bio);
  if (joint->is_holding) return joint_append(joint, bytes, count) ? count : -1;
  int own = 0;
  if (joint->count > 0) {
    size_t held = joint->count;
    if (!joint_append(joint, bytes, count)) return -1;
    int sent = BIO_write(next, joint->bytes, (int)joint->count);
    joint->count = held;
    if (sent < (int)held) {
      if (sent > 0) {
        joint->count = held - (size_t)sent;
        memmove(joint->bytes, joint->bytes + sent, joint->count);
        BIO_set_retry_write(bio);
      } else {
        BIO_copy_next_retry(bio);
      }
      return -1;
    }
    joint->count = 0;
    OPENSSL_free(joint->bytes);
    joint->bytes = NULL;
    own = sent - (int)held;
    if (own > 0) return own;
  }
  own = BIO_write(next, bytes, count);
  BIO_copy_next_retry(bio);
  return own;
}

static int joint_read(BIO *bio, char *bytes, int count) {
  BIO_clear_retry_flags(bio);
  int got = BIO_read(BIO_next(bio), bytes, count);
  BIO_copy_next_retry(bio);
  return got;
}

static long joint_control(BIO *bio, int command, long number, void *pointer) {
  return command == BIO_CTRL_DUP ? 0 : BIO_ctrl(BIO_next(bio), command, number, pointer);
}

static int joint_make(BIO *bio) {
  struct joint *joint = OPENSSL_zalloc(sizeof *joint);
  BIO_set_data(bio, joint);
  BIO_set_init(bio, joint != NULL);
  return joint != NULL;
}

static int joint_free(BIO *bio) {
  struct joint *joint = BIO_get_data(bio);
  if (joint) OPENSSL_free(joint->bytes);
  OPENSSL_free(joint);
  BIO_set_data(bio, NULL);
  return 1;
}

void weft_make_joint_method(void) {
  joint_type = BIO_get_new_index() | BIO_TYPE_FILTER;
  joint_method = BIO_meth_new(joint_type, "weftpd");
  if (!joint_method) return;
  BIO_meth_set_write(joint_method, joint_write);
  BIO_meth_set_read(joint_method, joint_read);
  BIO_meth_set_ctrl(joint_method, joint_control);
  BIO_meth_set_create(joint_method, joint_make);
  BIO_meth_set_destroy(joint_method, joint_free);
}

int weft_set_control_socket(SSL *ssl, int socket) {
  BIO *in = BIO_new_socket(socket, BIO_NOCLOSE);
  BIO *out = BIO_new_socket(socket, BIO_NOCLOSE);
  BIO *joint = joint_method ? BIO_new(joint_method) : NULL;
  if (!in || !out || !joint) {
    BIO_free(in);
    BIO_free(out);
    BIO_free(joint);
    return 0;
  }
  SSL_set_bio(ssl, in, BIO_push(joint, out));
  SSL_set_read_ahead(ssl, 1);
  return 1;
}

int weft_hold_ticket(SSL *ssl) {
  BIO *bio = SSL_get_wbio(ssl);
  struct joint *joint = bio && BIO_method_type(bio) == joint_type ? BIO_get_data(bio) : NULL;
  if (!joint || SSL_new_session_ticket(ssl) != 1) return 0;
  joint->is_holding = 1;
  int done = SSL_do_handshake(ssl);
  joint->is_holding = 0;
  return done;
}
