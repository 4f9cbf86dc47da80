/* All that can block or needs the system is opened first, then the sandbox closes, and only then threads begin and
 * others' bytes are read. From there on the main thread waits for three things: what announced says, what the sound
 * says, and the time that neither may take. */
#include "air.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "gst.h"
#include "lines.h"
#include "pace.h"
#include "sandbox.h"
#include "sound.h"
#include "thon/cleanup.h"
#include "thon/log.h"

#define OPENS_S 2
#define LOOK_MS 100 /* how often the sink's patience is looked at */
#define HUNG_US ((SINK_PATIENCE_MS + 300) * UINT64_C(1000))
#define OVER_US \
        (UINT64_C(5) * 1000000)   /* and a fiftieth: sound so long beyond its limit is a fault of ours */
#define SLACK (UINT64_C(1) << 20) /* bytes, of a file that is written */

struct air {
        const struct player_order *order;
        struct lines *lines;
        struct player_programme *programme;
        struct sink *sink;
        struct archive *archive;
        struct sound *sound;
        uint64_t begun_us; /* monotonic; 0: it waits for "go" */
};

static bool plays_live(const struct player_order *order)
{
        for (size_t i = 0; i < order->n_inputs; i++)
                if (order->inputs[i].kind == PLAYER_LIVE)
                        return true;
        return false;
}

static bool needs_gst(const struct player_order *order)
{
        size_t length = strlen(order->sink.address);

        return order->archive || plays_live(order) || order->sink.kind == THON_SINK_RTP ||
               (order->sink.kind == THON_SINK_FILE && length > 5 &&
                strcmp(order->sink.address + length - 5, ".opus") == 0);
}

static int failed(enum player_trouble trouble, int r, const struct thon_json_error *error)
{
        player_tell_error(r == -ENOMEM ? PLAYER_MEMORY : trouble,
                          error->text[0] ? error->text : strerror(-r));
        return 1;
}

/* The archive is a record; without it there is sound all the same. */
static void open_archive(struct air *air)
{
        struct thon_json_error error = {0};
        int fd, r;

        if (!air->order->archive)
                return;
        fd = open(air->order->archive, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
                  0640);
        r = fd < 0 ? -errno : archive_new(fd, &air->archive, &error);
        if (r < 0)
                thon_warning("no archive of this airing: %s: %s", air->order->archive,
                             error.text[0] ? error.text : strerror(-r));
}

/* Of WAV, which is the larger of what may be written. */
static uint64_t longest_file(const struct player_order *order)
{
        return (player_samples(order->limit_us) + (uint64_t)order->delay_ms * PLAYER_RATE / 1000) *
                       sizeof(int16_t) +
               SLACK;
}

static int open_all(struct air *air)
{
        struct thon_json_error error = {0};
        enum player_trouble trouble = PLAYER_INPUT;
        bool live = plays_live(air->order);
        int r;

        if (needs_gst(air->order)) {
                r = gst_begin(&error);
                if (r < 0)
                        return failed(PLAYER_ORDER, r, &error);
        }
        if (live)
                gst_load_decoders(true);
        player_deadline(PLAYER_INPUT, OPENS_S);
        r = player_programme_open(air->order, &air->programme, &trouble, &error);
        if (r < 0)
                return failed(trouble, r, &error);
        player_deadline(PLAYER_SINK, OPENS_S);
        r = sink_open(&air->order->sink, &air->sink, &error);
        player_deadline(PLAYER_NO_TROUBLE, 0);
        if (r < 0)
                return failed(PLAYER_SINK, r, &error);
        open_archive(air);

        r = sandbox_enter(&(struct sandbox){.live = live, .file_max = longest_file(air->order)});
        if (r < 0)
                return failed(PLAYER_ORDER, r, &error);
        r = sink_start(air->sink, &error);
        if (r < 0)
                return failed(PLAYER_SINK, r, &error);
        if (air->archive && archive_start(air->archive, &error) < 0) {
                thon_warning("no archive of this airing: %s", error.text);
                air->archive = archive_free(air->archive);
        }
        r = player_programme_start(air->programme, &error);
        if (r < 0)
                return failed(PLAYER_INPUT, r, &error);
        r = sound_new(air->order, air->programme, air->sink, air->archive, &air->sound);
        return r < 0 ? failed(PLAYER_MEMORY, r, &error) : 0;
}

static int go(struct air *air)
{
        int r;

        if (air->begun_us > 0)
                return 0;
        air->begun_us = pace_now_us();
        r = sound_start(air->sound);
        return r < 0 ? failed(PLAYER_MEMORY, r, &(struct thon_json_error){0}) : 0;
}

/* -1: go on; otherwise the exit status. */
static int obey(struct air *air, const char *line, size_t size)
{
        enum player_command command;
        int fade_ms, r = player_command_read(line, size, &command, &fade_ms);

        if (r < 0) { /* what plays, plays on */
                thon_warning("an order that is not understood is passed over");
                return -1;
        }
        switch (command) {
        case PLAYER_GO:
                return go(air) == 0 ? -1 : 1;
        case PLAYER_STOP:
                if (air->begun_us > 0) {
                        sound_stop(air->sound, fade_ms);
                        return -1;
                }
                player_tell_stopped(player_us(player_programme_position(air->programme)));
                return 0;
        }
        return -1;
}

/* The lines that are there. */
static int obey_lines(struct air *air)
{
        const char *line;
        size_t size;

        while ((line = lines_next(air->lines, &size))) {
                int status = obey(air, line, size);

                if (status >= 0)
                        return status;
        }
        return -1;
}

static int read_lines(struct air *air)
{
        int r = lines_fill(air->lines);

        if (r == -EPIPE)
                return 1; /* nobody answers for this sound any more */
        return r < 0 ? failed(PLAYER_ORDER, r, &(struct thon_json_error){0}) : obey_lines(air);
}

/* By the system's clock, which may be a little faster than the card's. */
static uint64_t longest_until(const struct air *air)
{
        return air->begun_us + (uint64_t)air->order->delay_ms * 1000 + air->order->limit_us +
               air->order->limit_us / 50 + OVER_US;
}

static int tell_news(struct air *air)
{
        struct sound_news news;

        sound_news(air->sound, &news);
        if (news.archive.text[0])
                thon_warning("the archive of this airing ends early: %s", news.archive.text);
        if (news.started)
                player_tell("started");
        if (news.level)
                player_tell_level(news.db, news.level_us - player_us(PLAYER_METER), news.level_us);
        if (news.silent)
                player_tell("silent");
        switch (news.end) {
        case SOUND_GOES_ON:
                break;
        case SOUND_DONE:
                player_tell_done(news.position_us, news.limit);
                return 0;
        case SOUND_STOPPED:
                player_tell_stopped(news.position_us);
                return 0;
        case SOUND_FAILED:
                player_tell_error(news.trouble, news.error.text);
                return 1;
        }
        if (news.waiting_us > 0 && pace_now_us() > news.waiting_us + HUNG_US) {
                player_tell_error(PLAYER_SINK, "it takes nothing any more");
                return 1;
        }
        if (air->begun_us > 0 && pace_now_us() > longest_until(air)) {
                player_tell_error(PLAYER_SINK, "the sound goes on beyond its limit");
                return 1;
        }
        return -1;
}

int player_air(const struct player_order *order, struct lines *lines)
{
        struct air air = {.order = order, .lines = lines};
        int status = open_all(&air);

        if (status != 0)
                return status;
        player_tell("ready");
        if (!order->wait && go(&air) != 0)
                return 1;
        for (status = obey_lines(&air); status < 0;) {
                struct pollfd on[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                                      {.fd = sound_fd(air.sound), .events = POLLIN}};

                if (poll(on, 2, air.begun_us > 0 ? LOOK_MS : -1) < 0 && errno != EINTR)
                        return failed(PLAYER_ORDER, -errno, &(struct thon_json_error){0});
                status = on[0].revents ? read_lines(&air) : tell_news(&air);
        }
        return status;
}
