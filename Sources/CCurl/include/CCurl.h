// The system's libcurl, and in C what Swift cannot import of it: options by variable arguments. Nothing but weftpd-hooks imports this.
#ifndef WEFT_CCURL_H
#define WEFT_CCURL_H

#include <stddef.h>

/* Before any thread; 0 or a CURLcode. */
int weft_curl_start(void);

/* One receiver of POST requests; its connection stays open between them. For one thread at a time. */
typedef struct weft_receiver weft_receiver;

/* `authorities`: a PEM file, or NULL for the system's. NULL if libcurl cannot: out of memory, or built without TLS. */
weft_receiver *weft_receiver_make(const char *url, const char *authorities, const char *agent, long timeout_ms);
/* Sends `body` as application/json with the header X-Request-Id. Returns the HTTP status, or a negative CURLcode, with its words in `error`. */
long weft_receiver_post(weft_receiver *receiver, const void *body, size_t count, const char *id, char *error, size_t room);
void weft_receiver_free(weft_receiver *receiver);

#endif
