/* What the registry knows, and what people call it.
 *
 * A field exists once, here. The names after the English one are those that stand over the columns of lists in
 * communes, folded, so that "Mã hộ", "ma ho" and "MÃ HỘ" are one; docs/registry.md shows them with their marks. */
#include "registry_fields.h"

#include <string.h>

#include "thon/cleanup.h"
#include "thon/text.h"

#define N(array) (sizeof(array) / sizeof *(array))

#define NAME_MAX_BYTES 200
#define HEADER_MAX     200

static const struct thon_column area_columns[] = {
        {"id", "ma|ma khu vuc|ma dia ban|ma thon", .type = THON_FIELD_SLUG, .required = true},
        {"name", "ten|ten khu vuc|ten dia ban|ten thon", .type = THON_FIELD_TEXT, .max = NAME_MAX_BYTES,
         .required = true},
        {"kind", "loai|cap|loai khu vuc", .type = THON_FIELD_WORD,
         .words =
                 "xa=commune|phuong=ward|thi tran=town|thon=hamlet|ap=hamlet|ban=hamlet|xom=hamlet|khu pho=quarter|"
                 "to dan pho=quarter|ngo=lane|hem=lane|duong=road"},
        {"parent", "thuoc|truc thuoc|khu vuc cha|cap tren", .type = THON_FIELD_AREA},
        {"lat", "vi do|latitude", .type = THON_FIELD_DEGREES, .min = -90, .max = 90},
        {"lon", "kinh do|longitude|lng", .type = THON_FIELD_DEGREES, .min = -180, .max = 180},
};

static const struct thon_column household_columns[] = {
        {"code", "ma ho|ma so ho|ma ho gia dinh|ma dia chi|ma|id", .type = THON_FIELD_CODE,
         .required = true},
        {"area", "thon|khu vuc|dia ban|thon xom|to dan pho|xom|ap|ban", .type = THON_FIELD_AREA},
        {"house_no", "so nha|house number", .type = THON_FIELD_TEXT, .max = 60, .personal = true},
        {"lane", "ngo|duong|ngo xom|duong ngo|ngo duong|hem", .type = THON_FIELD_TEXT, .max = NAME_MAX_BYTES,
         .personal = true},
        {"head_name", "chu ho|ho ten chu ho|ho va ten chu ho|ten chu ho", .type = THON_FIELD_TEXT,
         .max = NAME_MAX_BYTES, .personal = true},
        {"phone", "dien thoai|so dien thoai|sdt|dt|di dong", .type = THON_FIELD_PHONE, .personal = true},
        {"members", "so khau|nhan khau|so nhan khau|so nguoi|khau", .type = THON_FIELD_INTEGER, .min = 0,
         .max = 1000, .personal = true},
        {"lat", "vi do|latitude", .type = THON_FIELD_DEGREES, .min = -90, .max = 90, .personal = true},
        {"lon", "kinh do|longitude|lng", .type = THON_FIELD_DEGREES, .min = -180, .max = 180,
         .personal = true},
        {"internet", "mang internet|co internet|wifi", .type = THON_FIELD_BOOLEAN},
        {"smartphone", "dien thoai thong minh|co dien thoai thong minh|smart phone",
         .type = THON_FIELD_BOOLEAN},
        {"e_payment", "thanh toan dien tu|thanh toan khong dung tien mat|vi dien tu",
         .type = THON_FIELD_BOOLEAN},
        {"digital_skills", "ky nang so", .type = THON_FIELD_TEXT, .max = 120, .personal = true},
        {"notes", "ghi chu|note", .type = THON_FIELD_TEXT, .max = 2000, .personal = true},
};

static const struct thon_column person_columns[] = {
        {"id", "ma|ma nguoi|ma ca nhan", .type = THON_FIELD_SLUG, .required = true},
        {"name", "ten|ho ten|ho va ten", .type = THON_FIELD_TEXT, .max = NAME_MAX_BYTES, .required = true,
         .personal = true},
        {"household", "ma ho|ho|ho gia dinh", .type = THON_FIELD_HOUSEHOLD},
        {"area", "thon|khu vuc|dia ban|thon xom|to dan pho", .type = THON_FIELD_AREA},
        {"role", "vai tro|chuc vu|chuc danh", .type = THON_FIELD_WORD,
         .words =
                 "can bo=officer|can bo xa=officer|cong chuc=officer|truong thon=hamlet-head|truong ap=hamlet-head|"
                 "truong ban=hamlet-head|to truong=hamlet-head|ky thuat=technician|ky thuat vien=technician|"
                 "nguoi dan=citizen|cong dan=citizen|dan=citizen"},
        {"phone", "dien thoai|so dien thoai|sdt|dt|di dong", .type = THON_FIELD_PHONE, .personal = true},
        {"channels", "kenh|kenh nhan tin", .type = THON_FIELD_CHANNELS, .personal = true},
        {"consent", "dong y|dong y nhan tin", .type = THON_FIELD_CONSENT,
         .words = "thong bao=notices|khan cap=emergency|tin khan=emergency|tin khan cap=emergency"},
        {"consent_at", "ngay dong y", .type = THON_FIELD_DATE},
        {"groups", "nhom|doan the|hoi doan the|to chuc", .type = THON_FIELD_GROUPS},
        {"notes", "ghi chu|note", .type = THON_FIELD_TEXT, .max = 2000, .personal = true},
};

static const struct thon_column group_columns[] = {
        {"id", "ma|ma nhom", .type = THON_FIELD_SLUG, .required = true},
        {"name", "ten|ten nhom", .type = THON_FIELD_TEXT, .max = NAME_MAX_BYTES, .required = true},
        {"kind", "loai|loai nhom", .type = THON_FIELD_WORD,
         .words =
                 "chi bo=party-cell|chi bo dang=party-cell|nong dan=farmers|hoi nong dan=farmers|phu nu=women|"
                 "hoi phu nu=women|cuu chien binh=veterans|hoi cuu chien binh=veterans|thanh nien=youth|"
                 "doan thanh nien=youth|to cong nghe so=digital-team|to cong nghe so cong dong=digital-team"},
        {"area", "thon|khu vuc|dia ban", .type = THON_FIELD_AREA},
        {"members", "thanh vien|hoi vien", .type = THON_FIELD_MEMBERS},
};

static const struct thon_column device_columns[] = {
        {"id", "ma|ma thiet bi", .type = THON_FIELD_SLUG, .required = true},
        {"kind", "loai|loai thiet bi", .type = THON_FIELD_WORD, .required = true,
         .words =
                 "mach den=circuit|tuyen den=circuit|den duong=circuit|camera=camera|may anh=camera|"
                 "bo chuyen mach=switch|tu mang=switch|diem wifi=access-point|wifi=access-point|may chu=host|"
                 "may tinh=host|dien luoi=mains|nguon dien luoi=mains|nguon dien=mains"},
        {"area", "thon|khu vuc|dia ban", .type = THON_FIELD_AREA},
        {"name", "ten|ten thiet bi", .type = THON_FIELD_TEXT, .max = NAME_MAX_BYTES, .required = true,
         .fallback = "@"},
        {"lat", "vi do|latitude", .type = THON_FIELD_DEGREES, .min = -90, .max = 90},
        {"lon", "kinh do|longitude|lng", .type = THON_FIELD_DEGREES, .min = -180, .max = 180},
        {"config", "cau hinh", .type = THON_FIELD_CONFIG, .required = true, .fallback = "{}"},
};

static const struct thon_table tables[THON_NOUNS] = {
        [THON_AREA] = {THON_AREA, "area", "merged_into IS NULL", false, area_columns, N(area_columns)},
        [THON_HOUSEHOLD] = {THON_HOUSEHOLD, "household", NULL, true, household_columns,
                            N(household_columns)},
        [THON_PERSON] = {THON_PERSON, "person", NULL, true, person_columns, N(person_columns)},
        [THON_GROUP] = {THON_GROUP, "group_", NULL, false, group_columns, N(group_columns)},
        [THON_DEVICE] = {THON_DEVICE, "device", NULL, false, device_columns, N(device_columns)},
};
_Static_assert(N(household_columns) <= THON_COLUMNS_MAX, "a record holds THON_COLUMNS_MAX values");
_Static_assert(N(person_columns) <= THON_COLUMNS_MAX, "a record holds THON_COLUMNS_MAX values");

static const char *const noun_texts[THON_NOUNS] = {
        [THON_AREA] = "area",   [THON_HOUSEHOLD] = "household", [THON_PERSON] = "person",
        [THON_GROUP] = "group", [THON_DEVICE] = "device",
};

const char *thon_noun_text(enum thon_noun noun)
{
        return noun_texts[noun];
}

const struct thon_table *thon_registry_table(enum thon_noun noun)
{
        return &tables[noun];
}

/* Behind the next '|'; NULL at the end. */
static const char *next_of(const char *list)
{
        list = strchr(list, '|');
        return list ? list + 1 : NULL;
}

bool thon_registry_listed(const char *list, const char *folded)
{
        size_t n = strlen(folded);

        for (; list && n > 0; list = next_of(list))
                if (strncmp(list, folded, n) == 0 && (list[n] == '\0' || list[n] == '|'))
                        return true;
        return false;
}

/* "house_no" folds to "house no", as "house-no" and "House No." do. */
static bool is_named(const char *name, const char *folded)
{
        for (; *name && *folded; name++, folded++)
                if (*folded != (*name == '_' ? ' ' : *name))
                        return false;
        return *name == '\0' && *folded == '\0';
}

int thon_registry_column(const struct thon_table *table, const char *name)
{
        _cleanup_free_ char *folded = NULL;

        if (thon_text_fold(name, HEADER_MAX, &folded) < 0)
                return -1;
        for (size_t i = 0; i < table->n; i++)
                if (is_named(table->columns[i].name, folded) ||
                    thon_registry_listed(table->columns[i].also, folded))
                        return (int)i;
        return -1;
}

int thon_registry_column_named(const struct thon_table *table, const char *name)
{
        for (size_t i = 0; i < table->n; i++)
                if (strcmp(table->columns[i].name, name) == 0)
                        return (int)i;
        return -1;
}

int thon_registry_column_of(const struct thon_table *table, enum thon_field_type type)
{
        for (size_t i = 0; i < table->n; i++)
                if (table->columns[i].type == type)
                        return (int)i;
        return -1;
}

bool thon_registry_word(const char *words, const char *folded, char *ret, size_t size)
{
        size_t n = strlen(folded);

        for (; words && n > 0; words = next_of(words)) {
                const char *slug;
                size_t length;

                if (strncmp(words, folded, n) != 0 || words[n] != '=')
                        continue;
                slug = words + n + 1;
                length = strcspn(slug, "|");
                if (length >= size)
                        return false;
                memcpy(ret, slug, length);
                ret[length] = '\0';
                return true;
        }
        return false;
}
