/* The configuration of a daemon that was last found sound: its own file and thon.conf, copied to STATE_DIR/DAEMON-conf. */
#pragma once

/* 0 and the directory (owned), to be read in the place of the damaged one; -ENOENT when there is none; -errno. */
int thon_good_conf_find(const char *state_dir, const char *daemon, char **ret);
/* Copies what changed. 0 or -errno. */
int thon_good_conf_keep(const char *config_dir, const char *state_dir, const char *daemon);
