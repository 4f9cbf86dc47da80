/* Alerts, feeds and signatures from anybody: whatever is read can be decided, and what is decided is whole sentences. Louder words
 * make no alert quieter, whatever else it says. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "thon/cap.h"

#define NOON 1795237200

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
        if (!condition)
                abort();
}

static void must_be_line(const char *text)
{
        while (*text) {
                utf8proc_int32_t c;
                utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)text, -1, &c);

                must(n > 0 && c >= ' ' && c != 0x7f);
                text += n;
        }
}

static const char *const geocodes[] = {"VN:16012"};
static const struct thon_cap_zone zones[] = {{"river", true, {19.90, 105.64}, 1},
                                             {"rest", false, {0, 0}, 0}};

static enum thon_class decide(const struct thon_cap *cap, bool trusted)
{
        const struct thon_cap_commune commune = {.geocodes = geocodes,
                                                 .n_geocodes = 1,
                                                 .place = {19.93, 105.64},
                                                 .reach_km = 6,
                                                 .zones = zones,
                                                 .n_zones = 2,
                                                 .languages = {"vi-VN", "en-US"},
                                                 .unsigned_accepted = true,
                                                 .tests_aired = true};
        struct thon_cap_known known[4] = {
                {"dubao@kttv.example.vn", "VN-KTTV-2026-LU-030", {NOON - 7200}, false, {0}}};
        size_t n = 1;
        struct thon_cap_decision d;
        enum thon_class class;

        for (size_t i = 0; i < cap->n_references && n < 4; i++)
                known[n++] = (struct thon_cap_known){cap->references[i].sender,
                                                     cap->references[i].identifier,
                                                     cap->references[i].sent,
                                                     i % 2 == 1,
                                                     {cap->sent.s + 1}};
        must(thon_cap_decide(cap, THON_CAP_UNSIGNED, &commune, known, n, (struct thon_wall){NOON}, trusted,
                             &d) == 0);
        must((d.refusal == THON_CAP_TAKEN) == (d.text != NULL));
        if (d.text) {
                must_be_line(d.text);
                must_be_line(d.title);
                must(strlen(d.text) < 32768 && *d.text);
                must(d.expires.s != INT64_MAX && d.repeats >= 1 && d.every_s >= 60);
                must(d.level >= 0 && d.level <= 5 && d.zones < 4);
                must(!d.exercise || d.class < THON_CLASS_EMERGENCY);
                must(!d.lamps || (!d.all_clear && cap->status != THON_CAP_TEST));
        }
        class = d.class;
        thon_cap_decision_done(&d);
        return class;
}

static void parse(const char *text, size_t size)
{
        struct thon_cap *cap = NULL;
        enum thon_class plain;
        char error[160];
        int r;

        memset(error, 'x', sizeof error);
        r = thon_cap_parse(text, size, &cap, error);
        must(r == 0 || r == -22 || r == -7);
        if (r < 0) {
                must(!cap && strnlen(error, sizeof error) < sizeof error);
                return;
        }
        must(cap->identifier && cap->sender);
        for (size_t i = 0; i < cap->n_infos; i++)
                for (size_t a = 0; a < cap->infos[i].n_areas; a++)
                        for (size_t p = 0; p < cap->infos[i].areas[a].n_polygons; p++)
                                must(cap->infos[i].areas[a].polygons[p].n >= 4);
        (void)decide(cap, true);
        plain = decide(cap, false);
        for (size_t i = 0; i < cap->n_infos; i++) {
                cap->infos[i].severity = THON_CAP_EXTREME;
                cap->infos[i].urgency = THON_CAP_IMMEDIATE;
                cap->infos[i].certainty = THON_CAP_OBSERVED;
        }
        must(decide(cap, false) >= plain);
        (void)thon_cap_free(cap);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct thon_cap_link *links = NULL;
        enum thon_cap_document kind;
        enum thon_cap_signed how;
        char error[160], *signer = NULL;
        size_t n = 0;

        parse((const char *)data, size);
        if (thon_cap_feed_parse((const char *)data, size, &kind, &links, &n, error) == 0) {
                must(n <= THON_CAP_LINKS_MAX && (kind == THON_CAP_DOCUMENT_FEED || n == 0));
                for (size_t i = 0; i < n; i++)
                        must(*links[i].url && links[i].version);
                (void)thon_cap_links_free(links, n);
        }
        /* Nobody is trusted, so nobody has signed it. */
        if (thon_cap_verify((const char *)data, size, NULL, (struct thon_wall){NOON}, &how, &signer) == 0)
                must(how != THON_CAP_SIGNED && (signer != NULL) == (how == THON_CAP_STRANGER));
        free(signer);
        return 0;
}
