/* What an officer reads of an incident: what is wrong, since when, how many and which, and what to do next. A phone shows a
 * few lines, so it is at most 400 bytes; what does not fit is names, and those are counted instead. The name of what
 * failed and what to do about it always fit. */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "cause.h"

#define TEXT_BYTES 400
#define NAME_BYTES 120
#define REST_BYTES 32 /* " và 12345 nơi khác" */

struct text {
        char bytes[TEXT_BYTES + 1];
        size_t n;
};

/* The most of `s` within `max` bytes that cuts no character in two, nor a letter from its marks. */
static size_t fitting(const char *s, size_t max)
{
        size_t size = strlen(s), fits = 0;

        if (size <= max)
                return size;
        for (size_t at = 0; at <= max && at < size;) {
                utf8proc_int32_t c;
                utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)s + at,
                                                      (utf8proc_ssize_t)(size - at), &c);
                utf8proc_category_t category;

                if (n <= 0)
                        break;
                category = utf8proc_category(c);
                if (category != UTF8PROC_CATEGORY_MN && category != UTF8PROC_CATEGORY_MC &&
                    category != UTF8PROC_CATEGORY_ME)
                        fits = at;
                at += (size_t)n;
        }
        return fits;
}

static void add_bytes(struct text *text, const char *s, size_t n)
{
        if (n > TEXT_BYTES - text->n)
                n = fitting(s, TEXT_BYTES - text->n);
        memcpy(text->bytes + text->n, s, n);
        text->n += n;
        text->bytes[text->n] = '\0';
}

static void add(struct text *text, const char *s)
{
        add_bytes(text, s, strlen(s));
}

/* A name of at most `max` bytes; a longer one ends in "…". */
static void add_name(struct text *text, const char *name, size_t max)
{
        size_t whole = strlen(name);

        if (whole <= max) {
                add(text, name);
                return;
        }
        add_bytes(text, name, fitting(name, max - strlen("…")));
        add(text, "…");
}

__attribute__((format(printf, 2, 3))) static void add_format(struct text *text, const char *format, ...)
{
        char bytes[TEXT_BYTES + 1];
        va_list args;

        va_start(args, format);
        if (vsnprintf(bytes, sizeof(bytes), format, args) > 0)
                add(text, bytes);
        va_end(args);
}

static const char *device_name(const struct thon_cause *f, size_t device)
{
        const struct thon_cause_device *conf = &f->devices[device].conf;

        return conf->name && *conf->name ? conf->name : conf->id;
}

/* "A, B và 11 nơi khác" in at most `max` bytes. */
static void add_names(struct text *text, const struct thon_cause *f, const struct thon_incident *x,
                      size_t max)
{
        size_t end = text->n + max, i;

        for (i = 0; i < x->n_members; i++) {
                const char *name = device_name(f, x->members[i]);
                size_t size = strlen(name) > NAME_BYTES ? NAME_BYTES : strlen(name);
                size_t rest = i + 1 < x->n_members ? REST_BYTES : 0;

                if (text->n + size + 2 + rest > end)
                        break;
                if (i)
                        add(text, ", ");
                add_name(text, name, NAME_BYTES);
        }
        if (i && i < x->n_members)
                add_format(text, " và %zu nơi khác", x->n_members - i);
}

static const char *noun(const struct thon_cause *f, const struct thon_incident *x)
{
        for (size_t i = 0; i < x->n_members; i++)
                if (f->devices[x->members[i]].conf.kind != THON_WATCH_CAMERA)
                        return "thiết bị";
        return "camera";
}

/* The number of a subnet as it is written on a plan. */
static void add_network(struct text *text, uint64_t network)
{
        char address[INET6_ADDRSTRLEN] = "";
        struct in6_addr six = {0};
        struct in_addr four = {htonl((uint32_t)network)};

        if (network <= UINT32_MAX) {
                (void)inet_ntop(AF_INET, &four, address, sizeof(address));
                add_format(text, "Mạng %s/24", address);
                return;
        }
        for (int i = 0; i < 8; i++)
                six.s6_addr[i] = (uint8_t)(network >> (56 - 8 * i));
        (void)inet_ntop(AF_INET6, &six, address, sizeof(address));
        add_format(text, "Mạng %s/64", address);
}

static void add_root(struct text *text, const struct thon_cause *f, const struct thon_incident *x)
{
        if (x->device < f->n) {
                add_name(text, device_name(f, x->device), NAME_BYTES);
                return;
        }
        switch (x->kind) {
        case THON_CAUSE_SELF:
                add(text, "Máy chủ Thôn");
                return;
        case THON_CAUSE_NETWORK:
                add_network(text, (uint64_t)x->group);
                return;
        case THON_CAUSE_MAINS:
        case THON_CAUSE_AREA:
                if (!*x->area)
                        break;
                add(text, "Khu vực ");
                add(text, x->area);
                return;
        case THON_CAUSE_LEARNED:
        case THON_CAUSE_PARENT:
        case THON_CAUSE_CHILDREN:
        case THON_CAUSE_DEVICE:
        case THON_CAUSE_FLAPPING:
                break;
        }
        if (!x->n_members) {
                add(text, x->kind == THON_CAUSE_LEARNED ? "Nhóm thiết bị" : "Thiết bị");
                return;
        }
        add(text, "Nhóm ");
        add_name(text, device_name(f, x->members[0]), NAME_BYTES - 8);
}

static void add_since(struct text *text, const char *clock)
{
        if (clock)
                add_format(text, " từ %s", clock);
}

/* What is wrong, up to where the names stand. */
static void add_failure(struct text *text, const struct thon_cause *f, const struct thon_incident *x,
                        const char *clock)
{
        const char *lost = x->verdict == THON_CAMERA_NO_POWER ? "mất điện" : "mất kết nối";

        switch (x->kind) {
        case THON_CAUSE_SELF:
                add_format(text, ": không còn kết nối được tới %zu %s", x->n_members, noun(f, x));
                add_since(text, clock);
                return;
        case THON_CAUSE_MAINS:
                add(text, x->device < f->n ? ": mất điện" : ": có thể mất điện");
                add_since(text, clock);
                if (x->n_members)
                        add_format(text, ", %zu %s mất theo", x->n_members, noun(f, x));
                return;
        case THON_CAUSE_PARENT:
                add_format(text, ": %s", lost);
                add_since(text, clock);
                if (x->n_members)
                        add_format(text, ", %zu %s mất theo", x->n_members, noun(f, x));
                return;
        case THON_CAUSE_CHILDREN:
                add_format(text, ": vẫn chạy, nhưng %zu %s nối qua đó đều mất kết nối", x->n_members,
                           noun(f, x));
                add_since(text, clock);
                return;
        case THON_CAUSE_LEARNED:
        case THON_CAUSE_NETWORK:
        case THON_CAUSE_AREA:
                add_format(text, ": %zu %s cùng %s", x->n_members, noun(f, x), lost);
                add_since(text, clock);
                return;
        case THON_CAUSE_DEVICE:
                add_format(text, ": %s", thon_camera_sentence(x->verdict));
                if (clock)
                        add_format(text, " (từ %s)", clock);
                return;
        case THON_CAUSE_FLAPPING:
                add(text, ": chập chờn, lúc có lúc mất");
                add_since(text, clock);
                return;
        }
}

static const char *advice(const struct thon_incident *x)
{
        switch (x->kind) {
        case THON_CAUSE_SELF:
                return "Kiểm tra dây mạng của máy chủ và bộ chuyển mạch, bộ định tuyến ở nơi đặt máy chủ.";
        case THON_CAUSE_MAINS:
                return thon_camera_action(THON_CAMERA_NO_POWER);
        case THON_CAUSE_CHILDREN:
                return thon_camera_action(THON_CAMERA_CHILDREN);
        case THON_CAUSE_LEARNED:
                return "Các nơi này hay mất cùng nhau: kiểm tra nguồn điện và bộ chuyển mạch chung của chúng.";
        case THON_CAUSE_NETWORK:
        case THON_CAUSE_AREA:
                return "Kiểm tra tủ mạng, nguồn điện và đường truyền chung của các nơi này.";
        case THON_CAUSE_FLAPPING:
                return "Kiểm tra bộ nguồn, đầu bấm dây mạng, hoặc sóng và hướng ăng-ten nếu nối không dây.";
        case THON_CAUSE_PARENT:
        case THON_CAUSE_DEVICE:
                break;
        }
        return thon_camera_action(x->verdict);
}

char *thon_incident_text(const struct thon_cause *f, const struct thon_incident *x, const char *began_clock)
{
        struct text text = {0};
        const char *what_to_do = advice(x);
        size_t tail = strlen(". ") + strlen(what_to_do), room;

        add_root(&text, f, x);
        add_failure(&text, f, x, began_clock);
        room = text.n + tail < TEXT_BYTES ? TEXT_BYTES - text.n - tail : 0;
        if (x->n_members && x->kind != THON_CAUSE_SELF && room > 2 * REST_BYTES) {
                size_t before = text.n;

                add(&text, " (");
                add_names(&text, f, x, room - strlen(" ()"));
                if (text.n == before + strlen(" ("))
                        text.bytes[text.n = before] = '\0';
                else
                        add(&text, ")");
        }
        add(&text, ". ");
        add(&text, what_to_do);
        return strdup(text.bytes);
}

static const char *back_again(const struct thon_incident *x)
{
        switch (x->kind) {
        case THON_CAUSE_SELF:
                return "đã kết nối lại";
        case THON_CAUSE_MAINS:
                return "đã có điện lại";
        case THON_CAUSE_CHILDREN:
        case THON_CAUSE_PARENT:
        case THON_CAUSE_LEARNED:
        case THON_CAUSE_NETWORK:
        case THON_CAUSE_AREA:
                return "đã có lại";
        case THON_CAUSE_FLAPPING:
                return "đã ổn định";
        case THON_CAUSE_DEVICE:
                break;
        }
        return "đã hoạt động bình thường";
}

char *thon_incident_end_text(const struct thon_cause *f, const struct thon_incident *x,
                             const char *ended_clock, const char *lasted)
{
        struct text text = {0};

        add_root(&text, f, x);
        add_format(&text, ": %s", back_again(x));
        if (ended_clock)
                add_format(&text, " lúc %s", ended_clock);
        if (lasted && *lasted)
                add_format(&text, ", sau %s", lasted);
        if (x->n_members) {
                add_format(&text, "; còn %zu nơi chưa có: ", x->n_members);
                add_names(&text, f, x, TEXT_BYTES - text.n - 1);
        }
        add(&text, ".");
        return strdup(text.bytes);
}

char *thon_incident_name(const struct thon_cause *f, const struct thon_incident *x)
{
        struct text text = {0};

        add_root(&text, f, x);
        return strdup(text.bytes);
}
