/* Any bytes as a template file: refused with a sentence, or a template that can be filled with exactly its own names. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "thon/cleanup.h"
#include "thon/relay_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool truth)
{
        if (!truth)
                abort();
}

static void fill(const struct thon_template *template)
{
        struct thon_value_pair values[65];
        _cleanup_free_ char *text = NULL;
        char error[200] = "";
        int r;

        require(template->n_names < sizeof values / sizeof *values);
        for (size_t i = 0; i < template->n_names; i++)
                values[i] = (struct thon_value_pair){template->names[i], i % 2 ? "{Đông}\n" : ""};
        r = thon_template_render(template, values, template->n_names, &text, error);
        require(r == 0 ? strlen(text) <= THON_NOTICE_TEXT_MAX : r == -EINVAL && error[0] != '\0');

        values[template->n_names] = (struct thon_value_pair){"Không", ""};
        free(THON_TAKE(text));
        require(thon_template_render(template, values, template->n_names + 1, &text, error) == -EINVAL);
        if (template->n_names > 0)
                require(thon_template_render(template, values, template->n_names - 1, &text, error) ==
                        -EINVAL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct thon_template template = {0};
        char error[200] = "";
        int r = thon_template_parse((const char *)data, size, &template, error);

        if (r < 0) {
                require(r == -EINVAL && error[0] != '\0' && template.text == NULL);
                return 0;
        }
        require(template.text[0] != '\0' && strlen(template.text) <= THON_NOTICE_TEXT_MAX);
        fill(&template);
        thon_template_done(&template);
        return 0;
}
