// The callbacks of CPAM.h.
#include "CPAM.h"

#include <stdlib.h>
#include <string.h>

static int converse(int count, const struct pam_message **messages, struct pam_response **responses, void *context) {
  struct weft_pam_answer *answer = context;
  if (count <= 0 || count > PAM_MAX_NUM_MSG) return PAM_CONV_ERR;
  struct pam_response *all = calloc((size_t)count, sizeof *all);
  if (!all) return PAM_BUF_ERR;
  for (int i = 0; i < count; i++) {
    switch (messages[i]->msg_style) {
    case PAM_PROMPT_ECHO_OFF:
      /* A second question is for something FTP cannot ask its user. */
      if (answer->given++ > 0 || !(all[i].resp = strdup(answer->password))) goto refused;
      break;
    case PAM_ERROR_MSG:
    case PAM_TEXT_INFO: break;
    default: goto refused;
    }
  }
  *responses = all;
  return PAM_SUCCESS;
refused:
  for (int i = 0; i < count; i++) {
    if (all[i].resp) explicit_bzero(all[i].resp, strlen(all[i].resp));
    free(all[i].resp);
  }
  free(all);
  return PAM_CONV_ERR;
}

int weft_pam_start(const char *service, const char *user, struct weft_pam_answer *answer, pam_handle_t **handle) {
  struct pam_conv conversation = {converse, answer}; /* pam_start copies it */
  return pam_start(service, user, &conversation, handle);
}

static void no_delay(int status, unsigned microseconds, void *context) {
  (void)status, (void)microseconds, (void)context;
}
int weft_pam_never_wait(pam_handle_t *handle) { return pam_set_item(handle, PAM_FAIL_DELAY, (const void *)no_delay); }

const char *weft_pam_user(pam_handle_t *handle) {
  const void *user = NULL;
  return pam_get_item(handle, PAM_USER, &user) == PAM_SUCCESS ? user : NULL;
}
