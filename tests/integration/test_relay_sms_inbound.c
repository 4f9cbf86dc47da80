/* An SMS is a citizen's word like any other: it opens a report, acknowledges, is taken once, and waits for a full disk. */
#include <sys/resource.h>

#include "../../src/relayd/inbound.h"
#include "../../src/relayd/reports.h"
#include "store_fixture.h"

static struct relayd *d;
static struct thon_channel_conf conf;
static struct relayd_channel channel, *channels[] = {&channel};

static void begin(void)
{
        d = calloc(1, sizeof(*d));
        ck_assert_int_ge(sd_event_new(&d->event), 0);
        must(thon_clock_new(d->event, "2026-11-21T09:00:00+07:00", &d->clock));
        must(thon_zone_fixed(7 * 3600, &d->zone));
        d->state_dir = strdup(scratch);
        ck_assert_int_gt(asprintf(&d->site.store_path, "%s/thon.db", scratch), 0);
        d->conf.report_due_s = 86400;
        d->channels = channels;
        d->n_channels = 1;
        (void)snprintf(conf.name, sizeof(conf.name), "sms");
        conf.kind = THON_KIND_SMS;
        channel = (struct relayd_channel){.daemon = d, .conf = &conf, .kind = &relayd_sms};
        must(relayd_batch_start(d));
        must(relayd_inbound_start(d));
}

static void end(void)
{
        d->stopping = true;
        relayd_inbound_stop(d);
        relayd_batch_stop(d);
        thon_clock_free(d->clock);
        thon_zone_free(d->zone);
        sd_event_unref(d->event);
        free(d->site.store_path);
        free(d->state_dir);
        free(d);
}

static void make(void)
{
        scratch_make();
        thon_store_close(must_open(THON_STORE_CREATE));
        begin();
}

static void drop(void)
{
        end();
        scratch_remove();
}

static void comes(const char *id, const char *text)
{
        relayd_inbound_sms(&(struct relayd_update){.kind = RELAYD_TEXT,
                                                   .update_id = (char *)id,
                                                   .address = (char *)"+84912000001",
                                                   .sender = (char *)"+84912000001",
                                                   .text = (char *)text,
                                                   .at = THON_WALL_NEVER,
                                                   .interaction = true},
                           &channel);
        relayd_batch_flush(d);
}

static int64_t count(const char *sql)
{
        struct thon_store *store = must_open(THON_STORE_READ);
        int64_t n = integer(store, sql);

        thon_store_close(store);
        return n;
}

START_TEST(it_opens_a_report_once_and_is_answered)
{
        comes("sms-1", "Cong so 3 tac");
        comes("sms-1", "Cong so 3 tac");
        ck_assert_int_eq(count("SELECT count(*) FROM report WHERE address = '+84912000001'"), 1);
        ck_assert_int_eq(count("SELECT count(*) FROM report_entry"), 1);
        ck_assert_int_eq(count("SELECT count(*) FROM message WHERE channel = 'sms' AND text LIKE '%số 1%'"),
                         1);
        /* The modem did not know before a restart that we have it. */
        end();
        begin();
        comes("sms-1", "Cong so 3 tac");
        ck_assert_int_eq(count("SELECT count(*) FROM report_entry"), 1);
}
END_TEST

START_TEST(it_waits_until_the_disk_has_room)
{
        struct rlimit all, none;

        must(getrlimit(RLIMIT_FSIZE, &all));
        none = (struct rlimit){64, all.rlim_max};
        ck_assert(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
        must(setrlimit(RLIMIT_FSIZE, &none));
        comes("sms-1", "Cong so 3 tac");
        must(setrlimit(RLIMIT_FSIZE, &all));
        ck_assert_int_eq(count("SELECT count(*) FROM inbound"), 0);
        for (int i = 0; i < 100 && count("SELECT count(*) FROM inbound") == 0; i++)
                ck_assert_int_ge(sd_event_run(d->event, 1000000), 0);
        ck_assert_int_eq(count("SELECT count(*) FROM report"), 1);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("incoming SMS");
        TCase *tc = tcase_create("sms");

        tcase_set_timeout(tc, 60);
        tcase_add_checked_fixture(tc, make, drop);
        tcase_add_test(tc, it_opens_a_report_once_and_is_answered);
        tcase_add_test(tc, it_waits_until_the_disk_has_room);
        suite_add_tcase(suite, tc);
        return run_suite(suite);
}
