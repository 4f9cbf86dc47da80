/* Whether a recorder records. It answers pings, serves live pictures and blinks for months with a dead disk, and that is
 * noticed on the day when a recording is asked for.
 *
 * ONVIF's summary says until when there are recordings, by the recorder's own clock: what it is behind by is measured
 * against that clock, so that a wrong one is a fault of its own and not a dead disk. What could not be asked is not news:
 * the verdict stays as it was. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "camerad.h"
#include "thon/log.h"

#define AGAIN_US    (60u * UINT64_C(1000000)) /* too many calls are under way */
#define OFF_CLOCK_S 5 /* a good login is refused by some when the clock is so far off */

static void due_in(struct camerad_device *c, uint64_t us)
{
        c->recorder_due = thon_mono_add(thon_clock_mono(c->daemon->clock), us);
}

static void failing(struct camerad_device *c, const char *detail)
{
        if (!c->recorder_failing)
                thon_log_id(LOG_WARNING, THON_MSG_NONE, "THON_CAMERA", c->conf->id,
                            "%s: whether it records could not be asked: %s", c->conf->id, detail);
        c->recorder_failing = true;
}

static void take(struct camerad_device *c, const struct onvif_told *told)
{
        int64_t clock_s = camerad_now(c->daemon).wall.s + (told->skew_known ? told->skew_s : 0);
        int64_t behind_s = clock_s - told->answer->recorded_until.s;
        enum thon_camera_verdict found =
                behind_s > c->daemon->conf.recorder_behind_s ? THON_CAMERA_RECORDER_DISK : THON_CAMERA_OK;

        c->recorded_until.s = told->answer->recorded_until.s - (told->skew_known ? told->skew_s : 0);
        if (found == c->recorded)
                return;
        thon_log_id(LOG_INFO, THON_MSG_NONE, "THON_CAMERA", c->conf->id,
                    "%s: the last recording ended %" PRId64 " s ago by its own clock", c->conf->id,
                    behind_s);
        c->recorded = found;
        camerad_judge(c, false);
}

static void on_told(const struct onvif_told *told, void *userdata)
{
        struct camerad_device *c = userdata;
        bool clock_off = told->skew_known && (told->skew_s > OFF_CLOCK_S || told->skew_s < -OFF_CLOCK_S);

        c->recorder = NULL;
        if (told->skew_known) {
                c->skew_known = true;
                c->skew_s = told->skew_s;
        }
        if (told->error) {
                failing(c, told->detail);
                if (told->error == THON_ONVIF_NOT_AUTHORISED && !clock_off)
                        camerad_web_login_told(c, &c->recorder_refused, true);
                return;
        }
        camerad_web_login_told(c, &c->recorder_refused, false);
        if (!told->skew_known && !c->daemon->clock_trusted) {
                failing(c, "it does not tell its time, and ours is not trusted");
                return;
        }
        if (!told->answer->has_recordings) {
                failing(c, "it does not tell until when");
                return;
        }
        if (c->recorder_failing)
                thon_log_id(LOG_INFO, THON_MSG_NONE, "THON_CAMERA", c->conf->id,
                            "%s: it says again whether it records", c->conf->id);
        c->recorder_failing = false;
        take(c, told);
}

void camerad_recorder_look(struct camerad_device *c)
{
        const struct camerad *d = c->daemon;
        struct onvif_want want = {
                .device = c->conf, .address = c->address[0] ? c->address : NULL, .now = camerad_now(d).wall};
        bool stopped;
        int r;

        if (!c->conf->recorder || c->recorder || d->stopping || thon_camera_silent(c->state.now) ||
            thon_clock_mono(d->clock).us < c->recorder_due.us)
                return;
        camerad_login(c, &want.user, &want.password, &stopped);
        if (stopped || camerad_web_login_stopped(c->recorder_refused))
                return; /* a verdict of its own says so */
        r = onvif_call_start(d->http, THON_ONVIF_RECORDINGS, NULL, &want, on_told, c, &c->recorder);
        due_in(c, r == -EBUSY ? AGAIN_US : (uint64_t)d->conf.recorder_s * 1000000);
        if (r < 0 && r != -EBUSY)
                failing(c, strerror(-r));
}
