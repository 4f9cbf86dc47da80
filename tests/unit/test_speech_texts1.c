/* Whole notices such as communes publish them, I: meetings, vaccination, power cuts, storms, floods, sowing, funds, insurance,
 * fire, conscription, epidemics. Each was read by eye, word by word. */
#include "speech_cases.h"

static const struct speech_text texts[] = {
        {
                "hop thon",
                "GIẤY MỜI HỌP\n"
                "Kính gửi: Các hộ gia đình thôn 3 và thôn 5\n"
                "\n"
                "UBND xã Chí Phúc trân trọng kính mời đại diện các hộ đến dự hội nghị nhân dân.\n"
                "- Thời gian: 19h30, thứ Bảy, ngày 05/9/2026.\n"
                "- Địa điểm: NVH thôn 3.\n"
                "- Nội dung: bàn việc làm đường GTNT dài 1,2 km, rộng 3,5 m; mức đóng góp 350.000 "
                "đồng/khẩu.\n"
                "Rất mong các ông/bà đến dự đông đủ, đúng giờ./.",
                "GIẤY MỜI HỌP. Kính gửi: Các hộ gia đình thôn ba và thôn năm. Ủy ban nhân dân xã Chí Phúc"
                " trân trọng kính mời đại diện các hộ đến dự hội nghị nhân dân. Thời gian: mười chín giờ "
                "ba mươi, thứ Bảy, ngày năm tháng chín năm hai nghìn không trăm hai mươi sáu. Địa điểm: "
                "nhà văn hóa thôn ba. Nội dung: bàn việc làm đường giao thông nông thôn dài một phẩy hai "
                "ki lô mét, rộng ba phẩy năm mét; mức đóng góp ba trăm năm mươi nghìn đồng một khẩu. Rất "
                "mong các ông, bà đến dự đông đủ, đúng giờ.",
        },
        {
                "tiem chung",
                "LỊCH TIÊM CHỦNG THÁNG 9/2026\n"
                "Trạm Y tế xã thông báo: buổi sáng ngày 10/9, từ 7h30 đến 11h00, tiêm vắc xin 5 trong 1 "
                "(mũi 1, 2, 3) cho trẻ từ 2-4 tháng tuổi.\n"
                "Trẻ sốt trên 37,5°C hoặc cân nặng dưới 2kg thì tạm hoãn. Sau tiêm, theo dõi tại trạm 30 "
                "phút, tại nhà ít nhất 24-48 giờ.\n"
                "Khi đi mang theo sổ tiêm chủng và thẻ BHYT. ĐT: 0237.3712.345.",
                "LỊCH TIÊM CHỦNG THÁNG chín năm hai nghìn không trăm hai mươi sáu. Trạm Y tế xã thông "
                "báo: buổi sáng ngày mười tháng chín, từ bảy giờ ba mươi đến mười một giờ, tiêm vắc xin "
                "năm trong một, mũi một, hai, ba, cho trẻ từ hai đến bốn tháng tuổi. Trẻ sốt trên ba mươi"
                " bảy phẩy năm độ xê hoặc cân nặng dưới hai ki lô gam thì tạm hoãn. Sau tiêm, theo dõi "
                "tại trạm ba mươi phút, tại nhà ít nhất hai mươi tư đến bốn mươi tám giờ. Khi đi mang "
                "theo sổ tiêm chủng và thẻ bảo hiểm y tế. điện thoại: không hai ba bảy, ba bảy một hai, "
                "ba bốn năm.",
        },
        {
                "cat dien",
                "THÔNG BÁO TẠM NGỪNG CẤP ĐIỆN\n"
                "Điện lực Nông Cống thông báo: Từ 5h30 đến 10h00 ngày 12/9/2026 (thứ 7) ngừng cấp điện "
                "TBA Chí Phúc 2, đường dây 35kV lộ 373-E9.8 để thay MBA 250kVA - 35/0,4kV.\n"
                "Khu vực mất điện: thôn 1, 2, 4 và một phần thôn 6.\n"
                "Để đảm bảo an toàn, đề nghị coi như lưới điện luôn có điện. Mọi thắc mắc xin gọi tổng "
                "đài 19006769 (trực 24/7).",
                "THÔNG BÁO TẠM NGỪNG CẤP ĐIỆN. Điện lực Nông Cống thông báo: Từ năm giờ ba mươi đến mười "
                "giờ ngày mười hai tháng chín năm hai nghìn không trăm hai mươi sáu, thứ bảy, ngừng cấp "
                "điện trạm biến áp Chí Phúc hai, đường dây ba mươi lăm ki lô vôn lộ ba trăm bảy mươi ba e"
                " chín chấm tám để thay máy biến áp hai trăm năm mươi ki lô vôn am pe, ba mươi lăm trên "
                "không phẩy bốn ki lô vôn. Khu vực mất điện: thôn một, hai, bốn và một phần thôn sáu. Để "
                "đảm bảo an toàn, đề nghị coi như lưới điện luôn có điện. Mọi thắc mắc xin gọi tổng đài "
                "một chín không không, sáu bảy sáu chín, trực hai mươi tư trên bảy.",
        },
        {
                "bao so 3",
                "TIN BÃO KHẨN CẤP (CƠN BÃO SỐ 3)\n"
                "Hồi 13h ngày 05/9, vị trí tâm bão ở vào khoảng 19,2 độ Vĩ Bắc; 112,5 độ Kinh Đông, cách "
                "Quảng Ninh khoảng 530km về phía Đông Đông Nam. Sức gió mạnh nhất vùng gần tâm bão mạnh "
                "cấp 16 (184-201km/h), giật trên cấp 17. Bão di chuyển theo hướng Tây với tốc độ "
                "10-15km/h.\n"
                "Dự báo: từ chiều 06/9 đến đêm 07/9, khu vực ta có gió cấp 8-9, giật cấp 11; mưa "
                "200-350mm, có nơi trên 500mm.\n"
                "Cấp độ rủi ro thiên tai: cấp 4.",
                "TIN BÃO KHẨN CẤP, CƠN BÃO SỐ ba. Hồi mười ba giờ ngày năm tháng chín, vị trí tâm bão ở "
                "vào khoảng mười chín phẩy hai độ Vĩ Bắc; một trăm mười hai phẩy năm độ Kinh Đông, cách "
                "Quảng Ninh khoảng năm trăm ba mươi ki lô mét về phía Đông Đông Nam. Sức gió mạnh nhất "
                "vùng gần tâm bão mạnh cấp mười sáu, một trăm tám mươi tư đến hai trăm linh một ki lô mét"
                " trên giờ, giật trên cấp mười bảy. Bão di chuyển theo hướng Tây với tốc độ mười đến mười"
                " lăm ki lô mét trên giờ. Dự báo: từ chiều ngày sáu tháng chín đến đêm ngày bảy tháng "
                "chín, khu vực ta có gió cấp tám đến chín, giật cấp mười một; mưa hai trăm đến ba trăm "
                "năm mươi mi li mét, có nơi trên năm trăm mi li mét. Cấp độ rủi ro thiên tai: cấp bốn.",
        },
        {
                "xa lu",
                "THÔNG BÁO XẢ LŨ\n"
                "Hồ Cửa Đạt vận hành xả lũ qua tràn từ 14h00 ngày 07/9/2026. Lưu lượng xả từ 500 m3/s "
                "tăng dần đến 1.200 m³/s. Mực nước hồ lúc 12h là +112,35 m, lưu lượng về hồ 2.850 m3/s.\n"
                "Đề nghị bà con hai bên sông Chu không vớt củi, không đánh bắt cá; di chuyển người, tài "
                "sản ra khỏi vùng bãi trước 13h30'.\n"
                "Mực nước tại Bái Thượng đang ở mức 17,20m, trên BĐ2 0,2m.",
                "THÔNG BÁO XẢ LŨ. Hồ Cửa Đạt vận hành xả lũ qua tràn từ mười bốn giờ ngày bảy tháng chín "
                "năm hai nghìn không trăm hai mươi sáu. Lưu lượng xả từ năm trăm mét khối trên giây tăng "
                "dần đến một nghìn hai trăm mét khối trên giây. Mực nước hồ lúc mười hai giờ là cộng một "
                "trăm mười hai phẩy ba mươi lăm mét, lưu lượng về hồ hai nghìn tám trăm năm mươi mét khối"
                " trên giây. Đề nghị bà con hai bên sông Chu không vớt củi, không đánh bắt cá; di chuyển "
                "người, tài sản ra khỏi vùng bãi trước mười ba giờ ba mươi. Mực nước tại Bái Thượng đang "
                "ở mức mười bảy phẩy hai mươi mét, trên báo động hai không phẩy hai mét.",
        },
        {
                "gieo sa",
                "LỊCH GIEO SẠ VỤ ĐÔNG XUÂN 2026-2027\n"
                "HTX DVNN thông báo: đợt 1 xuống giống từ ngày 10/11 đến 20/11/2026 (nhằm ngày 2-12/10 âm"
                " lịch); đợt 2 từ 25/11 - 05/12/2026.\n"
                "Giống: ST25, OM18, Đài Thơm 8. Lượng giống gieo sạ 80-100 kg/ha (8-10 kg/công).\n"
                "Bón lót: 20-25 kg lân + 5 kg DAP/sào 500m2. Không sạ khi nhiệt độ <15°C.",
                "LỊCH GIEO SẠ VỤ ĐÔNG XUÂN hai nghìn không trăm hai mươi sáu, hai nghìn không trăm hai "
                "mươi bảy. hợp tác xã dịch vụ nông nghiệp thông báo: đợt một xuống giống từ ngày mười "
                "tháng mười một đến ngày hai mươi tháng mười một năm hai nghìn không trăm hai mươi sáu, "
                "nhằm ngày mùng hai đến ngày mười hai tháng mười âm lịch; đợt hai từ ngày hai mươi lăm "
                "tháng mười một đến ngày năm tháng mười hai năm hai nghìn không trăm hai mươi sáu. Giống:"
                " ét sì tê hai mươi lăm, o em mờ mười tám, Đài Thơm tám. Lượng giống gieo sạ tám mươi đến"
                " một trăm ki lô gam trên héc ta, tám đến mười ki lô gam một công. Bón lót: hai mươi đến "
                "hai mươi lăm ki lô gam lân cộng năm ki lô gam đáp một sào năm trăm mét vuông. Không sạ "
                "khi nhiệt độ dưới mười lăm độ xê.",
        },
        {
                "thu quy",
                "THÔNG BÁO THU QUỸ NĂM 2026\n"
                "Ban quản lý thôn 7 thu các khoản sau:\n"
                "1. Quỹ Đền ơn đáp nghĩa: 20.000đ/hộ/năm.\n"
                "2. Quỹ PCTT: 10.000 đồng/người (từ 18 đến 60 tuổi).\n"
                "3. Tiền VSMT: 25k/hộ/tháng; hộ kinh doanh 1,2 triệu đồng/năm.\n"
                "Thời gian thu: từ 18h-21h các ngày 10, 11, 12/9. Hộ nghèo, cận nghèo được miễn 100%, hộ "
                "có NCC giảm 1/2.",
                "THÔNG BÁO THU QUỸ NĂM hai nghìn không trăm hai mươi sáu. Ban quản lý thôn bảy thu các "
                "khoản sau. một. Quỹ Đền ơn đáp nghĩa: hai mươi nghìn đồng một hộ một năm. hai. Quỹ "
                "phòng, chống thiên tai: mười nghìn đồng một người, từ mười tám đến sáu mươi tuổi. ba. "
                "Tiền vệ sinh môi trường: hai mươi lăm nghìn một hộ một tháng; hộ kinh doanh một phẩy hai"
                " triệu đồng một năm. Thời gian thu: từ mười tám giờ đến hai mươi mốt giờ các ngày mười, "
                "mười một, mười hai tháng chín. Hộ nghèo, cận nghèo được miễn một trăm phần trăm, hộ có "
                "người có công giảm một phần hai.",
        },
        {
                "bhyt",
                "VỀ VIỆC THAM GIA BHYT HỘ GIA ĐÌNH\n"
                "Mức đóng BHYT hộ gia đình bằng 4,5% mức lương cơ sở 2.340.000 đồng. Người thứ 1 đóng "
                "105.300 đồng/tháng (1.263.600 đ/năm); người thứ 2, thứ 3, thứ 4 đóng lần lượt bằng 70%, "
                "60%, 50%; từ người thứ 5 trở đi bằng 40% của người thứ nhất.\n"
                "Mang theo CCCD hoặc cài VNeID mức 2. Liên hệ đại lý thu: chị Lê Thị Hoa, SĐT 0912 345 "
                "678.",
                "VỀ VIỆC THAM GIA bảo hiểm y tế HỘ GIA ĐÌNH. Mức đóng bảo hiểm y tế hộ gia đình bằng bốn "
                "phẩy năm phần trăm mức lương cơ sở hai triệu ba trăm bốn mươi nghìn đồng. Người thứ nhất"
                " đóng một trăm linh năm nghìn ba trăm đồng một tháng, một triệu hai trăm sáu mươi ba "
                "nghìn sáu trăm đồng một năm; người thứ hai, thứ ba, thứ tư đóng lần lượt bằng bảy mươi "
                "phần trăm, sáu mươi phần trăm, năm mươi phần trăm; từ người thứ năm trở đi bằng bốn mươi"
                " phần trăm của người thứ nhất. Mang theo căn cước công dân hoặc cài vi en i ai đi mức "
                "hai. Liên hệ đại lý thu: chị Lê Thị Hoa, số điện thoại không chín một hai, ba bốn năm, "
                "sáu bảy tám.",
        },
        {
                "pccc",
                "CÔNG AN XÃ KHUYẾN CÁO PCCC\n"
                "Thời tiết nắng nóng 38 - 40°C, độ ẩm dưới 50%, cấp dự báo cháy rừng: cấp V (cực kỳ nguy "
                "hiểm).\n"
                "a) Mỗi nhà có ít nhất 01 bình chữa cháy loại 4kg và 2 lối thoát nạn;\n"
                "b) Không để xe máy, bình gas cách bếp dưới 1,5m;\n"
                "c) Ngắt điện khi ra khỏi nhà.\n"
                "Khi có cháy, gọi ngay 114 hoặc báo Công an xã qua số 0987.654.321, cài app Báo cháy 114.",
                "CÔNG AN XÃ KHUYẾN CÁO phòng cháy, chữa cháy. Thời tiết nắng nóng ba mươi tám đến bốn "
                "mươi độ xê, độ ẩm dưới năm mươi phần trăm, cấp dự báo cháy rừng: cấp năm, cực kỳ nguy "
                "hiểm. a. Mỗi nhà có ít nhất một bình chữa cháy loại bốn ki lô gam và hai lối thoát nạn. "
                "bê. Không để xe máy, bình ga cách bếp dưới một phẩy năm mét. xê. Ngắt điện khi ra khỏi "
                "nhà. Khi có cháy, gọi ngay một một bốn hoặc báo Công an xã qua số không chín tám bảy, "
                "sáu năm bốn, ba hai một, cài áp Báo cháy một một bốn.",
        },
        {
                "tuyen quan",
                "LỆNH GỌI KHÁM SỨC KHỎE NVQS NĂM 2027\n"
                "Hội đồng NVQS xã thông báo: công dân nam sinh từ 01/01/2000 đến 31/12/2008 có tên trong "
                "danh sách có mặt tại Trạm Y tế lúc 7h00' ngày 15/11/2026 để sơ tuyển.\n"
                "Tiêu chuẩn: cao từ 1,57m, nặng ≥ 43 kg, thị lực 10/10 hoặc cận dưới 1,5 đi-ốp; trình độ "
                "từ lớp 8/12 trở lên.\n"
                "Trốn khám bị phạt 10 - 12 triệu đồng theo Nghị định 120/2013/NĐ-CP, sửa đổi tại Nghị "
                "định số 37/2022/NĐ-CP ngày 06/6/2022 của Chính phủ.",
                "LỆNH GỌI KHÁM SỨC KHỎE nghĩa vụ quân sự NĂM hai nghìn không trăm hai mươi bảy. Hội đồng "
                "nghĩa vụ quân sự xã thông báo: công dân nam sinh từ ngày một tháng một năm hai nghìn đến"
                " ngày ba mươi mốt tháng mười hai năm hai nghìn không trăm linh tám có tên trong danh "
                "sách có mặt tại Trạm Y tế lúc bảy giờ ngày mười lăm tháng mười một năm hai nghìn không "
                "trăm hai mươi sáu để sơ tuyển. Tiêu chuẩn: cao từ một phẩy năm mươi bảy mét, nặng lớn "
                "hơn hoặc bằng bốn mươi ba ki lô gam, thị lực mười trên mười hoặc cận dưới một phẩy năm "
                "đi ốp; trình độ từ lớp tám trên mười hai trở lên. Trốn khám bị phạt mười đến mười hai "
                "triệu đồng theo Nghị định số một trăm hai mươi, năm hai nghìn không trăm mười ba, của "
                "Chính phủ, sửa đổi tại Nghị định số ba mươi bảy, năm hai nghìn không trăm hai mươi hai "
                "ngày sáu tháng sáu năm hai nghìn không trăm hai mươi hai của Chính phủ.",
        },
        {
                "dich ta",
                "PHÒNG, CHỐNG DỊCH TẢ LỢN CHÂU PHI\n"
                "Ngày 01/9/2026, tại hộ ông Trần Văn B (thôn 2) có 15/20 con lợn chết, xét nghiệm dương "
                "tính với virus DTLCP. Xã đã tiêu hủy 20 con, trọng lượng 1.250kg (1,25 tấn).\n"
                "Yêu cầu: phun tiêu độc 1 lần/ngày trong 7 ngày đầu, 3 lần/tuần trong 2-3 tuần tiếp; rắc "
                "vôi 0,5-1 kg/m2; \"5 không\": không giấu dịch; không mua bán lợn bệnh...\n"
                "Hỗ trợ 40.000đ/kg hơi theo NĐ 116/2025/NĐ-CP.",
                "PHÒNG, CHỐNG DỊCH TẢ LỢN CHÂU PHI. Ngày một tháng chín năm hai nghìn không trăm hai mươi"
                " sáu, tại hộ ông Trần Văn bê, thôn hai, có mười lăm trên hai mươi con lợn chết, xét "
                "nghiệm dương tính với vi rút dịch tả lợn châu Phi. Xã đã tiêu hủy hai mươi con, trọng "
                "lượng một nghìn hai trăm năm mươi ki lô gam, một phẩy hai mươi lăm tấn. Yêu cầu: phun "
                "tiêu độc một lần một ngày trong bảy ngày đầu, ba lần một tuần trong hai đến ba tuần "
                "tiếp; rắc vôi không phẩy năm đến một ki lô gam trên mét vuông; năm không: không giấu "
                "dịch; không mua bán lợn bệnh. Hỗ trợ bốn mươi nghìn đồng một ki lô gam hơi theo Nghị "
                "định số một trăm mười sáu, năm hai nghìn không trăm hai mươi lăm, của Chính phủ.",
        },
        {
                "gia ca",
                "BẢN TIN GIÁ CẢ NÔNG SẢN NGÀY 08/9\n"
                "Lúa tươi OM18: 6.300 - 6.500 đồng/kg, giảm 100đ/kg. Lợn hơi 62.000-64.000đ/kg, tăng "
                "1.500 đồng. Cà phê Đắk Lắk 115.200 đ/kg (+0,8%). Hồ tiêu 152.000 đ/kg.\n"
                "Phân u-rê 560.000đ/bao 50kg; NPK 16-16-8: 780k/bao.\n"
                "Giá xăng E5RON92 20.150 đ/lít, dầu diesel 0,05S-II 18.990 đ/lít.",
                "BẢN TIN GIÁ CẢ NÔNG SẢN NGÀY tám tháng chín. Lúa tươi o em mờ mười tám: sáu nghìn ba "
                "trăm đến sáu nghìn năm trăm đồng một ki lô gam, giảm một trăm đồng một ki lô gam. Lợn "
                "hơi sáu mươi hai nghìn đến sáu mươi tư nghìn đồng một ki lô gam, tăng một nghìn năm trăm"
                " đồng. Cà phê Đắk Lắk một trăm mười lăm nghìn hai trăm đồng một ki lô gam, cộng không "
                "phẩy tám phần trăm. Hồ tiêu một trăm năm mươi hai nghìn đồng một ki lô gam. Phân u rê "
                "năm trăm sáu mươi nghìn đồng một bao năm mươi ki lô gam; en pê ca mười sáu, mười sáu, "
                "tám: bảy trăm tám mươi nghìn một bao. Giá xăng e năm rôn chín mươi hai hai mươi nghìn "
                "một trăm năm mươi đồng một lít, dầu đi ê den không phẩy không năm ét sì hai mười tám "
                "nghìn chín trăm chín mươi đồng một lít.",
        },
};

START_TEST(test_text)
{
        check_text(&texts[_i]);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("speech texts 1");
        TCase *tcase = tcase_create("texts");

        tcase_add_loop_test(tcase, test_text, 0, (int)(sizeof(texts) / sizeof(texts[0])));
        suite_add_tcase(suite, tcase);
        return run_suite(suite);
}
