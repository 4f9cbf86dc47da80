/* The questions, in the order in which a technician knows the answers. Enter keeps what is in brackets; a wrong answer is
 * told and asked for again. */
#include <string.h>

#include "setup.h"
#include "thon/cleanup.h"

#define ANSWER_MAX 400

typedef const char *(*take_fn)(struct setup *s, const char *answer, void *userdata);

static int ask_until(struct setup *s, const char *question, const char *preset, take_fn take, void *userdata)
{
        for (;;) {
                char answer[ANSWER_MAX];
                const char *refused;
                int r = setup_ask(s, question, preset, answer, sizeof(answer));

                if (r != CTL_OK)
                        return r;
                refused = take(s, answer, userdata);
                if (!refused)
                        return CTL_OK;
                fprintf(s->out, "%s\n", refused);
        }
}

static const char *take_name(struct setup *s, const char *answer, void *name)
{
        return setup_take_name(s, answer, name);
}

static const char *take_id(struct setup *s, const char *answer, void *id)
{
        return setup_take_id(s, answer, id);
}

/* ---- 1. the site ---- */

static const char *take_place(struct setup *s, const char *answer, void *unused)
{
        (void)unused;
        return setup_take_place(s, answer);
}

static const char *take_tz(struct setup *s, const char *answer, void *unused)
{
        (void)unused;
        return setup_take_tz(s, answer);
}

static int ask_place(struct setup *s)
{
        for (;;) {
                char preset[64] = "", lat[24], lon[24], rise[6], set[6], question[ANSWER_MAX];
                bool right;
                int r;

                if (s->placed) {
                        setup_degrees(s->lat, lat);
                        setup_degrees(s->lon, lon);
                        (void)snprintf(preset, sizeof(preset), "%s, %s", lat, lon);
                }
                r = ask_until(s, "Tọa độ: vĩ độ, kinh độ (chép từ bản đồ trên điện thoại)", preset,
                              take_place, NULL);
                if (r == CTL_OK)
                        r = ask_until(s, "Múi giờ", s->tz, take_tz, NULL);
                if (r != CTL_OK)
                        return r;
                if (!setup_sun(s, rise, set))
                        (void)snprintf(
                                question, sizeof(question),
                                "Ở đó hôm nay mặt trời không mọc hoặc không lặn. Đúng nơi này không?");
                else
                        (void)snprintf(question, sizeof(question),
                                       "Ở đó hôm nay mặt trời mọc lúc %s, lặn lúc %s. Đúng nơi này không?",
                                       rise, set);
                r = setup_ask_yes(s, question, true, &right);
                if (r != CTL_OK || right)
                        return r;
        }
}

static int talk_site(struct setup *s)
{
        thon_slug slug;
        int r;

        fprintf(s->out, "\n1. Nơi này\n");
        r = ask_until(s, "Tên xã, phường", s->name, take_name, s->name);
        if (r != CTL_OK)
                return r;
        setup_slug_of(s->name, slug);
        r = ask_until(s, "Mã ngắn (a-z, 0-9, gạch nối)", s->id_known || !*slug ? s->id : slug, take_id,
                      s->id);
        return r != CTL_OK ? r : ask_place(s);
}

/* ---- 2. relays ---- */

static const char *take_chip(struct setup *s, const char *answer, void *unused)
{
        (void)unused;
        return setup_take_chip(s, answer);
}

static int choose_chip(struct setup *s)
{
        if (!s->chip)
                s->chip = setup_pin_default_chip(s);
        if (s->chip || s->survey->n_chips == 0)
                return CTL_OK;
        for (size_t i = 0; i < s->survey->n_chips; i++)
                fprintf(s->out, "  %s (%s), %zu đường\n", s->survey->chips[i].label,
                        s->survey->chips[i].kernel_name, s->survey->chips[i].n_lines);
        return ask_until(s, "Rơ le nối vào khối GPIO nào", s->survey->chips[0].label, take_chip, NULL);
}

/* "" means no more. A pin that has a circuit is chosen to change that circuit. */
static const char *take_pin(struct setup *s, const char *answer, void *userdata)
{
        struct setup_relay *relay = userdata, seen = {.lamps = 0};
        const struct thon_gpio_survey_line *line = setup_find_pin(s, answer);
        const char *refused,
                *id = line ? json_string_value(json_object_get(setup_circuit_of_line(s, line), "id")) : NULL;

        if (!*answer)
                return NULL;
        for (size_t i = 0; !id && line && i < s->n_relays; i++)
                if (s->relays[i].seen == line)
                        id = s->relays[i].circuit;
        refused = setup_take_pin(s, answer, id ? id : "", &seen);
        if (refused)
                return refused;
        if (id && thon_slug_valid(id))
                memcpy(seen.circuit, id, strlen(id) + 1);
        *relay = seen;
        return NULL;
}

static const char *take_lamps(struct setup *s, const char *answer, void *lamps)
{
        return setup_take_count(s, answer, lamps);
}

static const char *take_watts(struct setup *s, const char *answer, void *watts)
{
        return setup_take_watts(s, answer, watts);
}

static const char *take_night(struct setup *s, const char *answer, void *unused)
{
        (void)unused;
        return setup_take_night(s, answer);
}

static const char *take_circuit(struct setup *s, const char *answer, void *userdata)
{
        struct setup_relay *relay = userdata, moved = *relay;
        const char *refused = setup_take_id(s, answer, moved.circuit);

        if (!refused)
                refused = setup_take_pin(s, relay->line.line, moved.circuit, &moved);
        if (!refused)
                memcpy(relay->circuit, moved.circuit, sizeof(relay->circuit));
        return refused;
}

/* What the registry or a former answer says of the circuit. */
static void presets_of(const struct setup *s, struct setup_relay *relay)
{
        const json_t *circuit = setup_circuit_named(s, relay->circuit), *config, *gpio;
        const char *name;

        relay->lamps = 0;
        relay->watts = 0;
        for (size_t i = 0; i < s->n_relays; i++)
                if (strcmp(s->relays[i].circuit, relay->circuit) == 0) {
                        struct setup_relay known = s->relays[i];

                        known.seen = relay->seen;
                        memcpy(known.line.chip, relay->line.chip, sizeof(known.line.chip));
                        memcpy(known.line.line, relay->line.line, sizeof(known.line.line));
                        *relay = known;
                }
        config = json_object_get(circuit, "config");
        if (!config)
                return;
        gpio = json_object_get(json_object_get(config, "relay"), "gpio");
        name = json_string_value(json_object_get(circuit, "name"));
        if (name && !*relay->name && strlen(name) <= SETUP_NAME_MAX)
                memcpy(relay->name, name, strlen(name) + 1);
        relay->lamps = (int)json_integer_value(json_object_get(config, "lamps"));
        relay->watts = json_number_value(json_object_get(config, "watts"));
        relay->line.active_low = json_is_true(json_object_get(gpio, "active_low"));
}

static int ask_relay(struct setup *s, struct setup_relay *relay)
{
        char lamps[16], watts[24];
        thon_slug slug;
        int r;

        if (*relay->circuit)
                presets_of(s, relay);
        r = ask_until(s, "  Tên mạch đèn (ví dụ: Đường làng)", relay->name, take_name, relay->name);
        if (r == CTL_OK && !*relay->circuit) {
                setup_slug_of(relay->name, slug);
                r = ask_until(s, "  Mã mạch đèn", slug, take_circuit, relay);
                if (r == CTL_OK)
                        presets_of(s, relay);
        }
        (void)snprintf(lamps, sizeof(lamps), "%d", relay->lamps < 0 ? 0 : relay->lamps);
        (void)snprintf(watts, sizeof(watts), "%g", relay->watts < 0 ? 0 : relay->watts);
        if (r == CTL_OK)
                r = ask_until(s, "  Số bóng đèn (0: chưa biết)", lamps, take_lamps, &relay->lamps);
        if (r == CTL_OK)
                r = ask_until(s, "  Công suất một bóng, W (0: chưa biết)", watts, take_watts, &relay->watts);
        if (r == CTL_OK)
                r = setup_ask_yes(s, "  Bo rơ le kích mức thấp (active low)?", relay->line.active_low,
                                  &relay->line.active_low);
        return r;
}

static int talk_area(struct setup *s)
{
        char answer[ANSWER_MAX];
        thon_slug slug;
        const char *refused;
        int r;

        for (;;) {
                r = setup_ask(s, "Các mạch đèn này ở thôn nào (Enter: chưa ghi)", s->area_name, answer,
                              sizeof(answer));
                if (r != CTL_OK || !*answer)
                        return r;
                refused = setup_take_name(s, answer, s->area_name);
                if (!refused)
                        break;
                fprintf(s->out, "%s\n", refused);
        }
        setup_slug_of(s->area_name, slug);
        return ask_until(s, "Mã của thôn", *s->area ? s->area : slug, take_id, s->area);
}

static bool any_new(const struct setup *s)
{
        for (size_t i = 0; i < s->n_relays; i++)
                if (!setup_circuit_named(s, s->relays[i].circuit))
                        return true;
        return false;
}

/* Of circuits that were there before, the calendar stays: people may have given them another since. */
static int talk_night(struct setup *s)
{
        bool given = s->night_given;
        int r;

        fprintf(s->out, "Ban đêm đèn sáng thế nào?\n"
                        "  1  cả đêm: từ chạng vạng đến rạng đông\n"
                        "  2  tiết kiệm: tắt từ 22:00 đến 4:30\n");
        r = ask_until(s, "Chọn", s->night == SETUP_NIGHT_SAVING ? "2" : "1", take_night, NULL);
        s->night_given = given;
        return r;
}

static int talk_relays(struct setup *s)
{
        int r;

        fprintf(s->out, "\n2. Đèn đường\n");
        r = choose_chip(s);
        if (r != CTL_OK)
                return r;
        if (!s->chip) {
                fprintf(s->out, "Máy này không có chân GPIO nào dùng được; bỏ qua phần rơ le.\n");
                return CTL_OK;
        }
        setup_list_pins(s);
        for (;;) {
                struct setup_relay relay = {.lamps = 0};
                const char *refused;

                r = ask_until(s, "Rơ le nối vào chân GPIO nào, ví dụ 17 (Enter: hết)", "", take_pin, &relay);
                if (r != CTL_OK)
                        return r;
                if (!relay.seen)
                        break;
                r = ask_relay(s, &relay);
                if (r != CTL_OK)
                        return r;
                refused = setup_add_relay(s, &relay);
                if (refused)
                        fprintf(s->out, "%s\n", refused);
        }
        if (s->n_relays == 0)
                return CTL_OK;
        r = talk_area(s);
        return r == CTL_OK && any_new(s) ? talk_night(s) : r;
}

/* ---- 3. a loudspeaker ---- */

static const char *take_sink(struct setup *s, const char *answer, void *unused)
{
        (void)unused;
        return setup_take_sink(s, answer);
}

static int talk_loudspeaker(struct setup *s)
{
        thon_slug slug;
        int r;

        fprintf(s->out, "\n3. Loa\n");
        if (!s->announced_read) {
                fprintf(s->out, "announced.conf có lỗi (xem ở trên); bỏ qua phần loa.\n");
                return CTL_OK;
        }
        r = setup_ask_yes(s, "Máy này có nối với cụm loa nào không?", s->loudspeaker, &s->loudspeaker);
        if (r != CTL_OK || !s->loudspeaker)
                return r;
        r = ask_until(s, "  Tên cụm loa (ví dụ: Loa thôn 4)", s->sink_name, take_name, s->sink_name);
        if (r != CTL_OK)
                return r;
        setup_slug_of(s->sink_name, slug);
        r = ask_until(s, "  Mã cụm loa", *s->sink_zone ? s->sink_zone : slug, take_id, s->sink_zone);
        return r != CTL_OK ? r : ask_until(s, "  Đầu ra âm thanh", s->sink, take_sink, NULL);
}

/* ---- 4. the first user ---- */

static int ask_password(struct setup *s)
{
        for (;;) {
                char prompt[sizeof(thon_slug) + 80];
                struct ctl_secret again = {.size = 0};
                const char *refused;
                bool same;
                int r;

                ctl_secret_done(&s->password);
                (void)snprintf(prompt, sizeof(prompt), "  Mật khẩu của %s (không hiện khi gõ): ", s->user);
                r = ctl_secret_ask(s->ctl, "password", prompt, false, &s->password);
                if (r != CTL_OK)
                        return r;
                if (s->password.ended)
                        return setup_cancelled(s);
                refused = setup_take_password(s);
                if (refused) {
                        fprintf(s->out, "%s\n", refused);
                        continue;
                }
                r = ctl_secret_ask(s->ctl, "password", "  Gõ lại mật khẩu: ", false, &again);
                same = again.size == s->password.size &&
                       memcmp(again.text, s->password.text, again.size) == 0;
                ctl_secret_done(&again);
                if (r != CTL_OK || same)
                        return r;
                fprintf(s->out, "Hai lần gõ không giống nhau. Gõ lại.\n");
        }
}

static int talk_user(struct setup *s)
{
        thon_slug slug;
        int r;

        fprintf(s->out, "\n4. Người quản trị\n");
        r = setup_ask_yes(s,
                          s->admin_there ? "Đã có người quản trị. Thêm một người nữa không?"
                                         : "Lập tài khoản cho người quản trị bây giờ không?",
                          s->with_user || !s->admin_there, &s->with_user);
        if (r != CTL_OK || !s->with_user)
                return r;
        r = ask_until(s, "  Họ và tên", s->user_name, take_name, s->user_name);
        if (r != CTL_OK)
                return r;
        setup_slug_of(s->user_name, slug);
        r = ask_until(s, "  Tên đăng nhập", *s->user ? s->user : slug, take_id, s->user);
        /* --password-file */
        if (r != CTL_OK || s->password.size > 0)
                return r;
        return ask_password(s);
}

int setup_talk(struct setup *s)
{
        int r;

        fprintf(s->out,
                "Thiết lập Thôn. Enter: giữ giá trị trong ngoặc vuông. Ctrl-C: dừng, không thay đổi gì.\n");
        r = talk_site(s);
        if (r == CTL_OK)
                r = talk_relays(s);
        if (r == CTL_OK)
                r = talk_loudspeaker(s);
        if (r == CTL_OK)
                r = talk_user(s);
        return r;
}
