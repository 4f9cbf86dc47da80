/* multipart/form-data (RFC 7578): how all providers take files. */
#include <errno.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire.h"

#define BOUNDARY_BYTES 16

int wire_form(struct relayd_request *request, json_t *fields, const char *name, const void *jpeg,
              size_t size)
{
        _cleanup_json_ json_t *doc = fields;
        unsigned char noise[BOUNDARY_BYTES];
        char boundary[2 * BOUNDARY_BYTES + 1], type[64 + sizeof(boundary)];
        const char *key;
        json_t *value;
        FILE *form;
        int r;

        /* Nothing of a picture or a text can be guessed to hold it. */
        if (!doc || RAND_bytes(noise, sizeof(noise)) != 1)
                return -ENOMEM;
        for (size_t i = 0; i < sizeof(noise); i++)
                snprintf(boundary + 2 * i, 3, "%02x", noise[i]);
        snprintf(type, sizeof(type), "multipart/form-data; boundary=%s", boundary);
        form = open_memstream(&request->body, &request->size);
        if (!form)
                return -ENOMEM;
        json_object_foreach (doc, key, value)
                fprintf(form, "--%s\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n", boundary,
                        key, json_string_value(value));
        fprintf(form,
                "--%s\r\nContent-Disposition: form-data; name=\"%s\"; filename=\"camera.jpg\"\r\n"
                "Content-Type: image/jpeg\r\n\r\n",
                boundary, name);
        fwrite(jpeg, 1, size, form);
        fprintf(form, "\r\n--%s--\r\n", boundary);
        r = ferror(form) ? -ENOMEM : 0;
        if (fclose(form) != 0 || r < 0)
                return -ENOMEM;
        request->method = "POST";
        return wire_header(request, "Content-Type", type);
}
