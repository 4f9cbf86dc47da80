/* A password in the form in which it is hashed. */
#pragma once

/* Owned by the caller, who wipes it. -EINVAL (not UTF-8, a control character, too long), -ENOMEM. */
int thon_password_nfc(const char *password, char **ret);
