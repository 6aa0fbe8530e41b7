// Loads libpq and passes calls on.

#include "CPostgres.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

// PGnotify and PQconninfoOption of libpq-fe.h.
struct notification {
  char *channel;
  int process;
  char *payload;
  struct notification *next;
};

struct option {
  char *keyword;
  char *environment;
  char *compiled;
  char *value;
  char *label;
  char *display;
  int size;
};

#define CALLS(X)                                                                                                      \
  X(PQconnectStartParams, weft_pg_connection *, (const char *const *, const char *const *, int))                      \
  X(PQconnectPoll, int, (weft_pg_connection *))                                                                       \
  X(PQstatus, int, (const weft_pg_connection *))                                                                      \
  X(PQsocket, int, (const weft_pg_connection *))                                                                      \
  X(PQerrorMessage, char *, (const weft_pg_connection *))                                                             \
  X(PQfinish, void, (weft_pg_connection *))                                                                           \
  X(PQsetnonblocking, int, (weft_pg_connection *, int))                                                               \
  X(PQsetNoticeProcessor, void *, (weft_pg_connection *, void (*)(void *, const char *), void *))                     \
  X(PQsendQuery, int, (weft_pg_connection *, const char *))                                                           \
  X(PQsendQueryParams, int, (weft_pg_connection *, const char *, int, const unsigned *, const char *const *,          \
                             const int *, const int *, int))                                                          \
  X(PQsendPrepare, int, (weft_pg_connection *, const char *, const char *, int, const unsigned *))                    \
  X(PQsendQueryPrepared, int, (weft_pg_connection *, const char *, int, const char *const *, const int *,             \
                               const int *, int))                                                                     \
  X(PQflush, int, (weft_pg_connection *))                                                                             \
  X(PQconsumeInput, int, (weft_pg_connection *))                                                                      \
  X(PQisBusy, int, (weft_pg_connection *))                                                                            \
  X(PQgetResult, weft_pg_result *, (weft_pg_connection *))                                                            \
  X(PQresultStatus, int, (const weft_pg_result *))                                                                    \
  X(PQresultErrorField, char *, (const weft_pg_result *, int))                                                        \
  X(PQntuples, int, (const weft_pg_result *))                                                                         \
  X(PQgetvalue, char *, (const weft_pg_result *, int, int))                                                           \
  X(PQgetisnull, int, (const weft_pg_result *, int, int))                                                             \
  X(PQclear, void, (weft_pg_result *))                                                                                \
  X(PQnotifies, struct notification *, (weft_pg_connection *))                                                        \
  X(PQconninfoParse, struct option *, (const char *, char **))                                                        \
  X(PQconninfoFree, void, (struct option *))                                                                          \
  X(PQfreemem, void, (void *))

#define DECLARE(name, result, parameters) static result(*name) parameters;
CALLS(DECLARE)

static char load_failure[512];
static pthread_once_t loaded = PTHREAD_ONCE_INIT;

static void load(void) {
  void *library = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char *why = dlerror();
    strncpy(load_failure, why ? why : "libpq.so.5 cannot be loaded", sizeof load_failure - 1);
    return;
  }
#define FIND(name, result, parameters)                                                                                \
  *(void **)&name = dlsym(library, #name);                                                                            \
  if (!name) {                                                                                                        \
    strncpy(load_failure, "libpq.so.5 lacks " #name, sizeof load_failure - 1);                                        \
    return;                                                                                                           \
  }
  CALLS(FIND)
}

const char *weft_pg_load(void) {
  pthread_once(&loaded, load);
  return load_failure[0] ? load_failure : NULL;
}

weft_pg_connection *weft_pg_connect_start(const char *const *keywords, const char *const *values) {
  return PQconnectStartParams(keywords, values, 1);
}
int weft_pg_connect_poll(weft_pg_connection *connection) { return PQconnectPoll(connection); }
int weft_pg_status(const weft_pg_connection *connection) { return PQstatus(connection); }
int weft_pg_socket(const weft_pg_connection *connection) { return PQsocket(connection); }
const char *weft_pg_error(const weft_pg_connection *connection) { return PQerrorMessage(connection); }
void weft_pg_finish(weft_pg_connection *connection) { PQfinish(connection); }
int weft_pg_set_nonblocking(weft_pg_connection *connection) { return PQsetnonblocking(connection, 1); }

static void ignore(void *context, const char *message) {
  (void)context;
  (void)message;
}

void weft_pg_ignore_notices(weft_pg_connection *connection) { PQsetNoticeProcessor(connection, ignore, NULL); }

int weft_pg_send(weft_pg_connection *connection, const char *sql, int count, const char *const *values) {
  return PQsendQueryParams(connection, sql, count, NULL, values, NULL, NULL, 0);
}
int weft_pg_send_plain(weft_pg_connection *connection, const char *sql) { return PQsendQuery(connection, sql); }
int weft_pg_send_prepare(weft_pg_connection *connection, const char *name, const char *sql, int count) {
  return PQsendPrepare(connection, name, sql, count, NULL);
}
int weft_pg_send_prepared(weft_pg_connection *connection, const char *name, int count, const char *const *values) {
  return PQsendQueryPrepared(connection, name, count, values, NULL, NULL, 0);
}
int weft_pg_flush(weft_pg_connection *connection) { return PQflush(connection); }
int weft_pg_consume(weft_pg_connection *connection) { return PQconsumeInput(connection); }
int weft_pg_is_busy(weft_pg_connection *connection) { return PQisBusy(connection); }

weft_pg_result *weft_pg_next_result(weft_pg_connection *connection) { return PQgetResult(connection); }
int weft_pg_result_status(const weft_pg_result *result) { return PQresultStatus(result); }
const char *weft_pg_result_state(const weft_pg_result *result) { return PQresultErrorField(result, 'C'); }
const char *weft_pg_result_message(const weft_pg_result *result) { return PQresultErrorField(result, 'M'); }
int weft_pg_rows(const weft_pg_result *result) { return PQntuples(result); }
const char *weft_pg_value(const weft_pg_result *result, int row, int column) { return PQgetvalue(result, row, column); }
int weft_pg_is_null(const weft_pg_result *result, int row, int column) { return PQgetisnull(result, row, column); }
void weft_pg_clear(weft_pg_result *result) { PQclear(result); }

long weft_pg_next_notification(weft_pg_connection *connection, char *buffer, size_t size) {
  struct notification *next = PQnotifies(connection);
  if (!next) return -1;
  size_t length = strnlen(next->payload, size);
  memcpy(buffer, next->payload, length);
  PQfreemem(next);
  return (long)length;
}

char *weft_pg_check_text(const char *text, const char *keyword, int *isSet) {
  char *message = NULL;
  *isSet = 0;
  struct option *options = PQconninfoParse(text, &message);
  if (!options) {
    char *copy = strdup(message ? message : "it cannot be read");
    if (message) PQfreemem(message);
    return copy;
  }
  for (struct option *option = options; option->keyword; option++)
    if (option->value && strcmp(option->keyword, keyword) == 0) *isSet = 1;
  PQconninfoFree(options);
  return NULL;
}
