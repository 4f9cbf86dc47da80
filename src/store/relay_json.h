/* Columns as JSON, for what people and programs look at. */
#pragma once

#include "sql.h"
#include "thon/json.h"

/* A time column through this is RFC 3339 in UTC: the store knows no zone. */
#define THON_SQL_TIME(column) "strftime('%Y-%m-%dT%H:%M:%SZ', " column ", 'unixepoch')"

/* NULL is null. What is no UTF-8 came from outside; one such text must not hide the others. */
json_t *thon_column_json(struct thon_stmt *stmt, int column);
/* null as well. */
json_t *thon_column_json_integer(struct thon_stmt *stmt, int column);
