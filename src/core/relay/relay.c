/* The words of the relay, spelled once for MQTT, the store, --json and the log. */
#include "thon/relay.h"

#include <string.h>

static const char *const class_text[THON_CLASSES] = {
        [THON_CLASS_NORMAL] = "normal",
        [THON_CLASS_PRIORITY] = "priority",
        [THON_CLASS_EMERGENCY] = "emergency",
};

const char *thon_class_text(enum thon_class value)
{
        return class_text[value];
}

bool thon_class_parse(const char *text, enum thon_class *ret)
{
        for (int i = 0; i < THON_CLASSES; i++)
                if (strcmp(text, class_text[i]) == 0) {
                        *ret = (enum thon_class)i;
                        return true;
                }
        return false;
}

static const char *const purpose_text[THON_PURPOSES] = {
        [THON_PURPOSE_NOTICES] = "notices",
        [THON_PURPOSE_EMERGENCY] = "emergency",
};

const char *thon_purpose_text(enum thon_purpose value)
{
        return purpose_text[value];
}

bool thon_purpose_parse(const char *text, enum thon_purpose *ret)
{
        for (int i = 0; i < THON_PURPOSES; i++)
                if (strcmp(text, purpose_text[i]) == 0) {
                        *ret = (enum thon_purpose)i;
                        return true;
                }
        return false;
}

const char *thon_outcome_text(enum thon_outcome value)
{
        static const char *const text[THON_OUTCOMES] = {
                [THON_OUTCOME_PENDING] = "pending",   [THON_OUTCOME_SENT] = "sent",
                [THON_OUTCOME_NOT_SENT] = "not_sent", [THON_OUTCOME_UNKNOWN] = "unknown",
                [THON_OUTCOME_VISIT] = "visit",
        };
        return text[value];
}

const char *thon_receipt_text(enum thon_receipt value)
{
        static const char *const text[THON_RECEIPTS] = {
                [THON_RECEIPT_NONE] = NULL,
                [THON_RECEIPT_DELIVERED] = "delivered",
                [THON_RECEIPT_SEEN] = "seen",
                [THON_RECEIPT_ACKNOWLEDGED] = "acknowledged",
        };
        return text[value];
}

const char *thon_verdict_text(enum thon_verdict value)
{
        static const char *const text[THON_VERDICTS] = {
                [THON_VERDICT_SENT] = "sent",       [THON_VERDICT_REFRESH] = "refresh",
                [THON_VERDICT_DEFER] = "defer",     [THON_VERDICT_WAIT] = "wait",
                [THON_VERDICT_RETRY] = "retry",     [THON_VERDICT_PERSON] = "person",
                [THON_VERDICT_MESSAGE] = "message", [THON_VERDICT_CHANNEL] = "channel",
                [THON_VERDICT_UNKNOWN] = "unknown",
        };
        return text[value];
}
