// Connections (SSL): their owner and how they are tuned.

#include "Slots.h"

void weft_set_owner(SSL *ssl, void *owner) { SSL_set_ex_data(ssl, weft_owner_slot, owner); }
void *weft_owner(const SSL *ssl) { return SSL_get_ex_data(ssl, weft_owner_slot); }

void weft_tune_for_bulk(SSL *ssl, int kernel, int receives) {
  SSL_clear_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
  SSL_set_mode(ssl, SSL_MODE_AUTO_RETRY);
  /* Bytes that were read ahead would be lost to a kernel that takes the connection over. */
  if (kernel)
    SSL_set_options(ssl, SSL_OP_ENABLE_KTLS);
  else
    SSL_set_read_ahead(ssl, 1);
  if (receives) SSL_set_default_read_buffer_len(ssl, 128 * 1024);
}

int weft_sends_by_kernel(const SSL *ssl) { return BIO_get_ktls_send(SSL_get_wbio(ssl)) ? 1 : 0; }

int weft_set_client(SSL *ssl, const char *name, const unsigned char *protocols, unsigned count) {
  if (name && SSL_set_tlsext_host_name(ssl, name) != 1) return 0;
  if (count > 0 && SSL_set_alpn_protos(ssl, protocols, count) != 0) return 0;
  return 1;
}
