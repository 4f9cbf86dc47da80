/* Pins. A wrong one is not a wrong setting but a lamp that never lights, a contactor that chatters at every boot, or a
 * console that is gone; so what is known of the board is said before anybody takes a screwdriver. */
#include <stdlib.h>
#include <string.h>

#include "setup.h"
#include "thon/cleanup.h"

/* The header of a Raspberry Pi: pin of GPIO0 to GPIO27. */
static const int header[] = {27, 28, 3,  5,  7,  29, 31, 26, 24, 21, 19, 23, 32, 33,
                             8,  10, 36, 11, 12, 35, 38, 40, 15, 16, 18, 22, 37, 13};
#define HEADER       (sizeof(header) / sizeof(header[0]))
#define PULLED_UP_TO 8 /* GPIO0 to GPIO8 have a pull-up at power-on, the others a pull-down */

static bool is_pi(const struct thon_gpio_survey_chip *chip)
{
        const char *label = strncmp(chip->label, "sim:", 4) == 0 ? chip->label + 4 : chip->label;

        return strncmp(label, "pinctrl-bcm2", 12) == 0 || strcmp(label, "pinctrl-rp1") == 0;
}

const struct thon_gpio_survey_chip *setup_pin_default_chip(const struct setup *s)
{
        const struct thon_gpio_survey_chip *pi = NULL;

        for (size_t i = 0; i < s->survey->n_chips; i++)
                if (is_pi(&s->survey->chips[i])) {
                        if (pi)
                                return NULL;
                        pi = &s->survey->chips[i];
                }
        return pi ? pi : s->survey->n_chips == 1 ? &s->survey->chips[0] : NULL;
}

const char *setup_take_chip(struct setup *s, const char *text)
{
        const struct thon_gpio_survey_chip *chip = thon_gpio_survey_chip(s->survey, text);
        char known[SETUP_ERROR_MAX / 2] = "";

        if (chip) {
                s->chip = chip;
                return NULL;
        }
        for (size_t i = 0; i < s->survey->n_chips; i++) {
                size_t used = strlen(known);

                (void)snprintf(known + used, sizeof(known) - used, "%s%s", i ? ", " : "",
                               s->survey->chips[i].label);
        }
        if (!*known && s->survey->n_unreadable > 0)
                return setup_refuse(s, "Không được phép mở các khối GPIO của máy này: chạy lại với sudo.");
        if (!*known)
                return setup_refuse(s, "Máy này không có khối GPIO nào.");
        return setup_refuse(s, "Không có khối GPIO \"%.60s\", hoặc có nhiều khối cùng tên. Máy này có: %s",
                            text, known);
}

/* ---- which line is meant ---- */

/* "17", "GPIO17", "gpio17", or the line's name. */
static const struct thon_gpio_survey_line *find_line(const struct thon_gpio_survey_chip *chip,
                                                     const char *text)
{
        const struct thon_gpio_survey_line *line = thon_gpio_survey_line(chip, text);
        char upper[64];
        size_t n = strlen(text);

        if (line || strncasecmp(text, "gpio", 4) != 0 || n >= sizeof(upper))
                return line;
        (void)snprintf(upper, sizeof(upper), "GPIO%s", text + 4);
        line = thon_gpio_survey_line(chip, upper);
        /* The board's drawings call it so, whatever the kernel does. */
        return line || !is_pi(chip) || strspn(text + 4, "0123456789") != n - 4
                       ? line
                       : thon_gpio_survey_line(chip, text + 4);
}

const struct thon_gpio_survey_line *setup_find_pin(const struct setup *s, const char *text)
{
        return s->chip ? find_line(s->chip, text) : NULL;
}

/* How a circuit names it: GPIO17, which every kernel calls so; else by what was typed, or the offset. Names such as
 * GPIO_GCLK or SDA1 differ from one kernel to the next. */
static void name_line(const struct thon_gpio_survey_chip *chip, const struct thon_gpio_survey_line *line,
                      const char *text, struct thon_line_ref *ret)
{
        bool sim = strncmp(chip->label, "sim:", 4) == 0;
        char plain[24];
        bool named = *line->name && thon_gpio_survey_line(chip, line->name) == line;

        (void)snprintf(plain, sizeof(plain), "GPIO%u", line->offset);
        (void)snprintf(ret->chip, sizeof(ret->chip), "%s", chip->label);
        if (named && (sim || strcmp(line->name, plain) == 0 || strcmp(line->name, text) == 0))
                (void)snprintf(ret->line, sizeof(ret->line), "%s", line->name);
        else
                (void)snprintf(ret->line, sizeof(ret->line), "%u", line->offset);
}

const char *setup_pin_text(const struct setup *s, const struct thon_gpio_survey_line *line,
                           char buf[static 96])
{
        if (s->chip && is_pi(s->chip) && line->offset < HEADER)
                (void)snprintf(buf, 96, "GPIO%u (chân %d)", line->offset, header[line->offset]);
        else if (*line->name)
                (void)snprintf(buf, 96, "%s", line->name);
        else
                (void)snprintf(buf, 96, "%u", line->offset);
        return buf;
}

/* ---- what the registry has ---- */

static const struct {
        const char *member, *what;
} roles[] = {
        {"relay", "rơ le"},         {"feedback", "tiếp điểm phản hồi"}, {"meter", "công tơ"},
        {"door", "cửa tủ"},         {"manual", "công tắc tay"},         {"lockout", "khóa an toàn"},
        {"photocell", "quang trở"}, {"mains", "báo điện lưới"},
};
#define ROLES (sizeof(roles) / sizeof(roles[0]))

static const char *text_of(const json_t *object, const char *member)
{
        const char *text = json_string_value(json_object_get(object, member));

        return text ? text : "";
}

/* Of another machine are the lines of a circuit with a node. */
static bool uses_line(const struct setup *s, const json_t *circuit, const char *role,
                      const struct thon_gpio_survey_line *line)
{
        const json_t *config = json_object_get(circuit, "config"),
                     *gpio = json_object_get(json_object_get(config, role), "gpio");
        const struct thon_gpio_survey_chip *chip;

        if (!gpio || *text_of(config, "node"))
                return false;
        chip = thon_gpio_survey_chip(s->survey, text_of(gpio, "chip"));
        return chip == s->chip && chip && thon_gpio_survey_line(chip, text_of(gpio, "line")) == line;
}

const json_t *setup_circuit_of_line(const struct setup *s, const struct thon_gpio_survey_line *line)
{
        const json_t *circuit;
        size_t i;

        json_array_foreach (s->circuits, i, circuit)
                if (uses_line(s, circuit, "relay", line))
                        return circuit;
        return NULL;
}

const json_t *setup_circuit_named(const struct setup *s, const char *id)
{
        const json_t *circuit;
        size_t i;

        json_array_foreach (s->circuits, i, circuit)
                if (strcmp(text_of(circuit, "id"), id) == 0)
                        return circuit;
        return NULL;
}

/* What thon-announced has for itself. */
static const char *refuse_zone(struct setup *s, const struct thon_gpio_survey_line *line)
{
        char pin[96];

        for (size_t i = 0; i < s->announced.n_zones; i++) {
                const struct thon_air_zone_conf *zone = &s->announced.zones[i];
                const struct thon_line_ref *refs[] = {
                        zone->amplifier.kind == THON_AMPLIFIER_GPIO ? &zone->amplifier.line : NULL,
                        zone->back.kind == THON_RETURN_GPIO ? &zone->back.line : NULL,
                };

                for (size_t k = 0; k < 2; k++)
                        if (refs[k] && thon_gpio_survey_chip(s->survey, refs[k]->chip) == s->chip &&
                            thon_gpio_survey_line(s->chip, refs[k]->line) == line)
                                return setup_refuse(s, "%s đã là %s của cụm loa %s. Chọn chân khác.",
                                                    setup_pin_text(s, line, pin),
                                                    k == 0 ? "nguồn tăng âm" : "tín hiệu trả về", zone->id);
        }
        return NULL;
}

static const char *refuse_used(struct setup *s, const struct thon_gpio_survey_line *line,
                               const char *circuit)
{
        char pin[96];
        const json_t *other;
        size_t i;

        (void)setup_pin_text(s, line, pin);
        json_array_foreach (s->circuits, i, other)
                for (size_t k = 0; k < ROLES; k++) {
                        bool own = strcmp(text_of(other, "id"), circuit) == 0 && k == 0;

                        if (!own && uses_line(s, other, roles[k].member, line))
                                return setup_refuse(s, "%s đã là %s của mạch đèn %s (%s). Chọn chân khác.",
                                                    pin, roles[k].what, text_of(other, "id"),
                                                    text_of(other, "name"));
                }
        for (i = 0; i < s->n_relays; i++)
                if (s->relays[i].seen == line && strcmp(s->relays[i].circuit, circuit) != 0)
                        return setup_refuse(s, "%s vừa được chọn cho mạch đèn %s. Chọn chân khác.", pin,
                                            s->relays[i].circuit);
        return refuse_zone(s, line);
}

/* ---- taking one ---- */

static const char *refuse_board(struct setup *s, const struct thon_gpio_survey_line *line)
{
        if (!is_pi(s->chip))
                return NULL;
        if (line->offset >= HEADER)
                return setup_refuse(
                        s,
                        "GPIO%u là của riêng bo mạch, không có trên hàng 40 chân. Chọn từ GPIO4 đến GPIO27.",
                        line->offset);
        if (line->offset <= 1)
                return setup_refuse(
                        s,
                        "GPIO%u (chân %d) dành cho bộ nhớ nhận dạng của bo cắm thêm (HAT); máy đọc nó khi "
                        "khởi động. Chọn từ GPIO4 đến GPIO27.",
                        line->offset, header[line->offset]);
        return NULL;
}

const char *setup_take_pin(struct setup *s, const char *text, const char *circuit, struct setup_relay *ret)
{
        const struct thon_gpio_survey_line *line;
        const char *refused;
        char pin[96];

        if (!s->chip)
                return setup_refuse(s, "Chưa biết khối GPIO nào: máy này %s.",
                                    s->survey->n_chips == 0 ? "không có khối nào"
                                                            : "có nhiều khối, hãy nói rõ (--chip)");
        line = find_line(s->chip, text);
        if (!line)
                return setup_refuse(
                        s,
                        "Không có chân \"%.40s\" trên khối %s. Viết số GPIO, ví dụ 17 hoặc GPIO17 "
                        "(không phải số thứ tự chân trên bo).",
                        text, s->chip->label);
        refused = refuse_board(s, line);
        if (!refused)
                refused = refuse_used(s, line, circuit);
        /* What lightd holds without a circuit for it is of one that was removed: it gives it up. */
        if (!refused && line->used && strncmp(line->consumer, "thon-lightd", 11) != 0)
                refused = setup_refuse(
                        s, "%s đang được %s giữ. Chọn chân khác, hoặc tắt chức năng đó trong config.txt.",
                        setup_pin_text(s, line, pin),
                        *line->consumer ? line->consumer : "một chương trình khác");
        if (refused)
                return refused;
        ret->seen = line;
        name_line(s->chip, line, text, &ret->line);
        return NULL;
}

void setup_pin_warn(struct setup *s, const struct setup_relay *relay)
{
        unsigned offset = relay->seen->offset;
        char pin[96];

        if (!is_pi(s->chip))
                return;
        (void)setup_pin_text(s, relay->seen, pin);
        if (offset == 2 || offset == 3)
                setup_warn(
                        s,
                        "%s là chân I2C, có sẵn điện trở kéo lên 1,8 kΩ trên bo; chỉ dùng khi không cắm thiết bị I2C.",
                        pin);
        if (offset == 14 || offset == 15)
                setup_warn(
                        s,
                        "%s là cổng nối tiếp (console). Dùng làm rơ le thì lúc khởi động nó có thể đóng ngắt nhiều lần; "
                        "phải tắt console nối tiếp trước.",
                        pin);
        if (offset <= PULLED_UP_TO && !relay->line.active_low)
                setup_warn(
                        s,
                        "%s được kéo lên khi có điện, mà rơ le của mạch %s kích mức cao: đèn sẽ bật trong lúc máy khởi "
                        "động (khoảng nửa phút). Chọn chân từ GPIO9 đến GPIO27, hoặc dùng bo kích mức thấp.",
                        pin, relay->circuit);
        if (offset > PULLED_UP_TO && relay->line.active_low)
                setup_warn(
                        s,
                        "%s được kéo xuống khi có điện, mà rơ le của mạch %s kích mức thấp: đèn sẽ bật trong lúc máy khởi "
                        "động (khoảng nửa phút). Chọn chân từ GPIO4 đến GPIO8, hoặc hàn điện trở 10 kΩ kéo lên 3,3 V.",
                        pin, relay->circuit);
}

const char *setup_add_relay(struct setup *s, const struct setup_relay *relay)
{
        for (size_t i = 0; i < s->n_relays; i++)
                if (strcmp(s->relays[i].circuit, relay->circuit) == 0) {
                        s->relays[i] = *relay;
                        return NULL;
                }
        if (s->n_relays == SETUP_RELAYS_MAX)
                return setup_refuse(s, "Mỗi lần thiết lập nhiều nhất %d rơ le; chạy lại để thêm.",
                                    SETUP_RELAYS_MAX);
        s->relays[s->n_relays++] = *relay;
        return NULL;
}

/* ---- showing them ---- */

void setup_list_pins(const struct setup *s)
{
        size_t column = 0;

        fprintf(s->out, "Khối GPIO: %s%s%s%s. Chân còn trống:\n", s->chip->label,
                *s->chip->kernel_name ? " (" : "", s->chip->kernel_name, *s->chip->kernel_name ? ")" : "");
        for (size_t i = 0; i < s->chip->n_lines; i++) {
                const struct thon_gpio_survey_line *line = &s->chip->lines[i];
                char pin[96];

                if (line->used || setup_circuit_of_line(s, line) ||
                    (is_pi(s->chip) && (line->offset < 2 || line->offset >= HEADER)))
                        continue;
                fprintf(s->out, "%s%s", column == 0 ? "  " : ", ", setup_pin_text(s, line, pin));
                if (++column == 5) {
                        fputs(",\n", s->out);
                        column = 0;
                }
        }
        if (column > 0)
                fputc('\n', s->out);
        for (size_t i = 0; i < s->chip->n_lines; i++) {
                const struct thon_gpio_survey_line *line = &s->chip->lines[i];
                const json_t *circuit = setup_circuit_of_line(s, line);
                char pin[96];

                if (circuit)
                        fprintf(s->out, "  %s: mạch đèn %s (%s)\n", setup_pin_text(s, line, pin),
                                text_of(circuit, "id"), text_of(circuit, "name"));
                else if (line->used && !(is_pi(s->chip) && line->offset >= HEADER))
                        fprintf(s->out, "  %s: %s đang giữ\n", setup_pin_text(s, line, pin),
                                *line->consumer ? line->consumer : "chương trình khác");
        }
}
