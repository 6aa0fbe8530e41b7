// Character sets: iconv(3).
#include "Shims.h"

#include <iconv.h>

void *weft_iconv_open(const char *to, const char *from) {
  iconv_t converter = iconv_open(to, from);
  return converter == (iconv_t)-1 ? NULL : (void *)converter;
}

int weft_iconv(void *converter, const char *in, size_t in_count, size_t *consumed, char *out, size_t out_count, size_t *produced) {
  char *from = (char *)in;
  char *to = out;
  size_t from_left = in_count, to_left = out_count;
  iconv((iconv_t)converter, NULL, NULL, NULL, NULL);
  size_t lossy = iconv((iconv_t)converter, &from, &from_left, &to, &to_left);
  int result = lossy == (size_t)-1 ? -errno : lossy > 0;
  *consumed = in_count - from_left;
  *produced = out_count - to_left;
  return result;
}

void weft_iconv_close(void *converter) { iconv_close((iconv_t)converter); }
