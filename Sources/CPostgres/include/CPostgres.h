// The calls of libpq that weftpd makes, through a library that is loaded when a setting asks for it: whoever keeps no accounts in
// PostgreSQL needs no libpq. Declared after libpq-fe.h, whose binary interface (libpq.so.5) has been kept since 2006.
#ifndef WEFT_CPOSTGRES_H
#define WEFT_CPOSTGRES_H

#include <stddef.h>

typedef struct pg_conn weft_pg_connection;
typedef struct pg_result weft_pg_result;

// PostgresPollingStatusType, ConnStatusType and ExecStatusType of libpq-fe.h.
enum { WEFT_PG_POLL_FAILED = 0, WEFT_PG_POLL_READING = 1, WEFT_PG_POLL_WRITING = 2, WEFT_PG_POLL_OK = 3 };
enum { WEFT_PG_CONNECTION_OK = 0 };
enum { WEFT_PG_COMMAND_OK = 1, WEFT_PG_TUPLES_OK = 2 };

// Loads libpq.so.5 once; NULL, or why it cannot be had.
const char *weft_pg_load(void);

// PQconnectStartParams: "dbname" is expanded, so it may hold a whole connection string. The arrays end in NULL.
weft_pg_connection *weft_pg_connect_start(const char *const *keywords, const char *const *values);
int weft_pg_connect_poll(weft_pg_connection *);
int weft_pg_status(const weft_pg_connection *);
int weft_pg_socket(const weft_pg_connection *);
const char *weft_pg_error(const weft_pg_connection *);
void weft_pg_finish(weft_pg_connection *);
int weft_pg_set_nonblocking(weft_pg_connection *);
// Notices of the server would go to standard error.
void weft_pg_ignore_notices(weft_pg_connection *);

// PQsendQueryParams with texts in both directions; 0 is failure.
int weft_pg_send(weft_pg_connection *, const char *sql, int count, const char *const *values);
// PQsendQuery: several statements without parameters.
int weft_pg_send_plain(weft_pg_connection *, const char *sql);
int weft_pg_send_prepare(weft_pg_connection *, const char *name, const char *sql, int count);
int weft_pg_send_prepared(weft_pg_connection *, const char *name, int count, const char *const *values);
// 0: all is sent; 1: some is left; -1: failure.
int weft_pg_flush(weft_pg_connection *);
int weft_pg_consume(weft_pg_connection *);
int weft_pg_is_busy(weft_pg_connection *);

weft_pg_result *weft_pg_next_result(weft_pg_connection *);
int weft_pg_result_status(const weft_pg_result *);
// PG_DIAG_SQLSTATE and PG_DIAG_MESSAGE_PRIMARY; NULL if there is none.
const char *weft_pg_result_state(const weft_pg_result *);
const char *weft_pg_result_message(const weft_pg_result *);
int weft_pg_rows(const weft_pg_result *);
const char *weft_pg_value(const weft_pg_result *, int row, int column);
int weft_pg_is_null(const weft_pg_result *, int row, int column);
void weft_pg_clear(weft_pg_result *);

// The payload of the next notification in `buffer`, cut to `size`; -1 if there is none, else its length.
long weft_pg_next_notification(weft_pg_connection *, char *buffer, size_t size);

// Whether a connection string can be read (NULL: yes) and whether it sets `keyword`. The message is the caller's to free.
char *weft_pg_check_text(const char *text, const char *keyword, int *isSet);

#endif
