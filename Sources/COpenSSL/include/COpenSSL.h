// The system's OpenSSL 3, and in C what Swift cannot import of it: macros and callbacks. Nothing but TransportSecurity imports this.
#ifndef WEFT_COPENSSL_H
#define WEFT_COPENSSL_H

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>

#endif
