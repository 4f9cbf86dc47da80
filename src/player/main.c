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
        /* A reader that goes and a file that grows too large are told as errors. */
        (void)signal(SIGPIPE, SIG_IGN);
        (void)signal(SIGXFSZ, SIG_IGN);
        thon_log_open("thon-player", LOG_INFO);
        player_end(player_run());
}
