/* Whole notices such as communes publish them, II: prices, identity cards, congresses, web services, water, roads, schools,
 * pensions, dengue, land, Tết, the station itself. Each was read by eye, word by word. */
#include "speech_cases.h"

static const struct speech_text texts[] = {
        {
                "tu phap",
                "Thực hiện Kế hoạch số 45/KH-UBND ngày 15/8/2026 của UBND xã về làm CCCD gắn chip, Công "
                "an xã tổ chức cấp lưu động:\n"
                "+ Thôn 1-3: ngày 14/9 (thứ 2), sáng 7h30-11h30, chiều 13h30-17h00;\n"
                "+ Thôn 4, 5, 6: ngày 15-16/9.\n"
                "Đối tượng: công dân ≥ 14 tuổi chưa có thẻ hoặc hết hạn (25, 40, 60 tuổi). Lệ phí: "
                "30.000đ - 50.000đ.",
                "Thực hiện Kế hoạch số bốn mươi lăm ngày mười lăm tháng tám năm hai nghìn không trăm hai "
                "mươi sáu của Ủy ban nhân dân xã về làm căn cước công dân gắn chíp, Công an xã tổ chức "
                "cấp lưu động. Thôn một đến ba: ngày mười bốn tháng chín, thứ hai, sáng bảy giờ ba mươi "
                "đến mười một giờ ba mươi, chiều mười ba giờ ba mươi đến mười bảy giờ. Thôn bốn, năm, "
                "sáu: ngày mười lăm đến ngày mười sáu tháng chín. Đối tượng: công dân lớn hơn hoặc bằng "
                "mười bốn tuổi chưa có thẻ hoặc hết hạn, hai mươi lăm, bốn mươi, sáu mươi tuổi. Lệ phí: "
                "ba mươi nghìn đồng đến năm mươi nghìn đồng.",
        },
        {
                "dai hoi",
                "Chào mừng thành công Đại hội đại biểu Đảng bộ xã lần thứ I, nhiệm kỳ 2025-2030, tiến tới"
                " Đại hội XIV của Đảng!\n"
                "Quý III/2026, thu ngân sách đạt 12,5/15 tỷ đồng (83,3% KH); 18/19 tiêu chí NTM nâng cao;"
                " tỷ lệ hộ nghèo còn 1,25%.\n"
                "Kỷ niệm 81 năm Quốc khánh 2/9 (2/9/1945 - 2/9/2026), xã tổ chức giải bóng đá U15: khai "
                "mạc 15h ngày 30/8; trận chung kết thôn 1 thắng thôn 4 tỷ số 3-2.",
                "Chào mừng thành công Đại hội đại biểu Đảng bộ xã lần thứ nhất, nhiệm kỳ hai nghìn không "
                "trăm hai mươi lăm đến hai nghìn không trăm ba mươi, tiến tới Đại hội mười bốn của Đảng! "
                "Quý ba năm hai nghìn không trăm hai mươi sáu, thu ngân sách đạt mười hai phẩy năm trên "
                "mười lăm tỷ đồng, tám mươi ba phẩy ba phần trăm Kế hoạch; mười tám trên mười chín tiêu "
                "chí nông thôn mới nâng cao; tỷ lệ hộ nghèo còn một phẩy hai mươi lăm phần trăm. Kỷ niệm "
                "tám mươi mốt năm Quốc khánh ngày hai tháng chín, ngày hai tháng chín năm một nghìn chín "
                "trăm bốn mươi lăm đến ngày hai tháng chín năm hai nghìn không trăm hai mươi sáu, xã tổ "
                "chức giải bóng đá u mười lăm: khai mạc mười lăm giờ ngày ba mươi tháng tám; trận chung "
                "kết thôn một thắng thôn bốn tỷ số ba, hai.",
        },
        {
                "cdso",
                "TỔ CÔNG NGHỆ SỐ CỘNG ĐỒNG HƯỚNG DẪN NỘP HỒ SƠ TRỰC TUYẾN\n"
                "Bước 1: Vào trang https://dichvucong.gov.vn, đăng nhập bằng VNeID.\n"
                "Bước 2: Chọn thủ tục, tải file PDF dưới 5MB lên; thanh toán bằng mã QR.\n"
                "Bước 3: Nhận kết quả qua Zalo OA \"Xã Chí Phúc\" hoặc email ubndxa@thanhhoa.gov.vn.\n"
                "Cảnh giác tin nhắn SMS, cuộc gọi lừa đảo: tuyệt đối không cung cấp mã OTP, số CCCD 12 "
                "số. Wifi miễn phí tại NVH, mật khẩu 12345678.",
                "TỔ CÔNG NGHỆ SỐ CỘNG ĐỒNG HƯỚNG DẪN NỘP HỒ SƠ TRỰC TUYẾN. Bước một: Vào trang dích vu "
                "cong chấm gốp chấm vê en nờ, đăng nhập bằng vi en i ai đi. Bước hai: Chọn thủ tục, tải "
                "phai pê đê ép dưới năm mê ga bai lên; thanh toán bằng mã quy a. Bước ba: Nhận kết quả "
                "qua da lô ô a Xã Chí Phúc hoặc i meo u bê en nờ dê xa a còng thanh hoa chấm gốp chấm vê "
                "en nờ. Cảnh giác tin nhắn ét em ét, cuộc gọi lừa đảo: tuyệt đối không cung cấp mã ô tê "
                "pê, số căn cước công dân mười hai số. oai phai miễn phí tại nhà văn hóa, mật khẩu một "
                "hai ba bốn, năm sáu bảy tám.",
        },
        {
                "nuoc sach",
                "Công ty CP cấp nước báo giá nước sạch từ 01/10/2026: 0-10 m3 đầu 8.500đ/m3; trên 10 đến "
                "20m3: 9.900 đ/m3; trên 20 m³: 13.200 đồng/m³ (chưa gồm 5% VAT & 10% phí BVMT).\n"
                "Súc rửa đường ống D110, D63 từ 22h ngày 18/9 đến 4h sáng 19/9.",
                "Công ty cổ phần cấp nước báo giá nước sạch từ ngày một tháng mười năm hai nghìn không "
                "trăm hai mươi sáu: không đến mười mét khối đầu tám nghìn năm trăm đồng một mét khối; "
                "trên mười đến hai mươi mét khối: chín nghìn chín trăm đồng một mét khối; trên hai mươi "
                "mét khối: mười ba nghìn hai trăm đồng một mét khối, chưa gồm năm phần trăm vê a tê và "
                "mười phần trăm phí bảo vệ môi trường. Súc rửa đường ống dê một trăm mười, dê sáu mươi ba"
                " từ hai mươi hai giờ ngày mười tám tháng chín đến bốn giờ sáng ngày mười chín tháng "
                "chín.",
        },
        {
                "giao thong",
                "Từ 0h ngày 20/9/2026 cấm xe tải trên 3,5 tấn qua cầu Chuối (Km 12+500, ĐT.505) để sửa "
                "chữa. Xe con đi theo QL45 - ĐT 506; tốc độ tối đa 40km/h.\n"
                "Tối 17/9, tại ngã 3 xảy ra TNGT giữa xe máy BKS 36B5-678.90 và ô tô 36A-123.45, 2 người "
                "bị thương. Ai biết thông tin xin báo CSGT: 069 2888 113.",
                "Từ không giờ ngày hai mươi tháng chín năm hai nghìn không trăm hai mươi sáu cấm xe tải "
                "trên ba phẩy năm tấn qua cầu Chuối, ki lô mét mười hai cộng năm trăm, đường tỉnh năm "
                "trăm linh năm, để sửa chữa. Xe con đi theo quốc lộ bốn mươi lăm, đường tỉnh năm trăm "
                "linh sáu; tốc độ tối đa bốn mươi ki lô mét trên giờ. Tối ngày mười bảy tháng chín, tại "
                "ngã ba xảy ra tai nạn giao thông giữa xe máy biển kiểm soát ba mươi sáu bê năm, sáu bảy "
                "tám chín không và ô tô ba mươi sáu a, một hai ba bốn năm, hai người bị thương. Ai biết "
                "thông tin xin báo cảnh sát giao thông: không sáu chín, hai tám tám tám, một một ba.",
        },
        {
                "hoc tap",
                "Trường THCS Chí Phúc tuyển sinh lớp 6 năm học 2026 - 2027: 4 lớp (6A, 6B, 6C, 6D), 160 "
                "chỉ tiêu. Nhận hồ sơ từ 1-5/7, trong giờ hành chính, từ thứ 2 - thứ 6.\n"
                "Khai giảng lúc 7h00 ngày 5/9. HS lớp 1 tựu trường từ 24/8. Học phí: 0đ; tiền bán trú "
                "25.000đ/bữa x 22 ngày = 550.000đ/tháng.",
                "Trường trung học cơ sở Chí Phúc tuyển sinh lớp sáu năm học hai nghìn không trăm hai mươi"
                " sáu, hai nghìn không trăm hai mươi bảy: bốn lớp, sáu A, sáu bê, sáu xê, sáu dê, một "
                "trăm sáu mươi chỉ tiêu. Nhận hồ sơ từ ngày một đến ngày năm tháng bảy, trong giờ hành "
                "chính, từ thứ hai đến thứ sáu. Khai giảng lúc bảy giờ ngày năm tháng chín. học sinh lớp "
                "một tựu trường từ ngày hai mươi tư tháng tám. Học phí: không đồng; tiền bán trú hai mươi"
                " lăm nghìn đồng một bữa nhân hai mươi hai ngày bằng năm trăm năm mươi nghìn đồng một "
                "tháng.",
        },
        {
                "nguoi co cong",
                "Nhân dịp kỷ niệm 79 năm ngày TBLS (27/7/1947 - 27/7/2026), UBMTTQ xã tặng 125 suất quà, "
                "mỗi suất 500.000đ, tổng trị giá 62,5 triệu đồng cho gia đình chính sách, 3 Bà mẹ VNAH.\n"
                "Chi trả trợ cấp tháng 7 cho NCC và BTXH: sáng 26/7 tại hội trường UBND; người già yếu "
                "nhận qua tài khoản.",
                "Nhân dịp kỷ niệm bảy mươi chín năm ngày thương binh, liệt sĩ, ngày hai mươi bảy tháng "
                "bảy năm một nghìn chín trăm bốn mươi bảy đến ngày hai mươi bảy tháng bảy năm hai nghìn "
                "không trăm hai mươi sáu, Ủy ban Mặt trận Tổ quốc xã tặng một trăm hai mươi lăm suất quà,"
                " mỗi suất năm trăm nghìn đồng, tổng trị giá sáu mươi hai phẩy năm triệu đồng cho gia "
                "đình chính sách, ba Bà mẹ Việt Nam anh hùng. Chi trả trợ cấp tháng bảy cho người có công"
                " và bảo trợ xã hội: sáng ngày hai mươi sáu tháng bảy tại hội trường Ủy ban nhân dân; "
                "người già yếu nhận qua tài khoản.",
        },
        {
                "muoi dich",
                "Từ đầu năm đến 31/8, toàn xã ghi nhận 27 ca SXH (tăng 2,5 lần so cùng kỳ), 02 ổ dịch tại"
                " thôn 3 & thôn 8.\n"
                "Bà con diệt lăng quăng 10 phút/tuần; ngủ màn kể cả ban ngày; phun hóa chất 17h-19h ngày "
                "3 và 4/9.\n"
                "Khi sốt cao liên tục 39-40 độ C từ 2 ngày trở lên, đến trạm y tế; không tự uống aspirin,"
                " ibuprofen. Cloramin B 25% pha 10g/lít.",
                "Từ đầu năm đến ngày ba mươi mốt tháng tám, toàn xã ghi nhận hai mươi bảy ca sốt xuất "
                "huyết, tăng hai phẩy năm lần so cùng kỳ, hai ổ dịch tại thôn ba và thôn tám. Bà con diệt"
                " lăng quăng mười phút một tuần; ngủ màn kể cả ban ngày; phun hóa chất mười bảy giờ đến "
                "mười chín giờ ngày ba và bốn tháng chín. Khi sốt cao liên tục ba mươi chín đến bốn mươi "
                "độ xê từ hai ngày trở lên, đến trạm y tế; không tự uống át pi rin, i bu pờ rô phen. cờ "
                "lo ra min bê hai mươi lăm phần trăm pha mười gam một lít.",
        },
        {
                "dat dai",
                "Niêm yết công khai phương án BT-GPMB dự án đường tỉnh 505B: 36 hộ, diện tích 1,85 ha "
                "(đất lúa 12.500 m2; đất ở 1.200,5 m²), tại thửa số 15, tờ bản đồ số 12.\n"
                "Giá đất: 55.000đ/m2 (đất 2 lúa). Thời hạn niêm yết: 30 ngày, từ 08/9 - 08/10/2026. Ý "
                "kiến gửi về UBND xã trước 17h00 ngày 08/10.",
                "Niêm yết công khai phương án bồi thường, giải phóng mặt bằng dự án đường tỉnh năm trăm "
                "linh năm bê: ba mươi sáu hộ, diện tích một phẩy tám mươi lăm héc ta, đất lúa mười hai "
                "nghìn năm trăm mét vuông; đất ở một nghìn hai trăm phẩy năm mét vuông, tại thửa số mười "
                "lăm, tờ bản đồ số mười hai. Giá đất: năm mươi lăm nghìn đồng một mét vuông, đất hai lúa."
                " Thời hạn niêm yết: ba mươi ngày, từ ngày tám tháng chín đến ngày tám tháng mười năm hai"
                " nghìn không trăm hai mươi sáu. Ý kiến gửi về Ủy ban nhân dân xã trước mười bảy giờ ngày"
                " tám tháng mười.",
        },
        {
                "vua tet",
                "Từ 23 tháng Chạp đến mùng 5 Tết (tức 30/01 - 10/02/2027), mỗi nhà treo cờ Tổ quốc. Lễ "
                "chùa rằm tháng Giêng; hội làng mở từ mùng 8-10/1 âm lịch.\n"
                "Đêm 30 Tết, từ 23h45' đến 0h15' bắn pháo hoa tầm thấp 15 phút tại sân vận động. Cấm đốt "
                "pháo nổ, phạt 5-10 triệu đồng.",
                "Từ hai mươi ba tháng Chạp đến mùng năm Tết, tức ngày ba mươi tháng một đến ngày mười "
                "tháng hai năm hai nghìn không trăm hai mươi bảy, mỗi nhà treo cờ Tổ quốc. Lễ chùa rằm "
                "tháng Giêng; hội làng mở từ mùng tám đến mùng mười tháng Giêng âm lịch. Đêm ba mươi Tết,"
                " từ hai mươi ba giờ bốn mươi lăm đến không giờ mười lăm bắn pháo hoa tầm thấp mười lăm "
                "phút tại sân vận động. Cấm đốt pháo nổ, phạt năm đến mười triệu đồng.",
        },
        {
                "ket noi",
                "Đài truyền thanh xã phát 2 buổi/ngày: sáng 5h30-6h15, chiều 17h00-17h45 (trừ Chủ nhật). "
                "Tần số FM 96,7 MHz, công suất 50W.\n"
                "Cụm loa số 12 (thôn Ea H'leo) hỏng, đang sửa, dự kiến xong trước 20/9. Góp ý: đ/c Y "
                "Moan, ĐT 0905-123-456 hoặc +84 905 123 457.",
                "Đài truyền thanh xã phát hai buổi một ngày: sáng năm giờ ba mươi đến sáu giờ mười lăm, "
                "chiều mười bảy giờ đến mười bảy giờ bốn mươi lăm, trừ Chủ nhật. Tần số ép em chín mươi "
                "sáu phẩy bảy mê ga héc, công suất năm mươi oát. Cụm loa số mười hai, thôn Ê a Hờ leo, "
                "hỏng, đang sửa, dự kiến xong trước ngày hai mươi tháng chín. Góp ý: đồng chí Y Moan, "
                "điện thoại không chín không năm, một hai ba, bốn năm sáu hoặc cộng tám bốn, chín không "
                "năm, một hai ba, bốn năm bảy.",
        },
};

START_TEST(test_text)
{
        check_text(&texts[_i]);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("speech texts 2");
        TCase *tcase = tcase_create("texts");

        tcase_add_loop_test(tcase, test_text, 0, (int)(sizeof(texts) / sizeof(texts[0])));
        suite_add_tcase(suite, tcase);
        return run_suite(suite);
}
