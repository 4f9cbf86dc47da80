/* Texts of notices: how channels count them, splitting, templates, and what people answer. Pure; utf8proc for NFC.
 * All input is UTF-8; line breaks and emoji are kept (unlike thon_text_nfc()). */
#pragma once

#include "thon/relay.h"

#define THON_NOTICE_TEXT_MAX 16384 /* bytes of a notice */

/* NFC; CR LF, CR and the like become LF, every kind of space a blank; other control characters, direction marks and all
 * else that shows nothing (not joiners inside emoji) are dropped; trailing spaces of lines and outer white space are cut,
 * more than one blank line becomes one. What it returns it returns unchanged when given again. May be "".
 * 0, -EINVAL (not UTF-8; longer than `max` bytes afterwards, or than 4 * max before), -ENOMEM. */
int thon_notice_text(const char *text, size_t max, char **ret);

/* Citizens' words before they are relayed: thon_notice_text(), and every code that a provider would take for a mention
 * or a link ("[@id]", "@everyone", HTML or Markdown of a bot) loses its power by a blank: "[@" becomes "[ @". Addresses
 * of electronic mail stay. */
int thon_citizen_text(const char *text, size_t max, char **ret);

enum thon_text_unit {
        THON_UNIT_CHARACTER, /* code points after NFC: Zalo */
        THON_UNIT_UTF16,     /* Telegram */
        THON_UNIT_BYTE,      /* ntfy, webhook */
        /* Octets of user data: 140 in a lone SMS, 134 in each of several that the phone joins (GSM characters take 7/8,
         * those beyond 2). Split by 140 to send single SMS; thon_sms_parts() says what a text costs. */
        THON_UNIT_SMS,
};
/* SIZE_MAX, which fits nowhere, when it is not UTF-8 or memory is out. */
size_t thon_text_count(const char *text, enum thon_text_unit unit);

/* Parts that each fit into `max` units, numbered "(1/3) " in front when there is more than one (the number counts); cut
 * at paragraphs, else sentences (. ! ? … and closing quotes) and lines, else words, else between grapheme clusters. It
 * does not part "TP. Thanh Hóa", "1.500 đ", "số 12" or the words of a name where another word will do. Nothing but the
 * white space at the cuts and around the whole is lost. A text that fits is one part without a number. At most 20 parts, else -E2BIG.
 * max >= 20. 0, -EINVAL (max, or not UTF-8), -ENOMEM. */
#define THON_TEXT_PARTS_MAX 20
struct thon_text_parts {
        char **text;
        size_t n;
};
int thon_text_split(const char *text, enum thon_text_unit unit, size_t max, struct thon_text_parts *ret);
void thon_text_parts_done(struct thon_text_parts *parts);

/* How many SMS a text needs when the phone joins them: GSM 03.38 (160, or 153 each) when all characters are in its
 * alphabet, else UCS-2 (70, or 67 each). 0 for ""; UINT_MAX when it is no notice text. */
unsigned thon_sms_parts(const char *text);
/* Without marks ("Điện" is "Dien"), for phones and tariffs that know GSM only: all of it is in that alphabet. Pictures
 * are left out, letters that have no plain look are "?". 0, -EINVAL (no notice text), -ENOMEM. */
int thon_sms_plain(const char *text, char **ret);

/* ---- templates: files etc/templates/ID.txt:
 *
 *     zalo_template = 123456            optional: an approved template of Zalo with the same parameters
 *     title = Lịch tiêm chủng           optional
 *
 *     Kính gửi hộ {ho_ten}, ngày {ngay} ...
 *
 * Head lines "key = value" up to the first empty line; without any head the file is the text. {name} is a value,
 * [a-z][a-z0-9_]{0,31}; "{{" and "}}" are braces. */
struct thon_template {
        char *zalo_template, *title, *text; /* first two may be NULL */
        char **names;                       /* each once, in order of appearance */
        size_t n_names;
};
/* 0; -EINVAL with a sentence in `error` that names the line; -ENOMEM. */
int thon_template_parse(const char *file, size_t size, struct thon_template *ret, char error[static 200]);
void thon_template_done(struct thon_template *template);
struct thon_value_pair {
        const char *name, *value;
};
/* Every name must have a value and every value a name (-EINVAL, `error` says which); values are cleaned as
 * thon_notice_text() and may not be longer than 1,000 bytes. */
int thon_template_render(const struct thon_template *template, const struct thon_value_pair *values,
                         size_t n, char **ret, char error[static 200]);

/* ---- what people answer: "ok 17", "OK17", "Đã nhận", "da nhan 17", "nhận", "rõ", "đã rõ", "roger"...; marks and case
 * do not matter, nor punctuation at the end. The whole message must be an acknowledgement: "ok nhưng đèn vẫn tắt" is
 * not. *ret_notice 0 when no number was given. */
bool thon_ack_parse(const char *text, int64_t *ret_notice);
