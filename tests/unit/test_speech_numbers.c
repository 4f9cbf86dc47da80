/* Numbers by themselves: the words, the signs between the figures, and every dialect. */
#include <stdint.h>
#include <time.h>

#include "speech_cases.h"

static const struct speech_case cases[] = {
        {"0", "không"},
        {"1", "một"},
        {"4", "bốn"},
        {"5", "năm"},
        {"10", "mười"},
        {"11", "mười một"},
        {"14", "mười bốn"},
        {"15", "mười lăm"},
        {"20", "hai mươi"},
        {"21", "hai mươi mốt"},
        {"24", "hai mươi tư"},
        {"25", "hai mươi lăm"},
        {"51", "năm mươi mốt"},
        {"55", "năm mươi lăm"},
        {"91", "chín mươi mốt"},
        {"99", "chín mươi chín"},
        {"100", "một trăm"},
        {"101", "một trăm linh một"},
        {"104", "một trăm linh bốn"},
        {"105", "một trăm linh năm"},
        {"110", "một trăm mười"},
        {"111", "một trăm mười một"},
        {"115", "một trăm mười lăm"},
        {"121", "một trăm hai mươi mốt"},
        {"555", "năm trăm năm mươi lăm"},
        {"1000", "một nghìn"},
        {"1001", "một nghìn không trăm linh một"},
        {"1005", "một nghìn không trăm linh năm"},
        {"1015", "một nghìn không trăm mười lăm"},
        {"1100", "một nghìn một trăm"},
        {"2026", "hai nghìn không trăm hai mươi sáu"},
        {"10000", "mười nghìn"},
        {"10.000", "mười nghìn"},
        {"21.021", "hai mươi mốt nghìn không trăm hai mươi mốt"},
        {"100.000", "một trăm nghìn"},
        {"400036105", "bốn trăm triệu không trăm ba mươi sáu nghìn một trăm linh năm"},
        {"700.000.231", "bảy trăm triệu không nghìn hai trăm ba mươi mốt"},
        {"1.000.000", "một triệu"},
        {"1.000.005", "một triệu không nghìn không trăm linh năm"},
        {"8.500.000", "tám triệu năm trăm nghìn"},
        {"1.000.000.000", "một tỷ"},
        {"1.000.000.001", "một tỷ không triệu không nghìn không trăm linh một"},
        {"1.500.000.000.000", "một nghìn năm trăm tỷ"},
        {"999.999.999.999.999",
         "chín trăm chín mươi chín nghìn chín trăm chín mươi chín tỷ chín trăm chín mươi chín triệu chín trăm "
         "chín mươi chín nghìn chín trăm chín mươi chín"},
};

START_TEST(test_table)
{
        check_case(&cases[_i]);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("speech numbers");
        TCase *table = tcase_create("table");

        tcase_add_loop_test(table, test_table, 0, (int)(sizeof(cases) / sizeof(cases[0])));
        suite_add_tcase(suite, table);
        return run_suite(suite);
}
