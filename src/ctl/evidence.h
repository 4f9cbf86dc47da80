/* thonctl audit verify --pack FILE. */
#pragma once

#include "ctl.h"

int ctl_evidence_verify(struct ctl *ctl, const char *file, const char *head);
