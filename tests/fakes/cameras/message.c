/* Heads of RTSP and HTTP are alike: a line, headers, perhaps a body of a told length. */
#include "farm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HEAD_MAX 65536
#define BODY_MAX (16u << 20)

/* Of a whole head; -EBADMSG. */
static ssize_t body_size(char *head, size_t size)
{
        char end = head[size - 1], *at;
        ssize_t ret = 0;

        head[size - 1] = '\0'; /* the last LF: strings end there for once */
        at = strcasestr(head, "\ncontent-length:");
        if (at) {
                char *rest;
                unsigned long long n;

                errno = 0;
                n = strtoull(at + 16, &rest, 10);
                ret = errno || n > BODY_MAX || rest == at + 16 ? -EBADMSG : (ssize_t)n;
        }
        head[size - 1] = end;
        return ret;
}

/* Cuts the next word of a request line off. */
static const char *word(char **at)
{
        char *begin = *at, *space = strchr(begin, ' ');

        if (!space)
                return NULL;
        *space = '\0';
        *at = space + 1;
        return begin;
}

static void take_header(struct message *message, char *line)
{
        char *colon = strchr(line, ':'), *value;

        if (!colon || message->n_headers == MESSAGE_HEADERS)
                return;
        *colon = '\0';
        for (value = colon + 1; *value == ' ' || *value == '\t';)
                value++;
        message->headers[message->n_headers].name = line;
        message->headers[message->n_headers++].value = value;
}

ssize_t message_read(struct message *message, char *data, size_t size)
{
        char *end = memmem(data, size, "\r\n\r\n", 4), *line = data, *next;
        size_t head;
        ssize_t body;

        if (!end)
                return size > HEAD_MAX ? -EBADMSG : 0;
        head = (size_t)(end - data) + 4;
        body = body_size(data, head);
        if (body < 0)
                return body;
        if (size - head < (size_t)body)
                return 0;
        if (memchr(data, '\0', head))
                return -EBADMSG;
        *message = (struct message){.body = data + head, .body_size = (size_t)body};
        *end = '\0';
        next = strstr(line, "\r\n");
        if (next)
                *next = '\0';
        message->method = word(&line);
        message->url = message->method ? word(&line) : NULL;
        message->version = line;
        if (!message->url || strchr(line, ' '))
                return -EBADMSG;
        while (next) {
                line = next + 2;
                next = strstr(line, "\r\n");
                if (next)
                        *next = '\0';
                take_header(message, line);
        }
        return (ssize_t)(head + (size_t)body);
}

const char *message_header(const struct message *message, const char *name)
{
        size_t i;

        for (i = 0; i < message->n_headers; i++)
                if (strcasecmp(message->headers[i].name, name) == 0)
                        return message->headers[i].value;
        return NULL;
}
