// A self-signed certificate, made on the spot.

#include "COpenSSL.h"

#include <openssl/rand.h>

static int add_extension(X509 *certificate, int nid, const char *value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
  X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
  if (!extension) return 0;
  int added = X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
  return added;
}

static int set_serial(X509 *certificate) {
  unsigned char bytes[16];
  if (RAND_bytes(bytes, sizeof bytes) != 1) return 0;
  bytes[0] = (bytes[0] & 0x7F) | 0x40;
  BIGNUM *number = BN_bin2bn(bytes, sizeof bytes, NULL);
  int done = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;
  BN_free(number);
  return done;
}

int weft_self_signed(const char *name, const char *alternatives, long days, X509 **certificate, EVP_PKEY **key) {
  *certificate = X509_new();
  *key = EVP_EC_gen("P-256");
  X509 *made = *certificate;
  /* An hour back: the clocks of clients differ. */
  if (made && *key && X509_set_version(made, X509_VERSION_3) == 1 && set_serial(made) &&
      X509_gmtime_adj(X509_getm_notBefore(made), -3600) && X509_gmtime_adj(X509_getm_notAfter(made), days * 86400) &&
      X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1,
                                 0) == 1 &&
      X509_set_issuer_name(made, X509_get_subject_name(made)) == 1 && X509_set_pubkey(made, *key) == 1 &&
      add_extension(made, NID_basic_constraints, "critical,CA:FALSE") &&
      add_extension(made, NID_key_usage, "critical,digitalSignature") &&
      add_extension(made, NID_ext_key_usage, "serverAuth") &&
      add_extension(made, NID_subject_alt_name, alternatives) && X509_sign(made, *key, EVP_sha256()) > 0)
    return 1;
  X509_free(made);
  EVP_PKEY_free(*key);
  *certificate = NULL;
  *key = NULL;
  return 0;
}
