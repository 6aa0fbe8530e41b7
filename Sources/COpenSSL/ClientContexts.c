// Contexts (SSL_CTX) of a client.

#include "Slots.h"

SSL_CTX *weft_client_context_make(int minimum_version, int (*judge)(X509_STORE_CTX *, void *),
                                  int (*on_session)(SSL *, SSL_SESSION *)) {
  if (!weft_make_slots()) return NULL;
  SSL_CTX *context = SSL_CTX_new(TLS_client_method());
  if (!context) return NULL;
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  /* SSL_MODE_AUTO_RETRY stays on: a ticket and the reply behind it may come in one segment, and no socket tells of the second. */
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, on_session);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
  SSL_CTX_set_cert_verify_callback(context, judge, NULL);
  if (SSL_CTX_set_min_proto_version(context, minimum_version) != 1) {
    SSL_CTX_free(context);
    return NULL;
  }
  return context;
}

void weft_context_end_at_given(SSL_CTX *context) {
  X509_STORE_set_flags(SSL_CTX_get_cert_store(context), X509_V_FLAG_PARTIAL_CHAIN);
}

int weft_knows_issuer(X509_STORE_CTX *judged) {
  STACK_OF(X509) *chain = X509_STORE_CTX_get0_untrusted(judged);
  int count = chain ? sk_X509_num(chain) : 0, found = 0;
  ERR_set_mark();
  for (int index = -1; index < count && !found; index++) {
    X509 *certificate = index < 0 ? X509_STORE_CTX_get0_cert(judged) : sk_X509_value(chain, index), *issuer = NULL;
    found = certificate && X509_STORE_CTX_get1_issuer(&issuer, judged, certificate) == 1;
    X509_free(issuer);
  }
  ERR_pop_to_mark();
  return found;
}

SSL *weft_judged_connection(X509_STORE_CTX *store) {
  return X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
}

int weft_expect_server(SSL *ssl, const char *name, size_t name_length, const unsigned char *address, size_t address_length) {
  X509_VERIFY_PARAM *expected = SSL_get0_param(ssl);
  /* The common name has not counted for long (RFC 9525, section 2), and f*.example.org is for nobody. */
  X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  if (address) return X509_VERIFY_PARAM_set1_ip(expected, address, address_length);
  return X509_VERIFY_PARAM_set1_host(expected, name, name_length);
}

/* ---- sessions ---- */

int weft_resume(SSL *ssl, const SSL_SESSION *session) {
  SSL_SESSION *own = SSL_SESSION_dup(session);
  if (!own) return 0;
  int done = SSL_set_session(ssl, own);
  SSL_SESSION_free(own);
  return done;
}
