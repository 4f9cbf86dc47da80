/* What a provider allows in a day, with a part that only emergencies may use. Counted when a message is taken from the
 * queue, since what may have gone out has to count. */
#include "thon/relay_limits.h"

static int64_t used_on(const struct thon_quota_used *used, int32_t today)
{
        return used->day == today && used->used > 0 ? used->used : 0;
}

unsigned thon_quota_room(const struct thon_quota *quota, const struct thon_quota_used *used, int32_t today,
                         enum thon_class lane, unsigned want)
{
        int64_t room;

        if (quota->total < 0)
                return want;
        room = quota->total - (lane == THON_CLASS_EMERGENCY ? 0 : quota->reserve) - used_on(used, today);
        if (room <= 0)
                return 0;
        return room < want ? (unsigned)room : want;
}

void thon_quota_count(struct thon_quota_used *used, int32_t today, unsigned n)
{
        int64_t before = used_on(used, today);

        *used = (struct thon_quota_used){today, before > INT64_MAX - n ? INT64_MAX : before + n};
}

void thon_quota_told(const struct thon_quota *quota, struct thon_quota_used *used, int32_t today,
                     int64_t left)
{
        int64_t theirs;

        if (quota->total < 0 || left < 0)
                return;
        theirs = left >= quota->total ? 0 : quota->total - left;
        if (theirs > used_on(used, today))
                *used = (struct thon_quota_used){today, theirs};
}
