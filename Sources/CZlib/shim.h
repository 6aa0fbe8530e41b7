// Brings in zlib, and the two initialisers that are macros there.
#ifndef WEFT_CZLIB_H
#define WEFT_CZLIB_H

#include <zlib.h>

static inline int weft_deflate_init(z_streamp stream, int level) { return deflateInit(stream, level); }
static inline int weft_inflate_init(z_streamp stream) { return inflateInit(stream); }

#endif
