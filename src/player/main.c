#include <signal.h>
#include <stdlib.h>
#include <syslog.h>

#include "player.h"
#include "tell.h"
#include "thon/log.h"

int main(void)
{
        /* Standard error is announced's own, and goes where it goes; a journal's socket is nothing for the sandbox. */
        (void)unsetenv("JOURNAL_STREAM");
        (void)signal(SIGPIPE, SIG_IGN); /* a reader that goes is told as an error */
        thon_log_open("thon-player", LOG_INFO);
        player_end(player_run());
}
