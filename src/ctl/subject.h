/* What is kept of a household or person: given out, and erased. */
#pragma once

#include "ctl.h"

/* argv: ID [FILE] [--text]. */
int ctl_subject_export(struct ctl *ctl, enum thon_noun noun, int argc, char **argv);
/* argv: ID [--yes]. */
int ctl_subject_erase(struct ctl *ctl, enum thon_noun noun, int argc, char **argv);
