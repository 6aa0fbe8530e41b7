// Errors of OpenSSL and memory it gave: macros as functions.

#include "COpenSSL.h"

int weft_error_library(unsigned long code) { return ERR_GET_LIB(code); }
int weft_error_reason(unsigned long code) { return ERR_GET_REASON(code); }

void weft_free(void *memory) { OPENSSL_free(memory); }
