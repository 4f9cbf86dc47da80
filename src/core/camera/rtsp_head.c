/* Headers of an RTSP answer: those that a check needs, found in place.
 *
 * Cameras write "CSeq" as "Cseq", put blanks before the colon, leave the reason away, and some send lines that are no
 * headers at all. What we do not need is not looked at; what we need and could be two things (two lengths) is refused. */
#include "rtsp_head.h"

#include <string.h>

#define SESSION_TIMEOUT_S 60 /* RFC 2326, 12.37 */

struct thon_rtsp_text thon_rtsp_trim(struct thon_rtsp_text t)
{
        while (t.size > 0 && (*t.at == ' ' || *t.at == '\t'))
                t.at++, t.size--;
        while (t.size > 0 &&
               (t.at[t.size - 1] == ' ' || t.at[t.size - 1] == '\t' || t.at[t.size - 1] == '\r'))
                t.size--;
        return t;
}

bool thon_rtsp_number(struct thon_rtsp_text t, uint32_t max, uint32_t *ret)
{
        uint64_t v = 0;

        if (t.size == 0)
                return false;
        for (size_t i = 0; i < t.size; i++) {
                if (t.at[i] < '0' || t.at[i] > '9')
                        return false;
                v = v * 10 + (uint64_t)(t.at[i] - '0');
                if (v > max)
                        return false;
        }
        *ret = (uint32_t)v;
        return true;
}

void thon_rtsp_printable(struct thon_rtsp_text text, char *ret, size_t room)
{
        size_t n = 0;

        for (; n < text.size && n + 1 < room; n++)
                ret[n] = text.at[n] >= ' ' && text.at[n] <= '~' ? text.at[n] : '?';
        if (room > 0)
                ret[n] = '\0';
}

/* Up to the next `c`, which is dropped; the rest stays in *rest. */
static struct thon_rtsp_text part(struct thon_rtsp_text *rest, char c)
{
        const char *p = rest->size > 0 ? memchr(rest->at, c, rest->size) : NULL;
        struct thon_rtsp_text first = {rest->at, p ? (size_t)(p - rest->at) : rest->size};

        rest->at += first.size + (p ? 1 : 0);
        rest->size -= first.size + (p ? 1 : 0);
        return thon_rtsp_trim(first);
}

/* "RTSP/1.0 200 OK", also without a reason and with more than one blank. */
static int status_line(struct thon_rtsp_text line, struct thon_rtsp_answer *a)
{
        uint32_t status;

        (void)part(&line, ' ');
        line = thon_rtsp_trim(line);
        if (!thon_rtsp_number(part(&line, ' '), 999, &status) || status < 100)
                return THON_RTSP_DAMAGED;
        a->status = (int)status;
        a->reason = thon_rtsp_trim(line);
        return THON_RTSP_FINE;
}

static void session(struct thon_rtsp_text value, struct thon_rtsp_answer *a)
{
        struct thon_rtsp_text id = part(&value, ';');

        if (id.size == 0 || id.size > THON_RTSP_SESSION_MAX)
                return;
        for (size_t i = 0; i < id.size; i++)
                if (id.at[i] <= ' ' || id.at[i] > '~')
                        return;
        a->session = id;
        while (value.size > 0) {
                struct thon_rtsp_text parameter = part(&value, ';'), name = part(&parameter, '=');
                uint32_t s;

                if (thon_rtsp_is(name, "TIMEOUT") &&
                    thon_rtsp_number(thon_rtsp_trim(parameter), 86400, &s) && s > 0)
                        a->session_timeout_s = s;
        }
}

static int content_length(struct thon_rtsp_text value, bool *seen, struct thon_rtsp_answer *a)
{
        uint32_t n;

        if (!thon_rtsp_number(value, UINT32_MAX, &n)) {
                for (size_t i = 0; i < value.size; i++)
                        if (value.at[i] < '0' || value.at[i] > '9')
                                return THON_RTSP_DAMAGED;
                return value.size > 0 ? THON_RTSP_TOO_LONG : THON_RTSP_DAMAGED;
        }
        if (n > THON_RTSP_BODY_MAX)
                return THON_RTSP_TOO_LONG;
        if (*seen && n != a->body.size)
                return THON_RTSP_DAMAGED;
        *seen = true;
        a->body.size = n;
        return THON_RTSP_FINE;
}

static int header(struct thon_rtsp_text name, struct thon_rtsp_text value, bool *has_length,
                  struct thon_rtsp_answer *a)
{
        switch (name.size) {
        case 4:
                if (thon_rtsp_is(name, "CSEQ"))
                        a->has_cseq = thon_rtsp_number(value, UINT32_MAX, &a->cseq);
                break;
        case 7:
                if (thon_rtsp_is(name, "SESSION"))
                        session(value, a);
                break;
        case 9:
                if (thon_rtsp_is(name, "TRANSPORT"))
                        a->transport = value;
                break;
        case 10:
                if (thon_rtsp_is(name, "CONNECTION"))
                        a->closes = thon_rtsp_is(value, "CLOSE");
                break;
        case 12:
                if (thon_rtsp_is(name, "CONTENT-BASE"))
                        a->content_base = value;
                else if (thon_rtsp_is(name, "CONTENT-TYPE"))
                        a->content_type = value;
                break;
        case 14:
                if (thon_rtsp_is(name, "CONTENT-LENGTH"))
                        return content_length(value, has_length, a);
                break;
        case 16:
                if (thon_rtsp_is(name, "WWW-AUTHENTICATE") && a->n_challenges < THON_RTSP_CHALLENGES)
                        a->challenges[a->n_challenges++] = value;
                else if (thon_rtsp_is(name, "CONTENT-LOCATION"))
                        a->content_location = value;
                break;
        default:
                break;
        }
        return THON_RTSP_FINE;
}

/* A line that begins with a blank goes on with the one before. The first is the status line. */
static void unfold(char *head, size_t size)
{
        for (char *p = head, *nl; (nl = memchr(p, '\n', size - (size_t)(p - head))); p = nl + 1) {
                if (nl + 1 == head + size || (nl[1] != ' ' && nl[1] != '\t'))
                        continue;
                if (nl > head && nl[-1] == '\r')
                        nl[-1] = ' ';
                *nl = ' ';
        }
}

int thon_rtsp_head_read(char *head, size_t size, bool answer, struct thon_rtsp_answer *ret)
{
        struct thon_rtsp_text rest = {head, size};
        bool has_length = false;
        int e = THON_RTSP_FINE;

        if (memchr(head, '\0', size))
                return THON_RTSP_DAMAGED;
        unfold(head, size);
        *ret = (struct thon_rtsp_answer){.session_timeout_s = SESSION_TIMEOUT_S};
        if (answer)
                e = status_line(part(&rest, '\n'), ret);
        else
                (void)part(&rest, '\n');
        while (!e && rest.size > 0) {
                struct thon_rtsp_text line = part(&rest, '\n');

                if (line.size > 0 && memchr(line.at, ':', line.size)) {
                        struct thon_rtsp_text name = part(&line, ':');
                        e = header(name, thon_rtsp_trim(line), &has_length, ret);
                }
        }
        return e;
}

bool thon_rtsp_interleaved(struct thon_rtsp_text transport, uint8_t *ret_channel)
{
        while (transport.size > 0) {
                struct thon_rtsp_text parameter = part(&transport, ';'), name = part(&parameter, '=');
                uint32_t channel;

                if (thon_rtsp_is(name, "INTERLEAVED") &&
                    thon_rtsp_number(part(&parameter, '-'), UINT8_MAX, &channel)) {
                        *ret_channel = (uint8_t)channel;
                        return true;
                }
        }
        return false;
}
