/* What every write of the registry ends with, inside its transaction. */
#pragma once

#include "thon/registry.h"

/* Counts the generation up and adds the audit row "NOUN.VERB". */
int thon_registry_wrote(struct thon_store *store, const struct thon_actor *actor, const char *noun,
                        const char *verb, const char *object, const json_t *detail);
