// Bodies of what COpenSSL.h declares.

#include "COpenSSL.h"
