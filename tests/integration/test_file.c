/* Files on a real disk: limits when reading, and no half file when writing. */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "thon/cleanup.h"
#include "thon/file.h"

static char dir[] = "/tmp/thon-file.XXXXXX";

static const char *in_dir(const char *name)
{
        static char path[256];
        ck_assert_int_lt(snprintf(path, sizeof(path), "%s/%s", dir, name), (int)sizeof(path));
        return path;
}

static unsigned entries_of_dir(void)
{
        unsigned n = 0;
        DIR *d = opendir(dir);
        ck_assert_ptr_nonnull(d);
        for (struct dirent *e; (e = readdir(d));)
                n += e->d_name[0] != '.' || strlen(e->d_name) > 2;
        closedir(d);
        return n;
}

static void make_dir(void)
{
        memcpy(strrchr(dir, '.'), ".XXXXXX", 7);
        ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void remove_dir(void)
{
        (void)unlink(in_dir("f"));
        (void)rmdir(in_dir("sub"));
        ck_assert_int_eq(rmdir(dir), 0);
}

START_TEST(what_was_written_is_read_back_with_its_mode)
{
        _cleanup_free_ char *got = NULL;
        size_t size = 0;
        struct stat st;

        mode_t old = umask(0077);
        ck_assert_int_eq(thon_file_write_atomic(in_dir("f"), "a\0b", 3, 0644), 0);
        umask(old);
        ck_assert_int_eq(thon_file_read(in_dir("f"), 3, &got, &size), 0);
        ck_assert_uint_eq(size, 3);
        ck_assert_mem_eq(got, "a\0b", 4);
        ck_assert_int_eq(stat(in_dir("f"), &st), 0);
        ck_assert_uint_eq(st.st_mode & 07777, 0644);
        ck_assert_uint_eq(entries_of_dir(), 1);
}
END_TEST

START_TEST(a_file_over_the_limit_is_refused_and_the_output_untouched)
{
        char *got = (char *)dir;
        size_t size = 42;

        ck_assert_int_eq(thon_file_write_atomic(in_dir("f"), "1234", 4, 0600), 0);
        ck_assert_int_eq(thon_file_read(in_dir("f"), 3, &got, &size), -EFBIG);
        ck_assert_ptr_eq(got, dir);
        ck_assert_uint_eq(size, 42);
}
END_TEST

START_TEST(an_empty_file_is_an_empty_string)
{
        _cleanup_free_ char *got = NULL;

        ck_assert_int_eq(thon_file_write_atomic(in_dir("f"), NULL, 0, 0600), 0);
        ck_assert_int_eq(thon_file_read(in_dir("f"), 0, &got, NULL), 0);
        ck_assert_str_eq(got, "");
}
END_TEST

START_TEST(a_file_whose_size_stat_does_not_know_is_read_whole)
{
        _cleanup_free_ char *got = NULL;
        size_t size = 0;

        ck_assert_int_eq(thon_file_read("/proc/self/status", 1 << 20, &got, &size), 0);
        ck_assert_uint_eq(strlen(got), size);
        ck_assert_ptr_nonnull(strstr(got, "\nPid:"));
}
END_TEST

START_TEST(a_fifo_and_a_directory_are_no_files)
{
        char *got = NULL;

        ck_assert_int_eq(mkfifo(in_dir("f"), 0600), 0);
        ck_assert_int_eq(thon_file_read(in_dir("f"), 10, &got, NULL), -EINVAL);
        ck_assert_int_eq(thon_file_read(dir, 10, &got, NULL), -EINVAL);
        ck_assert_int_eq(thon_file_read(in_dir("none"), 10, &got, NULL), -ENOENT);
}
END_TEST

START_TEST(a_write_that_fails_leaves_no_temporary)
{
        ck_assert_int_eq(mkdir(in_dir("sub"), 0700), 0);
        /* The name is taken by a directory: everything succeeds up to the rename. */
        ck_assert_int_eq(thon_file_write_atomic(in_dir("sub"), "x", 1, 0600), -EISDIR);
        ck_assert_uint_eq(entries_of_dir(), 1);
        ck_assert_int_eq(thon_file_write_atomic(in_dir("none/f"), "x", 1, 0600), -ENOENT);
        ck_assert_int_eq(thon_file_write_atomic(in_dir(""), "x", 1, 0600), -EINVAL);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("file");
        TCase *tc = tcase_create("file");

        tcase_add_checked_fixture(tc, make_dir, remove_dir);
        tcase_add_test(tc, what_was_written_is_read_back_with_its_mode);
        tcase_add_test(tc, a_file_over_the_limit_is_refused_and_the_output_untouched);
        tcase_add_test(tc, an_empty_file_is_an_empty_string);
        tcase_add_test(tc, a_file_whose_size_stat_does_not_know_is_read_whole);
        tcase_add_test(tc, a_fifo_and_a_directory_are_no_files);
        tcase_add_test(tc, a_write_that_fails_leaves_no_temporary);
        suite_add_tcase(suite, tc);

        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed > 0;
}
