/* Does a rule of a calendar match a night? What the rules ask about the night is computed once for all of them. */
#pragma once

#include "thon/light.h"
#include "thon/lunar.h"

struct thon_night_facts {
        int32_t days; /* of the noon on which the night begins */
        struct thon_date date;
        bool has_lunar; /* false outside the lunar calendar's range: lunar rules then never match */
        struct thon_lunar lunar;
        /* mùng 1 Tết of the year before, this one and the next */
        bool has_tet[3];
        int32_t tet[3];
};

/* `lunar` and `tet` say which of the costly facts any rule will ask for. */
void thon_night_facts(int32_t days, bool lunar, bool tet, struct thon_night_facts *ret);

bool thon_rule_matches(const struct thon_rule *rule, const struct thon_night_facts *night);
