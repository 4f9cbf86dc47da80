/* What chips and lines this machine has, for whoever chooses one. It looks and requests nothing: no level changes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct thon_gpio_survey_line {
        unsigned offset;
        char name[64];     /* "" when it has none */
        char consumer[64]; /* who holds it; "" when that gave no name, or nobody does */
        bool used;         /* by a program or by the kernel */
};

struct thon_gpio_survey_chip {
        char label[64];       /* what a circuit names it by; "sim:NAME" of a simulated one */
        char kernel_name[32]; /* "gpiochip0", which is an accident; "" of a simulated one */
        size_t n_lines;
        struct thon_gpio_survey_line *lines; /* in order of offset */
};

struct thon_gpio_survey {
        size_t n_chips;
        struct thon_gpio_survey_chip *chips;
        size_t n_unreadable; /* chips that we may not open */
};

/* `sim_dir`: of simulated chips, whose lines are the directories that are there; NULL or "": none. 0 or -errno. */
int thon_gpio_survey(const char *sim_dir, struct thon_gpio_survey **ret);
struct thon_gpio_survey *thon_gpio_survey_free(struct thon_gpio_survey *survey);

/* By label, device-tree compatible, or the kernel's name for it. NULL: none, or more than one. Borrowed. */
const struct thon_gpio_survey_chip *thon_gpio_survey_chip(const struct thon_gpio_survey *survey,
                                                          const char *wanted);
/* By name, which must be of one line only, or decimal offset, as circuits name lines. Borrowed. */
const struct thon_gpio_survey_line *thon_gpio_survey_line(const struct thon_gpio_survey_chip *chip,
                                                          const char *wanted);
