/* The return input says whether sound came out at the other end. */
#include "listen.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "capture.h"
#include "lines.h"
#include "sandbox.h"
#include "shape.h"
#include "tell.h"

int player_listen(const struct player_order *order)
{
        struct thon_json_error error = {0};
        struct player_meter meter = {0};
        struct capture *capture;
        bool started = false;
        int r;

        player_deadline(PLAYER_INPUT, 2);
        r = capture_open(order->pcm, &capture, &error);
        player_deadline(PLAYER_NO_TROUBLE, 0);
        if (r == 0)
                r = sandbox_enter(&(struct sandbox){0});
        while (r >= 0) {
                int16_t block[CAPTURE_BLOCK];
                int n = capture_read(capture, block, CAPTURE_BLOCK, &error);

                if (lines_ended())
                        return 0;
                r = n;
                if (n > 0 && !started) {
                        player_tell("started");
                        started = true;
                }
                for (int at = 0; at < n;) {
                        bool full;
                        double db = 0;

                        at += (int)player_meter_take(&meter, block + at, (size_t)(n - at), &full, &db);
                        if (full)
                                player_tell_level(db);
                }
        }
        player_tell_error(r == -ENOMEM ? PLAYER_MEMORY : PLAYER_INPUT,
                          error.text[0] ? error.text : strerror(-r));
        return 1;
}
