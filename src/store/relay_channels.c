/* Which channels have something to send: those of the queue need not be those of the configuration any more. */
#include <stdio.h>

#include "relay_walk.h"

int thon_queue_channels(struct thon_store *store, int (*visit)(const char *channel, void *), void *userdata)
{
        /* The smallest name behind the last one, by the index: `visit` may move what it is given. */
        char after[THON_CHANNEL_NAME] = "";

        for (;;) {
                _cleanup_stmt_ struct thon_stmt *stmt = NULL;
                int r = thon_sql_row(store, &stmt,
                                     "SELECT min(channel) FROM message WHERE state = 0 AND channel > ?1",
                                     SQL_TEXT(after));
                if (r != 0 || !stmt || thon_column_null(stmt, 0))
                        return r;
                snprintf(after, sizeof(after), "%s", thon_column_text_or_empty(stmt, 0));
                stmt = thon_stmt_done(stmt);
                r = visit(after, userdata);
                if (r != 0)
                        return r;
        }
}
