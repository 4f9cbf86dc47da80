/* The HTTP side of a camera: one picture, behind a login, and ONVIF. */
#include "farm.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <time.h>

static const char *reason(unsigned status)
{
        switch (status) {
        case 200:
                return "OK";
        case 400:
                return "Bad Request";
        case 401:
                return "Unauthorized";
        case 404:
                return "Not Found";
        case 405:
                return "Method Not Allowed";
        default:
                return "Internal Server Error";
        }
}

/* Content-Type and what follows it, without the empty line. */
static void head(struct conn *conn, unsigned status, const char *type, ssize_t size)
{
        time_t at = (time_t)(conn->host ? host_clock(conn->host) : thon_clock_wall(conn->farm->clock).s);
        struct tm tm = {0};
        char date[64];

        (void)gmtime_r(&at, &tm);
        if (strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &tm) == 0)
                date[0] = '\0';
        bytes_printf(&conn->out, "HTTP/1.1 %u %s\r\nDate: %s\r\nContent-Type: %s\r\n", status,
                     reason(status), date, type);
        if (conn->host && host_does(conn->host, conn->service, MODE_HUGE_LENGTH))
                bytes_text(&conn->out, "Content-Length: 99999999999\r\n");
        else if (size >= 0)
                bytes_printf(&conn->out, "Content-Length: %zd\r\n", size);
        if (conn->closing || size < 0)
                bytes_text(&conn->out, "Connection: close\r\n");
}

void http_head(struct conn *conn, unsigned status, const char *type, ssize_t size)
{
        head(conn, status, type, size);
        bytes_text(&conn->out, "\r\n");
}

static void refuse(struct conn *conn, unsigned status)
{
        http_head(conn, status, "text/plain", 0);
        conn_answer(conn);
}

static void ask_login(struct conn *conn, bool stale)
{
        if (host_does(conn->host, conn->service, MODE_CLOSE_401))
                conn->closing = true;
        head(conn, 401, "text/plain", 0);
        login_challenge(conn, stale, &conn->out);
        bytes_text(&conn->out, "\r\n");
        conn_answer(conn);
}

static void snapshot(struct conn *conn, const struct message *message)
{
        enum login_result result = login_check(conn, message);
        enum picture picture = (enum picture)conn->host->settings.picture;
        const void *data;
        size_t size;

        if (result != LOGIN_GOOD) {
                ask_login(conn, result == LOGIN_STALE);
                return;
        }
        if (album_picture(conn->farm->album, conn->host, &data, &size) < 0) {
                refuse(conn, 500);
                return;
        }
        host_count(conn->host, N_SNAPSHOTS);
        http_head(conn, picture == PICTURE_404 ? 404 : 200,
                  picture == PICTURE_404 ? "text/html" : "image/jpeg",
                  picture == PICTURE_FLOOD ? -1 : (ssize_t)size);
        if (picture == PICTURE_FLOOD) {
                bytes_add(&conn->out, data, size - 2); /* not its end */
                conn->flow = FLOW_FLOOD;
        } else if (strcmp(message->method, "HEAD") != 0) {
                bytes_add(&conn->out, data, size);
        }
        conn_answer(conn);
}

void http_serve(struct conn *conn, const struct message *message)
{
        const struct settings *s = &conn->host->settings;
        const char *connection = message_header(message, "Connection");
        size_t path = strcspn(message->url, "?");

        if (strncmp(message->version, "HTTP/1.", 7) != 0) {
                host_count(conn->host, N_BAD);
                conn_end(conn, false);
                return;
        }
        conn->closing = (connection && strcasecmp(connection, "close") == 0) ||
                        strcmp(message->version, "HTTP/1.0") == 0;
        if (strncmp(message->url, "/onvif/", 7) == 0 && s->onvif) {
                if (strcmp(message->method, "POST") == 0)
                        onvif_serve(conn, message);
                else
                        refuse(conn, 405);
        } else if (path == strlen(s->snapshot_path) && strncmp(message->url, s->snapshot_path, path) == 0 &&
                   !host_does(conn->host, conn->service, MODE_404)) {
                snapshot(conn, message);
        } else {
                refuse(conn, 404);
        }
}
