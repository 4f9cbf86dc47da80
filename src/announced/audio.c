/* The sound as it was aired, one Ogg Opus file an airing. What was interrupted is aired in pieces; each is a stream
 * of its own, and streams one behind the other in a file are one recording to every player (chaining, RFC 3533). */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "announced.h"
#include "thon/cleanup.h"
#include "thon/digest.h"
#include "thon/log.h"

static char *path_of(const struct announced *d, const char *name)
{
        char *path;

        return asprintf(&path, "%s/announce/aired/%s", d->state_dir, name) < 0 ? NULL : path;
}

/* A piece beyond the first has the name of the whole with its number. */
static void piece_name(const struct announced_airing *airing, char buf[static ANNOUNCED_AUDIO])
{
        snprintf(buf, ANNOUNCED_AUDIO, "%.*s.%u", ANNOUNCED_AUDIO - 12, airing->audio, airing->pieces);
}

const char *announced_audio_begin(struct announced *d, struct announced_airing *airing)
{
        struct thon_civil civil = thon_zone_civil(d->tz, announced_now(d).wall);
        char date[THON_DATE_TEXT];

        if (d->conf.audio_s <= 0)
                return NULL;
        if (airing->pieces++ > 0) {
                piece_name(airing, airing->piece);
                return airing->piece;
        }
        thon_date_text(thon_date_of(civil.days), date);
        snprintf(airing->audio, sizeof(airing->audio), "%sT%02d%02d%02d-%.40s-%.40s-%lld.opus", date,
                 civil.second / 3600, civil.second / 60 % 60, civil.second % 60, airing->announcement,
                 airing->zone_id, (long long)(airing->serial % 100000));
        return airing->audio;
}

static int append(int to, int from)
{
        char buffer[65536];
        ssize_t n;

        while ((n = read(from, buffer, sizeof(buffer))) > 0)
                for (ssize_t done = 0, w; done < n; done += w)
                        if ((w = write(to, buffer + done, (size_t)(n - done))) < 0)
                                return -errno;
        return n < 0 ? -errno : 0;
}

void announced_audio_piece(struct announced *d, struct announced_airing *airing)
{
        _cleanup_free_ char *whole = path_of(d, airing->audio), *piece = path_of(d, airing->piece);
        _cleanup_close_ int to = -1, from = -1;
        int r = 0;

        if (!airing->piece[0] || !whole || !piece)
                return;
        airing->piece[0] = '\0';
        from = open(piece, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        if (from < 0)
                return; /* nothing of it was heard */
        to = open(whole, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
        r = to < 0 ? -errno : append(to, from);
        if (r < 0)
                thon_warning("A part of the sound as aired is lost (%s): %s", airing->audio, strerror(-r));
        (void)unlink(piece);
}

void announced_audio_end(struct announced *d, struct announced_airing *airing)
{
        _cleanup_free_ char *path = airing->audio[0] ? path_of(d, airing->audio) : NULL;
        int r;

        if (!path)
                return;
        r = thon_digest_file(path, airing->audio_digest, &airing->audio_size);
        if (r == 0 && airing->audio_size > 0)
                return;
        /* Nothing was heard, or it cannot be kept. */
        airing->audio[0] = airing->audio_digest[0] = '\0';
        airing->audio_size = 0;
        (void)unlink(path);
}

/* Pieces that a crash left: what they belong to ended as unknown. */
void announced_audio_sweep(const struct announced *d)
{
        _cleanup_free_ char *place = path_of(d, "");
        DIR *dir = place ? opendir(place) : NULL;
        const struct dirent *entry;

        while (dir && (entry = readdir(dir)))
                if (strstr(entry->d_name, ".opus."))
                        (void)unlinkat(dirfd(dir), entry->d_name, 0);
        if (dir)
                closedir(dir);
}
