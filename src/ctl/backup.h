/* What thonctl status says of the backups. */
#pragma once

#include "ctl.h"

/* A line for people, and {"ok":...,"last":TIME or null,"age":SECONDS}, null without a store. CTL_OK or told. */
int ctl_backup_age(struct ctl *ctl, json_t **ret, bool *ret_fine);
