/* What goes back over the wire, whole or torn.
 *
 * What HTTP libraries do not want to do, tearing a connection in the middle, is done on its socket: connect() to AF_UNSPEC
 * resets it at once, whatever is still in its buffers. */
#include "fakes.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* ---- tearing ---- */

int request_socket(struct request *request)
{
        const union MHD_ConnectionInfo *info =
                MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CONNECTION_FD);

        return info ? info->connect_fd : -1;
}

enum MHD_Result request_reset(struct request *request)
{
        struct sockaddr nowhere = {.sa_family = AF_UNSPEC};
        int fd = request_socket(request);

        if (fd >= 0)
                (void)connect(fd, &nowhere, sizeof(nowhere));
        return MHD_NO;
}

enum MHD_Result request_speak_nonsense(struct request *request)
{
        static const char nonsense[] = "\x16\x03\x01 220 smtp ready\r\n\x00\xff\xfe bye\r\n\r\n";
        int fd = request_socket(request);

        if (fd >= 0)
                (void)send(fd, nonsense, sizeof(nonsense) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
        return MHD_NO;
}

/* ---- answers ---- */

struct torn {
        char *body;
        size_t size, stop;
};

static ssize_t read_half(void *cls, uint64_t at, char *buf, size_t room)
{
        struct torn *torn = cls;
        size_t n;

        if (at >= torn->stop)
                return MHD_CONTENT_READER_END_WITH_ERROR;
        n = torn->stop - (size_t)at < room ? torn->stop - (size_t)at : room;
        memcpy(buf, torn->body + at, n);
        return (ssize_t)n;
}

static void free_torn(void *cls)
{
        struct torn *torn = cls;

        free(torn->body);
        free(torn);
}

static ssize_t read_huge(void *cls, uint64_t at, char *buf, size_t room)
{
        uint64_t size = *(uint64_t *)cls;

        if (at >= size)
                return MHD_CONTENT_READER_END_OF_STREAM;
        if (room > size - at)
                room = (size_t)(size - at);
        memset(buf, at == 0 ? '[' : '0', room);
        return (ssize_t)room;
}

static struct MHD_Response *whole_response(char *body, size_t size)
{
        struct MHD_Response *response = MHD_create_response_from_buffer(size, body, MHD_RESPMEM_MUST_FREE);

        if (!response)
                free(body);
        return response;
}

static struct MHD_Response *half_response(char *body, size_t size)
{
        struct torn *torn = calloc(1, sizeof(*torn));
        struct MHD_Response *response = NULL;

        if (torn) {
                *torn = (struct torn){body, size, size / 2};
                response = MHD_create_response_from_callback(size, 1024, read_half, torn, free_torn);
                if (response)
                        return response;
        }
        free(torn);
        free(body);
        return NULL;
}

static struct MHD_Response *huge_response(int64_t size)
{
        struct MHD_Response *response = NULL;
        uint64_t *left = malloc(sizeof(*left));

        if (left) {
                *left = size > 0 ? (uint64_t)size : 64u * 1024 * 1024;
                response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 65536, read_huge, left, free);
                if (!response)
                        free(left);
        }
        return response;
}

static struct MHD_Response *make_response(struct request *request)
{
        struct answer *answer = &request->answer;
        char *body = THON_TAKE(answer->body);
        size_t size = answer->size;

        if (request->fault.act == FAULT_HUGE) {
                free(body);
                return huge_response(request->fault.size);
        }
        if (request->fault.act == FAULT_GARBAGE) {
                free(body);
                body = strdup("<html>\xff\xfe 502 \xe1\xba {\"error\":0,\"message\":");
                size = body ? strlen(body) : 0;
        } else if (!body && answer->doc) {
                body = json_dumps(answer->doc, JSON_COMPACT);
                size = body ? strlen(body) : 0;
        } else if (!body) {
                body = strdup("");
                size = 0;
        }
        if (!body)
                return NULL;
        return request->fault.act == FAULT_HALF ? half_response(body, size) : whole_response(body, size);
}

enum MHD_Result request_answer(struct request *request)
{
        struct answer *answer = &request->answer;
        struct MHD_Response *response;
        enum MHD_Result result;
        char seconds[24];

        request->phase = REQUEST_ENDED;
        response = make_response(request);
        if (!response)
                return MHD_NO;
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
                                      answer->type ? answer->type : "application/json; charset=utf-8");
        if (answer->retry_after >= 0) {
                snprintf(seconds, sizeof(seconds), "%lld", (long long)answer->retry_after);
                (void)MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, seconds);
        }
        result = MHD_queue_response(request->connection, answer->status, response);
        MHD_destroy_response(response);
        return result;
}
