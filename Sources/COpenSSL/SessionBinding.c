// What ties data connections to their control connection, on the server: keys of tickets, and a session by its number.

#include "Slots.h"

#include <openssl/core_names.h>
#include <openssl/rand.h>
#include <string.h>
#include <time.h>

struct weft_binding *weft_binding_make(void) {
  struct weft_binding *binding = OPENSSL_zalloc(sizeof *binding);
  if (!binding) return NULL;
  if (RAND_bytes(binding->name, sizeof binding->name) != 1 ||
      RAND_priv_bytes(binding->cipher_key, sizeof binding->cipher_key) != 1 ||
      RAND_priv_bytes(binding->mac_key, sizeof binding->mac_key) != 1) {
    weft_binding_free(binding);
    return NULL;
  }
  return binding;
}

void weft_binding_free(struct weft_binding *binding) {
  if (!binding) return;
  SSL_SESSION_free(binding->session);
  OPENSSL_clear_free(binding, sizeof *binding);
}

int weft_tls_bind(SSL *ssl, struct weft_binding *binding, int is_data) {
  if (SSL_set_ex_data(ssl, weft_binding_slot, binding) != 1) return 0;
  if (SSL_set_ex_data(ssl, weft_data_slot, is_data ? binding : NULL) != 1) return 0;
  if (SSL_set_num_tickets(ssl, is_data ? 0 : 1) != 1) return 0;
  return SSL_set_session_id_context(ssl, binding->name, sizeof binding->name);
}

void weft_binding_keep_session(struct weft_binding *binding, SSL *ssl) {
  SSL_SESSION_free(binding->session);
  binding->session = SSL_get1_session(ssl);
}

/* Encrypts and decrypts tickets with the keys of the control connection (SSL_CTX_set_tlsext_ticket_key_evp_cb(3)). */
static int ticket_keys(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac,
                       int encrypting) {
  struct weft_binding *binding = SSL_get_ex_data(ssl, weft_binding_slot);
  if (!binding) return -1;
  if (encrypting) {
    memcpy(name, binding->name, sizeof binding->name);
    if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1) return -1;
  } else if (CRYPTO_memcmp(name, binding->name, sizeof binding->name) != 0) {
    /* A ticket of another control connection, or of an earlier life: of no use here. */
    return 0;
  }
  if (EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, binding->cipher_key, iv, encrypting) != 1) return -1;
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, binding->mac_key, sizeof binding->mac_key),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, "SHA256", 0), OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(mac, parameters) == 1 ? 1 : -1;
}

static int ticket_made(SSL *ssl, void *argument) {
  (void)argument;
  struct weft_binding *binding = SSL_get_ex_data(ssl, weft_binding_slot);
  if (binding && binding->clock_shift) {
    SSL_SESSION *session = SSL_get_session(ssl);
    if (session) SSL_SESSION_set_time(session, (long)time(NULL) + binding->clock_shift);
  }
  return 1;
}

/* A ticket is good for as long as its control connection lives: OpenSSL's time-out counts from now, not from the first handshake. */
static SSL_TICKET_RETURN ticket_shown(SSL *ssl, SSL_SESSION *session, const unsigned char *name, size_t name_length,
                                      SSL_TICKET_STATUS status, void *argument) {
  (void)name;
  (void)name_length;
  (void)argument;
  int is_data = SSL_get_ex_data(ssl, weft_data_slot) != NULL;
  switch (status) {
    case SSL_TICKET_SUCCESS:
    case SSL_TICKET_SUCCESS_RENEW:
      SSL_SESSION_set_time(session, (long)time(NULL));
      return SSL_TICKET_RETURN_USE;
    case SSL_TICKET_EMPTY:
    case SSL_TICKET_NO_DECRYPT:
      return is_data ? SSL_TICKET_RETURN_IGNORE : SSL_TICKET_RETURN_IGNORE_RENEW;
    default:
      return SSL_TICKET_RETURN_ABORT;
  }
}

/* A client of TLS 1.2 asks for a session by its number: on a data connection it can only be the control connection's. */
static SSL_SESSION *session_wanted(SSL *ssl, const unsigned char *number, int length, int *must_retain) {
  struct weft_binding *binding = SSL_get_ex_data(ssl, weft_data_slot);
  *must_retain = 1;
  if (!binding || !binding->session || length <= 0) return NULL;
  unsigned own_length = 0;
  const unsigned char *own = SSL_SESSION_get_id(binding->session, &own_length);
  if (own_length != (unsigned)length || CRYPTO_memcmp(own, number, own_length) != 0) return NULL;
  SSL_SESSION_set_time(binding->session, (long)time(NULL));
  return binding->session;
}

int weft_context_bind_sessions(SSL_CTX *context) {
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_get_cb(context, session_wanted);
  /* The most that TLS 1.3 lets a client keep a ticket for (RFC 8446, 4.6.1). */
  SSL_CTX_set_timeout(context, 7 * 24 * 3600);
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context, ticket_keys);
  return SSL_CTX_set_session_ticket_cb(context, ticket_made, ticket_shown, NULL);
}
