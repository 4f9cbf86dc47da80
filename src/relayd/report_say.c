/* What is said about reports: to the citizen in the same chat, and to the office as an event, which routes bring to whoever
 * sees to it. Ten pictures are not answered ten times. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports.h"
#include "thon/cleanup.h"
#include "thon/log.h"

#define HOUR_US       UINT64_C(3600000000)
#define ANSWER_LIFE_S (2 * 86400)
#define EVENT_TEXT    600
#define RECENT        128

/* Chats that were told something lately. */
struct relayd_said {
        struct {
                char channel[THON_CHANNEL_NAME], address[THON_ADDRESS_MAX];
                enum thon_report_word word;
                struct thon_mono at;
        } said[RECENT];
        size_t next;
};

int relayd_said_new(struct relayd_said **ret)
{
        *ret = calloc(1, sizeof(**ret));
        return *ret ? 0 : -ENOMEM;
}

static bool was_said(struct relayd *d, const char *channel, const char *address, enum thon_report_word word)
{
        struct relayd_said *said = d->said;
        struct thon_mono now = relayd_mono(d);
        /* Who mistyped a number does it twice. */
        uint64_t quiet = word == THON_REPORT_SAID_NO_NOTICE ? HOUR_US / 60 : HOUR_US;
        size_t next;

        for (size_t i = 0; i < RECENT; i++)
                if (said->said[i].word == word && strcmp(said->said[i].address, address) == 0 &&
                    strcmp(said->said[i].channel, channel) == 0 &&
                    thon_mono_since(said->said[i].at, now) < quiet)
                        return true;
        next = said->next++ % RECENT;
        said->said[next].word = word;
        said->said[next].at = now;
        (void)snprintf(said->said[next].channel, sizeof(said->said[next].channel), "%s", channel);
        (void)snprintf(said->said[next].address, sizeof(said->said[next].address), "%s", address);
        return false;
}

struct thon_report_facts relayd_report_facts(const struct relayd *d, const struct thon_report *report)
{
        return (struct thon_report_facts){
                .id = report->id,
                .state = report->state,
                .sender = d->conf.sender ? d->conf.sender
                          : d->site.name ? d->site.name
                                         : "UBND xã",
                .reason = report->reason,
                .due = report->due,
                .zone = d->zone,
        };
}

int relayd_report_say(struct relayd *d, const char *channel, const char *address, enum thon_report_word word,
                      const struct thon_report_facts *facts)
{
        _cleanup_free_ char *text = NULL;
        int64_t id;
        int r = thon_report_say(word, facts, &text);

        if (r == 0)
                r = thon_message_add(d->store, channel, address, THON_CLASS_PRIORITY, text,
                                     (struct thon_wall){relayd_wall(d).s + ANSWER_LIFE_S}, relayd_wall(d),
                                     &id);
        if (r == 0)
                relayd_pump_soon(d);
        return r;
}

int relayd_report_say_once(struct relayd *d, const char *channel, const char *address,
                           enum thon_report_word word, const struct thon_report_facts *facts)
{
        return was_said(d, channel, address, word) ? 0 : relayd_report_say(d, channel, address, word, facts);
}

void relayd_report_announce(struct relayd *d, const struct thon_report *report, const char *words)
{
        _cleanup_free_ char *clean = NULL, *text = NULL;
        char subject[24];
        bool open = !thon_report_closed(report->state);
        int n;

        (void)snprintf(subject, sizeof(subject), "%" PRId64, report->id);
        if (words && thon_citizen_text(words, THON_NOTICE_TEXT_MAX, &clean) == 0)
                clean[thon_report_cut(clean, EVENT_TEXT)] = '\0';
        if (open)
                n = asprintf(&text, "Phản ánh số %s%s%s%s: %s", subject, report->name[0] ? " của " : "",
                             report->name, report->household[0] ? " (hộ trong danh sách)" : "",
                             clean && *clean ? clean : "ảnh hoặc vị trí");
        else
                n = asprintf(&text, "Phản ánh số %s đã kết thúc", subject);
        if (n < 0) {
                text = NULL;
                thon_warning("Report %s is not announced: out of memory", subject);
                return;
        }
        relayd_event(d, "report", subject, open, "info", text);
}
