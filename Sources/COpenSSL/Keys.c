// Private keys and certificates from PEM files.

#include "COpenSSL.h"

#include <string.h>

static int passphrase_given(char *buffer, int size, int writing, void *passphrase) {
  (void)writing;
  if (!passphrase) return -1;
  size_t length = strlen(passphrase);
  if (size < 0 || length > (size_t)size) return -1;
  memcpy(buffer, passphrase, length);
  return (int)length;
}

EVP_PKEY *weft_key_read(const char *path, const char *passphrase) {
  BIO *file = BIO_new_file(path, "r");
  if (!file) return NULL;
  EVP_PKEY *key = PEM_read_bio_PrivateKey(file, NULL, passphrase_given, (void *)passphrase);
  BIO_free(file);
  return key;
}

X509 *weft_certificate_read(const char *path) {
  BIO *file = BIO_new_file(path, "r");
  if (!file) return NULL;
  X509 *certificate = PEM_read_bio_X509_AUX(file, NULL, NULL, NULL);
  BIO_free(file);
  return certificate;
}

int weft_pkey_kind(const EVP_PKEY *key) { return EVP_PKEY_get_base_id(key); }
