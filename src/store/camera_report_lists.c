/* What a report tells beside the figures: incidents, what was restarted, and what never answered. Each is one statement. */
#include <errno.h>

#include "camera_report.h"
#include "relay_json.h"

json_t *report_time_json(const struct thon_zone *zone, struct thon_wall at)
{
        char text[THON_TIME_TEXT];

        return at.s == INT64_MAX ? json_null() : json_string(thon_time_text(zone, at, text));
}

/* Of an area: those with its root or one of its members in it. Those that held nobody but their own root count too. */
int report_incidents_json(const struct report_span *report, const char *area, json_t *list)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql_with(
                report->store, &stmt,
                "SELECT id, cause, verdict, root, name, area, began, ended, most, text"
                " FROM camera_incident AS i WHERE began < ?3 AND (ended IS NULL OR ended >= ?2)"
                " AND (" THON_SQL_IN_AREA
                " OR EXISTS (SELECT 1 FROM device WHERE (device.id = i.root OR device.id IN"
                " (SELECT device FROM camera_incident_member WHERE incident = i.serial)) AND" THON_SQL_IN_AREA
                "))"
                " ORDER BY began, serial",
                SQL_TEXT(area), SQL_INT(report->from.s), SQL_INT(report->to.s));

        for (bool row; r == 0;) {
                struct thon_wall began, ended;
                int64_t lasted;

                r = thon_stmt_step(stmt, &row);
                if (r != 0 || !row)
                        return r;
                began.s = thon_column_int(stmt, 6);
                ended = thon_column_time(stmt, 7);
                lasted = (ended.s < report->to.s ? ended.s : report->to.s) - began.s;
                if (json_array_append_new(
                            list, json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:I,s:I,s:o}", "id",
                                            thon_column_json(stmt, 0), "cause", thon_column_json(stmt, 1),
                                            "verdict", thon_column_json(stmt, 2), "root",
                                            thon_column_json(stmt, 3), "name", thon_column_json(stmt, 4),
                                            "area", thon_column_json(stmt, 5), "began",
                                            report_time_json(report->zone, began), "ended",
                                            report_time_json(report->zone, ended), "minutes",
                                            (json_int_t)(lasted > 0 ? (lasted + 30) / 60 : 0), "most",
                                            (json_int_t)thon_column_int(stmt, 8), "text",
                                            thon_column_json(stmt, 9))) < 0)
                        return -ENOMEM;
        }
        return r;
}

/* An attempt with what came of it: the next that is told of this device, unless that is another attempt. */
int report_healed_json(const struct report_span *report, const char *area, json_t *list)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql_with(
                report->store, &stmt,
                "SELECT h.device, h.value, h.at, (SELECT CASE WHEN n.detail GLOB 'recovered*' THEN 'recovered'"
                " WHEN n.detail GLOB 'failed*' THEN 'failed' END FROM camera_history AS n"
                " WHERE n.device = h.device AND n.what = 'heal' AND (n.at, n.id) > (h.at, h.id)"
                " AND (n.detail = 'began' OR n.detail GLOB 'recovered*' OR n.detail GLOB 'failed*')"
                " ORDER BY n.at, n.id LIMIT 1), h.by FROM device CROSS JOIN camera_history AS h"
                " ON h.device = device.id AND h.what = 'heal' AND h.at >= ?2 AND h.at < ?3"
                " WHERE h.detail = 'began' AND" THON_SQL_IN_AREA " ORDER BY h.at, h.id",
                SQL_TEXT(area), SQL_INT(report->from.s), SQL_INT(report->to.s));

        for (bool row; r == 0;) {
                r = thon_stmt_step(stmt, &row);
                if (r != 0 || !row)
                        return r;
                struct thon_wall at = {thon_column_int(stmt, 2)};
                if (json_array_append_new(
                            list, json_pack("{s:o,s:o,s:o,s:o,s:o}", "device", thon_column_json(stmt, 0),
                                            "how", thon_column_json(stmt, 1), "at",
                                            report_time_json(report->zone, at), "result",
                                            thon_column_json(stmt, 3), "by", thon_column_json(stmt, 4))) < 0)
                        return -ENOMEM;
        }
        return r;
}

/* Never a verdict that something of it answered, neither in the history nor now. */
int report_never_json(const struct report_span *report, const char *area, json_t *list)
{
        _cleanup_stmt_ struct thon_stmt *stmt = NULL;
        int r = thon_sql_with(
                report->store, &stmt,
                "SELECT id FROM device WHERE kind IN ('camera', 'switch', 'access-point', 'host')"
                " AND" THON_SQL_IN_AREA
                " AND NOT EXISTS (SELECT 1 FROM camera_history AS h WHERE h.device = device.id"
                " AND h.what = 'verdict' AND h.value NOT IN ('unknown', 'no-power', 'no-network', 'cable'))"
                " AND NOT EXISTS (SELECT 1 FROM camera_state AS s WHERE s.device = device.id"
                " AND s.verdict NOT IN ('unknown', 'no-power', 'no-network', 'cable')) ORDER BY id",
                SQL_TEXT(area));

        for (bool row; r == 0;) {
                r = thon_stmt_step(stmt, &row);
                if (r != 0 || !row)
                        return r;
                if (json_array_append_new(list, thon_column_json(stmt, 0)) < 0)
                        return -ENOMEM;
        }
        return r;
}
