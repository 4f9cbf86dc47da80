/* The MESSAGE_IDs of the messages a technician acts on: one an entry of enum thon_msg, random, and for ever.
 *
 * The same ids stand in systemd/thon.catalog and systemd/thon.vi.catalog; a test holds the three together. A
 * message whose meaning changes gets a new id; an id is never used again. */
#pragma once

#include <systemd/sd-id128.h>

#define THON_ID_STARTED         SD_ID128_MAKE(92, 29, 61, 35, 85, 69, 49, f7, ab, 26, f3, 5d, c3, c8, 60, 1a)
#define THON_ID_CONFIG_INVALID  SD_ID128_MAKE(26, 97, c2, 4b, a0, 40, 41, 84, a5, 1c, 1f, 7e, 4d, 8a, 65, fa)
#define THON_ID_RELOADED        SD_ID128_MAKE(20, 7c, f5, 6a, 83, 6c, 47, 90, af, 2f, 80, f3, 35, cc, 61, 99)
#define THON_ID_BROKER_LOST     SD_ID128_MAKE(13, 8a, ec, cb, 9c, 67, 43, 46, 8b, 02, 9f, 4a, 2f, db, 6a, d6)
#define THON_ID_BROKER_BACK     SD_ID128_MAKE(01, 9f, 8b, cf, 5d, e3, 4b, f2, ab, 9e, 60, 88, fc, 36, 7d, 92)
#define THON_ID_STORE_TROUBLE   SD_ID128_MAKE(cc, 81, 15, 5f, f6, 67, 47, 83, 92, 65, 18, 88, 56, ec, 1c, df)
#define THON_ID_STORE_BACK      SD_ID128_MAKE(da, 0e, fb, 0e, 9a, 18, 4b, 7d, b6, da, 19, f0, 6e, 7d, b6, ff)
#define THON_ID_CLOCK_UNTRUSTED SD_ID128_MAKE(7c, a1, ab, f5, 5c, 60, 44, 15, 8d, 5e, 1c, 7e, 75, ac, 28, 5e)
#define THON_ID_CLOCK_TRUSTED   SD_ID128_MAKE(62, 7c, b6, 43, e9, c2, 4a, a2, a2, bc, 8d, fc, 1d, e9, 1a, 7d)
#define THON_ID_CLOCK_STEPPED   SD_ID128_MAKE(e5, 7e, 8f, 5f, 13, b3, 45, c9, b2, 09, f9, 9e, 54, 08, 68, 01)
#define THON_ID_SIM_CLOCK       SD_ID128_MAKE(5b, 1c, 6b, c5, e0, 29, 42, e1, 90, 2f, 02, a5, 1a, 82, 19, 4a)
#define THON_ID_RELAY_FAILED    SD_ID128_MAKE(a1, bc, 22, 5a, 05, cd, 4e, f6, 89, 89, 0a, b6, 53, e2, 4f, 62)
#define THON_ID_SWITCHED        SD_ID128_MAKE(3b, 12, 58, cb, 39, 81, 48, e6, 98, 13, 6e, 24, da, 3e, 09, ed)
#define THON_ID_OVERRIDE        SD_ID128_MAKE(a0, ac, ac, 7d, fc, 63, 41, 01, bc, a0, f6, b1, 87, f4, 38, 1f)
#define THON_ID_FAULT_RAISED    SD_ID128_MAKE(70, 35, 15, cb, 09, 04, 40, c0, ae, 72, e9, 4a, fe, 6c, b9, 9d)
#define THON_ID_FAULT_CLEARED   SD_ID128_MAKE(63, 72, 20, 13, df, ba, 4d, 6d, 92, 09, 82, 29, 34, 92, b6, e8)
#define THON_ID_PLAN_LOADED     SD_ID128_MAKE(b4, 5b, 5c, 8e, 93, 9b, 49, 1d, a0, 46, 77, 7f, a1, d9, 0b, 87)
#define THON_ID_PLAN_KEPT       SD_ID128_MAKE(d8, ab, 27, cf, dd, d5, 43, eb, 85, 1c, 91, c4, 8d, 60, ca, 7c)
#define THON_ID_CHANNEL_HELD    SD_ID128_MAKE(7c, 31, d9, 67, 87, 7e, 43, c7, ae, 78, 36, 26, e7, 14, 02, cd)
#define THON_ID_CHANNEL_BACK    SD_ID128_MAKE(51, 5f, 35, 42, a1, a8, 41, 23, b7, 2c, 6f, c4, 5e, 57, 39, 6b)
#define THON_ID_TOKEN_LOST      SD_ID128_MAKE(0d, d9, ba, 30, c7, e6, 40, 21, a7, 8f, 5b, 53, 78, 2c, dd, fa)
#define THON_ID_OFFLINE         SD_ID128_MAKE(06, 82, 92, bc, 8d, 3b, 41, 34, 83, 63, 4d, d0, c6, 0d, 51, 34)
#define THON_ID_ONLINE          SD_ID128_MAKE(8c, aa, 91, 14, 4f, d3, 41, 89, b9, c4, 7f, 2d, 8e, c6, 16, ba)
#define THON_ID_INCIDENT_RAISED SD_ID128_MAKE(9e, c7, 2d, 3c, f8, a4, 41, 90, 9b, 59, f0, df, 42, eb, e1, 9e)
#define THON_ID_INCIDENT_OVER   SD_ID128_MAKE(1c, 32, e8, ad, 67, b6, 41, ee, 92, c7, f1, 53, bd, 47, 65, 34)
#define THON_ID_HEAL_BEGUN      SD_ID128_MAKE(f9, 31, 65, 38, e4, 82, 4d, 76, 95, 60, c9, f9, fd, 57, 7c, 63)
#define THON_ID_HEAL_FAILED     SD_ID128_MAKE(c7, 34, c4, 27, cb, 18, 45, df, 97, c2, 76, f6, b1, 1c, 7d, 1f)
#define THON_ID_LOGIN_STOPPED   SD_ID128_MAKE(f1, 50, ac, 5b, 67, 72, 4e, 51, 93, 34, 7e, 7f, 34, ba, dc, 63)
#define THON_ID_AIRED           SD_ID128_MAKE(41, 41, b3, 34, f7, 22, 4d, a3, a9, 10, cb, a7, 85, c3, dd, 0a)
#define THON_ID_NOT_AIRED       SD_ID128_MAKE(73, 39, cf, 40, 21, 05, 46, e7, 86, 31, 5a, 6e, 25, 58, d3, 94)
#define THON_ID_DAEMON_DOWN     SD_ID128_MAKE(09, 9e, 12, cc, bd, cf, 41, 7b, af, 73, 7e, c9, 3a, 7c, 5a, 74)
#define THON_ID_DAEMON_UP       SD_ID128_MAKE(86, 3e, d7, 6b, 4d, f1, 40, 26, a9, 03, 06, 73, 68, e1, b8, 87)
