/* Receipts, inside the caller's transaction. */
#pragma once

#include "sql.h"
#include "thon/relay_store.h"

/* Raises the receipts of a message's deliveries, and of those that it carried; what was not known to be sent, is. */
int thon_receipt_raise(struct thon_store *store, int64_t message, enum thon_receipt receipt,
                       struct thon_wall at);
