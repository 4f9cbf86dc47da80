/* Files of pictures. Their names are made of ids and times, never of what a camera says. A card that is full takes none, and the
 * alert goes without: space is made by age and by the limit of the configuration, not by what is needed just now. */
#include "album.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "thon/cleanup.h"
#include "thon/file.h"
#include "thon/jpeg.h"
#include "thon/log.h"

#define FOLDER "pictures"

static const char *kind_text(enum thon_camera_picture_kind kind)
{
        switch (kind) {
        case THON_PICTURE_GOOD:
                return "good";
        case THON_PICTURE_BAD:
                return "bad";
        case THON_PICTURE_SHEET:
                return "sheet";
        }
        return "";
}

static int make_folder(const struct camerad *d, const char *device)
{
        const char *const names[] = {FOLDER, device};
        _cleanup_free_ char *path = strdup(d->state_dir);

        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                char *below;

                if (!path || asprintf(&below, "%s/%s", path, names[i]) < 0)
                        return -ENOMEM;
                free(path);
                path = below;
                if (mkdir(path, 0750) < 0 && errno != EEXIST)
                        return -errno;
        }
        return 0;
}

int album_keep(struct camerad *d, const char *device, enum thon_camera_picture_kind kind,
               enum thon_camera_verdict verdict, const void *data, size_t size, char **ret_path)
{
        struct thon_wall now = camerad_now(d).wall;
        struct thon_camera_picture_row row = {
                .at = now, .device = device, .kind = kind, .verdict = verdict, .size = (int64_t)size};
        _cleanup_free_ char *path = NULL, *whole = NULL;
        char at[THON_TIME_TEXT], stamp[20];
        struct thon_store *store;
        int r;

        thon_time_text(d->zone, now, at);
        snprintf(stamp, sizeof(stamp), "%.13s%.2s%.2s", at, at + 14, at + 17);
        if (asprintf(&path, FOLDER "/%s/%s-%s.jpg", device, stamp, kind_text(kind)) < 0)
                path = NULL;
        if (!path || asprintf(&whole, "%s/%s", d->state_dir, path) < 0) {
                whole = NULL;
                return -ENOMEM;
        }
        r = make_folder(d, device);
        if (r == 0)
                r = thon_file_write_atomic(whole, data, size, 0640);
        if (r < 0)
                return r;
        row.file = path + strlen(FOLDER "/");
        store = camerad_store(d);
        r = store ? thon_camera_picture_add(store, &row) : 0;
        if (r != 0)
                camerad_store_failed(d, r);
        *ret_path = THON_TAKE(path);
        return 0;
}

int album_read(const struct camerad *d, const char *path, char **ret, size_t *ret_size)
{
        _cleanup_free_ char *whole = NULL;

        if (asprintf(&whole, "%s/%s", d->state_dir, path) < 0) {
                whole = NULL;
                return -ENOMEM;
        }
        return thon_file_read(whole, THON_JPEG_MAX_BYTES, ret, ret_size);
}

static int remove_file(const struct thon_camera_picture_row *row, void *userdata)
{
        const struct camerad *d = userdata;
        _cleanup_free_ char *path = NULL;

        if (strstr(row->file, "..") || *row->file == '/')
                return 0; /* none of ours: a store that somebody else wrote */
        if (asprintf(&path, "%s/" FOLDER "/%s", d->state_dir, row->file) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        if (unlink(path) < 0 && errno != ENOENT)
                thon_warning("Picture %s cannot be removed: %s", row->file, strerror(errno));
        *strrchr(path, '/') = '\0';
        (void)rmdir(path); /* the last one of a device that is gone */
        return 0;
}

void album_prune(struct camerad *d)
{
        struct thon_store *store = camerad_store(d);
        int r;

        /* By a clock that nobody vouches for nothing is old. */
        if (!store || !thon_clock_trusted(d->clock))
                return;
        r = thon_camera_pictures_prune(store,
                                       (struct thon_wall){camerad_now(d).wall.s - d->conf.pictures_keep_s},
                                       d->conf.pictures_max, remove_file, d);
        if (r != 0)
                camerad_store_failed(d, r);
}

static int take_newest(const struct thon_camera_picture_row *row, void *userdata)
{
        struct album_newest *newest = userdata;
        char **into = row->kind == THON_PICTURE_GOOD  ? &newest->good
                      : row->kind == THON_PICTURE_BAD ? &newest->bad
                                                      : NULL;

        if (!into || *into)
                return 0;
        if (asprintf(into, FOLDER "/%s", row->file) < 0) {
                *into = NULL;
                return -ENOMEM;
        }
        if (row->kind == THON_PICTURE_GOOD) {
                newest->good_at = row->at;
                newest->good_size = row->size;
        }
        return 0;
}

int album_newest(struct camerad *d, const char *device, struct album_newest *ret)
{
        struct thon_store *store = camerad_store(d);
        int r;

        *ret = (struct album_newest){.good_at = {INT64_MIN}};
        r = store ? thon_camera_pictures(store, device, take_newest, ret) : 0;
        if (r > 0)
                camerad_store_failed(d, r);
        return r;
}
