/* Child processes of announced: thon-player and the voice command. Each runs in its own process group, with a clean
 * environment, and dies with us; it is talked to in lines over its standard input and output, and what it says on
 * standard error goes to the log, bounded. Whatever it does, it holds nobody up, and no zombie of it stays. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

struct children; /* all of one owner */
struct child;

/* `state_dir`: GST_REGISTRY is announce/gst-registry.bin below it. SIGPIPE is ignored from then on when it had its
 * default action. */
int children_new(sd_event *event, const char *state_dir, struct children **ret);
/* Kills what is left, and reaps what dies within a second, as all do that are not stuck in the kernel. */
struct children *children_free(struct children *children);

struct child_ops {
        /* One line of standard output without its end; NULL: it was longer than `line_max` or had a NUL, and
         * nothing more is read. May call anything here but children_free(). */
        void (*line)(const char *line, size_t size, void *userdata);
        /* It is gone and reaped, all it said was told; the child is freed after this. `ok`: it exited with 0. */
        void (*ended)(bool ok, const char *how, void *userdata);
};
struct child_options {
        const char *const *argv; /* argv[0] an absolute path */
        const char *name;        /* for the log: "player of thon-4" */
        size_t line_max;
        bool expendable;      /* when memory runs out it goes before all others */
        uint64_t cpu_s, data; /* limits, 0: none. CPU time; bytes of memory that is its own */
        uint64_t file_size;   /* of any file that it writes */
};
/* 0 or -errno (-ENOENT, -EACCES: the program cannot be run). What is copied: all. */
int child_start(struct children *children, const struct child_options *options, const struct child_ops *ops,
                void *userdata, struct child **ret);
/* Queued when the pipe is full. -ENOBUFS: over a MiB waits; -EPIPE: its input is closed. One that closed it itself
 * is not an error here: it will end. */
int child_write(struct child *child, const char *data, size_t size);
/* An order to a player, as one line. Also -E2BIG: longer than it reads. */
int child_write_line(struct child *child, const json_t *doc);
/* When all that was written is with it. */
void child_close_input(struct child *child);
/* SIGTERM, and SIGKILL when it still lives after `grace_us`; 0: SIGKILL at once. To its whole group. */
void child_end(struct child *child, uint64_t grace_us);
/* It is killed, and nothing is called any more: the owner is done with it. NULL is none. Returns NULL. */
struct child *child_forget(struct child *child);
