/* One process does one thing and ends: what a bad file or a hung card did to it is gone with it. */
#include "player.h"

#include <errno.h>

#include "air.h"
#include "gst.h"
#include "lines.h"
#include "listen.h"
#include "order.h"
#include "prepare.h"
#include "tell.h"

static int warm(void)
{
        struct thon_json_error error = {0};

        if (gst_warm(&error) == 0)
                return 0;
        player_tell_error(PLAYER_ORDER, error.text);
        return 1;
}

static int carry_out(const struct player_order *order, struct lines *lines)
{
        switch (order->mode) {
        case PLAYER_AIR:
                return player_air(order, lines);
        case PLAYER_PREPARE:
                return player_prepare(order);
        case PLAYER_LISTEN:
                return player_listen(order);
        case PLAYER_WARM:
                return warm();
        }
        return 1;
}

int player_run(void)
{
        static struct lines lines;
        struct thon_json_error error = {0};
        struct player_order order;
        const char *line;
        size_t size;
        int r;

        while (!(line = lines_next(&lines, &size))) {
                r = lines_fill(&lines);
                if (r == -E2BIG)
                        player_tell_error(PLAYER_ORDER, "a line without end");
                if (r < 0)
                        return 1;
        }
        r = player_order_read(line, size, &order, &error);
        if (r < 0) {
                player_tell_error(r == -ENOMEM ? PLAYER_MEMORY : PLAYER_ORDER, error.text);
                return 1;
        }
        r = carry_out(&order, &lines);
        player_order_done(&order);
        return r;
}
