/* What people read about events. Each notice can be read alone, since the one before may never have arrived: it says
 * what stands now, then what is new and what is over. Ten places are named; who needs all of them looks at the
 * console. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "route.h"
#include "thon/cleanup.h"

#define NAMED_MAX 10

/* "Đường làng: đèn đang sáng thì mất điện" without the name in front, and without its full stop. */
static const char *words_of(const struct thon_route_event *event, const char *text, int *ret_n)
{
        size_t name = strlen(event->name), n;

        if (name > 0 && strncmp(text, event->name, name) == 0 && strncmp(text + name, ": ", 2) == 0)
                text += name + 2;
        n = strlen(text);
        while (n > 0 && (text[n - 1] == '.' || text[n - 1] == ' '))
                n--;
        *ret_n = (int)n;
        return text;
}

/* Whose text names it says enough. */
static void add_event(struct words *words, const struct thon_route_event *event, const char *text)
{
        int n;
        const char *rest = words_of(event, text, &n);

        if (n == 0)
                words_add(words, "%s", event->name);
        else if (rest == text && strstr(text, event->name))
                words_add(words, "%.*s", n, text);
        else
                words_add(words, "%s: %.*s", event->name, n, rest);
}

static void add_names(struct words *words, const struct route_list *list, const struct thon_route_event *but)
{
        size_t named = 0, n = 0;

        for (size_t i = 0; i < list->n; i++)
                n += list->items[i] != but;
        for (size_t i = 0; i < list->n && named < NAMED_MAX; i++)
                if (list->items[i] != but)
                        words_add(words, "%s%s", named++ > 0 ? ", " : "", list->items[i]->name);
        if (n > named)
                words_add(words, " và %zu nơi khác", n - named);
}

static struct thon_wall earliest(const struct route_list *list)
{
        struct thon_wall at = THON_WALL_NEVER;

        for (size_t i = 0; i < list->n; i++)
                if (thon_wall_before(list->items[i]->raised_at, at))
                        at = list->items[i]->raised_at;
        return at;
}

static bool same_words(const struct route_list *list)
{
        int n, m;
        const char *first = words_of(list->items[0], list->items[0]->text, &n);

        for (size_t i = 1; i < list->n; i++) {
                const char *other = words_of(list->items[i], list->items[i]->text, &m);

                if (m != n || memcmp(first, other, (size_t)n) != 0)
                        return false;
        }
        return true;
}

static void add_headline(struct words *words, const struct thon_router *router, const char *cause,
                         const struct route_list *list, struct thon_wall now)
{
        const struct thon_route_event *root = route_event_find(router, cause), *among = NULL;
        char clock[THON_CLOCK_TEXT];
        int n;

        for (size_t i = 0; i < list->n; i++)
                if (list->items[i] == root)
                        among = root;
        thon_clock_text(router->zone, earliest(list), now, clock);
        if (list->n == 1) {
                add_event(words, list->items[0], list->items[0]->text);
                words_add(words, " (từ %s)", clock);
        } else if (among) {
                add_event(words, among, among->text);
                words_add(words, " (từ %s), kéo theo %zu nơi: ", clock, list->n - 1);
                add_names(words, list, among);
        } else if (same_words(list)) {
                const char *text = words_of(list->items[0], list->items[0]->text, &n);

                words_add(words, "%zu nơi: %.*s (từ %s): ", list->n, n, text, clock);
                add_names(words, list, NULL);
        } else {
                words_add(words, "%zu sự cố (từ %s):", list->n, clock);
                for (size_t i = 0; i < list->n && i < NAMED_MAX; i++) {
                        words_add(words, "\n– ");
                        add_event(words, list->items[i], list->items[i]->text);
                }
                if (list->n > NAMED_MAX)
                        words_add(words, "\n– và %zu nơi khác", list->n - NAMED_MAX);
        }
        if (root && !among && route_stands(root)) {
                words_add(words, ". Nguyên nhân: ");
                add_event(words, root, root->text);
        }
}

static const char *sign(const struct route_list *list)
{
        for (size_t i = 0; i < list->n; i++)
                if (list->items[i]->severity > THON_SEVERITY_INFO)
                        return "⚠";
        return "ℹ";
}

static void add_ack(struct words *words, bool ack)
{
        words_add(words, ack ? ". Trả lời «ok {so}» khi đã nhận." : ".");
}

char *route_headline(const struct thon_router *router, const char *cause, const struct route_list *stands,
                     struct thon_wall now)
{
        struct words words = {0};

        add_headline(&words, router, cause, stands, now);
        return words_take(&words);
}

char *route_raised_text(const struct thon_router *router, const char *cause, const struct route_list *stands,
                        bool ack, struct thon_wall now)
{
        struct words words = {0};

        words_add(&words, "%s ", sign(stands));
        add_headline(&words, router, cause, stands, now);
        add_ack(&words, ack);
        return words_take(&words);
}

char *route_update_text(const struct thon_router *router, const char *cause, const struct route_list *stands,
                        const struct route_list *fresh, const struct route_list *over, bool ack,
                        struct thon_wall now)
{
        struct words words = {0};

        words_add(&words, "%s Cập nhật: ", sign(stands));
        add_headline(&words, router, cause, stands, now);
        if (fresh->n > 0) {
                words_add(&words, ". Mới: ");
                add_names(&words, fresh, NULL);
        }
        if (over->n > 0) {
                words_add(&words, ". Đã hết: ");
                add_names(&words, over, NULL);
        }
        add_ack(&words, ack);
        return words_take(&words);
}

char *route_repeat_text(const struct thon_router *router, const char *cause, const struct route_list *stands,
                        bool ack, struct thon_wall now)
{
        char span[THON_SPAN_TEXT];
        struct words words = {0};

        words_add(&words, "%s Nhắc lại (đã %s): ", sign(stands),
                  thon_span_text(now.s - earliest(stands).s, span));
        add_headline(&words, router, cause, stands, now);
        add_ack(&words, ack);
        return words_take(&words);
}

char *route_end_text(const struct thon_router *router, const struct route_list *over, struct thon_wall now)
{
        char span[THON_SPAN_TEXT], from[THON_CLOCK_TEXT], to[THON_CLOCK_TEXT];
        struct thon_wall first = earliest(over), last = {INT64_MIN};
        bool steady = true, given_way = false;
        struct words words = {0};

        for (size_t i = 0; i < over->n; i++) {
                if (thon_wall_before(last, over->items[i]->cleared_at))
                        last = over->items[i]->cleared_at;
                steady = steady && over->items[i]->flapping;
                given_way = given_way || over->items[i]->given_way;
        }
        thon_span_text(last.s - first.s, span);
        words_add(&words, "%s",
                  given_way ? "ℹ Không theo dõi nữa, vì có quá nhiều sự kiện: "
                  : steady  ? "✓ Đã ổn định: "
                            : "✓ Đã khắc phục: ");
        if (over->n == 1) {
                const struct thon_route_event *event = over->items[0];

                add_event(&words, event, *event->end_text ? event->end_text : event->text);
                words_add(&words, ", sau %s.", span);
        } else {
                add_names(&words, over, NULL);
                words_add(&words, ", sau %s (%s–%s).", span, thon_clock_text(router->zone, first, now, from),
                          thon_clock_text(router->zone, last, now, to));
        }
        return words_take(&words);
}

static void add_lines(struct words *words, const struct thon_router *router, const char *title,
                      const struct route_list *list, struct thon_wall now)
{
        char from[THON_CLOCK_TEXT], to[THON_CLOCK_TEXT];

        if (list->n == 0)
                return;
        words_add(words, "\n%s (%zu):", title, list->n);
        for (size_t i = 0; i < list->n && i < NAMED_MAX; i++) {
                const struct thon_route_event *event = list->items[i];

                words_add(words, "\n– ");
                add_event(words, event, event->text);
                thon_clock_text(router->zone, event->raised_at, now, from);
                if (route_stands(event))
                        words_add(words, " (từ %s)", from);
                else
                        words_add(words, " (%s–%s)", from,
                                  thon_clock_text(router->zone, event->cleared_at, now, to));
        }
        if (list->n > NAMED_MAX)
                words_add(words, "\n– và %zu nơi khác", list->n - NAMED_MAX);
}

char *route_digest_text(const struct thon_router *router, const struct thon_route_conf *conf,
                        const struct route_list *stands, const struct route_list *over, bool ack,
                        struct thon_wall now)
{
        struct words words = {0};

        words_add(&words, "%s Tổng hợp trong giờ yên tĩnh (%02d:%02d–%02d:%02d):", sign(stands),
                  conf->quiet.from_min / 60, conf->quiet.from_min % 60, conf->quiet.to_min / 60,
                  conf->quiet.to_min % 60);
        add_lines(&words, router, "Đang còn", stands, now);
        add_lines(&words, router, "Đã xảy ra và đã hết", over, now);
        if (ack)
                words_add(&words, "\nTrả lời «ok {so}» khi đã nhận.");
        return words_take(&words);
}
