// The system's OpenSSL 3, and in C what Swift cannot import of it: macros and callbacks. Nothing but TransportSecurity imports this.
// Each section names the file its bodies are in.
#ifndef WEFT_COPENSSL_H
#define WEFT_COPENSSL_H

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

/* ---- what belongs to one control connection: SessionBinding.c ---- */

/* Everything by which a data connection proves that it belongs to a control connection: the keys its tickets are encrypted with, which
   nobody else's are, and its TLS session, for clients of TLS 1.2 that resume by session number. */
struct weft_binding {
  unsigned char name[16];
  unsigned char cipher_key[32];
  unsigned char mac_key[32];
  SSL_SESSION *session;
  /* Seconds that are added to the time tickets are stamped with: tests make old ones. */
  long clock_shift;
};

struct weft_binding *weft_binding_make(void);
void weft_binding_free(struct weft_binding *binding);
/* Ties `ssl` to `binding`; a data connection gets no tickets. 1 on success. */
int weft_tls_bind(SSL *ssl, struct weft_binding *binding, int is_data);
/* Remembers the session of a control connection whose handshake is done. */
void weft_binding_keep_session(struct weft_binding *binding, SSL *ssl);

/* ---- contexts: Contexts.c ---- */

/* A server's context with everything set that does not depend on settings; NULL on failure. */
SSL_CTX *weft_context_make(int minimum_version);
void weft_context_on_alpn(SSL_CTX *context, SSL_CTX_alpn_select_cb_func callback);
void weft_context_on_name(SSL_CTX *context, int (*callback)(SSL *, int *, void *), void *argument);
/* What clients have to show: 0 nothing, 1 a certificate if they like, 2 a certificate of one of our authorities. */
void weft_context_verify(SSL_CTX *context, int level);
/* Adds the revocation lists of a PEM file; their number, or <= 0 on failure. */
int weft_context_add_revocations(SSL_CTX *context, const char *path);

/* ---- contexts of a client: ClientContexts.c ---- */

/* A client's context with everything set that does not depend on options; NULL on failure. `judge` is asked whether the server's
   certificate will do (SSL_CTX_set_cert_verify_callback(3)), `on_session` is told of each session that could be resumed
   (SSL_CTX_sess_set_new_cb(3)). */
SSL_CTX *weft_client_context_make(int minimum_version, int (*judge)(X509_STORE_CTX *, void *),
                                  int (*on_session)(SSL *, SSL_SESSION *));
/* Lets a chain of certificates end at any certificate that was given, not only at a self-signed one. */
void weft_context_end_at_given(SSL_CTX *context);
/* Whether the store has the issuer of any certificate that was shown. */
int weft_knows_issuer(X509_STORE_CTX *judged);
/* The connection whose certificate `judge` is asked about. */
SSL *weft_judged_connection(X509_STORE_CTX *store);
/* Whom the server's certificate has to name: the address, or the name when there is no address; 1 on success. */
int weft_expect_server(SSL *ssl, const char *name, size_t name_length, const unsigned char *address, size_t address_length);
/* Has `ssl` resume a copy of `session`: OpenSSL marks the one in use as spoilt when its connection breaks; 1 on success. */
int weft_resume(SSL *ssl, const SSL_SESSION *session);

/* ---- connections: Connections.c, ControlSocket.c ---- */

void weft_set_owner(SSL *ssl, void *owner);
void *weft_owner(const SSL *ssl);
/* The settings of data connections: no buffers let go between records, many records per read where it `receives`; `kernel` lets the
   kernel encrypt. */
void weft_tune_for_bulk(SSL *ssl, int kernel, int receives);
/* Puts a control connection on its socket, which stays the caller's: it reads ahead, and a ticket can wait for the reply; 1 on success. */
int weft_set_control_socket(SSL *ssl, int socket);
/* Makes a ticket (TLS 1.3) that goes out in one segment with the next write; 1 on success. */
int weft_hold_ticket(SSL *ssl);
int weft_sends_by_kernel(const SSL *ssl);
/* What a client says in its first message: the name it wants (NULL: none) and its list of protocols; 1 on success. */
int weft_set_client(SSL *ssl, const char *name, const unsigned char *protocols, unsigned count);

/* ---- keys and certificates from files: Keys.c ---- */

/* A private key from a PEM file; without a passphrase an encrypted one is refused, nobody is asked. */
EVP_PKEY *weft_key_read(const char *path, const char *passphrase);
X509 *weft_certificate_read(const char *path);
/* The EVP_PKEY_… number of the key's kind, or 0. */
int weft_pkey_kind(const EVP_PKEY *key);

/* ---- a certificate of one's own: SelfSigned.c ---- */

/* A self-signed P-256 certificate for `name`, with `alternatives` as in x509v3_config(5); 1 on success. */
int weft_self_signed(const char *name, const char *alternatives, long days, X509 **certificate, EVP_PKEY **key);

/* ---- names in certificates: CertificateNames.c ---- */

int weft_names_count(const GENERAL_NAMES *names);
/* The text of the name at `index` if it is an e-mail address, a host name or a URI. */
const ASN1_STRING *weft_names_text(const GENERAL_NAMES *names, int index);
void weft_names_free(GENERAL_NAMES *names);
/* A name of the certificate's subject alternative names: its bytes (not ended by a NUL), their count and whether it is an e-mail
   address ('e'), a DNS name ('d') or an IP address ('i'). Gives the index of the next one, or -1 when there is none at or after `index`. */
int weft_x509_alternative_name(X509 *certificate, int index, char *kind, unsigned char *bytes, int capacity, int *count);

/* ---- what a certificate is worth: CertificateChecks.c ---- */

/* Whether `certificate` leads to one of the system's trusted roots, by way of the `count` certificates in `others`: X509_V_OK or the
   X509_V_ERR_… of what failed. Times are not looked at. */
int weft_x509_verify(X509 *certificate, X509 *const *others, int count);
/* The digest the certificate was signed with, as a NID, or 0. */
int weft_x509_digest_of_signature(const X509 *certificate);

/* ---- errors and memory: Errors.c ---- */

int weft_error_library(unsigned long code);
int weft_error_reason(unsigned long code);
enum {
  WEFT_REASON_UNEXPECTED_EOF = SSL_R_UNEXPECTED_EOF_WHILE_READING,
  WEFT_REASON_HTTP_REQUEST = SSL_R_HTTP_REQUEST,
  WEFT_REASON_WRONG_VERSION = SSL_R_WRONG_VERSION_NUMBER,
  /* Alerts of the peer are reasons from here on: this and the number of the alert. */
  WEFT_REASON_ALERT = SSL_AD_REASON_OFFSET,
};
void weft_free(void *memory);

#endif
