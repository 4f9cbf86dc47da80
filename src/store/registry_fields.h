/* The nouns of the registry as tables: one row a field serves options of the command line, CSV columns, JSON members and
 * SQL columns. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "thon/registry.h"

enum thon_field_type {
        THON_FIELD_SLUG,      /* a key: an id of this table */
        THON_FIELD_CODE,      /* a key: letters, digits, - . _ ; upper and lower case are the same */
        THON_FIELD_TEXT,      /* NFC, at most `max` bytes */
        THON_FIELD_WORD,      /* a slug; `words` are what people write for the usual ones */
        THON_FIELD_PHONE,     /* E.164 */
        THON_FIELD_INTEGER,   /* min..max */
        THON_FIELD_DEGREES,   /* min..max, seven decimals (1 cm), decimal point or comma */
        THON_FIELD_BOOLEAN,   /* yes, no, and how spreadsheets say it */
        THON_FIELD_DATE,      /* YYYY-MM-DD or D/M/YYYY */
        THON_FIELD_CHANNELS,  /* "oa:ID;bot:ID" */
        THON_FIELD_CONSENT,   /* "notices,emergency" */
        THON_FIELD_CONFIG,    /* a JSON object, checked per kind of device */
        THON_FIELD_AREA,      /* an area by id or by name */
        THON_FIELD_HOUSEHOLD, /* a household by code */
        THON_FIELD_GROUPS,    /* ids of groups; kept in group_member */
        THON_FIELD_MEMBERS, /* ids of people; kept in group_member, and not exported: people bring their groups */
};

struct thon_column {
        const char *name; /* SQL column, JSON member, CSV header, --option */
        const char *also; /* other names, folded, parted by '|': Vietnamese and spellings seen in lists */
        enum thon_field_type type;
        int min, max;         /* of a number; max also the bytes of a text */
        bool required;        /* may not be empty */
        const char *fallback; /* given to a new record without it; "@" is its key */
        const char *words;    /* of WORD and CONSENT: "folded=slug|folded=slug" */
        bool personal;        /* says who somebody is: the audit log has that it changed, and not what to */
};

#define THON_COLUMNS_MAX 16

/* The first column is the key. */
struct thon_table {
        enum thon_noun noun;
        const char *sql;    /* name of the table */
        const char *hidden; /* SQL for what a listing leaves out (merged areas), or NULL */
        bool search;        /* has a folded `search` column */
        const struct thon_column *columns;
        size_t n;
};

const struct thon_table *thon_registry_table(enum thon_noun noun);

/* -1 when there is none; the name may be English or Vietnamese, with or without marks. */
int thon_registry_column(const struct thon_table *table, const char *name);
/* By the exact English name; of the first column of a type. -1 when there is none. */
int thon_registry_column_named(const struct thon_table *table, const char *name);
int thon_registry_column_of(const struct thon_table *table, enum thon_field_type type);
/* Whether the column is one of the SQL table itself. */
static inline bool thon_column_stored(const struct thon_column *column)
{
        return column->type != THON_FIELD_GROUPS && column->type != THON_FIELD_MEMBERS;
}

/* Whether a folded text is one of those parted by '|'; `list` may be NULL. */
bool thon_registry_listed(const char *list, const char *folded);
/* The slug that stands for a folded text in "folded=slug|...", into `ret`; false when there is none. */
bool thon_registry_word(const char *words, const char *folded, char *ret, size_t size);
