// Clocks, and a date in local time.
#include "Shims.h"

#include <stdio.h>
#include <time.h>

int64_t weft_monotonic(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}
int64_t weft_realtime(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}
int weft_local_text(int64_t seconds, char text[26]) {
  time_t time = (time_t)seconds;
  struct tm parts;
  if (localtime_r(&time, &parts) == NULL) return -EOVERFLOW;
  static const char days[] = "SunMonTueWedThuFriSat", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  int n = snprintf(text, 26, "%.3s %.3s %2d %02d:%02d:%02d %d", days + 3 * parts.tm_wday, months + 3 * parts.tm_mon,
                   parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, 1900 + parts.tm_year);
  return n == 24 ? 0 : -EOVERFLOW;
}
