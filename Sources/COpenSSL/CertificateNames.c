// The names in a certificate.

#include "COpenSSL.h"

#include <string.h>

int weft_names_count(const GENERAL_NAMES *names) { return sk_GENERAL_NAME_num(names); }

const ASN1_STRING *weft_names_text(const GENERAL_NAMES *names, int index) {
  const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, index);
  if (!name || (name->type != GEN_EMAIL && name->type != GEN_DNS && name->type != GEN_URI)) return NULL;
  return name->d.ia5;
}

void weft_names_free(GENERAL_NAMES *names) { GENERAL_NAMES_free(names); }

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
