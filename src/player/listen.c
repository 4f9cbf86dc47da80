/* The return input says whether sound came out at the other end, and when: what is read late was heard before, and over what
 * a full buffer left out nothing is measured. */
#include "listen.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "capture.h"
#include "inputs.h"
#include "lines.h"
#include "pace.h"
#include "sandbox.h"
#include "shape.h"
#include "tell.h"

struct ear {
        struct capture *capture;
        struct player_meter meter;
        uint64_t until_us; /* of what was measured */
};

static void tell_heard(const struct ear *ear, double db, size_t n)
{
        player_tell_level(db, ear->until_us - player_us(n), ear->until_us);
}

static void hear(struct ear *ear, const int16_t *samples, size_t n)
{
        uint64_t end_us = pace_now_us() - capture_waits_us(ear->capture);
        double db = 0;

        if (capture_overran(ear->capture)) {
                size_t rest = player_meter_end(&ear->meter, &db);

                if (rest > 0)
                        tell_heard(ear, db, rest);
        }
        while (n > 0) {
                bool full;
                size_t taken = player_meter_take(&ear->meter, samples, n, &full, &db);

                samples += taken;
                n -= taken;
                ear->until_us = end_us - player_us(n);
                if (full)
                        tell_heard(ear, db, PLAYER_METER);
        }
}

int player_listen(const struct player_order *order)
{
        struct thon_json_error error = {0};
        struct ear ear = {0};
        bool started = false;
        int r;

        player_deadline(PLAYER_INPUT, 2);
        r = capture_open(order->pcm, &ear.capture, &error);
        player_deadline(PLAYER_NO_TROUBLE, 0);
        if (r == 0)
                r = sandbox_enter(&(struct sandbox){0});
        while (r >= 0) {
                int16_t block[CAPTURE_BLOCK];

                r = capture_read(ear.capture, block, CAPTURE_BLOCK, &error);
                if (lines_ended())
                        return 0;
                if (r > 0 && !started) {
                        player_tell("started");
                        started = true;
                }
                if (r > 0)
                        hear(&ear, block, (size_t)r);
        }
        player_tell_error(r == -ENOMEM ? PLAYER_MEMORY : PLAYER_INPUT,
                          error.text[0] ? error.text : strerror(-r));
        return 1;
}
