// Where a connection (SSL) keeps what is ours: places for pointers that OpenSSL numbers, made once for the whole process.
#ifndef WEFT_SLOTS_H
#define WEFT_SLOTS_H

#include "COpenSSL.h"

/* The binding of a server's connection; the same again on data connections only; the object that owns the connection. */
extern int weft_binding_slot;
extern int weft_data_slot;
extern int weft_owner_slot;

/* Makes the places, and whatever else has to be there before the first context; 1 on success, however often it is called. */
int weft_make_slots(void);
/* ControlSocket.c */
void weft_make_joint_method(void);
/* SessionBinding.c: has tickets and sessions of a server's context depend on the binding of the connection; 1 on success. */
int weft_context_bind_sessions(SSL_CTX *context);

#endif
