// Brings in libyaml's parser.
#ifndef WEFT_CYAML_H
#define WEFT_CYAML_H

#include <yaml.h>

#endif
