/* Parts that are not there yet are not called yet. */
#pragma once

#if !__has_include("announce.c")
#define relayd_event(d, kind, subject, raised, severity, text) ((void)(severity), (void)(raised))
#define relayd_announce_start(d)                               0
#define relayd_announce_stop(d)                                ((void)0)
#define relayd_events_flush(d)                                 ((void)(d))
#define relayd_events_lost(d)                                  ((void)(d))
#define relayd_events_taken(d, serial)                         ((void)(d), (void)(serial))
#endif
#if !__has_include("routes.c")
#define relayd_route_message(d, message) ((void)0)
#define relayd_routes_start(d)           0
#define relayd_routes_stop(d)            ((void)0)
#define relayd_routes_look(d)            ((void)0)
#endif
#if !__has_include("acknowledge.c")
#define relayd_acknowledge(d, id, by, channel, address, ret_id, ret_first) THON_STORE_NOT_FOUND
#define relayd_escalations_look(d)                                         ((void)0)
#define relayd_inbound_start(d)                                            0
#define relayd_inbound_stop(d)                                             ((void)0)
#define relayd_inbound_webhook(d, channel, message)                        ((void)0)
#define relayd_report_command(d, message)                                  ((void)0)
#endif
#if !__has_include("modem.c")
#define relayd_modem_new(event, modem, ret)                  (-ENOSYS)
#define relayd_modem_free(modem)                             ((void)0)
#define relayd_modem_send(modem, number, text, fn, userdata) ((void)(fn), -ENOSYS)
#endif
