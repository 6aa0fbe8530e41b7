// Brings in libcap.
#ifndef WEFT_CCAP_H
#define WEFT_CCAP_H

#include <sys/capability.h>

#endif
