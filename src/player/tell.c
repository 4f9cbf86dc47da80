/* A line is one write(), so that a reader never sees half of one but when we are killed in the middle. When announced reads no
 * longer, nobody is there to play for. */
#include "tell.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "thon/cleanup.h"
#include "thon/json.h"

static const char *const troubles[] = {
        [PLAYER_NO_TROUBLE] = "",   [PLAYER_SINK] = "sink",         [PLAYER_INPUT] = "input",
        [PLAYER_FORMAT] = "format", [PLAYER_TOO_LONG] = "too-long", [PLAYER_ORDER] = "order",
        [PLAYER_MEMORY] = "memory",
};

void player_end(int status)
{
        _exit(status);
}

static void write_all(const char *text, size_t size)
{
        while (size > 0) {
                ssize_t n = write(STDOUT_FILENO, text, size);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        player_end(1);
                text += n;
                size -= (size_t)n;
        }
}

/* Takes the document. Without memory there is one thing left to say. */
static void tell(json_t *doc)
{
        static const char memory[] = "{\"is\":\"error\",\"what\":\"memory\",\"detail\":\"\"}\n";
        _cleanup_free_ char *text = doc ? json_dumps(doc, JSON_COMPACT | JSON_REAL_PRECISION(6)) : NULL;

        json_decref(doc);
        if (text) {
                size_t size = strlen(text);

                text[size] = '\n'; /* the NUL has served */
                write_all(text, size + 1);
        } else {
                write_all(memory, sizeof memory - 1);
                player_end(1);
        }
}

void player_tell(const char *is)
{
        tell(json_pack("{s:s}", "is", is));
}

void player_tell_level(double db, uint64_t from_us, uint64_t to_us)
{
        tell(json_pack("{s:s,s:f,s:I,s:I}", "is", "level", "db", db, "from_us", (json_int_t)from_us, "to_us",
                       (json_int_t)to_us));
}

void player_tell_done(uint64_t position_us, bool limit)
{
        json_t *doc = json_pack("{s:s,s:I}", "is", "done", "position_us", (json_int_t)position_us);

        if (doc && limit && json_object_set_new(doc, "limit", json_true()) < 0) {
                json_decref(doc);
                doc = NULL;
        }
        tell(doc);
}

void player_tell_stopped(uint64_t position_us)
{
        tell(json_pack("{s:s,s:I}", "is", "stopped", "position_us", (json_int_t)position_us));
}

void player_tell_prepared(uint64_t length_us, double lufs, double peak_db)
{
        tell(json_pack("{s:s,s:I,s:f,s:f}", "is", "prepared", "length_us", (json_int_t)length_us, "lufs",
                       lufs, "peak_db", peak_db));
}

void player_tell_error(enum player_trouble what, const char *detail)
{
        struct thon_json_error clean;

        /* What libraries say is theirs to spell. */
        thon_json_fail(&clean, NULL, "%s", detail ? detail : "");
        tell(json_pack("{s:s,s:s,s:s}", "is", "error", "what", troubles[what], "detail", clean.text));
}

static volatile sig_atomic_t awaited;

/* Only what is safe in a handler. */
static void hung(int signal_number)
{
        static const char begin[] = "{\"is\":\"error\",\"what\":\"", end[] = "\",\"detail\":\"it hangs\"}\n";
        const char *what = troubles[awaited];

        (void)signal_number;
        (void)!write(STDOUT_FILENO, begin, sizeof begin - 1);
        (void)!write(STDOUT_FILENO, what, strlen(what));
        (void)!write(STDOUT_FILENO, end, sizeof end - 1);
        player_end(1);
}

void player_deadline(enum player_trouble what, unsigned seconds)
{
        struct sigaction action = {.sa_handler = hung};

        awaited = (sig_atomic_t)what;
        (void)sigaction(SIGALRM, &action, NULL);
        (void)alarm(what == PLAYER_NO_TROUBLE ? 0 : seconds);
}
