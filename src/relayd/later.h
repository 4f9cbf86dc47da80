/* The modem is not there yet. */
#pragma once

#if !__has_include("modem.c")
#define relayd_modem_new(event, modem, ret)                  (-ENOSYS)
#define relayd_modem_free(modem)                             ((void)0)
#define relayd_modem_send(modem, number, text, fn, userdata) ((void)(fn), -ENOSYS)
#endif
