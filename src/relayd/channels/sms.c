/* SMS: no request and no answer, the modem takes the text and judges for itself (modem.c). One part is one SMS of 140
 * octets: 160 letters of the GSM alphabet, or 70 as soon as one letter is not in it, as most Vietnamese ones are not. */
#include <string.h>

#include "wire.h"

#define OCTETS 140

static const char *unfit(const struct thon_channel_conf *conf, const struct relayd_outgoing *out)
{
        (void)conf;
        if (out->address[0] != '+' || strspn(out->address + 1, "0123456789") < 8 ||
            out->address[1 + strspn(out->address + 1, "0123456789")])
                return "Kênh SMS cần số điện thoại dạng +84...";
        return wire_text_unfit(out, THON_UNIT_SMS, OCTETS);
}

const struct relayd_kind relayd_sms = {
        .kind = THON_KIND_SMS,
        .unit = THON_UNIT_SMS,
        .text_max = OCTETS,
        .by_phone = true,
        .codes = THON_CODES_HTTP,
        .rate = "10/min",
        .unfit = unfit,
};
