/* What comes in for one request, and what it means.
 *
 * The fate of a request is judged by bytes, not by the kind of error: once curl has handed any byte of it to a
 * connection, only a whole answer makes it known. Waiting for a name, a connection, or TLS is before that.
 *
 * Everything is bounded before it is kept: header, body, and file. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "http_private.h"
#include "thon/cleanup.h"

#define MAX_HEADER      (64u * 1024)
#define RETRY_AFTER_MAX (INT64_C(10) * 366 * 86400)

/* ---- what comes in ---- */

static long status_of(const struct thon_http_call *call)
{
        long status = 0;

        (void)curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
        return status;
}

static size_t take_header(char *data, size_t size, size_t n, void *userdata)
{
        struct thon_http_call *call = userdata;
        size_t bytes = size * n;

        if (bytes > MAX_HEADER - call->header_bytes) {
                call->too_large = true;
                return 0;
        }
        call->header_bytes += bytes;
        if (bytes >= 5 && memcmp(data, "HTTP/", 5) == 0)
                call->whole_head = call->challenged = false;
        else if (bytes > 0 && (*data == '\r' || *data == '\n')) {
                call->whole_head = true;
                call->challenged = status_of(call) == 401;
        }
        return bytes;
}

static int file_open(struct thon_http_call *call)
{
        call->fd = open(call->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0640);
        if (call->fd < 0)
                return -errno;
        return fchmod(call->fd, 0640) < 0 ? -errno : 0;
}

static int file_add(struct thon_http_call *call, const char *data, size_t size)
{
        while (size > 0) {
                ssize_t n = write(call->fd, data, size);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                data += n;
                size -= (size_t)n;
        }
        return 0;
}

static int buffer_add(struct thon_http_call *call, const char *data, size_t size)
{
        if (size > call->room - call->got) {
                size_t room = call->room > call->max / 2 ? call->max : call->room * 2;
                char *p;

                if (room < call->got + size)
                        room = call->got + size;
                p = realloc(call->answer, room + 1);
                if (!p)
                        return -ENOMEM;
                call->answer = p;
                call->room = room;
        }
        memcpy(call->answer + call->got, data, size);
        return 0;
}

static bool into_file(const struct thon_http_call *call)
{
        return call->path && status_of(call) / 100 == 2;
}

static size_t take(char *data, size_t size, size_t n, void *userdata)
{
        struct thon_http_call *call = userdata;
        size_t bytes = size * n;
        int r = 0;

        if (bytes > call->max - call->got) {
                call->too_large = true;
                return CURL_WRITEFUNC_ERROR;
        }
        if (into_file(call)) {
                if (call->fd < 0)
                        r = file_open(call);
                if (r == 0)
                        r = file_add(call, data, bytes);
                call->file_error = r;
        } else
                r = buffer_add(call, data, bytes);
        if (r < 0)
                return CURL_WRITEFUNC_ERROR;
        call->got += bytes;
        return bytes;
}

/* The name of the file is on disk too when the caller writes it into the store. */
static int directory_sync(const char *path)
{
        const char *slash = strrchr(path, '/');
        _cleanup_free_ char *dir = slash ? strndup(path, (size_t)(slash + 1 - path)) : strdup(".");
        _cleanup_close_ int fd = -1;

        if (!dir)
                return -ENOMEM;
        fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

static int file_end(struct thon_http_call *call)
{
        int r = 0;

        if (call->fd < 0)
                r = file_open(call); /* an answer without a body makes an empty file */
        if (r == 0 && fsync(call->fd) < 0)
                r = -errno;
        return r < 0 ? r : directory_sync(call->path);
}

/* Only what we made: a file that was there before is not ours. */
void thon_http_call_drop_file(struct thon_http_call *call)
{
        if (call->fd < 0)
                return;
        (void)unlink(call->path);
        (void)close(call->fd);
        call->fd = -1;
}

/* ---- what it means ---- */

static const char *header_of(const struct thon_http_call *call, const char *name)
{
        struct curl_header *header;

        if (curl_easy_header(call->easy, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
                return NULL;
        return header->value;
}

static int64_t date_of(const char *text)
{
        time_t t = text ? curl_getdate(text, NULL) : -1;

        return t < 0 ? -1 : (int64_t)t;
}

/* The form with a date is measured from the server's own Date, as our clock may be wrong. */
static int64_t retry_after_of(const char *text, int64_t date_s)
{
        int64_t at;

        if (!text)
                return -1;
        if (*text >= '0' && *text <= '9' && !text[strspn(text, "0123456789 ")]) {
                int64_t s = 0;

                for (; *text >= '0' && *text <= '9'; text++)
                        if (s < RETRY_AFTER_MAX)
                                s = s * 10 + (*text - '0');
                return s < RETRY_AFTER_MAX ? s : RETRY_AFTER_MAX;
        }
        at = date_of(text);
        if (at < 0 || date_s < 0)
                return -1;
        return at <= date_s ? 0 : at - date_s < RETRY_AFTER_MAX ? at - date_s : RETRY_AFTER_MAX;
}

/* Any byte of it, in any of the connections that were tried. */
static bool went_out(const struct thon_http_call *call)
{
        curl_off_t body = 0;
        long header = 0;

        (void)curl_easy_getinfo(call->easy, CURLINFO_REQUEST_SIZE, &header);
        (void)curl_easy_getinfo(call->easy, CURLINFO_SIZE_UPLOAD_T, &body);
        return header > 0 || body > 0;
}

static bool connected(const struct thon_http_call *call)
{
        curl_off_t us = 0;

        (void)curl_easy_getinfo(call->easy, CURLINFO_CONNECT_TIME_T, &us);
        return us > 0;
}

static bool no_network(const struct thon_http_call *call, CURLcode code)
{
        return code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_CONNECT ||
               (code == CURLE_OPERATION_TIMEDOUT && !connected(call));
}

/* curl's detailed words are taken only from before the request: they tell of names, connections and certificates. */
static const char *words_of(struct thon_http_call *call, CURLcode code, bool sent)
{
        if (code == CURLE_SEND_FAIL_REWIND || code == CURLE_ABORTED_BY_CALLBACK)
                return "The connection was lost after the request went out; it is not sent again";
        if (sent || !call->trouble[0])
                return curl_easy_strerror(code);
        for (char *p = call->trouble; *p; p++)
                if ((unsigned char)*p < ' ' || *p == 0x7f)
                        *p = ' ';
        return call->trouble;
}

static void judge(struct thon_http_call *call, CURLcode code, struct thon_http_answer *answer)
{
        bool sent = went_out(call);

        answer->status = (unsigned)status_of(call);
        /* curl takes a connection that ends in the midst of the head for the end of the answer. */
        if (code == CURLE_OK && (answer->status < 200 || !call->whole_head))
                code = CURLE_WEIRD_SERVER_REPLY;
        if (answer->status > 0 && (call->too_large || code == CURLE_FILESIZE_EXCEEDED)) {
                answer->result = THON_HTTP_TOO_LARGE;
                answer->error = "The answer is larger than allowed";
                return;
        }
        if (code == CURLE_OK && into_file(call))
                call->file_error = file_end(call);
        if (call->file_error < 0) {
                answer->result = THON_HTTP_UNKNOWN;
                answer->error = "The answer could not be written to its file";
                return;
        }
        if (code == CURLE_OK) {
                answer->result = THON_HTTP_ANSWERED;
                return;
        }
        answer->result = sent ? THON_HTTP_UNKNOWN : THON_HTTP_NOT_SENT;
        answer->offline = !sent && no_network(call, code);
        answer->error = words_of(call, code, sent);
}

void thon_http_call_finish(struct thon_http_call *call, CURLcode code)
{
        struct thon_http_answer answer = {.body = "", .retry_after_s = -1, .date_s = -1};

        judge(call, code, &answer);
        if (answer.status > 0) {
                answer.date_s = date_of(header_of(call, "Date"));
                answer.retry_after_s = retry_after_of(header_of(call, "Retry-After"), answer.date_s);
                answer.content_type = header_of(call, "Content-Type");
        }
        if (answer.result != THON_HTTP_ANSWERED)
                thon_http_call_drop_file(call);
        else if (call->fd >= 0)
                answer.file_size = call->got;
        else if (call->answer) {
                call->answer[call->got] = '\0';
                answer.body = call->answer;
                answer.size = call->got;
        }
        if (call->fd >= 0) {
                (void)close(call->fd);
                call->fd = -1;
        }
        call->fn(&answer, call->userdata);
}

bool thon_http_call_listen(struct thon_http_call *call)
{
        CURL *easy = call->easy;

        return curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take) == CURLE_OK &&
               curl_easy_setopt(easy, CURLOPT_WRITEDATA, call) == CURLE_OK &&
               curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header) == CURLE_OK &&
               curl_easy_setopt(easy, CURLOPT_HEADERDATA, call) == CURLE_OK &&
               curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->trouble) == CURLE_OK &&
               curl_easy_setopt(easy, CURLOPT_PRIVATE, call) == CURLE_OK;
}
