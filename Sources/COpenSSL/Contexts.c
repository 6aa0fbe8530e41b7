// Contexts (SSL_CTX) of a server.

#include "Slots.h"

SSL_CTX *weft_context_make(int minimum_version) {
  if (!weft_make_slots()) return NULL;
  SSL_CTX *context = SSL_CTX_new(TLS_server_method());
  if (!context) return NULL;
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                                   SSL_OP_NO_COMPRESSION | SSL_OP_ALLOW_NO_DHE_KEX);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  /* A flood of records without content must not keep SSL_read going. */
  SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_max_early_data(context, 0);
  if (SSL_CTX_set_min_proto_version(context, minimum_version) != 1 || weft_context_bind_sessions(context) != 1) {
    SSL_CTX_free(context);
    return NULL;
  }
  return context;
}

void weft_context_on_alpn(SSL_CTX *context, SSL_CTX_alpn_select_cb_func callback) {
  SSL_CTX_set_alpn_select_cb(context, callback, NULL);
}

void weft_context_on_name(SSL_CTX *context, int (*callback)(SSL *, int *, void *), void *argument) {
  SSL_CTX_set_tlsext_servername_callback(context, callback);
  SSL_CTX_set_tlsext_servername_arg(context, argument);
}

/* Lets a handshake go on with a certificate nobody vouches for; who looks at it sees so in SSL_get_verify_result(3). */
static int accept_unverified(int is_valid, X509_STORE_CTX *store) {
  (void)is_valid;
  (void)store;
  return 1;
}

void weft_context_verify(SSL_CTX *context, int level) {
  if (level == 1) SSL_CTX_set_verify(context, SSL_VERIFY_PEER, accept_unverified);
  if (level == 2) SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
}

int weft_context_add_revocations(SSL_CTX *context, const char *path) {
  X509_STORE *store = SSL_CTX_get_cert_store(context);
  X509_LOOKUP *lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());
  if (!lookup) return 0;
  int count = X509_load_crl_file(lookup, path, X509_FILETYPE_PEM);
  if (count > 0) X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
  return count;
}
