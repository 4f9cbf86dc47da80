/* See cap_intake.h; here the ways are only held together. */
#include "cap_intake.h"

#include <errno.h>
#include <stdlib.h>

#include "cap_ways.h"
#include "thon/cleanup.h"

struct cap_intake {
        struct cap_inbox *inbox;
        size_t n_polls;
        struct cap_poll **polls;
};

THON_DEFINE_CLEANUP(struct cap_intake *, cap_intake_free)

int cap_intake_new(const struct cap_intake_options *options, const struct cap_intake_ops *ops,
                   void *userdata, struct cap_intake **ret)
{
        _cleanup_(cap_intake_freep) struct cap_intake *intake = calloc(1, sizeof *intake);
        int r = 0;

        if (intake)
                intake->polls = calloc(options->n_polls + 1, sizeof *intake->polls);
        if (!intake || !intake->polls)
                r = -ENOMEM;
        if (r == 0 && options->inbox)
                r = cap_inbox_new(options, ops, userdata, &intake->inbox);
        for (size_t i = 0; r == 0 && i < options->n_polls; i++) {
                r = cap_poll_new(options, options->polls[i], options->seed + i, ops, userdata,
                                 &intake->polls[i]);
                intake->n_polls += r == 0;
        }
        if (r < 0)
                return r;
        *ret = THON_TAKE(intake);
        return 0;
}

struct cap_intake *cap_intake_free(struct cap_intake *intake)
{
        if (!intake)
                return NULL;
        intake->inbox = cap_inbox_free(intake->inbox);
        for (size_t i = 0; i < intake->n_polls; i++)
                intake->polls[i] = cap_poll_free(intake->polls[i]);
        free(intake->polls);
        free(intake);
        return NULL;
}
