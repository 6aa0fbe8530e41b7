// Bodies of what COpenSSL.h declares.

#include "COpenSSL.h"

// One-time passwords and what certificates say.

#include <string.h>

int weft_x509_alternative_name(X509 *certificate, int index, char *kind, unsigned char *bytes, int capacity, int *count) {
  GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
  int next = -1;
  for (; names != NULL && next < 0 && index < sk_GENERAL_NAME_num(names); index++) {
    const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, index);
    const ASN1_STRING *text;
    switch (name->type) {
      case GEN_EMAIL: *kind = 'e'; text = name->d.rfc822Name; break;
      case GEN_DNS: *kind = 'd'; text = name->d.dNSName; break;
      case GEN_IPADD: *kind = 'i'; text = name->d.iPAddress; break;
      default: continue;
    }
    if (ASN1_STRING_length(text) > capacity) continue;
    *count = ASN1_STRING_length(text);
    memcpy(bytes, ASN1_STRING_get0_data(text), (size_t)*count);
    next = index + 1;
  }
  GENERAL_NAMES_free(names);
  return next;
}

int weft_pkey_kind(const EVP_PKEY *key) { return EVP_PKEY_get_base_id(key); }

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
