/* Numbers of documents as newsreaders say them: 15/2025/NĐ-CP is "Nghị định số mười lăm, năm hai nghìn không trăm hai mươi
 * lăm, của Chính phủ". What the text says itself is not said again: the kind before the number ("Nghị định số"), the issuer
 * behind it ("ngày 5/9 của Chính phủ"). */
#include <string.h>

#include "letters.h"
#include "lexicon.h"
#include "number.h"
#include "reader.h"

enum { ISSUER_WITHIN = 16, CODE_TOKENS = 12 };

struct named {
        const char *code, *name;
};

static const struct named kinds[] = {
        {"QĐ", "Quyết định"},
        {"NĐ", "Nghị định"},
        {"TT", "Thông tư"},
        {"NQ", "Nghị quyết"},
        {"CT", "Chỉ thị"},
        {"TB", "Thông báo"},
        {"KH", "Kế hoạch"},
        {"BC", "Báo cáo"},
        {"GM", "Giấy mời"},
        {"TTr", "Tờ trình"},
        {"CV", "Công văn"},
        {"HD", "Hướng dẫn"},
        {"CĐ", "Công điện"},
        {"PL", "Pháp lệnh"},
        {"CTr", "Chương trình"},
        {"KL", "Kết luận"},
        {"ĐA", "Đề án"},
        {"PA", "Phương án"},
        {"HĐ", "Hợp đồng"},
        {"BB", "Biên bản"},
        {"QC", "Quy chế"},
        {"QyĐ", "Quy định"},
        {"QĐi", "Quy định"},
        {"GT", "Giấy giới thiệu"},
        {"TTLT", "Thông tư liên tịch"},
        {"VBHN", "Văn bản hợp nhất"},
        {"TC", "Thông cáo"},
        {"LCT", "Lệnh"},
        {"GP", "Giấy phép"},
        {"GCN", "Giấy chứng nhận"},
        {"HDLN", "Hướng dẫn liên ngành"},
};

static const struct named issuers[] = {
        {"CP", "Chính phủ"},
        {"TTg", "Thủ tướng Chính phủ"},
        {"CTN", "Chủ tịch nước"},
        {"UBTVQH", "Ủy ban Thường vụ Quốc hội"},
        {"TW", "Trung ương"},
        {"TU", "Tỉnh ủy"},
        {"ĐU", "Đảng ủy"},
        {"VP", "Văn phòng"},
        {"VPCP", "Văn phòng Chính phủ"},
        {"CTUBND", "Chủ tịch Ủy ban nhân dân"},
        {"PCTT", "Ban Chỉ huy phòng, chống thiên tai"},
};

static const char *name_of(const struct named *list, size_t n, const char *code)
{
        for (size_t i = 0; i < n; i++)
                if (strcmp(list[i].code, code) == 0)
                        return list[i].name;
        return NULL;
}

#define NAME_OF(list, code) name_of(list, sizeof(list) / sizeof((list)[0]), code)

/* Whether the kind was said: "Nghị định số", "QĐ số:". */
static bool kind_before(const struct reader *r, size_t at)
{
        static const char *const lasts[] = {"định",  "tư",    "quyết", "thị", "báo",  "hoạch", "cáo",
                                            "mời",   "trình", "văn",   "dẫn", "điện", "lệnh",  "luật",
                                            "luận",  "án",    "đồng",  "bản", "chế",  "phép",  "nhận",
                                            "thiệu", "tịch",  "ngành", NULL};

        for (size_t back = 1; back <= 3 && back <= at; back++) {
                const struct token *token = speech_at(r, at - back);
                if (token->kind == TOKEN_WORD &&
                    (NAME_OF(kinds, token->text) || speech_is_one_of(r, at - back, lasts)))
                        return true;
                if (token->sign != ':' && !speech_is_word(r, at - back, "số"))
                        return false;
        }
        return false;
}

static bool number_word_before(const struct reader *r, size_t at)
{
        if (at > 0 && speech_is_sign(r, at - 1, ':'))
                at--;
        return at > 0 && speech_is_word(r, at - 1, "số");
}

/* Whether the sentence names the issuer itself. */
static bool issuer_follows(const struct reader *r, size_t at)
{
        for (size_t i = at; i < at + ISSUER_WITHIN; i++) {
                const struct token *token = speech_at(r, i);
                if (token->kind == TOKEN_BREAK || token->kind == TOKEN_END || token->sign == ';')
                        return false;
                if (token->sign == '.' && !speech_is_close_number(r, i + 1))
                        return false;
                if (speech_is_word(r, i, "của"))
                        return true;
        }
        return false;
}

static const char *issuer_name(const struct reader *r, size_t at)
{
        const char *name = NAME_OF(issuers, speech_at(r, at)->text);
        size_t used;

        if (name)
                return name;
        name = speech_lexicon_find(r, at, &used);
        return name && used == 1 ? name : NULL;
}

/* The first part of a code names who issued it; those behind it are ministries, or the rooms of an office, which say
 * nothing to anybody. */
static void say_issuers(struct reader *r, size_t first, size_t end)
{
        const char *name = issuer_name(r, first);

        if (name)
                speech_say(&r->out, name);
        else
                speech_spell(&r->out, speech_at(r, first)->text);
        for (size_t i = first + 2; i < end; i += 2) {
                name = issuer_name(r, i);
                if (!name || speech_at(r, i)->letters < 3)
                        return;
                speech_mark(&r->out, ',');
                speech_say(&r->out, name);
        }
}

static bool is_code_word(const struct reader *r, size_t at)
{
        const struct token *token = speech_at(r, at);

        return token->kind == TOKEN_WORD && !token->space && token->letters >= 2 &&
               (token->upper || NAME_OF(kinds, token->text) || NAME_OF(issuers, token->text));
}

/* Tokens of "NĐ-CP", "QH15", "UBND-VP"; 0 when it is none. */
static size_t code_length(const struct reader *r, size_t at, bool year)
{
        size_t n = 1;

        if (!is_code_word(r, at))
                return 0;
        if (speech_is_word(r, at, "qh") && speech_is_close_number(r, at + 1))
                return 2;
        while (n < CODE_TOKENS &&
               (speech_is_close_sign(r, at + n, '-') || speech_is_close_sign(r, at + n, '/')) &&
               is_code_word(r, at + n + 1))
                n += 2;
        if (speech_is_close_number(r, at + n))
                return 0;
        return n > 1 || year || NAME_OF(kinds, speech_at(r, at)->text) ? n : 0;
}

static void say_code(struct reader *r, size_t code, size_t length, size_t end)
{
        size_t first = code;

        if (speech_is_word(r, code, "qh")) {
                if (!issuer_follows(r, end)) {
                        speech_mark(&r->out, ',');
                        speech_say(&r->out, "Quốc hội khóa");
                        speech_say_value(r, speech_value(speech_at(r, code + 1)));
                }
                return;
        }
        if (NAME_OF(kinds, speech_at(r, code)->text))
                first += 2;
        if (first >= code + length || issuer_follows(r, end))
                return;
        speech_mark(&r->out, ',');
        speech_say(&r->out, "của");
        say_issuers(r, first, code + length);
}

/* TCVN 7957:2023, QCVN 26:2025/BNNMT */
static size_t read_standard(struct reader *r, size_t at)
{
        const struct token *token = speech_at(r, at);
        size_t used = 3, length;

        if (at == 0 || !speech_at(r, at - 1)->upper || speech_at(r, at - 1)->letters < 3 ||
            token->kind != TOKEN_NUMBER || token->size > SPEECH_NUMBER_MAX ||
            !speech_is_close_sign(r, at + 1, ':') || !speech_is_close_number(r, at + 2) ||
            speech_at(r, at + 2)->size != 4)
                return 0;
        speech_number(&r->out, token->text, token->size, r->dialect);
        speech_mark(&r->out, ',');
        speech_say(&r->out, "năm");
        speech_say_value(r, speech_value(speech_at(r, at + 2)));
        if (speech_is_close_sign(r, at + used, '/') && (length = code_length(r, at + used + 1, true)) > 0) {
                say_code(r, at + used + 1, length, at + used + 1 + length);
                used += 1 + length;
        }
        speech_said_number(r, UINT64_MAX);
        return used;
}

/* QĐ-UBND, TT-BTTTT: a kind of document alone. */
static size_t read_kind(struct reader *r, size_t at)
{
        const char *kind = NAME_OF(kinds, speech_at(r, at)->text), *issuer;

        if (speech_at(r, at)->kind != TOKEN_WORD || !kind || !speech_is_close_sign(r, at + 1, '-') ||
            !is_code_word(r, at + 2))
                return 0;
        issuer = issuer_name(r, at + 2);
        if (!issuer)
                return 0;
        speech_say(&r->out, kind);
        speech_say(&r->out, "của");
        speech_say(&r->out, issuer);
        r->last = LAST_WORD;
        r->about = 0;
        return 3;
}

size_t speech_read_document(struct reader *r, size_t at)
{
        const struct token *token = speech_at(r, at);
        size_t code = at + 2, length, end;
        bool year = false, kind_said;
        const char *kind;

        length = read_standard(r, at);
        if (length == 0)
                length = read_kind(r, at);
        if (length > 0)
                return length;
        if (token->kind != TOKEN_NUMBER || token->size > SPEECH_NUMBER_MAX)
                return 0;
        /* the Party's are 18-NQ/TW */
        if (!speech_is_close_sign(r, at + 1, '/') &&
            !(speech_is_close_sign(r, at + 1, '-') && NAME_OF(kinds, speech_at(r, at + 2)->text) &&
              speech_is_close_sign(r, at + 3, '/')))
                return 0;
        if (speech_is_close_number(r, at + 2) && speech_at(r, at + 2)->size == 4 &&
            speech_is_close_sign(r, at + 3, '/')) {
                year = true;
                code = at + 4;
        }
        length = code_length(r, code, year);
        if (length == 0)
                return 0;
        end = code + length;
        kind = NAME_OF(kinds, speech_at(r, code)->text);
        kind_said = kind_before(r, at);
        if (!kind_said && kind && !number_word_before(r, at))
                speech_say(&r->out, kind);
        if (!number_word_before(r, at))
                speech_say(&r->out, "số");
        speech_number(&r->out, token->text, token->size, r->dialect);
        if (year) {
                speech_mark(&r->out, ',');
                speech_say(&r->out, "năm");
                speech_say_value(r, speech_value(speech_at(r, at + 2)));
        }
        if (!kind_said && kind && number_word_before(r, at)) {
                speech_mark(&r->out, ',');
                speech_say(&r->out, kind);
        }
        say_code(r, code, length, end);
        speech_said_number(r, UINT64_MAX);
        r->about = ABOUT_DATE;
        return end - at;
}
