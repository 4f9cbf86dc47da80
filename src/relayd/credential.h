/* A channel's credential: a JSON object in a file of the service manager ($CREDENTIALS_DIRECTORY) or at an absolute path,
 * with the members of struct relayd_secrets that its kind needs. Other members are passed over, since consoles of
 * providers hand out more than is needed. */
#pragma once

#include "channel.h"

/* 0; what thon_secret_read() returns; -EBADMSG: it is no JSON object, or a member is no text (numbers are taken for ids)
 * of at most 4,096 printable ASCII characters; -ENOMEM. What was wrong is not told: the words would hold the secret. */
int relayd_credential_read(const char *name, struct relayd_secrets **ret);
/* The same of a text that was read. */
int relayd_credential_parse(const char *text, size_t size, struct relayd_secrets **ret);
/* Wipes. */
struct relayd_secrets *relayd_secrets_free(struct relayd_secrets *secrets);
