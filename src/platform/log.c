/* The log of a program.
 *
 * Under the service manager an event goes to the journal as one entry with fields, so that `journalctl
 * THON_CIRCUIT=duong-lang` and `journalctl -x` work. Anywhere else (a terminal, the demo, a test) it is one
 * plain line on standard error, with the fields behind it. Which of the two is decided by $JOURNAL_STREAM,
 * which names the very stream that the manager gave us: when standard error was redirected, the line follows
 * the redirection.
 *
 * The level, the identifier and the sink are the only globals of the project: a log is where a program's
 * words go, wherever in it they are said. */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include "thon/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <time.h>

#include "log_ids.h"
#include "thon/cleanup.h"

#define FIELDS_MAX 16

static struct {
        char ident[32];
        int max_level;
        bool journal;
        thon_log_sink sink;
        void *sink_userdata;
} the_log = {.ident = "thon", .max_level = LOG_INFO};

static bool message_id(enum thon_msg msg, sd_id128_t *ret)
{
        switch (msg) {
#define ID(name)                       \
        case THON_MSG_##name:          \
                *ret = THON_ID_##name; \
                return true
                ID(STARTED);
                ID(CONFIG_INVALID);
                ID(RELOADED);
                ID(BROKER_LOST);
                ID(BROKER_BACK);
                ID(STORE_TROUBLE);
                ID(STORE_BACK);
                ID(CLOCK_UNTRUSTED);
                ID(CLOCK_TRUSTED);
                ID(CLOCK_STEPPED);
                ID(SIM_CLOCK);
                ID(RELAY_FAILED);
                ID(SWITCHED);
                ID(OVERRIDE);
                ID(FAULT_RAISED);
                ID(FAULT_CLEARED);
                ID(PLAN_LOADED);
                ID(PLAN_KEPT);
                ID(CHANNEL_HELD);
                ID(CHANNEL_BACK);
                ID(TOKEN_LOST);
                ID(OFFLINE);
                ID(ONLINE);
                ID(INCIDENT_RAISED);
                ID(INCIDENT_OVER);
                ID(HEAL_BEGUN);
                ID(HEAL_FAILED);
                ID(LOGIN_STOPPED);
                ID(AIRED);
                ID(NOT_AIRED);
                ID(DAEMON_DOWN);
                ID(DAEMON_UP);
#undef ID
        case THON_MSG_NONE:
        case THON_MSG_COUNT:
                break;
        }
        return false;
}

static const char *level_name(int level)
{
        static const char *const names[] = {"emergency", "alert",  "critical", "error",
                                            "warning",   "notice", "info",     "debug"};
        return level >= 0 && level < 8 ? names[level] : "?";
}

/* True when standard error is the stream that the service manager connected to the journal. */
static bool stderr_is_journal(void)
{
        const char *stream = getenv("JOURNAL_STREAM");
        uintmax_t device, inode;
        struct stat st;

        /* Without journald's socket sd_journal_sendv() would succeed and drop the entry. */
        return stream && sscanf(stream, "%ju:%ju", &device, &inode) == 2 && fstat(STDERR_FILENO, &st) == 0 &&
               (uintmax_t)st.st_dev == device && (uintmax_t)st.st_ino == inode &&
               access("/run/systemd/journal/socket", W_OK) == 0;
}

void thon_log_open(const char *ident, int max_level)
{
        (void)snprintf(the_log.ident, sizeof(the_log.ident), "%s", ident);
        the_log.max_level = max_level;
        the_log.journal = stderr_is_journal();
}

void thon_log_set_sink(thon_log_sink sink, void *userdata)
{
        the_log.sink = sink;
        the_log.sink_userdata = userdata;
}

/* What came over the network may be quoted in a line: it must not forge a second line nor drive the
 * terminal. */
static void make_one_line(char *text)
{
        for (; *text; text++)
                if ((unsigned char)*text < 0x20 || *text == 0x7f)
                        *text = ' ';
}

static bool to_journal(int level, enum thon_msg msg, const char *const *fields, const char *line)
{
        struct iovec iov[4 + FIELDS_MAX];
        char *texts[4 + FIELDS_MAX];
        int n = 0;
        sd_id128_t id;
        bool sent = false;

        if (asprintf(&texts[n], "MESSAGE=%s", line) >= 0)
                n++;
        if (asprintf(&texts[n], "PRIORITY=%d", level) >= 0)
                n++;
        if (asprintf(&texts[n], "SYSLOG_IDENTIFIER=%s", the_log.ident) >= 0)
                n++;
        if (message_id(msg, &id) &&
            asprintf(&texts[n], "MESSAGE_ID=" SD_ID128_FORMAT_STR, SD_ID128_FORMAT_VAL(id)) >= 0)
                n++;
        for (size_t i = 0; fields && fields[i] && fields[i + 1] && i / 2 < FIELDS_MAX; i += 2)
                if (asprintf(&texts[n], "%s%s", fields[i], fields[i + 1]) >= 0)
                        n++;

        for (int i = 0; i < n; i++)
                iov[i] = (struct iovec){texts[i], strlen(texts[i])};
        sent = n > 0 && sd_journal_sendv(iov, n) >= 0;
        for (int i = 0; i < n; i++)
                free(texts[i]);
        return sent;
}

static void to_stderr(int level, const char *const *fields, const char *line)
{
        _cleanup_free_ char *text = NULL;
        size_t size = 0;
        FILE *f = open_memstream(&text, &size);

        if (!f)
                return;
        fprintf(f, "%s: %s: %s", the_log.ident, level_name(level), line);
        for (size_t i = 0; fields && fields[i] && fields[i + 1]; i += 2)
                fprintf(f, "%s%s%s%s", i == 0 ? " [" : " ", fields[i], fields[i + 1],
                        fields[i + 2] ? "" : "]");
        if (fclose(f) != 0)
                return;
        make_one_line(text);

        /* One write a line, so that the lines of several programs on one terminal do not mix. */
        text[size] = '\n';
        (void)!write(STDERR_FILENO, text, size + 1);
}

void thon_log_full(int level, enum thon_msg msg, const char *const *fields, const char *format, ...)
{
        _cleanup_free_ char *line = NULL;
        int saved_errno = errno;
        va_list ap;
        int r;

        if (level > the_log.max_level)
                return;

        va_start(ap, format);
        r = vasprintf(&line, format, ap);
        va_end(ap);
        if (r < 0) {
                line = NULL;
                errno = saved_errno;
                return;
        }
        make_one_line(line);

        if (the_log.sink)
                the_log.sink(level, msg, line, the_log.sink_userdata);
        else if (!the_log.journal || !to_journal(level, msg, fields, line))
                to_stderr(level, fields, line);
        errno = saved_errno;
}

bool thon_log_ratelimit(unsigned long *last, unsigned interval_s)
{
        struct timespec ts;

        /* Not the daemon's clock: the journal fills in real time, whatever time is simulated. */
        (void)clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
        unsigned long now = (unsigned long)ts.tv_sec + 1; /* never 0, which stands for "not yet" */

        if (*last != 0 && now - *last < interval_s)
                return false;
        *last = now;
        return true;
}
