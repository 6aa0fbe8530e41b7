// Brings in crypt(3) and the one size Swift cannot compute itself (the scratch area of crypt_rn).
#ifndef WEFT_CCRYPT_H
#define WEFT_CCRYPT_H

#include <crypt.h>

// Swift does not import the large arrays inside struct crypt_data, so its size is asked for here.
static inline int weft_crypt_data_size(void) { return (int)sizeof(struct crypt_data); }

#endif
