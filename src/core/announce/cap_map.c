/* How loud an alert is.
 *
 * CAP says it in three words (severity, urgency, certainty), Vietnam in levels 1 to 5 of disaster risk (QĐ 18/2021/QĐ-TTg, article
 * 4), and the loudspeakers know the three classes of Circular 39/2020. A program that tested for one value of severity once left
 * "Extreme" unspoken; here every word is first a rank, and a class is a threshold on ranks, so that more can never be quieter than
 * less. A test walks all combinations.
 *
 *   severity   Unknown  Minor  Moderate  Severe  Extreme
 *   level      0        1      2         3       4; 5 when it is Immediate and Observed
 *   weighs as  2        1      2         3       the same
 *
 * A level that the sender states (docs/cap.md) is the level; for the class the higher of the two counts. "Unknown" is never
 * taken for harmless: an unknown urgency counts as Expected, an unknown certainty as Likely.
 *
 *   emergency  weight 3, Expected, Likely; weight 4, Expected, Possible (as the imminent threats of US wireless alerts do);
 *              Evacuate or Shelter with weight 2, Expected, Possible
 *   priority   weight 2, Future, Possible; weight 3 and more in any case
 *   normal     the rest
 * each "or more". What is Future is not an emergency yet: nobody need be woken for tomorrow's storm. */
#include <string.h>
#include <strings.h>

#include "cap_parts.h"

static int severity_rank(enum thon_cap_severity severity)
{
        switch (severity) {
        case THON_CAP_EXTREME:
                return 4;
        case THON_CAP_SEVERE:
                return 3;
        case THON_CAP_MODERATE:
        case THON_CAP_SEVERITY_UNKNOWN:
                return 2;
        case THON_CAP_MINOR:
                return 1;
        }
        return 2;
}

enum { PAST, FUTURE, EXPECTED, IMMEDIATE };

static int urgency_rank(enum thon_cap_urgency urgency)
{
        switch (urgency) {
        case THON_CAP_IMMEDIATE:
                return IMMEDIATE;
        case THON_CAP_EXPECTED:
        case THON_CAP_URGENCY_UNKNOWN:
                return EXPECTED;
        case THON_CAP_FUTURE:
                return FUTURE;
        case THON_CAP_PAST:
                return PAST;
        }
        return EXPECTED;
}

enum { UNLIKELY, POSSIBLE, LIKELY, OBSERVED };

static int certainty_rank(enum thon_cap_certainty certainty)
{
        switch (certainty) {
        case THON_CAP_OBSERVED:
                return OBSERVED;
        case THON_CAP_LIKELY:
        case THON_CAP_CERTAINTY_UNKNOWN:
                return LIKELY;
        case THON_CAP_POSSIBLE:
                return POSSIBLE;
        case THON_CAP_UNLIKELY:
                return UNLIKELY;
        }
        return LIKELY;
}

int cap_level_stated(const struct thon_cap_info *info)
{
        static const char *const names[] = {"VN:QD18", "VN:CapDoRuiRo", "CapDoRuiRoThienTai",
                                            "DisasterRiskLevel"};
        int level = 0;

        for (size_t i = 0; i < info->n_parameters; i++)
                for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
                        const char *value = info->parameters[i].value;

                        if (strcasecmp(info->parameters[i].name, names[k]) == 0 && value[0] >= '1' &&
                            value[0] <= '5' && value[1] == '\0' && value[0] - '0' > level)
                                level = value[0] - '0';
                }
        return level;
}

struct cap_weight cap_weigh(const struct thon_cap_info *info)
{
        int weight = severity_rank(info->severity), urgency = urgency_rank(info->urgency),
            certainty = certainty_rank(info->certainty), stated = cap_level_stated(info);
        bool moves = info->response & (THON_CAP_EVACUATE | THON_CAP_SHELTER);
        struct cap_weight ret = {.class = THON_CLASS_NORMAL, .repeats = 1, .every_s = 3600};

        if (weight == 4 && urgency == IMMEDIATE && certainty == OBSERVED)
                weight = 5;
        ret.level = stated ? stated : info->severity == THON_CAP_SEVERITY_UNKNOWN ? 0 : weight;
        if (stated > weight)
                weight = stated;

        if ((weight >= 2 && urgency >= FUTURE && certainty >= POSSIBLE) || weight >= 3)
                ret.class = THON_CLASS_PRIORITY;
        if (urgency >= EXPECTED &&
            ((weight >= 3 && certainty >= LIKELY) || (weight >= 4 && certainty >= POSSIBLE) ||
             (weight >= 2 && moves && certainty >= POSSIBLE)))
                ret.class = THON_CLASS_EMERGENCY;

        ret.lamps =
                ret.class == THON_CLASS_EMERGENCY && ((info->response & THON_CAP_EVACUATE) || weight >= 4);

        switch (ret.class) {
        case THON_CLASS_EMERGENCY:
                ret.repeats = urgency == IMMEDIATE ? 6 : 4;
                ret.every_s = urgency == IMMEDIATE ? 180 : 600;
                break;
        case THON_CLASS_PRIORITY:
                ret.repeats = urgency >= EXPECTED ? 3 : 2;
                ret.every_s = urgency >= EXPECTED ? 1800 : 3600;
                break;
        case THON_CLASS_NORMAL:
        case THON_CLASSES:
                break;
        }
        return ret;
}
