/* Texts and addresses in forms; they read as those of form.h do. */
#pragma once

#include "form.h"

#define FORM_HOST 46 /* room for an IPv4 or IPv6 address with its NUL */

/* 1 to 255 bytes of UTF-8 without control characters, and without spaces unless they may be. Owned by the caller. When it
 * is not there and not required, NULL stays NULL. */
int form_text(struct form *form, const json_t *doc, const char *key, bool required, bool spaces, char **ret);

struct form_address {
        char host[FORM_HOST]; /* "localhost" as 127.0.0.1 */
        int port;             /* of the URL, or that of its scheme */
        bool tls;
};
/* rtsp and rtsps, or http and https, with a numeric host and without user and password. `ret_address` may be NULL. */
int form_url(struct form *form, const json_t *doc, const char *key, bool required, bool rtsp,
             struct form_address *ret_address, char **ret);
/* The member "address", required. */
int form_host(struct form *form, const json_t *doc, char **ret);
