// Makes the places where connections keep what is ours.

#include "Slots.h"

int weft_binding_slot = -1;
int weft_data_slot = -1;
int weft_owner_slot = -1;
static CRYPTO_ONCE once = CRYPTO_ONCE_STATIC_INIT;

static void make(void) {
  weft_binding_slot = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
  weft_data_slot = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
  weft_owner_slot = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
  weft_make_joint_method();
}

int weft_make_slots(void) {
  return CRYPTO_THREAD_run_once(&once, make) == 1 && weft_binding_slot >= 0 && weft_data_slot >= 0 && weft_owner_slot >= 0;
}
