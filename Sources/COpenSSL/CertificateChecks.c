// What a certificate is worth: who vouches for it, and how it was signed.

#include "COpenSSL.h"

int weft_x509_verify(X509 *certificate, X509 *const *others, int count) {
  int result = X509_V_ERR_OUT_OF_MEM;
  X509_STORE *store = X509_STORE_new();
  X509_STORE_CTX *context = X509_STORE_CTX_new();
  STACK_OF(X509) *untrusted = sk_X509_new_null();
  if (store == NULL || context == NULL || untrusted == NULL) goto done;
  for (int index = 0; index < count; index++) {
    if (sk_X509_push(untrusted, others[index]) == 0) goto done;
  }
  X509_STORE_set_default_paths(store);
  if (X509_STORE_CTX_init(context, store, certificate, untrusted) != 1) goto done;
  X509_STORE_CTX_set_flags(context, X509_V_FLAG_NO_CHECK_TIME);
  result = X509_verify_cert(context) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(context);
done:
  sk_X509_free(untrusted);
  X509_STORE_CTX_free(context);
  X509_STORE_free(store);
  ERR_clear_error();
  return result;
}

int weft_x509_digest_of_signature(const X509 *certificate) {
  int digest = 0;
  OBJ_find_sigid_algs(X509_get_signature_nid(certificate), &digest, NULL);
  return digest;
}
