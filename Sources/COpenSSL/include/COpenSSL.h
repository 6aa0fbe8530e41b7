// The system's OpenSSL 3, and in C what Swift cannot import of it: macros and callbacks. Nothing but TransportSecurity imports this.
#ifndef WEFT_COPENSSL_H
#define WEFT_COPENSSL_H

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>

// One-time passwords and what certificates say.
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

/// A name of the certificate's subject alternative names: its bytes (not ended by a NUL), their count and whether it is an e-mail
/// address ('e'), a DNS name ('d') or an IP address ('i'). Gives the index of the next one, or -1 when there is none at or after `index`.
int weft_x509_alternative_name(X509 *certificate, int index, char *kind, unsigned char *bytes, int capacity, int *count);
/// The EVP_PKEY_… number of the key's kind, or 0.
int weft_pkey_kind(const EVP_PKEY *key);
/// Whether `certificate` leads to one of the system's trusted roots, by way of the `count` certificates in `others`: X509_V_OK or the
/// X509_V_ERR_… of what failed. Times are not looked at.
int weft_x509_verify(X509 *certificate, X509 *const *others, int count);
/// The digest the certificate was signed with, as a NID, or 0.
int weft_x509_digest_of_signature(const X509 *certificate);

#endif
