// Bodies of what COpenSSL.h declares.

#include "COpenSSL.h"

#include <openssl/core_names.h>
#include <openssl/rand.h>
#include <string.h>
#include <time.h>

static int binding_slot = -1;
static int data_slot = -1;
static int owner_slot = -1;
static CRYPTO_ONCE slots_once = CRYPTO_ONCE_STATIC_INIT;

/* ControlSocket.c */
void weft_make_joint_method(void);

static void make_slots(void) {
  binding_slot = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
  data_slot = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
  owner_slot = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
  weft_make_joint_method();
}

/* ---- what belongs to one control connection ---- */

struct weft_binding *weft_binding_make(void) {
  struct weft_binding *binding = OPENSSL_zalloc(sizeof *binding);
  if (!binding) return NULL;
  if (RAND_bytes(binding->name, sizeof binding->name) != 1 ||
      RAND_priv_bytes(binding->cipher_key, sizeof binding->cipher_key) != 1 ||
      RAND_priv_bytes(binding->mac_key, sizeof binding->mac_key) != 1) {
    weft_binding_free(binding);
    return NULL;
  }
  return binding;
}

void weft_binding_free(struct weft_binding *binding) {
  if (!binding) return;
  SSL_SESSION_free(binding->session);
  OPENSSL_clear_free(binding, sizeof *binding);
}

int weft_tls_bind(SSL *ssl, struct weft_binding *binding, int is_data) {
  if (SSL_set_ex_data(ssl, binding_slot, binding) != 1) return 0;
  if (SSL_set_ex_data(ssl, data_slot, is_data ? binding : NULL) != 1) return 0;
  if (SSL_set_num_tickets(ssl, is_data ? 0 : 1) != 1) return 0;
  return SSL_set_session_id_context(ssl, binding->name, sizeof binding->name);
}

void weft_binding_keep_session(struct weft_binding *binding, SSL *ssl) {
  SSL_SESSION_free(binding->session);
  binding->session = SSL_get1_session(ssl);
}

/* Encrypts and decrypts tickets with the keys of the control connection (SSL_CTX_set_tlsext_ticket_key_evp_cb(3)). */
static int ticket_keys(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac,
                       int encrypting) {
  struct weft_binding *binding = SSL_get_ex_data(ssl, binding_slot);
  if (!binding) return -1;
  if (encrypting) {
    memcpy(name, binding->name, sizeof binding->name);
    if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1) return -1;
  } else if (CRYPTO_memcmp(name, binding->name, sizeof binding->name) != 0) {
    /* A ticket of another control connection, or of an earlier life: of no use here. */
    return 0;
  }
  if (EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, binding->cipher_key, iv, encrypting) != 1) return -1;
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, binding->mac_key, sizeof binding->mac_key),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, "SHA256", 0), OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(mac, parameters) == 1 ? 1 : -1;
}

static int ticket_made(SSL *ssl, void *argument) {
  (void)argument;
  struct weft_binding *binding = SSL_get_ex_data(ssl, binding_slot);
  if (binding && binding->clock_shift) {
    SSL_SESSION *session = SSL_get_session(ssl);
    if (session) SSL_SESSION_set_time(session, (long)time(NULL) + binding->clock_shift);
  }
  return 1;
}

/* A ticket is good for as long as its control connection lives: OpenSSL's time-out counts from now, not from the first handshake. */
static SSL_TICKET_RETURN ticket_shown(SSL *ssl, SSL_SESSION *session, const unsigned char *name, size_t name_length,
                                      SSL_TICKET_STATUS status, void *argument) {
  (void)name;
  (void)name_length;
  (void)argument;
  int is_data = SSL_get_ex_data(ssl, data_slot) != NULL;
  switch (status) {
    case SSL_TICKET_SUCCESS:
    case SSL_TICKET_SUCCESS_RENEW:
      SSL_SESSION_set_time(session, (long)time(NULL));
      return SSL_TICKET_RETURN_USE;
    case SSL_TICKET_EMPTY:
    case SSL_TICKET_NO_DECRYPT:
      return is_data ? SSL_TICKET_RETURN_IGNORE : SSL_TICKET_RETURN_IGNORE_RENEW;
    default:
      return SSL_TICKET_RETURN_ABORT;
  }
}

/* A client of TLS 1.2 asks for a session by its number: on a data connection it can only be the control connection's. */
static SSL_SESSION *session_wanted(SSL *ssl, const unsigned char *number, int length, int *must_retain) {
  struct weft_binding *binding = SSL_get_ex_data(ssl, data_slot);
  *must_retain = 1;
  if (!binding || !binding->session || length <= 0) return NULL;
  unsigned own_length = 0;
  const unsigned char *own = SSL_SESSION_get_id(binding->session, &own_length);
  if (own_length != (unsigned)length || CRYPTO_memcmp(own, number, own_length) != 0) return NULL;
  SSL_SESSION_set_time(binding->session, (long)time(NULL));
  return binding->session;
}

/* ---- contexts ---- */

SSL_CTX *weft_context_make(int minimum_version) {
  if (CRYPTO_THREAD_run_once(&slots_once, make_slots) != 1 || binding_slot < 0 || data_slot < 0 || owner_slot < 0)
    return NULL;
  SSL_CTX *context = SSL_CTX_new(TLS_server_method());
  if (!context) return NULL;
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                                   SSL_OP_NO_COMPRESSION | SSL_OP_ALLOW_NO_DHE_KEX);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  /* A flood of records without content must not keep SSL_read going. */
  SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_max_early_data(context, 0);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_get_cb(context, session_wanted);
  /* The most that TLS 1.3 lets a client keep a ticket for (RFC 8446, 4.6.1). */
  SSL_CTX_set_timeout(context, 7 * 24 * 3600);
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context, ticket_keys);
  if (SSL_CTX_set_min_proto_version(context, minimum_version) != 1 ||
      SSL_CTX_set_session_ticket_cb(context, ticket_made, ticket_shown, NULL) != 1) {
    SSL_CTX_free(context);
    return NULL;
  }
  return context;
}

void weft_context_on_alpn(SSL_CTX *context, SSL_CTX_alpn_select_cb_func callback) {
  SSL_CTX_set_alpn_select_cb(context, callback, NULL);
}

void weft_context_on_name(SSL_CTX *context, int (*callback)(SSL *, int *, void *), void *argument) {
  SSL_CTX_set_tlsext_servername_callback(context, callback);
  SSL_CTX_set_tlsext_servername_arg(context, argument);
}

/* Lets a handshake go on with a certificate nobody vouches for; who looks at it sees so in SSL_get_verify_result(3). */
static int accept_unverified(int is_valid, X509_STORE_CTX *store) {
  (void)is_valid;
  (void)store;
  return 1;
}

void weft_context_verify(SSL_CTX *context, int level) {
  if (level == 1) SSL_CTX_set_verify(context, SSL_VERIFY_PEER, accept_unverified);
  if (level == 2) SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
}

int weft_context_add_revocations(SSL_CTX *context, const char *path) {
  X509_STORE *store = SSL_CTX_get_cert_store(context);
  X509_LOOKUP *lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());
  if (!lookup) return 0;
  int count = X509_load_crl_file(lookup, path, X509_FILETYPE_PEM);
  if (count > 0) X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
  return count;
}

static int passphrase_given(char *buffer, int size, int writing, void *passphrase) {
  (void)writing;
  if (!passphrase) return -1;
  size_t length = strlen(passphrase);
  if (size < 0 || length > (size_t)size) return -1;
  memcpy(buffer, passphrase, length);
  return (int)length;
}

EVP_PKEY *weft_key_read(const char *path, const char *passphrase) {
  BIO *file = BIO_new_file(path, "r");
  if (!file) return NULL;
  EVP_PKEY *key = PEM_read_bio_PrivateKey(file, NULL, passphrase_given, (void *)passphrase);
  BIO_free(file);
  return key;
}

X509 *weft_certificate_read(const char *path) {
  BIO *file = BIO_new_file(path, "r");
  if (!file) return NULL;
  X509 *certificate = PEM_read_bio_X509_AUX(file, NULL, NULL, NULL);
  BIO_free(file);
  return certificate;
}

static int add_extension(X509 *certificate, int nid, const char *value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
  X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
  if (!extension) return 0;
  int added = X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
  return added;
}

static int set_serial(X509 *certificate) {
  unsigned char bytes[16];
  if (RAND_bytes(bytes, sizeof bytes) != 1) return 0;
  bytes[0] = (bytes[0] & 0x7F) | 0x40;
  BIGNUM *number = BN_bin2bn(bytes, sizeof bytes, NULL);
  int done = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;
  BN_free(number);
  return done;
}

int weft_self_signed(const char *name, const char *alternatives, long days, X509 **certificate, EVP_PKEY **key) {
  *certificate = X509_new();
  *key = EVP_EC_gen("P-256");
  X509 *made = *certificate;
  /* An hour back: the clocks of clients differ. */
  if (made && *key && X509_set_version(made, X509_VERSION_3) == 1 && set_serial(made) &&
      X509_gmtime_adj(X509_getm_notBefore(made), -3600) && X509_gmtime_adj(X509_getm_notAfter(made), days * 86400) &&
      X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1,
                                 0) == 1 &&
      X509_set_issuer_name(made, X509_get_subject_name(made)) == 1 && X509_set_pubkey(made, *key) == 1 &&
      add_extension(made, NID_basic_constraints, "critical,CA:FALSE") &&
      add_extension(made, NID_key_usage, "critical,digitalSignature") &&
      add_extension(made, NID_ext_key_usage, "serverAuth") &&
      add_extension(made, NID_subject_alt_name, alternatives) && X509_sign(made, *key, EVP_sha256()) > 0)
    return 1;
  X509_free(made);
  EVP_PKEY_free(*key);
  *certificate = NULL;
  *key = NULL;
  return 0;
}

/* ---- connections ---- */

void weft_set_owner(SSL *ssl, void *owner) { SSL_set_ex_data(ssl, owner_slot, owner); }
void *weft_owner(const SSL *ssl) { return SSL_get_ex_data(ssl, owner_slot); }

void weft_tune_for_bulk(SSL *ssl, int kernel, int receives) {
  SSL_clear_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
  SSL_set_mode(ssl, SSL_MODE_AUTO_RETRY);
  /* Bytes that were read ahead would be lost to a kernel that takes the connection over. */
  if (kernel)
    SSL_set_options(ssl, SSL_OP_ENABLE_KTLS);
  else
    SSL_set_read_ahead(ssl, 1);
  if (receives) SSL_set_default_read_buffer_len(ssl, 128 * 1024);
}

int weft_sends_by_kernel(const SSL *ssl) { return BIO_get_ktls_send(SSL_get_wbio(ssl)) ? 1 : 0; }

int weft_set_client(SSL *ssl, const char *name, const unsigned char *protocols, unsigned count) {
  if (name && SSL_set_tlsext_host_name(ssl, name) != 1) return 0;
  if (count > 0 && SSL_set_alpn_protos(ssl, protocols, count) != 0) return 0;
  return 1;
}

/* ---- names in certificates ---- */

int weft_names_count(const GENERAL_NAMES *names) { return sk_GENERAL_NAME_num(names); }

const ASN1_STRING *weft_names_text(const GENERAL_NAMES *names, int index) {
  const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, index);
  if (!name || (name->type != GEN_EMAIL && name->type != GEN_DNS && name->type != GEN_URI)) return NULL;
  return name->d.ia5;
}

void weft_names_free(GENERAL_NAMES *names) { GENERAL_NAMES_free(names); }
void weft_free(void *memory) { OPENSSL_free(memory); }

/* ---- errors ---- */

int weft_error_library(unsigned long code) { return ERR_GET_LIB(code); }
int weft_error_reason(unsigned long code) { return ERR_GET_REASON(code); }

/* ---- digests (end of the file) ---- */

// One-time passwords and what certificates say.

int weft_x509_alternative_name(X509 *certificate, int index, char *kind, unsigned char *bytes, int capacity, int *count) {
  GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
  int next = -1;
  for (; names != NULL && next < 0 && index < sk_GENERAL_NAME_num(names); index++) {
    const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, index);
    const ASN1_STRING *text;
    switch (name->type) {
      case GEN_EMAIL: *kind = 'e'; text = name->d.rfc822Name; break;
      case GEN_DNS: *kind = 'd'; text = name->d.dNSName; break;
      case GEN_IPADD: *kind = 'i'; text = name->d.iPAddress; break;
      default: continue;
    }
    if (ASN1_STRING_length(text) > capacity) continue;
    *count = ASN1_STRING_length(text);
    memcpy(bytes, ASN1_STRING_get0_data(text), (size_t)*count);
    next = index + 1;
  }
  GENERAL_NAMES_free(names);
  return next;
}

int weft_pkey_kind(const EVP_PKEY *key) { return EVP_PKEY_get_base_id(key); }

int weft_x509_verify(X509 *certificate, X509 *const *others, int count) {
  int result = X509_V_ERR_OUT_OF_MEM;
  X509_STORE *store = X509_STORE_new();
  X509_STORE_CTX *context = X509_STORE_CTX_new();
  STACK_OF(X509) *untrusted = sk_X509_new_null();
  if (store == NULL || context == NULL || untrusted == NULL) goto done;
  for (int index = 0; index < count; index++) {
    if (sk_X509_push(untrusted, others[index]) == 0) goto done;
  }
  X509_STORE_set_default_paths(store);
  if (X509_STORE_CTX_init(context, store, certificate, untrusted) != 1) goto done;
  X509_STORE_CTX_set_flags(context, X509_V_FLAG_NO_CHECK_TIME);
  result = X509_verify_cert(context) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(context);
done:
  sk_X509_free(untrusted);
  X509_STORE_CTX_free(context);
  X509_STORE_free(store);
  ERR_clear_error();
  return result;
}

int weft_x509_digest_of_signature(const X509 *certificate) {
  int digest = 0;
  OBJ_find_sigid_algs(X509_get_signature_nid(certificate), &digest, NULL);
  return digest;
}
