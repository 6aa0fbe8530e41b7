// Brings in SQLite's C interface.
#ifndef WEFT_CSQLITE_H
#define WEFT_CSQLITE_H

#include <sqlite3.h>

#endif
