// The system's Linux-PAM, and in C what Swift cannot write: the callbacks. Nothing but weftpd-authd imports this.
#ifndef WEFT_CPAM_H
#define WEFT_CPAM_H

#include <security/pam_appl.h>
#include <stddef.h>

/* A conversation that answers a prompt for something hidden with the password, once, and any other prompt not at all. */
struct weft_pam_answer {
  const char *password; /* ends in NUL */
  int given;            /* how often it was asked for */
};
int weft_pam_start(const char *service, const char *user, struct weft_pam_answer *answer, pam_handle_t **handle);
/* Has PAM not wait after a refusal: who asks does that, without holding a process. */
int weft_pam_never_wait(pam_handle_t *handle);
/* The user PAM has settled on, which a module may have changed; NULL if there is none. It belongs to the handle. */
const char *weft_pam_user(pam_handle_t *handle);

#endif
