// POST requests over HTTPS by libcurl; only HTTPS, only certificates that are right, no redirects.
#include "CCurl.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct weft_receiver {
  CURL *curl;
  char error[CURL_ERROR_SIZE];
};

int weft_curl_start(void) { return curl_global_init(CURL_GLOBAL_DEFAULT); }

/* The answer's text is nobody's business; one that does not end is cut off by the time limit. */
static size_t discard(char *bytes, size_t size, size_t count, void *context) {
  (void)bytes;
  (void)context;
  return size * count;
}

weft_receiver *weft_receiver_make(const char *url, const char *authorities, const char *agent, long timeout_ms) {
  weft_receiver *receiver = calloc(1, sizeof *receiver);
  if (!receiver) return NULL;
  CURL *curl = receiver->curl = curl_easy_init();
  if (!curl) {
    free(receiver);
    return NULL;
  }
  int failed = curl_easy_setopt(curl, CURLOPT_URL, url) != CURLE_OK;
  failed |= curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https") != CURLE_OK;
  failed |= curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L) != CURLE_OK;
  failed |= curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L) != CURLE_OK;
  failed |= curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) != CURLE_OK;
  if (authorities) failed |= curl_easy_setopt(curl, CURLOPT_CAINFO, authorities) != CURLE_OK;
  failed |= curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) != CURLE_OK;
  failed |= curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) != CURLE_OK;
  failed |= curl_easy_setopt(curl, CURLOPT_USERAGENT, agent) != CURLE_OK;
  failed |= curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout_ms) != CURLE_OK;
  failed |= curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, discard) != CURLE_OK;
  failed |= curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, receiver->error) != CURLE_OK;
  /* Proxies are named in the environment, which is empty here; nothing else is to name one. */
  failed |= curl_easy_setopt(curl, CURLOPT_PROXY, "") != CURLE_OK;
  if (failed) {
    weft_receiver_free(receiver);
    return NULL;
  }
  return receiver;
}

long weft_receiver_post(weft_receiver *receiver, const void *body, size_t count, const char *id, char *error, size_t room) {
  char line[128];
  snprintf(line, sizeof line, "X-Request-Id: %.64s", id);
  struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
  if (headers) headers = curl_slist_append(headers, line);
  /* No wait for 100: bodies are short. */
  if (headers) headers = curl_slist_append(headers, "Expect:");
  receiver->error[0] = 0;
  curl_easy_setopt(receiver->curl, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(receiver->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)count);
  curl_easy_setopt(receiver->curl, CURLOPT_POSTFIELDS, body);
  CURLcode code = curl_easy_perform(receiver->curl);
  curl_easy_setopt(receiver->curl, CURLOPT_HTTPHEADER, NULL);
  curl_slist_free_all(headers);
  long status = 0;
  if (code == CURLE_OK) curl_easy_getinfo(receiver->curl, CURLINFO_RESPONSE_CODE, &status);
  if (code != CURLE_OK) {
    snprintf(error, room, "%s", receiver->error[0] ? receiver->error : curl_easy_strerror(code));
    return -(long)code;
  }
  if (room) error[0] = 0;
  return status;
}

void weft_receiver_free(weft_receiver *receiver) {
  if (!receiver) return;
  curl_easy_cleanup(receiver->curl);
  free(receiver);
}
