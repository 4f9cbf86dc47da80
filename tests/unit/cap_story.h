/* Alerts as the tests tell them: all is owned by the story, nothing is freed one by one. */
#pragma once

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "thon/cap.h"

#define NOON  1795237200 /* 2026-11-21T12:00:00+07:00 */
#define HOUR  3600
#define NEVER INT64_MAX

static struct thon_cap_info story_infos[12];
static struct thon_cap_area story_areas[12];
static struct thon_cap_pair story_codes[12];
static struct thon_cap_reference story_references[8];
static struct thon_cap story;
static struct thon_cap_zone story_zones[3];
static struct thon_cap_commune story_commune;
static struct thon_cap_known story_known[8];
static size_t story_n_known;
static struct thon_cap_decision story_decision;

static const char *const story_geocodes[] = {"VN:16012", "38"};

/* An info more, in Vietnamese, for the commune by its code. */
static inline struct thon_cap_info *story_info(const char *event)
{
        size_t n = story.n_infos++;
        struct thon_cap_info *info = &story_infos[n];

        *info = (struct thon_cap_info){.language = (char *)"vi-VN",
                                       .event = (char *)event,
                                       .urgency = THON_CAP_IMMEDIATE,
                                       .severity = THON_CAP_SEVERE,
                                       .certainty = THON_CAP_OBSERVED,
                                       .effective = THON_WALL_NEVER,
                                       .onset = THON_WALL_NEVER,
                                       .expires = {NOON + 6 * HOUR},
                                       .n_areas = 1,
                                       .areas = &story_areas[n]};
        story_codes[n] = (struct thon_cap_pair){(char *)"VN", (char *)"16012"};
        story_areas[n] = (struct thon_cap_area){
                .description = (char *)"Toàn xã", .n_geocodes = 1, .geocodes = &story_codes[n]};
        return info;
}

/* An alert of noon, and a commune of three zones: by the river, in the hills 8 km north of it, and one without a place. */
static inline void story_begin(const char *event)
{
        memset(story_infos, 0, sizeof story_infos);
        story = (struct thon_cap){.identifier = (char *)"A1",
                                  .sender = (char *)"tin@tinh",
                                  .sent = {NOON},
                                  .references = story_references,
                                  .infos = story_infos};
        story_zones[0] = (struct thon_cap_zone){"river", true, {19.90, 105.64}, 1};
        story_zones[1] = (struct thon_cap_zone){"hills", true, {19.972, 105.64}, 1};
        story_zones[2] = (struct thon_cap_zone){"rest", false, {0, 0}, 0};
        story_commune = (struct thon_cap_commune){.geocodes = story_geocodes,
                                                  .n_geocodes = 2,
                                                  .place = {19.93, 105.64},
                                                  .reach_km = 6,
                                                  .zones = story_zones,
                                                  .n_zones = 3,
                                                  .languages = {"vi-VN"}};
        story_n_known = 0;
        if (event)
                (void)story_info(event);
}

static inline void story_refers(const char *identifier, int64_t sent)
{
        story_references[story.n_references++] =
                (struct thon_cap_reference){(char *)"tin@tinh", (char *)identifier, {sent}};
}

static inline struct thon_cap_known *story_knows(const char *identifier, int64_t sent)
{
        story_known[story_n_known] =
                (struct thon_cap_known){.sender = "tin@tinh", .identifier = identifier, .sent = {sent}};
        return &story_known[story_n_known++];
}

static inline enum thon_cap_refusal story_decide_as(enum thon_cap_signed how, int64_t now, bool trusted)
{
        thon_cap_decision_done(&story_decision);
        ck_assert_int_eq(thon_cap_decide(&story, how, &story_commune, story_known, story_n_known,
                                         (struct thon_wall){now}, trusted, &story_decision),
                         0);
        ck_assert_int_eq(story_decision.refusal == THON_CAP_TAKEN, story_decision.text != NULL);
        ck_assert_int_eq(story_decision.refusal == THON_CAP_TAKEN, story_decision.title != NULL);
        return story_decision.refusal;
}

static inline enum thon_cap_refusal story_decide(void)
{
        return story_decide_as(THON_CAP_SIGNED, NOON + 60, true);
}

#define ck_assert_refused(got, want) \
        ck_assert_str_eq(thon_cap_refusal_slug(got), thon_cap_refusal_slug(want))

static inline int story_run(Suite *suite)
{
        SRunner *runner = srunner_create(suite);
        int failed;

        srunner_run_all(runner, CK_ENV);
        failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}
