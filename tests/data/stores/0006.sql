-- thon 0.1.0, with announcements
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE registry_state (
        id         INTEGER PRIMARY KEY CHECK (id = 1),
        generation INTEGER NOT NULL CHECK (generation >= 0) -- counts up with every write below
) STRICT;
INSERT INTO registry_state VALUES(1,17);
CREATE TABLE area (
        id          TEXT PRIMARY KEY NOT NULL CHECK (length(id) BETWEEN 1 AND 63),
        name        TEXT NOT NULL CHECK (name <> ''),
        kind        TEXT CHECK (kind <> ''), -- commune, hamlet, lane, ...
        parent      TEXT REFERENCES area (id) ON UPDATE CASCADE CHECK (parent <> id),
        lat         REAL CHECK (lat BETWEEN -90 AND 90),
        lon         REAL CHECK (lon BETWEEN -180 AND 180),
        merged_into TEXT REFERENCES area (id) ON UPDATE CASCADE CHECK (merged_into <> id),
        merged_at   INTEGER,
        CHECK ((lat IS NULL) = (lon IS NULL)),
        CHECK ((merged_into IS NULL) = (merged_at IS NULL))
) STRICT, WITHOUT ROWID;
INSERT INTO area VALUES('canh-dong','Đường ra đồng','road','chi-phuc',19.995100000000000761,105.65340000000000486,NULL,NULL);
INSERT INTO area VALUES('chi-phuc','Thôn Chí Phúc','hamlet','sao-mai',19.993099999999998317,105.65120000000000288,NULL,NULL);
INSERT INTO area VALUES('duong-lang','Đường Làng','road','chi-phuc',19.99299999999999855,105.65099999999999624,NULL,NULL);
INSERT INTO area VALUES('hong-ky','Thôn Hồng Kỳ','hamlet','sao-mai',19.986200000000000187,105.64409999999999456,NULL,NULL);
INSERT INTO area VALUES('ngo-dong','Ngõ Đông','lane','chi-phuc',19.993800000000000238,105.65260000000000672,NULL,NULL);
INSERT INTO area VALUES('ngo-tay','Ngõ Tây','lane','chi-phuc',19.993600000000000704,105.64960000000000661,NULL,NULL);
INSERT INTO area VALUES('nha-van-hoa','Ngõ Nhà văn hóa','lane','chi-phuc',19.992499999999999715,105.65139999999999531,NULL,NULL);
INSERT INTO area VALUES('phu-lam','Thôn Phú Lâm','hamlet','sao-mai',19.997399999999998954,105.65879999999999938,NULL,NULL);
INSERT INTO area VALUES('sao-mai','Xã Sao Mai','commune',NULL,19.990500000000000824,105.64799999999999613,NULL,NULL);
CREATE TABLE area_history (
        serial INTEGER PRIMARY KEY,
        area   TEXT NOT NULL REFERENCES area (id) ON UPDATE CASCADE ON DELETE CASCADE,
        name   TEXT NOT NULL,
        parent TEXT,
        until  INTEGER NOT NULL -- seconds since 1970-01-01T00:00:00Z
) STRICT;
CREATE TABLE household (
        code           TEXT PRIMARY KEY NOT NULL COLLATE NOCASE CHECK (length(code) BETWEEN 1 AND 63),
        area           TEXT REFERENCES area (id) ON UPDATE CASCADE,
        house_no       TEXT CHECK (house_no <> ''),
        lane           TEXT CHECK (lane <> ''),
        head_name      TEXT CHECK (head_name <> ''),
        phone          TEXT CHECK (phone GLOB '+[1-9]*'), -- E.164
        members        INTEGER CHECK (members BETWEEN 0 AND 1000),
        lat            REAL CHECK (lat BETWEEN -90 AND 90),
        lon            REAL CHECK (lon BETWEEN -180 AND 180),
        internet       INTEGER CHECK (internet IN (0, 1)),
        smartphone     INTEGER CHECK (smartphone IN (0, 1)),
        e_payment      INTEGER CHECK (e_payment IN (0, 1)),
        digital_skills TEXT CHECK (digital_skills <> ''),
        notes          TEXT CHECK (notes <> ''),
        search         TEXT NOT NULL, -- folded by thon_text_fold(), a space before every word
        CHECK ((lat IS NULL) = (lon IS NULL))
) STRICT, WITHOUT ROWID;
INSERT INTO household VALUES('CP-001','chi-phuc','2','đường Làng','Nguyễn Thị Hồng','+84900000001',5,19.992809999999998638,105.64920999999999651,1,1,1,'cơ bản',NULL,' nguyen thi hong duong lang 2 thon chi phuc cp 001 0900000001');
INSERT INTO household VALUES('CP-002','chi-phuc','4','đường Làng','Trịnh Thị Dung',NULL,1,19.993140000000000355,105.649320000000003,0,0,0,'chưa',NULL,' trinh thi dung duong lang 4 thon chi phuc cp 002');
INSERT INTO household VALUES('CP-003','chi-phuc','6','đường Làng','Nguyễn Ngọc Tám','+84900000003',5,19.99287999999999954,105.64945000000000163,0,0,0,'chưa',NULL,' nguyen ngoc tam duong lang 6 thon chi phuc cp 003 0900000003');
INSERT INTO household VALUES('CP-004','chi-phuc','8','đường Làng','Trịnh Bá Đông','+84900000004',1,19.993159999999999598,105.64955000000000495,0,0,0,'chưa',NULL,' trinh ba dong duong lang 8 thon chi phuc cp 004 0900000004');
INSERT INTO household VALUES('CP-005','chi-phuc','11','đường Làng','Nguyễn Hữu An','+84900000005',6,19.992850000000000676,105.64964999999999406,1,1,0,'cơ bản',NULL,' nguyen huu an duong lang 11 thon chi phuc cp 005 0900000005');
INSERT INTO household VALUES('CP-006','chi-phuc','12','đường Làng','Trịnh Viết Việt','+84900000006',1,19.993140000000000355,105.64973999999999421,0,0,0,'chưa',NULL,' trinh viet viet duong lang 12 thon chi phuc cp 006 0900000006');
INSERT INTO household VALUES('CP-007','chi-phuc','15','đường Làng','Nguyễn Thị Hạnh','+84900000007',4,19.992869999999999919,105.64986000000000387,1,1,0,'cơ bản',NULL,' nguyen thi hanh duong lang 15 thon chi phuc cp 007 0900000007');
INSERT INTO household VALUES('CP-008','chi-phuc','17','đường Làng','Lê Thị Chinh',NULL,4,19.993210000000001258,105.64987999999999601,1,1,1,'tốt',NULL,' le thi chinh duong lang 17 thon chi phuc cp 008');
INSERT INTO household VALUES('CP-009','chi-phuc','19','đường Làng','Hoàng Viết Hiếu','+84900000009',4,19.992840000000001055,105.65004999999999313,0,0,0,'chưa',NULL,' hoang viet hieu duong lang 19 thon chi phuc cp 009 0900000009');
INSERT INTO household VALUES('CP-010','chi-phuc','20','đường Làng','Trịnh Viết Lâm',NULL,2,19.993220000000000879,105.65009999999999479,0,1,1,'cơ bản',NULL,' trinh viet lam duong lang 20 thon chi phuc cp 010');
INSERT INTO household VALUES('CP-011','chi-phuc','23A','đường Làng','Lê Xuân Chiến','+84900000011',4,19.992889999999999162,105.65018999999999493,0,1,0,'cơ bản',NULL,' le xuan chien duong lang 23a thon chi phuc cp 011 0900000011');
INSERT INTO household VALUES('CP-012','chi-phuc','26','đường Làng','Nguyễn Hữu Chiến','+84900000012',1,19.993220000000000879,105.6503100000000046,0,0,0,'chưa',NULL,' nguyen huu chien duong lang 26 thon chi phuc cp 012 0900000012');
INSERT INTO household VALUES('CP-013','chi-phuc','27','đường Làng','Trịnh Ngọc Tùng','+84900000013',5,19.992899999999998783,105.65039000000000157,1,1,1,'cơ bản',NULL,' trinh ngoc tung duong lang 27 thon chi phuc cp 013 0900000013');
INSERT INTO household VALUES('CP-014','chi-phuc','30B','đường Làng','Lê Văn Sơn','+84900000014',2,19.993189999999998462,105.65049000000000489,0,0,0,'chưa',NULL,' le van son duong lang 30b thon chi phuc cp 014 0900000014');
CREATE TABLE person (
        id         TEXT PRIMARY KEY NOT NULL CHECK (length(id) BETWEEN 1 AND 63),
        name       TEXT NOT NULL CHECK (name <> ''),
        household  TEXT COLLATE NOCASE REFERENCES household (code) ON UPDATE CASCADE,
        area       TEXT REFERENCES area (id) ON UPDATE CASCADE,
        role       TEXT CHECK (role <> ''),
        phone      TEXT CHECK (phone GLOB '+[1-9]*'),
        channels   TEXT CHECK (channels <> ''), -- "oa:ID;bot:ID"
        consent    TEXT CHECK (consent <> ''),  -- "notices,emergency"
        consent_at TEXT CHECK (length(consent_at) = 10), -- YYYY-MM-DD, when it was given
        notes      TEXT CHECK (notes <> ''),
        search     TEXT NOT NULL DEFAULT '',
        CHECK (consent IS NULL OR consent_at IS NOT NULL)
) STRICT, WITHOUT ROWID;
INSERT INTO person VALUES('can-bo-nga','Lê Thị Thanh Nga',NULL,'sao-mai','officer','+84900000501','oa:8100000001','notices,emergency','2026-01-05','Văn phòng xã',' le thi thanh nga xa sao mai 0900000501');
INSERT INTO person VALUES('can-bo-thang','Trịnh Quốc Thắng',NULL,'sao-mai','officer','+84900000502','oa:8100000002;bot:910002','notices,emergency','2026-01-05','Văn hóa – thông tin',' trinh quoc thang xa sao mai 0900000502');
INSERT INTO person VALUES('ky-thuat-hung','Phạm Mạnh Hùng',NULL,'sao-mai','technician','+84900000503','bot:910003','notices,emergency','2026-01-05','Điện chiếu sáng',' pham manh hung xa sao mai 0900000503');
INSERT INTO person VALUES('nguyen-thi-hanh-007','Nguyễn Thị Hạnh','CP-007',NULL,'citizen','+84900000007','oa:8200000007','emergency','2026-01-12',NULL,' nguyen thi hanh 0900000007');
INSERT INTO person VALUES('nguyen-thi-hong-001','Nguyễn Thị Hồng','CP-001',NULL,'citizen','+84900000001','oa:8200000001','notices,emergency','2026-01-12',NULL,' nguyen thi hong 0900000001');
INSERT INTO person VALUES('trinh-ngoc-tung-013','Trịnh Ngọc Tùng','CP-013',NULL,'pho-truong-thon','+84900000013','oa:8200000013','notices,emergency','2026-01-12',NULL,' trinh ngoc tung 0900000013');
INSERT INTO person VALUES('trinh-viet-viet-006','Trịnh Viết Việt','CP-006',NULL,'hamlet-head','+84900000006','oa:8200000006','notices,emergency','2026-01-12',NULL,' trinh viet viet 0900000006');
CREATE TABLE group_ (
        id   TEXT PRIMARY KEY NOT NULL CHECK (length(id) BETWEEN 1 AND 63),
        name TEXT NOT NULL CHECK (name <> ''),
        kind TEXT CHECK (kind <> ''), -- party-cell, farmers, women, veterans, youth, digital-team, ...
        area TEXT REFERENCES area (id) ON UPDATE CASCADE
) STRICT, WITHOUT ROWID;
INSERT INTO group_ VALUES('chi-bo','Chi bộ thôn Chí Phúc','party-cell','chi-phuc');
INSERT INTO group_ VALUES('cuu-chien-binh','Chi hội Cựu chiến binh','veterans','chi-phuc');
INSERT INTO group_ VALUES('phu-nu','Chi hội Phụ nữ','women','chi-phuc');
INSERT INTO group_ VALUES('to-so','Tổ công nghệ số cộng đồng','digital-team','chi-phuc');
CREATE TABLE group_member (
        group_id TEXT NOT NULL REFERENCES group_ (id) ON UPDATE CASCADE ON DELETE CASCADE,
        person   TEXT NOT NULL REFERENCES person (id) ON UPDATE CASCADE ON DELETE CASCADE,
        PRIMARY KEY (group_id, person)
) STRICT, WITHOUT ROWID;
INSERT INTO group_member VALUES('phu-nu','nguyen-thi-hanh-007');
INSERT INTO group_member VALUES('phu-nu','nguyen-thi-hong-001');
INSERT INTO group_member VALUES('chi-bo','trinh-ngoc-tung-013');
INSERT INTO group_member VALUES('cuu-chien-binh','trinh-ngoc-tung-013');
INSERT INTO group_member VALUES('chi-bo','trinh-viet-viet-006');
INSERT INTO group_member VALUES('to-so','trinh-viet-viet-006');
CREATE TABLE light_program (
        id   TEXT PRIMARY KEY NOT NULL CHECK (length(id) BETWEEN 1 AND 63),
        name TEXT NOT NULL,
        doc  TEXT NOT NULL CHECK (doc GLOB '{*}')
) STRICT, WITHOUT ROWID;
INSERT INTO light_program VALUES('ca-dem','Sáng cả đêm','{"id":"ca-dem","name":"Sáng cả đêm","steps":[{"at":"dusk","set":"on","not_before":"17:00","not_after":"19:15"},{"at":"dawn","set":"off"}]}');
INSERT INTO light_program VALUES('den-22h','Sáng đến 22:00','{"id":"den-22h","name":"Sáng đến 22:00","steps":[{"at":"dusk","set":"on","not_before":"17:00","not_after":"19:15"},{"at":"22:00","set":"off"}]}');
INSERT INTO light_program VALUES('den-23h30','Tối thứ sáu, thứ bảy: sáng đến 23:30','{"id":"den-23h30","name":"Tối thứ sáu, thứ bảy: sáng đến 23:30","steps":[{"at":"dusk","set":"on","not_before":"17:00","not_after":"19:15"},{"at":"23:30","set":"off"}]}');
INSERT INTO light_program VALUES('di-dong-som','Đường ra đồng: tắt 22:00, sáng lại 4:00','{"id":"di-dong-som","name":"Đường ra đồng: tắt 22:00, sáng lại 4:00","steps":[{"at":"dusk","set":"on","not_before":"17:00","not_after":"19:15"},{"at":"22:00","set":"off"},{"at":"04:00","set":"on"},{"at":"dawn","set":"off"}]}');
INSERT INTO light_program VALUES('tiet-kiem','Tiết kiệm: tắt từ 23:00 đến 4:30','{"id":"tiet-kiem","name":"Tiết kiệm: tắt từ 23:00 đến 4:30","steps":[{"at":"dusk","set":"on","not_before":"17:00","not_after":"19:15"},{"at":"23:00","set":"off"},{"at":"04:30","set":"on"},{"at":"dawn","set":"off"}]}');
CREATE TABLE light_calendar (
        id   TEXT PRIMARY KEY NOT NULL CHECK (length(id) BETWEEN 1 AND 63),
        name TEXT NOT NULL,
        doc  TEXT NOT NULL CHECK (doc GLOB '{*}')
) STRICT, WITHOUT ROWID;
INSERT INTO light_calendar VALUES('ca-dem','Sáng cả đêm, quanh năm','{"id":"ca-dem","name":"Sáng cả đêm, quanh năm","rules":[],"default":"ca-dem"}');
INSERT INTO light_calendar VALUES('canh-dong','Đường ra đồng','{"id":"canh-dong","name":"Đường ra đồng","rules":[{"days":{"tet":[-7,7]},"program":"ca-dem"},{"days":{"lunar":["1","14","15"]},"program":"ca-dem"}],"default":"di-dong-som"}');
INSERT INTO light_calendar VALUES('luan-phien-chan','Luân phiên tiết kiệm, đêm chẵn','{"id":"luan-phien-chan","name":"Luân phiên tiết kiệm, đêm chẵn","rules":[{"days":{"tet":[-7,7]},"program":"ca-dem"},{"days":{"lunar":["1","14","15"]},"program":"ca-dem"},{"days":{"dates":["09-02","04-30","12-24..12-25","12-31..01-01"]},"program":"ca-dem"},{"days":{"every":2,"phase":0},"program":"tiet-kiem"}],"default":"ca-dem"}');
INSERT INTO light_calendar VALUES('luan-phien-le','Luân phiên tiết kiệm, đêm lẻ','{"id":"luan-phien-le","name":"Luân phiên tiết kiệm, đêm lẻ","rules":[{"days":{"tet":[-7,7]},"program":"ca-dem"},{"days":{"lunar":["1","14","15"]},"program":"ca-dem"},{"days":{"dates":["09-02","04-30","12-24..12-25","12-31..01-01"]},"program":"ca-dem"},{"days":{"every":2,"phase":1},"program":"tiet-kiem"}],"default":"ca-dem"}');
INSERT INTO light_calendar VALUES('nha-van-hoa','Sân nhà văn hóa','{"id":"nha-van-hoa","name":"Sân nhà văn hóa","rules":[{"days":{"tet":[-7,7]},"program":"ca-dem"},{"days":{"lunar":["1","14","15"]},"program":"ca-dem"},{"days":{"dates":["09-02","04-30","12-24..12-25","12-31..01-01"]},"program":"ca-dem"},{"days":{"weekdays":["fri","sat"]},"program":"den-23h30"}],"default":"den-22h"}');
CREATE TABLE device (
        id      TEXT PRIMARY KEY NOT NULL CHECK (length(id) BETWEEN 1 AND 63),
        kind    TEXT NOT NULL CHECK (kind <> ''), -- circuit, camera, switch, access-point, host, ...
        area    TEXT REFERENCES area (id) ON UPDATE CASCADE,
        name    TEXT NOT NULL CHECK (name <> ''),
        lat     REAL CHECK (lat BETWEEN -90 AND 90),
        lon     REAL CHECK (lon BETWEEN -180 AND 180),
        config  TEXT NOT NULL DEFAULT '{}' CHECK (config GLOB '{*}'),
        CHECK ((lat IS NULL) = (lon IS NULL))
) STRICT, WITHOUT ROWID;
INSERT INTO device VALUES('cam-cho-1','camera','chi-phuc','Camera Chợ cổng tây',NULL,NULL,'{"url":"rtsp://127.44.2.1:18554/live","snapshot_url":"http://127.44.2.1:18080/snapshot.jpg","parent":"tu-cho"}');
INSERT INTO device VALUES('cam-cho-2','camera','chi-phuc','Camera Chợ cổng đông',NULL,NULL,'{"url":"rtsp://127.44.2.2:18554/live","snapshot_url":"http://127.44.2.2:18080/snapshot.jpg","parent":"tu-cho"}');
INSERT INTO device VALUES('cam-cho-3','camera','chi-phuc','Camera Trạm y tế',NULL,NULL,'{"url":"rtsp://127.44.2.3:18554/live","snapshot_url":"http://127.44.2.3:18080/snapshot.jpg","parent":"tu-cho"}');
INSERT INTO device VALUES('cam-cho-4','camera','chi-phuc','Camera Ngõ Tây',NULL,NULL,'{"url":"rtsp://127.44.2.4:18554/live","snapshot_url":"http://127.44.2.4:18080/snapshot.jpg","parent":"tu-cho"}');
INSERT INTO device VALUES('cam-cho-5','camera','chi-phuc','Camera Cầu ao sen',NULL,NULL,'{"url":"rtsp://127.44.2.5:18554/live","snapshot_url":"http://127.44.2.5:18080/snapshot.jpg","parent":"tu-cho"}');
INSERT INTO device VALUES('cam-cho-6','camera','chi-phuc','Camera Sân bóng',NULL,NULL,'{"url":"rtsp://127.44.2.6:18554/live","snapshot_url":"http://127.44.2.6:18080/snapshot.jpg","parent":"tu-cho"}');
INSERT INTO device VALUES('cam-cho-7','camera','chi-phuc','Camera Đường ra đồng',NULL,NULL,'{"url":"rtsp://127.44.2.7:18554/live","snapshot_url":"http://127.44.2.7:18080/snapshot.jpg","parent":"tu-cho"}');
INSERT INTO device VALUES('cam-cho-8','camera','chi-phuc','Camera Trạm bơm',NULL,NULL,'{"url":"rtsp://127.44.2.8:18554/live","snapshot_url":"http://127.44.2.8:18080/snapshot.jpg","parent":"tu-cho"}');
INSERT INTO device VALUES('cam-dinh-1','camera','chi-phuc','Camera Cổng làng',NULL,NULL,'{"url":"rtsp://127.44.1.1:18554/live","snapshot_url":"http://127.44.1.1:18080/snapshot.jpg","parent":"tu-dinh"}');
INSERT INTO device VALUES('cam-dinh-2','camera','chi-phuc','Camera Đình làng',NULL,NULL,'{"url":"rtsp://127.44.1.2:18554/live","snapshot_url":"http://127.44.1.2:18080/snapshot.jpg","parent":"tu-dinh"}');
INSERT INTO device VALUES('cam-dinh-3','camera','chi-phuc','Camera Cổng chùa',NULL,NULL,'{"url":"rtsp://127.44.1.3:18554/live","snapshot_url":"http://127.44.1.3:18080/snapshot.jpg","parent":"tu-dinh"}');
INSERT INTO device VALUES('cam-dinh-4','camera','chi-phuc','Camera Nhà văn hóa',NULL,NULL,'{"url":"rtsp://127.44.1.4:18554/live","snapshot_url":"http://127.44.1.4:18080/snapshot.jpg","parent":"tu-dinh"}');
INSERT INTO device VALUES('cam-dinh-5','camera','chi-phuc','Camera Trường mầm non',NULL,NULL,'{"url":"rtsp://127.44.1.5:18554/live","snapshot_url":"http://127.44.1.5:18080/snapshot.jpg","parent":"tu-dinh"}');
INSERT INTO device VALUES('cam-dinh-6','camera','chi-phuc','Camera Ngã ba Ngõ Đông',NULL,NULL,'{"url":"rtsp://127.44.1.6:18554/live","snapshot_url":"http://127.44.1.6:18080/snapshot.jpg","parent":"tu-dinh"}');
INSERT INTO device VALUES('cam-dinh-7','camera','chi-phuc','Camera Ngõ Đông',NULL,NULL,'{"url":"rtsp://127.44.1.7:18554/live","snapshot_url":"http://127.44.1.7:18080/snapshot.jpg","parent":"tu-dinh"}');
INSERT INTO device VALUES('cam-dinh-8','camera','chi-phuc','Camera Trạm biến áp',NULL,NULL,'{"url":"rtsp://127.44.1.8:18554/live","snapshot_url":"http://127.44.1.8:18080/snapshot.jpg","parent":"tu-dinh"}');
INSERT INTO device VALUES('canh-dong','circuit','canh-dong','Đường ra đồng',19.995100000000000761,105.65340000000000486,'{"calendar":"canh-dong","lamps":10,"watts":60,"relay":{"gpio":{"chip":"sim:relays","line":"4"}},"feedback":{"gpio":{"chip":"sim:inputs","line":"4"}},"meter":{"gpio":{"chip":"sim:inputs","line":"14"},"pulses_per_kwh":1000},"door":{"gpio":{"chip":"sim:inputs","line":"20"}},"min_dwell":60,"untrusted_clock":"plan"}');
INSERT INTO device VALUES('duong-lang','circuit','duong-lang','Đường Làng',19.99299999999999855,105.65099999999999624,'{"calendar":"ca-dem","lamps":12,"watts":100,"relay":{"gpio":{"chip":"sim:relays","line":"0"}},"feedback":{"gpio":{"chip":"sim:inputs","line":"0"}},"meter":{"gpio":{"chip":"sim:inputs","line":"10"},"pulses_per_kwh":1000},"door":{"gpio":{"chip":"sim:inputs","line":"20"}},"min_dwell":60,"untrusted_clock":"plan"}');
INSERT INTO device VALUES('ngo-dong','circuit','ngo-dong','Ngõ Đông',19.993800000000000238,105.65260000000000672,'{"calendar":"luan-phien-chan","lamps":7,"watts":60,"relay":{"gpio":{"chip":"sim:relays","line":"1"}},"feedback":{"gpio":{"chip":"sim:inputs","line":"1"}},"meter":{"gpio":{"chip":"sim:inputs","line":"11"},"pulses_per_kwh":1000},"door":{"gpio":{"chip":"sim:inputs","line":"20"}},"min_dwell":60,"untrusted_clock":"plan"}');
INSERT INTO device VALUES('ngo-tay','circuit','ngo-tay','Ngõ Tây',19.993600000000000704,105.64960000000000661,'{"calendar":"luan-phien-le","lamps":7,"watts":60,"relay":{"gpio":{"chip":"sim:relays","line":"2"}},"feedback":{"gpio":{"chip":"sim:inputs","line":"2"}},"meter":{"gpio":{"chip":"sim:inputs","line":"12"},"pulses_per_kwh":1000},"door":{"gpio":{"chip":"sim:inputs","line":"20"}},"min_dwell":60,"untrusted_clock":"plan"}');
INSERT INTO device VALUES('nha-van-hoa','circuit','nha-van-hoa','Sân nhà văn hóa',19.992200000000000414,105.65149999999999863,'{"calendar":"nha-van-hoa","lamps":4,"watts":80,"relay":{"gpio":{"chip":"sim:relays","line":"3"}},"feedback":{"gpio":{"chip":"sim:inputs","line":"3"}},"meter":{"gpio":{"chip":"sim:inputs","line":"13"},"pulses_per_kwh":1000},"door":{"gpio":{"chip":"sim:inputs","line":"20"}},"min_dwell":60,"untrusted_clock":"plan"}');
INSERT INTO device VALUES('tu-cho','switch','chi-phuc','Tủ mạng chợ',NULL,NULL,'{"address":"127.44.0.2","ports":[18080]}');
INSERT INTO device VALUES('tu-dinh','switch','chi-phuc','Tủ mạng đình làng',NULL,NULL,'{"address":"127.44.0.1","ports":[18080]}');
CREATE TABLE device_secret (
        device   TEXT PRIMARY KEY NOT NULL REFERENCES device (id) ON UPDATE CASCADE ON DELETE CASCADE,
        password TEXT NOT NULL CHECK (length(CAST(password AS BLOB)) BETWEEN 1 AND 255),
        serial   INTEGER NOT NULL CHECK (serial > 0), -- another one after every change
        set_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE audit (
        id     INTEGER PRIMARY KEY CHECK (id > 0), -- 1, 2, 3, ... without a gap
        at     INTEGER NOT NULL,                   -- seconds since 1970-01-01T00:00:00Z
        actor  TEXT NOT NULL,
        action TEXT NOT NULL,
        object TEXT NOT NULL,
        detail TEXT NOT NULL CHECK (detail GLOB '{*}'),
        before TEXT NOT NULL CHECK (length(before) = 64),
        hash   TEXT NOT NULL CHECK (length(hash) = 64)
) STRICT;
INSERT INTO audit VALUES(1,1795348476,'truong-thon','area.import','area','{"rows":9,"added":9,"changed":0,"sha256":"28e78c27fec63fb8d165fce27576d55b5e09dfa89483d818e66a9ccb017e0b66"}','0000000000000000000000000000000000000000000000000000000000000000','bc99aacf83f51165761637c72716c6c48f7f1dff89acdb738aa41ffb6c63a27a');
INSERT INTO audit VALUES(2,1795348476,'truong-thon','household.import','household','{"rows":14,"added":14,"changed":0,"sha256":"53f0d6ae3c19557bb4898929b2d75f6583d565b0738ec8ca220cc2da2d909d9a"}','bc99aacf83f51165761637c72716c6c48f7f1dff89acdb738aa41ffb6c63a27a','2a83c53c536584ac57e23eeca85a9de243206a3fcc65a8364cc87cb105ea1d45');
INSERT INTO audit VALUES(3,1795348477,'truong-thon','person.import','person','{"rows":7,"added":7,"changed":0,"sha256":"610ed462841c7312ca175ac7e15fa2b893235d9ccb7d0b644482d245f172d8f2"}','2a83c53c536584ac57e23eeca85a9de243206a3fcc65a8364cc87cb105ea1d45','cb5e98e758b3bce1cc064f208345ae55f582afa9739a53dd7036f309129bb0ce');
INSERT INTO audit VALUES(4,1795348477,'truong-thon','group.import','group','{"rows":4,"added":4,"changed":0,"sha256":"f2ec5fb21a9e762bf2c7305f3de8d646a969dbfcdf5f8382216a24b3a1160eb4"}','cb5e98e758b3bce1cc064f208345ae55f582afa9739a53dd7036f309129bb0ce','9d8f5c38c531222db9e83ebab93257a9ff95a07d6093a54236316db1183daf8a');
INSERT INTO audit VALUES(5,1795348478,'truong-thon','program.set','ca-dem','{"before":null,"after":{"id":"ca-dem","name":"Sáng cả đêm","steps":[{"at":"dusk","set":"on","not_before":"17:00","not_after":"19:15"},{"at":"dawn","set":"off"}]}}','9d8f5c38c531222db9e83ebab93257a9ff95a07d6093a54236316db1183daf8a','1feab95f523e13703d0a883422f0511b375d68f7f587cbc39a9d198ec3172ed9');
INSERT INTO audit VALUES(6,1795348479,'truong-thon','program.set','den-22h','{"before":null,"after":{"id":"den-22h","name":"Sáng đến 22:00","steps":[{"at":"dusk","set":"on","not_before":"17:00","not_after":"19:15"},{"at":"22:00","set":"off"}]}}','1feab95f523e13703d0a883422f0511b375d68f7f587cbc39a9d198ec3172ed9','c08de504458bf4fdcce742e29c888e80946e86d44d0f26b2504d5a01697f6ec8');
INSERT INTO audit VALUES(7,1795348479,'truong-thon','program.set','den-23h30','{"before":null,"after":{"id":"den-23h30","name":"Tối thứ sáu, thứ bảy: sáng đến 23:30","steps":[{"at":"dusk","set":"on","not_before":"17:00","not_after":"19:15"},{"at":"23:30","set":"off"}]}}','c08de504458bf4fdcce742e29c888e80946e86d44d0f26b2504d5a01697f6ec8','bb1874b90acb05f16f3402d5fdb9a574d3b3de68ce3e7bd7d62eaa03aa2bf3d3');
INSERT INTO audit VALUES(8,1795348479,'truong-thon','program.set','di-dong-som','{"before":null,"after":{"id":"di-dong-som","name":"Đường ra đồng: tắt 22:00, sáng lại 4:00","steps":[{"at":"dusk","set":"on","not_before":"17:00","not_after":"19:15"},{"at":"22:00","set":"off"},{"at":"04:00","set":"on"},{"at":"dawn","set":"off"}]}}','bb1874b90acb05f16f3402d5fdb9a574d3b3de68ce3e7bd7d62eaa03aa2bf3d3','83d952424b1cd29f4e31633959f5aa301a841aafd75cf8ea1e1af0aa8c9024b8');
INSERT INTO audit VALUES(9,1795348480,'truong-thon','program.set','tiet-kiem','{"before":null,"after":{"id":"tiet-kiem","name":"Tiết kiệm: tắt từ 23:00 đến 4:30","steps":[{"at":"dusk","set":"on","not_before":"17:00","not_after":"19:15"},{"at":"23:00","set":"off"},{"at":"04:30","set":"on"},{"at":"dawn","set":"off"}]}}','83d952424b1cd29f4e31633959f5aa301a841aafd75cf8ea1e1af0aa8c9024b8','1ea05caa25c2d3f0b04ef959d95379455f1fd74404dfa45a7c178b725e14a077');
INSERT INTO audit VALUES(10,1795348480,'truong-thon','calendar.set','ca-dem','{"before":null,"after":{"id":"ca-dem","name":"Sáng cả đêm, quanh năm","rules":[],"default":"ca-dem"}}','1ea05caa25c2d3f0b04ef959d95379455f1fd74404dfa45a7c178b725e14a077','a2d268a98fdf19e94c23e2b86d5938629393fb4905a5929d301ca399ad6f991c');
INSERT INTO audit VALUES(11,1795348480,'truong-thon','calendar.set','canh-dong','{"before":null,"after":{"id":"canh-dong","name":"Đường ra đồng","rules":[{"days":{"tet":[-7,7]},"program":"ca-dem"},{"days":{"lunar":["1","14","15"]},"program":"ca-dem"}],"default":"di-dong-som"}}','a2d268a98fdf19e94c23e2b86d5938629393fb4905a5929d301ca399ad6f991c','020a1e63ae96444292246e63a335ea278a790f1eade22970049bd621dcd05c4e');
INSERT INTO audit VALUES(12,1795348481,'truong-thon','calendar.set','luan-phien-chan','{"before":null,"after":{"id":"luan-phien-chan","name":"Luân phiên tiết kiệm, đêm chẵn","rules":[{"days":{"tet":[-7,7]},"program":"ca-dem"},{"days":{"lunar":["1","14","15"]},"program":"ca-dem"},{"days":{"dates":["09-02","04-30","12-24..12-25","12-31..01-01"]},"program":"ca-dem"},{"days":{"every":2,"phase":0},"program":"tiet-kiem"}],"default":"ca-dem"}}','020a1e63ae96444292246e63a335ea278a790f1eade22970049bd621dcd05c4e','9d16ca3e28ac93d86745f5c216b25652a2b7038683ca4a290f6c640f4b4ad3ff');
INSERT INTO audit VALUES(13,1795348481,'truong-thon','calendar.set','luan-phien-le','{"before":null,"after":{"id":"luan-phien-le","name":"Luân phiên tiết kiệm, đêm lẻ","rules":[{"days":{"tet":[-7,7]},"program":"ca-dem"},{"days":{"lunar":["1","14","15"]},"program":"ca-dem"},{"days":{"dates":["09-02","04-30","12-24..12-25","12-31..01-01"]},"program":"ca-dem"},{"days":{"every":2,"phase":1},"program":"tiet-kiem"}],"default":"ca-dem"}}','9d16ca3e28ac93d86745f5c216b25652a2b7038683ca4a290f6c640f4b4ad3ff','dcf224339a9ce9ae8dbe69bf21f20ce87fbc390167c2ff25d116b5019f5eda8b');
INSERT INTO audit VALUES(14,1795348481,'truong-thon','calendar.set','nha-van-hoa','{"before":null,"after":{"id":"nha-van-hoa","name":"Sân nhà văn hóa","rules":[{"days":{"tet":[-7,7]},"program":"ca-dem"},{"days":{"lunar":["1","14","15"]},"program":"ca-dem"},{"days":{"dates":["09-02","04-30","12-24..12-25","12-31..01-01"]},"program":"ca-dem"},{"days":{"weekdays":["fri","sat"]},"program":"den-23h30"}],"default":"den-22h"}}','dcf224339a9ce9ae8dbe69bf21f20ce87fbc390167c2ff25d116b5019f5eda8b','c7f8500553845a4b9da9f1dfaddafcaf197ef1bdf9734d7ebf4c6ba21d1ae43e');
INSERT INTO audit VALUES(15,1795348482,'truong-thon','device.import','device','{"rows":5,"added":5,"changed":0,"sha256":"b04e5a0535c0f7feffa421f8107b4a2c943e2eae6f04f3c2654c93dd3a02b7ff"}','c7f8500553845a4b9da9f1dfaddafcaf197ef1bdf9734d7ebf4c6ba21d1ae43e','e1e4d1c30dfb054a8b2f977bea0b115284a936a06a8da2b64eb217996b2bf2cf');
INSERT INTO audit VALUES(16,1795348482,'truong-thon','device.import','device','{"rows":18,"added":18,"changed":0,"sha256":"b07711b803140610ecf1b9e034e657ff4c463d896f82dc1059026c15e4b1a2f1"}','e1e4d1c30dfb054a8b2f977bea0b115284a936a06a8da2b64eb217996b2bf2cf','0924a714bc913cd59bf77577a060288ef0dbbf2a619bd59efc3a07a225a1b2b7');
INSERT INTO audit VALUES(17,1795170041,'truong-thon','submit','notice 1','{"class":"normal","purpose":"notices","source":"","recipients":13,"left_out":1}','0924a714bc913cd59bf77577a060288ef0dbbf2a619bd59efc3a07a225a1b2b7','8990abac69ae2bbf2af02362e61b3304360e850f3f58903cce3f427c8389b8e6');
INSERT INTO audit VALUES(18,1795170073,'thon-relayd','finish','notice 1','{"recipients":13,"left_out":1,"pending":0,"sent":10,"not_sent":0,"unknown":0,"visit":3,"delivered":0,"seen":0,"acknowledged":0}','8990abac69ae2bbf2af02362e61b3304360e850f3f58903cce3f427c8389b8e6','0170ff29af4022743af6511c0ed91ec65b8c1bb53c0275c49d94ac838acccf71');
INSERT INTO audit VALUES(19,1795174921,'route:camera','submit','notice 2','{"class":"priority","purpose":"notices","source":"route:camera","recipients":1,"left_out":0}','0170ff29af4022743af6511c0ed91ec65b8c1bb53c0275c49d94ac838acccf71','7e1097dfdc515cc8ea671caa074d4349a07acdb3d073a1d1067536c4323597a6');
INSERT INTO audit VALUES(20,1795174949,'thon-relayd','finish','notice 2','{"recipients":1,"left_out":0,"pending":0,"sent":1,"not_sent":0,"unknown":0,"visit":0,"delivered":0,"seen":0,"acknowledged":0}','7e1097dfdc515cc8ea671caa074d4349a07acdb3d073a1d1067536c4323597a6','752f8416a8364de43ee17e7f5e7f2b2e859c73b8be37b0ddb848bbda25c8db06');
INSERT INTO audit VALUES(21,1795177348,'route:camera','submit','notice 3','{"class":"priority","purpose":"notices","source":"route:camera","recipients":1,"left_out":0}','752f8416a8364de43ee17e7f5e7f2b2e859c73b8be37b0ddb848bbda25c8db06','f268d4c5dbed21b09174d98f646b145bbec710e011008a387204a0fc2f37f055');
INSERT INTO audit VALUES(22,1795177378,'thon-relayd','finish','notice 3','{"recipients":1,"left_out":0,"pending":0,"sent":1,"not_sent":0,"unknown":0,"visit":0,"delivered":0,"seen":0,"acknowledged":0}','f268d4c5dbed21b09174d98f646b145bbec710e011008a387204a0fc2f37f055','2d28c53b536e754099ae410330d4070b250ba993309974bf71d00f349ab1f0a0');
INSERT INTO audit VALUES(23,1795185602,'route:camera','submit','notice 4','{"class":"priority","purpose":"notices","source":"route:camera","recipients":1,"left_out":0}','2d28c53b536e754099ae410330d4070b250ba993309974bf71d00f349ab1f0a0','d763b62a52e6e3f9641fadc264ed05cc0356f3bbe011155ddb2fb08c9fcaed14');
INSERT INTO audit VALUES(24,1795185630,'thon-relayd','finish','notice 4','{"recipients":1,"left_out":0,"pending":0,"sent":1,"not_sent":0,"unknown":0,"visit":0,"delivered":0,"seen":0,"acknowledged":0}','d763b62a52e6e3f9641fadc264ed05cc0356f3bbe011155ddb2fb08c9fcaed14','57ef44f4bcf5d5c6a597ef852a00bbd845728af33f3d52822bbb87edfd298b5e');
INSERT INTO audit VALUES(25,1795199825,'route:den-duong','submit','notice 5','{"class":"priority","purpose":"notices","source":"route:den-duong","recipients":1,"left_out":0}','57ef44f4bcf5d5c6a597ef852a00bbd845728af33f3d52822bbb87edfd298b5e','94442acc7ec124f7ea249f75b359adc9b50ed7a6a95a5dc04fc13447c3748c55');
INSERT INTO audit VALUES(26,1795199850,'thon-relayd','finish','notice 5','{"recipients":1,"left_out":0,"pending":0,"sent":1,"not_sent":0,"unknown":0,"visit":0,"delivered":0,"seen":0,"acknowledged":0}','94442acc7ec124f7ea249f75b359adc9b50ed7a6a95a5dc04fc13447c3748c55','2446dd7f212666dd6d4466b6b804d0bdabf1603025d93e3197277891e57d0733');
INSERT INTO audit VALUES(27,1795200725,'route:den-duong','submit','notice 6','{"class":"priority","purpose":"notices","source":"route:den-duong","recipients":2,"left_out":0}','2446dd7f212666dd6d4466b6b804d0bdabf1603025d93e3197277891e57d0733','e90b2bf8c090edcb7d5665a34cda33d5e90347310c82922661fe0409ecef2d06');
INSERT INTO audit VALUES(28,1795200754,'thon-relayd','finish','notice 6','{"recipients":2,"left_out":0,"pending":0,"sent":2,"not_sent":0,"unknown":0,"visit":0,"delivered":0,"seen":0,"acknowledged":0}','e90b2bf8c090edcb7d5665a34cda33d5e90347310c82922661fe0409ecef2d06','4698ce46f938b594ea823d02abc56d91411f1ea084bf3a44c09be0eff53e61f1');
INSERT INTO audit VALUES(29,1795201572,'Phạm Mạnh Hùng','acknowledge','notice 5','{"channel":"bot"}','4698ce46f938b594ea823d02abc56d91411f1ea084bf3a44c09be0eff53e61f1','0f8fa203bb7300ddfddcf46d1b8b26dd7336b871b0ed43e2eeb9eb170ee7719e');
INSERT INTO audit VALUES(30,1795201572,'Phạm Mạnh Hùng','submit','notice 7','{"class":"priority","purpose":"notices","source":"route:den-duong","recipients":2,"left_out":0}','0f8fa203bb7300ddfddcf46d1b8b26dd7336b871b0ed43e2eeb9eb170ee7719e','5a9fbf9d0d380f980375a40ac67a776acfd5fa37866014725df8125be928f7a0');
INSERT INTO audit VALUES(31,1795201825,'thon-relayd','finish','notice 7','{"recipients":2,"left_out":0,"pending":0,"sent":2,"not_sent":0,"unknown":0,"visit":0,"delivered":0,"seen":0,"acknowledged":0}','5a9fbf9d0d380f980375a40ac67a776acfd5fa37866014725df8125be928f7a0','ebaa92bbc887bfe2aa54bec7287c7a8776e054eab606d47d9be551cb8f2efa62');
INSERT INTO audit VALUES(32,1795203799,'route:den-duong','submit','notice 8','{"class":"priority","purpose":"notices","source":"route:den-duong","recipients":3,"left_out":0}','ebaa92bbc887bfe2aa54bec7287c7a8776e054eab606d47d9be551cb8f2efa62','cdce1f8f986400f330da8c1aabe839bb1838bae0fa309bee61812caf96867d86');
INSERT INTO audit VALUES(33,1795203832,'thon-relayd','finish','notice 8','{"recipients":3,"left_out":0,"pending":0,"sent":3,"not_sent":0,"unknown":0,"visit":0,"delivered":0,"seen":0,"acknowledged":0}','cdce1f8f986400f330da8c1aabe839bb1838bae0fa309bee61812caf96867d86','acade90f3e65e8643830fa6b65d05c10037aa55fd50ec3ab29572b8fc41d6029');
INSERT INTO audit VALUES(34,1795207536,'route:camera','submit','notice 9','{"class":"priority","purpose":"notices","source":"route:camera","recipients":1,"left_out":0}','acade90f3e65e8643830fa6b65d05c10037aa55fd50ec3ab29572b8fc41d6029','8bbc0709188f24202140589d885d47e1d99de0397e06faa44e97febca8b9f3f4');
INSERT INTO audit VALUES(35,1795207565,'thon-relayd','finish','notice 9','{"recipients":1,"left_out":0,"pending":0,"sent":1,"not_sent":0,"unknown":0,"visit":0,"delivered":0,"seen":0,"acknowledged":0}','8bbc0709188f24202140589d885d47e1d99de0397e06faa44e97febca8b9f3f4','58776ef89abe0127b359450eff31b9f409d616d22de7b9e6135c01d1287ad57e');
INSERT INTO audit VALUES(36,1795348699,'truong-thon','person.pin','can-bo-nga','{"set":true}','58776ef89abe0127b359450eff31b9f409d616d22de7b9e6135c01d1287ad57e','79a478e07b3cb2d7d42f1c07e8b2cd1a455a5a6d740e5041746c77800d4f7494');
INSERT INTO audit VALUES(37,1795217405,'truong-thon','announce-submit','a-20261121-1','{"by":"truong-thon","class":"normal","form":"70cbcf5afe17885b326aa5b559271c3a919065b0386ca15c3d4ba50d81adbcdb","state":"submitted","zones":["all"]}','79a478e07b3cb2d7d42f1c07e8b2cd1a455a5a6d740e5041746c77800d4f7494','14bd54904a099c31c9396e0efcca065d41c5f36cd423210c5c92f63b1cb76e43');
INSERT INTO audit VALUES(38,1795217406,'can-bo-nga','announce-approve','a-20261121-1','{"approved_by":"can-bo-nga","by":"truong-thon","changed":["at"],"class":"normal","form":"191bcd3677963812aa90bd9961006e8564300defebca9ddf9429eee52a31bcb2","state":"approved","was":"submitted","zones":["all"]}','14bd54904a099c31c9396e0efcca065d41c5f36cd423210c5c92f63b1cb76e43','f6d934393bf8a95c180f61e3fddf7f191548a4af6994be03ab68622d627d2dc1');
INSERT INTO audit VALUES(39,1795217413,'can-bo-nga','announce-submit','a-20261121-2','{"approved_by":"can-bo-nga","by":"can-bo-nga","class":"emergency","form":"93021c00067feecae96215c830c7855ef63b644f83b744cf057a778243800d43","reason":"xả lũ hồ Yên Mỹ","state":"approved","zones":["all"]}','f6d934393bf8a95c180f61e3fddf7f191548a4af6994be03ab68622d627d2dc1','276918ba78a532643a2f08789695277e8e7ba57df2276f2cdb22f4640eb72beb');
INSERT INTO audit VALUES(40,1795217413,'can-bo-nga','announce-approve','a-20261121-2','{"approved_by":"can-bo-nga","by":"can-bo-nga","class":"emergency","form":"93021c00067feecae96215c830c7855ef63b644f83b744cf057a778243800d43","reason":"xả lũ hồ Yên Mỹ","state":"approved","zones":["all"]}','276918ba78a532643a2f08789695277e8e7ba57df2276f2cdb22f4640eb72beb','755ebba552fc3ba3bf9848315ac076471c16b7428dc05b986636a37af4da023f');
INSERT INTO audit VALUES(41,1795217430,'thon-announced','announce-done','a-20261121-2','{"approved_by":"can-bo-nga","by":"can-bo-nga","class":"emergency","form":"93021c00067feecae96215c830c7855ef63b644f83b744cf057a778243800d43","reason":"xả lũ hồ Yên Mỹ","state":"done","was":"approved","zones":["all"]}','755ebba552fc3ba3bf9848315ac076471c16b7428dc05b986636a37af4da023f','7886fc47a0c36ed88e43c28267dd7d104ac463238061e9a59fb9665b38e62647');
INSERT INTO audit VALUES(42,1795217430,'thon-announced','announce-aired','airing:3','{"announcement":"a-20261121-2","audio":"2026-11-21T063015-a-20261121-2-chi-phuc-3.opus","began":1795217415,"by":"can-bo-nga","class":"emergency","due":1795217413,"ms":13702,"reason":"","sha256":"27e373e54a893633012f48a23e98fd8a323dec7519093a72bb8dd54b4b49f624","state":"aired","zone":"chi-phuc"}','7886fc47a0c36ed88e43c28267dd7d104ac463238061e9a59fb9665b38e62647','f1d11413992af87b91ec24c939f144f6d4376b50cb631e69069eb96a78aa1272');
INSERT INTO audit VALUES(43,1795217430,'thon-announced','announce-aired','airing:4','{"announcement":"a-20261121-2","audio":"2026-11-21T063015-a-20261121-2-dinh-lang-4.opus","began":1795217415,"by":"can-bo-nga","class":"emergency","due":1795217413,"ms":13702,"reason":"","sha256":"ffa9faf49d7a070c98804ac387d6ffa4bfe831203d9d59511e457296ec9a207d","state":"aired","zone":"dinh-lang"}','f1d11413992af87b91ec24c939f144f6d4376b50cb631e69069eb96a78aa1272','d3133f3294bffcc5f6e671eb5b4d4584c6456663f7ac84ce838c61713cdfcfdf');
INSERT INTO audit VALUES(44,1795217448,'thon-announced','announce-done','a-20261121-1','{"approved_by":"can-bo-nga","by":"truong-thon","class":"normal","form":"191bcd3677963812aa90bd9961006e8564300defebca9ddf9429eee52a31bcb2","state":"done","was":"approved","zones":["all"]}','d3133f3294bffcc5f6e671eb5b4d4584c6456663f7ac84ce838c61713cdfcfdf','9dec3619de449f4c1e492be5d1451f920ab8ebbbca11f1ec8deb8fe66dab9a0d');
INSERT INTO audit VALUES(45,1795217447,'thon-announced','announce-aired','airing:1','{"announcement":"a-20261121-1","audio":"2026-11-21T063007-a-20261121-1-chi-phuc-1.opus","began":1795217407,"by":"can-bo-nga","class":"normal","due":1795217406,"ms":22710,"reason":"","sha256":"23de7c5e40786ee9115445d8ea54a5a51c2117a13c7b297d62bec767818b8e72","state":"aired","zone":"chi-phuc"}','9dec3619de449f4c1e492be5d1451f920ab8ebbbca11f1ec8deb8fe66dab9a0d','89b73493241f33c06a99ddcea9dc025b6e9a9b19b7d87eefab9518c69fc969c9');
INSERT INTO audit VALUES(46,1795217448,'thon-announced','announce-aired','airing:2','{"announcement":"a-20261121-1","audio":"2026-11-21T063007-a-20261121-1-dinh-lang-2.opus","began":1795217407,"by":"can-bo-nga","class":"normal","due":1795217406,"ms":22710,"reason":"","sha256":"9682e7935ade3661294b324b7118896e288d1d66543337efd356d37c7be30e5c","state":"aired","zone":"dinh-lang"}','89b73493241f33c06a99ddcea9dc025b6e9a9b19b7d87eefab9518c69fc969c9','055603f162a8cc1d735077485e906d5ae1fa54dd7e6f1717e7b7f5fa488dad79');
CREATE TABLE light_history (
        id      INTEGER PRIMARY KEY,
        at      INTEGER NOT NULL, -- seconds since 1970-01-01T00:00:00Z
        circuit TEXT NOT NULL CHECK (circuit <> ''),
        what    TEXT NOT NULL CHECK (what IN ('in_effect', 'physical', 'override', 'fault', 'meter', 'lockout')),
        value   TEXT NOT NULL,
        cause   TEXT NOT NULL,
        by      TEXT NOT NULL,
        kwh     REAL CHECK (kwh >= 0) -- the meter at that moment
) STRICT;
INSERT INTO light_history VALUES(1,1795167943,'canh-dong','in_effect','off','di-dong-som / dawn (canh-dong: default)','',0.0);
INSERT INTO light_history VALUES(2,1795167943,'duong-lang','in_effect','off','ca-dem / dawn (ca-dem: default)','',0.0);
INSERT INTO light_history VALUES(3,1795167943,'ngo-dong','in_effect','off','tiet-kiem / dawn (luan-phien-chan: every 2 phase 0)','',0.0);
INSERT INTO light_history VALUES(4,1795167943,'ngo-tay','in_effect','off','ca-dem / dawn (luan-phien-le: default)','',0.0);
INSERT INTO light_history VALUES(5,1795167943,'nha-van-hoa','in_effect','off','den-22h / 22:00 (nha-van-hoa: default)','',0.0);
INSERT INTO light_history VALUES(6,1795171210,'canh-dong','in_effect','on','di-dong-som / dusk not_before 17:00 not_after 19:15 (canh-dong: default)','',0.0);
INSERT INTO light_history VALUES(7,1795171210,'canh-dong','physical','on','','',0.0);
INSERT INTO light_history VALUES(8,1795171210,'duong-lang','in_effect','on','ca-dem / dusk not_before 17:00 not_after 19:15 (ca-dem: default)','',0.0);
INSERT INTO light_history VALUES(9,1795171210,'duong-lang','physical','on','','',0.0);
INSERT INTO light_history VALUES(10,1795171210,'ngo-dong','in_effect','on','ca-dem / dusk not_before 17:00 not_after 19:15 (luan-phien-chan: default)','',0.0);
INSERT INTO light_history VALUES(11,1795171210,'ngo-dong','physical','on','','',0.0);
INSERT INTO light_history VALUES(12,1795171211,'ngo-tay','in_effect','on','tiet-kiem / dusk not_before 17:00 not_after 19:15 (luan-phien-le: every 2 phase 1)','',0.0);
INSERT INTO light_history VALUES(13,1795171211,'ngo-tay','physical','on','','',0.0);
INSERT INTO light_history VALUES(14,1795171211,'nha-van-hoa','in_effect','on','den-23h30 / dusk not_before 17:00 not_after 19:15 (nha-van-hoa: weekdays fri,sat)','',0.0);
INSERT INTO light_history VALUES(15,1795171211,'nha-van-hoa','physical','on','','',0.0);
INSERT INTO light_history VALUES(16,1795180577,'nha-van-hoa','override','on','hop thon','truong-thon',0.8239999999999999547);
INSERT INTO light_history VALUES(17,1795186800,'canh-dong','in_effect','off','di-dong-som / 22:00 (canh-dong: default)','',2.588999999999999968);
INSERT INTO light_history VALUES(18,1795186802,'canh-dong','physical','off','','',2.588999999999999968);
INSERT INTO light_history VALUES(19,1795190401,'ngo-tay','in_effect','off','tiet-kiem / 23:00 (luan-phien-le: every 2 phase 1)','',2.2339999999999999857);
INSERT INTO light_history VALUES(20,1795190401,'ngo-tay','physical','off','','',2.2339999999999999857);
INSERT INTO light_history VALUES(21,1795194977,'nha-van-hoa','in_effect','off','den-23h30 / 23:30 (nha-van-hoa: weekdays fri,sat)','',2.107000000000000206);
INSERT INTO light_history VALUES(22,1795194980,'nha-van-hoa','physical','off','','',2.107000000000000206);
INSERT INTO light_history VALUES(23,1795199749,'duong-lang','physical','off','','',9.5069999999999996731);
INSERT INTO light_history VALUES(24,1795199751,'duong-lang','fault','raised dark','','',9.5069999999999996731);
INSERT INTO light_history VALUES(25,1795203459,'ngo-dong','fault','raised no-energy','','',3.7370000000000000994);
INSERT INTO light_history VALUES(26,1795203710,'duong-lang','physical','on','','',9.5069999999999996731);
INSERT INTO light_history VALUES(27,1795203710,'ngo-dong','fault','cleared no-energy','','',3.7620000000000000106);
INSERT INTO light_history VALUES(28,1795203717,'duong-lang','fault','cleared dark','','',9.5069999999999996731);
INSERT INTO light_history VALUES(29,1795204022,'duong-lang','fault','raised no-energy','','',9.5679999999999996163);
INSERT INTO light_history VALUES(30,1795204024,'ngo-dong','fault','raised no-energy','','',3.811999999999999833);
INSERT INTO light_history VALUES(31,1795204223,'duong-lang','fault','cleared no-energy','','',9.625);
INSERT INTO light_history VALUES(32,1795204301,'ngo-dong','fault','cleared no-energy','','',3.8319999999999998507);
INSERT INTO light_history VALUES(33,1795204789,'ngo-dong','fault','raised overload','','',3.9150000000000000355);
INSERT INTO light_history VALUES(34,1795205089,'ngo-dong','fault','cleared overload','','',3.9500000000000001776);
INSERT INTO light_history VALUES(35,1795205514,'duong-lang','fault','raised no-energy','','',10.060999999999999943);
INSERT INTO light_history VALUES(36,1795205568,'ngo-dong','fault','raised no-energy','','',3.9849999999999998756);
INSERT INTO light_history VALUES(37,1795205578,'duong-lang','fault','cleared no-energy','','',10.067999999999999616);
INSERT INTO light_history VALUES(38,1795205583,'ngo-dong','fault','cleared no-energy','','',3.9870000000000000994);
INSERT INTO light_history VALUES(39,1795205942,'duong-lang','fault','raised overload','','',10.244999999999999217);
INSERT INTO light_history VALUES(40,1795206245,'duong-lang','fault','cleared overload','','',10.339000000000000412);
INSERT INTO light_history VALUES(41,1795207526,'ngo-dong','fault','raised overload','','',4.2329999999999996518);
INSERT INTO light_history VALUES(42,1795207818,'duong-lang','fault','raised no-energy','','',10.830999999999999516);
INSERT INTO light_history VALUES(43,1795207821,'ngo-dong','fault','raised no-energy','','',4.2549999999999998934);
INSERT INTO light_history VALUES(44,1795207852,'ngo-dong','fault','cleared overload','','',4.2549999999999998934);
INSERT INTO light_history VALUES(45,1795207917,'duong-lang','fault','cleared no-energy','','',10.874999999999999999);
INSERT INTO light_history VALUES(46,1795207917,'ngo-dong','fault','cleared no-energy','','',4.2699999999999995736);
INSERT INTO light_history VALUES(47,1795208401,'canh-dong','in_effect','on','di-dong-som / 04:00 (canh-dong: default)','',2.5950000000000001953);
INSERT INTO light_history VALUES(48,1795208401,'canh-dong','physical','on','','',2.5950000000000001953);
INSERT INTO light_history VALUES(49,1795209135,'duong-lang','fault','raised no-energy','','',11.271000000000000795);
INSERT INTO light_history VALUES(50,1795209137,'ngo-dong','fault','raised no-energy','','',4.4080000000000003623);
INSERT INTO light_history VALUES(51,1795209148,'duong-lang','fault','cleared no-energy','','',11.30000000000000071);
INSERT INTO light_history VALUES(52,1795209150,'ngo-dong','fault','cleared no-energy','','',4.4180000000000001492);
INSERT INTO light_history VALUES(53,1795210201,'ngo-tay','in_effect','on','tiet-kiem / 04:30 (luan-phien-le: every 2 phase 1)','',2.2339999999999999857);
INSERT INTO light_history VALUES(54,1795210205,'ngo-tay','physical','on','','',2.2339999999999999857);
INSERT INTO light_history VALUES(55,1795214776,'canh-dong','in_effect','off','di-dong-som / dawn (canh-dong: default)','',3.6480000000000001314);
INSERT INTO light_history VALUES(56,1795214776,'duong-lang','in_effect','off','ca-dem / dawn (ca-dem: default)','',13.178000000000000824);
INSERT INTO light_history VALUES(57,1795214776,'ngo-dong','in_effect','off','ca-dem / dawn (luan-phien-chan: default)','',5.0759999999999996234);
INSERT INTO light_history VALUES(58,1795214776,'ngo-tay','in_effect','off','tiet-kiem / dawn (luan-phien-le: every 2 phase 1)','',2.7639999999999997903);
INSERT INTO light_history VALUES(59,1795214777,'canh-dong','physical','off','','',3.6480000000000001314);
INSERT INTO light_history VALUES(60,1795214777,'duong-lang','physical','off','','',13.178000000000000824);
INSERT INTO light_history VALUES(61,1795214777,'ngo-dong','physical','off','','',5.0759999999999996234);
INSERT INTO light_history VALUES(62,1795214777,'ngo-tay','physical','off','','',2.7639999999999997903);
CREATE TABLE light_counter (
        circuit         TEXT PRIMARY KEY NOT NULL CHECK (circuit <> ''),
        operations      INTEGER NOT NULL CHECK (operations >= 0),
        on_seconds      INTEGER NOT NULL CHECK (on_seconds >= 0),
        pulses          INTEGER NOT NULL CHECK (pulses >= 0),
        remote_kwh      REAL NOT NULL,
        remote_kwh_base REAL NOT NULL,
        kwh_offset      REAL NOT NULL,
        saved_at        INTEGER NOT NULL -- the last sign of life before a power cut
) STRICT, WITHOUT ROWID;
INSERT INTO light_counter VALUES('canh-dong',4,21957,3648,0.0,0.0,0.0,1795214830);
INSERT INTO light_counter VALUES('duong-lang',2,43558,13178,0.0,0.0,0.0,1795214830);
INSERT INTO light_counter VALUES('ngo-dong',2,43557,5076,0.0,0.0,0.0,1795214830);
INSERT INTO light_counter VALUES('ngo-tay',4,23756,2764,0.0,0.0,0.0,1795214830);
INSERT INTO light_counter VALUES('nha-van-hoa',2,23765,2107,0.0,0.0,0.0,1795195010);
CREATE TABLE light_event (
        serial  INTEGER PRIMARY KEY AUTOINCREMENT,
        topic   TEXT NOT NULL CHECK (topic <> ''),
        payload TEXT NOT NULL
) STRICT;
CREATE TABLE notification (
        id           INTEGER PRIMARY KEY AUTOINCREMENT,
        class        INTEGER NOT NULL CHECK (class BETWEEN 0 AND 2),
        purpose      TEXT NOT NULL CHECK (purpose IN ('notices', 'emergency')),
        audience     TEXT NOT NULL CHECK (substr(audience, 1, 1) = '['), -- "to", as it was given
        text         TEXT NOT NULL CHECK (text <> ''),            -- as people read it
        template     TEXT,
        template_values TEXT,                                     -- JSON object
        picture      TEXT CHECK (picture <> ''),                  -- that goes with it, relative to the state directory
        not_before   INTEGER,
        expires      INTEGER,
        key          TEXT UNIQUE CHECK (key <> ''),
        digest       TEXT,     -- of what was submitted under the key: the same key with other words is refused
        supersedes   INTEGER,
        parent       INTEGER,  -- the notice that this one escalates, or of which it tells the end
        source       TEXT NOT NULL DEFAULT '',                    -- "", "route:lamps", "report:12", "digest"
        ack          TEXT,                                        -- JSON object, when somebody is to acknowledge
        ack_at       INTEGER,
        ack_by       TEXT,
        escalated    INTEGER NOT NULL DEFAULT 0,                  -- steps done
        escalate_at  INTEGER,                                     -- of the next step
        by           TEXT NOT NULL DEFAULT '',
        submitted_at INTEGER NOT NULL,
        left_out     INTEGER NOT NULL DEFAULT 0,                  -- without consent
        state        INTEGER NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 3), -- open, done, withdrawn, superseded
        round        INTEGER NOT NULL DEFAULT 0, -- counts up with each retry: what was not sent in an earlier one may be
        done_at      INTEGER                     -- since when it is not open
) STRICT;
INSERT INTO notification VALUES(1,0,'notices','["area:chi-phuc"]',replace('Kính gửi gia đình,\n\nTrạm Y tế xã tổ chức tiêm chủng cho trẻ từ 2 đến 5 tuổi.\nNgày: thứ bảy tuần này\nGiờ: 7 giờ 30\nNơi tiêm: Trạm Y tế xã\nVắc xin: sởi – rubella\n\nKhi đi, xin mang theo sổ tiêm chủng. Trẻ đang sốt hoặc mới ốm dậy, xin báo cho cán bộ y tế trước khi tiêm. Sau khi tiêm, ở lại theo dõi tại chỗ 30 phút và theo dõi tiếp tại nhà ít nhất 24 giờ.\n\nCần hỏi thêm, xin gọi 0237 000 0000.','\n',char(10)),'tiem-chung','{"dia_diem":"Trạm Y tế xã","dien_thoai":"0237 000 0000","doi_tuong":"trẻ từ 2 đến 5 tuổi","gio":"7 giờ 30","ngay":"thứ bảy tuần này","vac_xin":"sởi – rubella"}',NULL,NULL,NULL,NULL,'eb8b4bbb0bca4661b0a3bb6fb4ffa7004190293be6f7851d9d2ae900ebdcfa52',NULL,NULL,'',NULL,NULL,NULL,0,NULL,'truong-thon',1795170041,1,1,0,1795170073);
INSERT INTO notification VALUES(2,1,'notices','["role:technician"]','⚠ Tủ mạng đình làng: mất kết nối, 8 camera mất theo (Camera Cổng làng, Camera Đình làng, Camera Cổng chùa, Camera Nhà văn hóa, Camera Trường mầm non, Camera Ngã ba Ngõ Đông, Camera Ngõ Đông, Camera Trạm biến áp). Kiểm tra nguồn điện và đường mạng tới thiết bị, bắt đầu từ tủ mạng gần nhất (từ 18:31).',NULL,NULL,'pictures/cam-dinh-1/2026-11-20T184034-sheet.jpg',NULL,1795261321,NULL,'8df8ffc718e5f37b294146492904442e4858b631305682d8022b9688276b985f',NULL,NULL,'route:camera',NULL,NULL,NULL,0,NULL,'route:camera',1795174921,0,1,0,1795174949);
INSERT INTO notification VALUES(3,1,'notices','["person:ky-thuat-hung"]','✓ Đã khắc phục: Tủ mạng đình làng: đã có lại, sau 49 phút.',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,2,'route:camera',NULL,NULL,NULL,0,NULL,'route:camera',1795177348,0,1,0,1795177378);
INSERT INTO notification VALUES(4,1,'notices','["role:technician"]','⚠ Camera Chợ cổng tây: ống kính bị phun sơn hoặc bôi bẩn. Đến nơi lau hoặc thay kính, lưu lại hình trước lúc bị phá và báo công an xã (từ 21:38).',NULL,NULL,'pictures/cam-cho-1/2026-11-20T213833-sheet.jpg',NULL,1795272002,NULL,'1b64b00c0ef9f4b38dcfcb27c142ca807487f96903626c2397bda0a0a8cfd6ef',NULL,NULL,'route:camera',NULL,NULL,NULL,0,NULL,'route:camera',1795185602,0,1,0,1795185630);
INSERT INTO notification VALUES(5,1,'notices','["role:technician"]','⚠ Đường Làng: đèn đang sáng thì mất điện; có thể bị cắt trộm, nhảy aptomat hoặc đứt cáp (từ 01:35). Trả lời «ok 5» khi đã nhận.',NULL,NULL,NULL,NULL,1795286225,NULL,'c6863e418d3c8a0d87d0a0eaab22d7fac4abba8242862e66f70f78695051632b',NULL,NULL,'route:den-duong','{}',1795201572,'Phạm Mạnh Hùng',0,NULL,'route:den-duong',1795199825,0,1,0,1795199850);
INSERT INTO notification VALUES(6,1,'notices','["role:officer"]','⚠ Đã 15 phút chưa ai nhận (đã báo: kỹ thuật viên): Đường Làng: đèn đang sáng thì mất điện; có thể bị cắt trộm, nhảy aptomat hoặc đứt cáp (từ 01:35). Trả lời «ok 6» khi đã nhận.',NULL,NULL,NULL,NULL,1795287125,NULL,'cbd0df83c6f39e49ba56f0d95f55c0f1d455a17181480b4bdd3b5d9f848b5857',NULL,5,'route:den-duong','{}',1795201572,'Phạm Mạnh Hùng',0,NULL,'route:den-duong',1795200725,0,1,0,1795200754);
INSERT INTO notification VALUES(7,1,'notices','["person:can-bo-nga","person:can-bo-thang"]','✓ Phạm Mạnh Hùng đã nhận lúc 02:06: Đường Làng: đèn đang sáng thì mất điện; có thể bị cắt trộm, nhảy aptomat hoặc đứt cáp (từ 01:35)',NULL,NULL,NULL,NULL,1795287972,NULL,NULL,NULL,5,'route:den-duong',NULL,NULL,NULL,0,NULL,'Phạm Mạnh Hùng',1795201572,0,1,0,1795201825);
INSERT INTO notification VALUES(8,1,'notices','["person:ky-thuat-hung","person:can-bo-nga","person:can-bo-thang"]','✓ Đã khắc phục: Đường Làng: đèn đã sáng lại, sau 1 giờ 6 phút.',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,5,'route:den-duong',NULL,NULL,NULL,0,NULL,'route:den-duong',1795203799,0,1,0,1795203832);
INSERT INTO notification VALUES(9,1,'notices','["person:ky-thuat-hung"]','✓ Đã khắc phục: Camera Chợ cổng tây: đã hoạt động bình thường, sau 6 giờ 5 phút.',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,4,'route:camera',NULL,NULL,NULL,0,NULL,'route:camera',1795207536,0,1,0,1795207565);
CREATE TABLE delivery (
        id           INTEGER PRIMARY KEY,
        notification INTEGER NOT NULL REFERENCES notification (id) ON DELETE CASCADE,
        household    TEXT COLLATE NOCASE,
        person       TEXT,
        area         TEXT,                       -- where they lived then
        ladder       TEXT NOT NULL,              -- "oa:123 sms:+84912345678"
        rung         INTEGER NOT NULL DEFAULT 0,
        message      INTEGER REFERENCES message (id) ON DELETE SET NULL, -- of the present rung
        outcome      INTEGER NOT NULL CHECK (outcome BETWEEN 0 AND 4),
        receipt      INTEGER NOT NULL DEFAULT 0 CHECK (receipt BETWEEN 0 AND 3),
        detail       TEXT NOT NULL DEFAULT '',
        at           INTEGER NOT NULL
) STRICT;
INSERT INTO delivery VALUES(1,1,'CP-001','nguyen-thi-hong-001','chi-phuc','oa:8200000001 mau:+84900000001',0,1,1,0,'',1795170054);
INSERT INTO delivery VALUES(2,1,'CP-002',NULL,'chi-phuc','',0,NULL,4,0,'không có kênh nào đến được',1795170041);
INSERT INTO delivery VALUES(3,1,'CP-003',NULL,'chi-phuc','mau:+84900000003',0,2,1,0,'',1795170051);
INSERT INTO delivery VALUES(4,1,'CP-004',NULL,'chi-phuc','mau:+84900000004',0,3,1,0,'',1795170054);
INSERT INTO delivery VALUES(5,1,'CP-005',NULL,'chi-phuc','mau:+84900000005',0,4,1,0,'',1795170054);
INSERT INTO delivery VALUES(6,1,'CP-006','trinh-viet-viet-006','chi-phuc','oa:8200000006 mau:+84900000006',0,5,1,0,'',1795170057);
INSERT INTO delivery VALUES(7,1,'CP-008',NULL,'chi-phuc','',0,NULL,4,0,'không có kênh nào đến được',1795170041);
INSERT INTO delivery VALUES(8,1,'CP-009',NULL,'chi-phuc','mau:+84900000009',0,6,1,0,'',1795170057);
INSERT INTO delivery VALUES(9,1,'CP-010',NULL,'chi-phuc','',0,NULL,4,0,'không có kênh nào đến được',1795170041);
INSERT INTO delivery VALUES(10,1,'CP-011',NULL,'chi-phuc','mau:+84900000011',0,7,1,0,'',1795170057);
INSERT INTO delivery VALUES(11,1,'CP-012',NULL,'chi-phuc','mau:+84900000012',0,8,1,0,'',1795170058);
INSERT INTO delivery VALUES(12,1,'CP-013','trinh-ngoc-tung-013','chi-phuc','oa:8200000013 mau:+84900000013',0,9,1,0,'',1795170057);
INSERT INTO delivery VALUES(13,1,'CP-014',NULL,'chi-phuc','mau:+84900000014',0,10,1,0,'',1795170062);
INSERT INTO delivery VALUES(14,2,NULL,'ky-thuat-hung','sao-mai','bot:910003 mau:+84900000503',0,11,1,0,'',1795174925);
INSERT INTO delivery VALUES(15,3,NULL,'ky-thuat-hung','sao-mai','bot:910003 mau:+84900000503',0,12,1,0,'',1795177348);
INSERT INTO delivery VALUES(16,4,NULL,'ky-thuat-hung','sao-mai','bot:910003 mau:+84900000503',0,13,1,0,'',1795185607);
INSERT INTO delivery VALUES(17,5,NULL,'ky-thuat-hung','sao-mai','bot:910003 mau:+84900000503',0,14,1,3,'',1795201572);
INSERT INTO delivery VALUES(18,6,NULL,'can-bo-nga','sao-mai','oa:8100000001 mau:+84900000501',0,15,1,0,'',1795200734);
INSERT INTO delivery VALUES(19,6,NULL,'can-bo-thang','sao-mai','oa:8100000002 bot:910002 mau:+84900000502',0,16,1,0,'',1795200734);
INSERT INTO delivery VALUES(20,7,NULL,'can-bo-nga','sao-mai','oa:8100000001 mau:+84900000501',0,17,1,0,'',1795201574);
INSERT INTO delivery VALUES(21,7,NULL,'can-bo-thang','sao-mai','oa:8100000002 bot:910002 mau:+84900000502',0,18,1,0,'',1795201575);
INSERT INTO delivery VALUES(22,8,NULL,'ky-thuat-hung','sao-mai','bot:910003 mau:+84900000503',0,19,1,0,'',1795203812);
INSERT INTO delivery VALUES(23,8,NULL,'can-bo-nga','sao-mai','oa:8100000001 mau:+84900000501',0,20,1,0,'',1795203812);
INSERT INTO delivery VALUES(24,8,NULL,'can-bo-thang','sao-mai','oa:8100000002 bot:910002 mau:+84900000502',0,21,1,0,'',1795203812);
INSERT INTO delivery VALUES(25,9,NULL,'ky-thuat-hung','sao-mai','bot:910003 mau:+84900000503',0,22,1,0,'',1795207539);
CREATE TABLE message (
        id           INTEGER PRIMARY KEY AUTOINCREMENT,
        notification INTEGER REFERENCES notification (id) ON DELETE CASCADE, -- NULL: a digest, or an answer to a citizen
        channel      TEXT NOT NULL CHECK (channel <> ''),
        address      TEXT NOT NULL,
        class        INTEGER NOT NULL CHECK (class BETWEEN 0 AND 2),
        state        INTEGER NOT NULL CHECK (state BETWEEN 0 AND 5),
        due          INTEGER NOT NULL,          -- not before
        why          INTEGER NOT NULL DEFAULT 0, -- it is due then: enum thon_due
        expires      INTEGER,
        attempts     INTEGER NOT NULL DEFAULT 0,
        unknowns     INTEGER NOT NULL DEFAULT 0,
        part         INTEGER NOT NULL DEFAULT 0, -- parts that were accepted
        round        INTEGER NOT NULL DEFAULT 0, -- of its notice, when it was queued
        text         TEXT,                       -- NULL: that of the notice
        message_id   TEXT,                       -- of the last part, as the provider gave it
        code         INTEGER,
        detail       TEXT NOT NULL DEFAULT '',
        carrier      INTEGER REFERENCES message (id) ON DELETE SET NULL,
        at           INTEGER NOT NULL
) STRICT;
INSERT INTO message VALUES(1,1,'oa','8200000001',0,2,1795170043,0,NULL,1,0,1,0,NULL,'oa0000000000000002',200,'',NULL,1795170054);
INSERT INTO message VALUES(2,1,'mau','+84900000003',0,2,1795170043,0,NULL,1,0,1,0,NULL,'zns0000000000000001',200,'',NULL,1795170051);
INSERT INTO message VALUES(3,1,'mau','+84900000004',0,2,1795170043,0,NULL,1,0,1,0,NULL,'zns0000000000000003',200,'',NULL,1795170054);
INSERT INTO message VALUES(4,1,'mau','+84900000005',0,2,1795170043,0,NULL,1,0,1,0,NULL,'zns0000000000000004',200,'',NULL,1795170054);
INSERT INTO message VALUES(5,1,'oa','8200000006',0,2,1795170043,0,NULL,1,0,1,0,NULL,'oa0000000000000006',200,'',NULL,1795170057);
INSERT INTO message VALUES(6,1,'mau','+84900000009',0,2,1795170043,0,NULL,1,0,1,0,NULL,'zns0000000000000005',200,'',NULL,1795170057);
INSERT INTO message VALUES(7,1,'mau','+84900000011',0,2,1795170043,0,NULL,1,0,1,0,NULL,'zns0000000000000008',200,'',NULL,1795170057);
INSERT INTO message VALUES(8,1,'mau','+84900000012',0,2,1795170043,0,NULL,1,0,1,0,NULL,'zns0000000000000009',200,'',NULL,1795170058);
INSERT INTO message VALUES(9,1,'oa','8200000013',0,2,1795170043,0,NULL,1,0,1,0,NULL,'oa0000000000000007',200,'',NULL,1795170057);
INSERT INTO message VALUES(10,1,'mau','+84900000014',0,2,1795170043,0,NULL,1,0,1,0,NULL,'zns000000000000000a',200,'',NULL,1795170062);
INSERT INTO message VALUES(11,2,'bot','910003',1,2,1795174921,0,1795261321,1,0,1,0,NULL,'zb000000000000000b',200,'',NULL,1795174925);
INSERT INTO message VALUES(12,3,'bot','910003',1,2,1795177348,0,NULL,1,0,1,0,NULL,'zb000000000000000c',200,'',NULL,1795177348);
INSERT INTO message VALUES(13,4,'bot','910003',1,2,1795185603,0,1795272002,1,0,1,0,NULL,'zb000000000000000d',200,'',NULL,1795185607);
INSERT INTO message VALUES(14,5,'bot','910003',1,2,1795199825,0,1795286225,1,0,1,0,NULL,'zb000000000000000e',200,'',NULL,1795199826);
INSERT INTO message VALUES(15,6,'oa','8100000001',1,2,1795200725,0,1795287125,1,0,1,0,NULL,'oa000000000000000f',200,'',NULL,1795200734);
INSERT INTO message VALUES(16,6,'oa','8100000002',1,2,1795200725,0,1795287125,1,0,1,0,NULL,'oa0000000000000010',200,'',NULL,1795200734);
INSERT INTO message VALUES(17,7,'oa','8100000001',1,2,1795201572,0,1795287972,1,0,1,0,NULL,'oa0000000000000012',200,'',NULL,1795201574);
INSERT INTO message VALUES(18,7,'oa','8100000002',1,2,1795201572,0,1795287972,1,0,1,0,NULL,'oa0000000000000013',200,'',NULL,1795201575);
INSERT INTO message VALUES(19,8,'bot','910003',1,2,1795203799,0,NULL,1,0,1,0,NULL,'zb0000000000000015',200,'',NULL,1795203812);
INSERT INTO message VALUES(20,8,'oa','8100000001',1,2,1795203799,0,NULL,1,0,1,0,NULL,'oa0000000000000014',200,'',NULL,1795203812);
INSERT INTO message VALUES(21,8,'oa','8100000002',1,2,1795203799,0,NULL,1,0,1,0,NULL,'oa0000000000000016',200,'',NULL,1795203812);
INSERT INTO message VALUES(22,9,'bot','910003',1,2,1795207536,0,NULL,1,0,1,0,NULL,'zb0000000000000017',200,'',NULL,1795207539);
CREATE TABLE chat (
        channel        TEXT NOT NULL,
        address        TEXT NOT NULL,
        interaction_at INTEGER, -- last one of the person's
        bad_until      INTEGER, -- "no Zalo account", "blocked": not tried before
        bad_code       INTEGER,
        bad_detail     TEXT,
        PRIMARY KEY (channel, address)
) STRICT, WITHOUT ROWID;
INSERT INTO chat VALUES('bot','910003',1795201560,NULL,NULL,NULL);
INSERT INTO chat VALUES('oa','8100000001',1795197138,NULL,NULL,NULL);
INSERT INTO chat VALUES('oa','8100000002',1795197140,NULL,NULL,NULL);
INSERT INTO chat VALUES('oa','8200000001',1795166458,NULL,NULL,NULL);
INSERT INTO chat VALUES('oa','8200000006',1795166462,NULL,NULL,NULL);
INSERT INTO chat VALUES('oa','8200000013',1795166462,NULL,NULL,NULL);
CREATE TABLE channel_day (
        channel TEXT NOT NULL,
        day     INTEGER NOT NULL, -- civil, since 1970-01-01
        used    INTEGER NOT NULL CHECK (used >= 0),
        PRIMARY KEY (channel, day)
) STRICT, WITHOUT ROWID;
CREATE TABLE inbound (
        id         INTEGER PRIMARY KEY AUTOINCREMENT,
        channel    TEXT NOT NULL,
        update_id  TEXT NOT NULL,
        at         INTEGER NOT NULL,
        kind       TEXT NOT NULL, -- text, image, location, receipt, follow, unfollow, other
        address    TEXT NOT NULL, -- chat to answer to
        sender     TEXT NOT NULL DEFAULT '', -- user id within it
        doc        TEXT NOT NULL CHECK (doc GLOB '{*}'),
        done       INTEGER NOT NULL DEFAULT 0 CHECK (done IN (0, 1)),
        report     INTEGER, -- that its attachment belongs to
        url        TEXT,    -- of the attachment that is still to be fetched
        UNIQUE (channel, update_id)
) STRICT;
INSERT INTO inbound VALUES(1,'bot','zb0000000000000011',1795201549,'text','910003','910003','{"text":"đã nhận","message_id":null,"name":"Phạm Mạnh Hùng"}',1,NULL,NULL);
CREATE TABLE poll_cursor (
        channel TEXT PRIMARY KEY NOT NULL,
        cursor  TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE report (
        id          INTEGER PRIMARY KEY AUTOINCREMENT,
        channel     TEXT NOT NULL,
        address     TEXT NOT NULL,
        name        TEXT NOT NULL DEFAULT '', -- as the provider shows the sender
        person      TEXT,
        household   TEXT COLLATE NOCASE,
        area        TEXT,
        lat         REAL,
        lon         REAL,
        state       INTEGER NOT NULL CHECK (state BETWEEN 0 AND 4), -- new, assigned, in progress, done, refused
        assignee    TEXT,
        reason      TEXT,
        due         INTEGER NOT NULL,
        opened_at   INTEGER NOT NULL,
        updated_at  INTEGER NOT NULL,
        closed_at   INTEGER
) STRICT;
CREATE TABLE report_entry (
        id     INTEGER PRIMARY KEY,
        report INTEGER NOT NULL REFERENCES report (id) ON DELETE CASCADE,
        at     INTEGER NOT NULL,
        by     TEXT NOT NULL,   -- "" the citizen
        kind   TEXT NOT NULL,   -- text, picture, location, file, state, answer
        text   TEXT NOT NULL DEFAULT '',
        file   TEXT,            -- below the state directory's reports/
        size   INTEGER,
        type   TEXT
) STRICT;
CREATE TABLE incident (
        id    TEXT PRIMARY KEY NOT NULL,
        route TEXT NOT NULL,
        doc   TEXT NOT NULL CHECK (doc GLOB '{*}'),
        at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO incident VALUES('event:camera-cam-cho-1-1795185517','','{"id":"camera-cam-cho-1-1795185517","kind":"camera-sprayed","subject":"cam-cho-1","name":"Camera Chợ cổng tây","area":"chi-phuc","text":"Camera Chợ cổng tây: ống kính bị phun sơn hoặc bôi bẩn. Đến nơi lau hoặc thay kính, lưu lại hình trước lúc bị phá và báo công an xã.","end":"Camera Chợ cổng tây: đã hoạt động bình thường.","cause":"","severity":"critical","raised":1795185517,"cleared":1795207443,"seen":1795207474,"values":{"name":"Camera Chợ cổng tây","area":"chi-phuc","verdict":"sprayed","cause":"device","since":"2026-11-20T21:38:37+07:00","cameras":"0","picture":"pictures/cam-cho-1/2026-11-20T213833-sheet.jpg","picture_good":"pictures/cam-cho-1/2026-11-20T213830-good.jpg","picture_bad":"pictures/cam-cho-1/2026-11-20T213831-bad.jpg"},"flapping":false,"given_way":false,"in":[]}',1795207536);
INSERT INTO incident VALUES('event:camera-tu-dinh-1795174809','','{"id":"camera-tu-dinh-1795174809","kind":"camera-no-network","subject":"tu-dinh","name":"Tủ mạng đình làng","area":"chi-phuc","text":"Tủ mạng đình làng: mất kết nối, 8 camera mất theo (Camera Cổng làng, Camera Đình làng, Camera Cổng chùa, Camera Nhà văn hóa, Camera Trường mầm non, Camera Ngã ba Ngõ Đông, Camera Ngõ Đông, Camera Trạm biến áp). Kiểm tra nguồn điện và đường mạng tới thiết bị, bắt đầu từ tủ mạng gần nhất.","end":"Tủ mạng đình làng: đã có lại.","cause":"","severity":"critical","raised":1795174300,"cleared":1795177266,"seen":1795177287,"values":{"name":"Tủ mạng đình làng","area":"chi-phuc","verdict":"no-network","cause":"parent","since":"2026-11-20T18:31:40+07:00","cameras":"8","picture":"pictures/cam-dinh-1/2026-11-20T184034-sheet.jpg"},"flapping":false,"given_way":false,"in":[]}',1795177348);
INSERT INTO incident VALUES('event:light-duong-lang-205469545529345','','{"id":"light-duong-lang-205469545529345","kind":"light-dark","subject":"duong-lang","name":"Đường Làng","area":"duong-lang","text":"Đường Làng: đèn đang sáng thì mất điện; có thể bị cắt trộm, nhảy aptomat hoặc đứt cáp","end":"Đường Làng: đèn đã sáng lại","cause":"","severity":"critical","raised":1795199751,"cleared":1795203717,"seen":1795203726,"values":{"fault":"dark","circuit":"duong-lang","name":"Đường Làng","area":"duong-lang","since":"2026-11-21T01:35:51+07:00"},"flapping":false,"given_way":false,"in":[]}',1795203799);
CREATE TABLE relay_event (
        serial  INTEGER PRIMARY KEY AUTOINCREMENT,
        topic   TEXT NOT NULL CHECK (topic <> ''),
        payload TEXT NOT NULL
) STRICT;
CREATE TABLE camera_state (
        device             TEXT PRIMARY KEY NOT NULL CHECK (device <> ''),
        verdict            TEXT NOT NULL CHECK (verdict <> ''),
        since              INTEGER NOT NULL,
        flapping_since     INTEGER,  -- NULL: it does not flap
        maintenance        INTEGER NOT NULL DEFAULT 0 CHECK (maintenance IN (0, 1)),
        maintenance_until  INTEGER CHECK (maintenance_until IS NULL OR maintenance = 1), -- NULL: until it is ended
        maintenance_by     TEXT NOT NULL DEFAULT '',
        maintenance_reason TEXT NOT NULL DEFAULT '',
        heal_tries         TEXT NOT NULL DEFAULT '[]' CHECK (substr(heal_tries, 1, 1) = '['), -- times, oldest first
        heal_attempts      INTEGER NOT NULL DEFAULT 0 CHECK (heal_attempts >= 0), -- for the failure below
        heal_failure       INTEGER NOT NULL DEFAULT 0,
        heal_under_way     INTEGER NOT NULL DEFAULT 0 CHECK (heal_under_way BETWEEN 0 AND 2), -- none, reboot, power
        heal_began         INTEGER NOT NULL DEFAULT 0,
        auth_refused       INTEGER NOT NULL DEFAULT 0 CHECK (auth_refused >= 0),
        auth_tag           TEXT NOT NULL DEFAULT '', -- stands for the login that was refused; not the login
        mac                TEXT NOT NULL DEFAULT '',
        endpoint           TEXT NOT NULL DEFAULT '',
        address            TEXT NOT NULL DEFAULT '', -- where it was found, when not where it is configured
        baselines          TEXT NOT NULL DEFAULT '',
        profile            TEXT NOT NULL DEFAULT '',
        snapshot_url       TEXT NOT NULL DEFAULT ''
) STRICT;
INSERT INTO camera_state VALUES('cam-cho-1','ok',1795207422,NULL,0,NULL,'','','[]',0,0,0,0,0,'82fbf36767a0d995','','','','1 4 1048 17 7250 102425 564c4d3f3e383f2c003639613e304c68494d682d245a2959634a6e553f3b5c4f2a1900151f55451c0b1a1a0d250b4e3c06020f1b193b2d13160f2311210b050513130e13120a323a211221141c0f100d1427141c0e04233710072209331f0f0f0314081307002320000f290b073b050b000a0016090c4200000b1b070226320000000207004f010000000000231b491b7aa4a15d5a6080afc1b3a9605a527377827f6f534d6891817d737b665261845c5678706b5f777272747e6d6c5969675a636b6b6355635863708371695a64606069625a5a506151475451504451565d57686161696c706f6d5751604a545b5d566d6d6d64656b6f5d5154683637566b646c66675e64656954534e5b494c5671736d6668666972555554524f4e5656676b 0 0 0 0 0 000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000 14 928 123 5027 71165 6044494b6a4e170a0001000b0b0f0b080b091313152612230f1d12170d100d110b0900132b302c22061a030716010a1207080811153330161b15201c150d060206090a0e160d2a272e11341b301109080911110f11102951191638103a150f0f0b0d14100f0e48380520480e0f52150e020c0d100e1e680504143208072834090005040306690a01030000013b365b372b31323234362f282526252222221e181b1719262a344123181b171823201a211d1b151b26414329191d16192115171d2a303238414c4c4d473b3d4743352e283e454c5b6269605e605a6e6d6c57483f48505864717c6d665a688578756c5a4d4c585d64717978665d618674676b5a4a4950575e6f716c595b586b5e5853574d43485258606d535453524e4b504a5148','','');
INSERT INTO camera_state VALUES('cam-cho-2','ok',1795168072,NULL,0,NULL,'','','[]',0,0,0,0,0,'9412bb352fd7a3de','','','','1 6 1117 138 5750 81613 552f5f5766611904193419222407051b37253a32214629263b1c26223d24242a291f2d5a514e52572c39382d1d22222621020d1d160b0d1727423a2a01010112171612220d1a1535180f2e220c14161b222b2025041e1e2f3b242d250f181e200a143e05072c090b4024170d05070c0a05480e0008370700045507030806080c323000000001000000194101322226216570514747446d73683d403768717165595b643d304d5e5c5a393a3856655f4f564f4a534b4a5052454841444d50504c4c525b5a423c47596c5449475252524d4d4b56533a3c3a547a6f5c4e4f4e4c4a504d524a3a40364165675a4e4f4e4c4e5b5b554040463f4053605f6058565a5c5a56423e3f4f4140415a60606564615a5d4a3b3a3d3e3d3d3f435c5d64656761 12 856 35 5818 41423 b1859393ab9c0700121e1915090000192400132f262a171727132b130700001a200032776a6b6e7a2724311f0001001a1c092a2e0b0a0a2a2921311d0b0b0b180e131f240d18062419081718090e0f1225342c340924062719132829141d24210e1a531111370605432418130c0e110e086018090e48050109710d0710101104434004020600010002245804675454482b1e242729290b0a121a1f180c0a0a1517080b11120d08090e181b180c0908111b0b1b342d2b2e31281a1c180b0b0b131c1a2d2d1712162138191d1a1a1a1a1c2a2a373520211f2d3f2b2a2a2b2a2a2b333135302529252c4233333132313133403f3b2b2a322c2c353d41433c3b3f41423f302b2c3a2c2d2d4045464946464445372b2b2d2d2c2c2e3143454f4f534e 0 0 0 0 0 000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000','','');
INSERT INTO camera_state VALUES('cam-cho-3','ok',1795168083,NULL,0,NULL,'','','[]',0,0,0,0,0,'07bc6bfde531178a','','','','','','');
INSERT INTO camera_state VALUES('cam-cho-4','ok',1795168095,NULL,0,NULL,'','','[]',0,0,0,0,0,'729f0e5689d0d3b8','','','','','','');
INSERT INTO camera_state VALUES('cam-cho-5','ok',1795168109,NULL,0,NULL,'','','[]',0,0,0,0,0,'d5508c6dd4e2d583','','','','','','');
INSERT INTO camera_state VALUES('cam-cho-6','ok',1795168119,NULL,0,NULL,'','','[]',0,0,0,0,0,'fe19d5e6c3a69771','','','','','','');
INSERT INTO camera_state VALUES('cam-cho-7','ok',1795168130,NULL,0,NULL,'','','[]',0,0,0,0,0,'5ebb1f46d2b862f6','','','','','','');
INSERT INTO camera_state VALUES('cam-cho-8','ok',1795169183,NULL,0,NULL,'','','[]',0,0,0,0,0,'2e9c30e0080c3bfa','','','','','','');
INSERT INTO camera_state VALUES('cam-dinh-1','ok',1795176942,NULL,0,NULL,'','','[]',0,0,0,0,0,'8c3a23bc637e461b','','','','','','');
INSERT INTO camera_state VALUES('cam-dinh-2','ok',1795176942,NULL,0,NULL,'','','[]',0,0,0,0,0,'8021869358d1ed5b','','','','','','');
INSERT INTO camera_state VALUES('cam-dinh-3','ok',1795176942,NULL,0,NULL,'','','[]',0,0,0,0,0,'5bfb8e55aa6aba4c','','','','','','');
INSERT INTO camera_state VALUES('cam-dinh-4','ok',1795176942,NULL,0,NULL,'','','[]',0,0,0,0,0,'8ef4c1f8909bcd27','','','','','','');
INSERT INTO camera_state VALUES('cam-dinh-5','ok',1795176930,NULL,0,NULL,'','','[]',0,0,0,0,0,'9c37ba1801585da1','','','','','','');
INSERT INTO camera_state VALUES('cam-dinh-6','ok',1795176942,NULL,0,NULL,'','','[]',0,0,0,0,0,'3927799d7e8961b2','','','','','','');
INSERT INTO camera_state VALUES('cam-dinh-7','ok',1795176942,NULL,0,NULL,'','','[]',0,0,0,0,0,'a73902a6f2c34938','','','','','','');
INSERT INTO camera_state VALUES('cam-dinh-8','ok',1795177195,NULL,0,NULL,'','','[]',0,0,0,0,0,'7e7a1d529958fa4a','','','','','','');
INSERT INTO camera_state VALUES('tu-cho','ok',1795168030,NULL,0,NULL,'','','[]',0,0,0,0,0,'','','','','','','');
INSERT INTO camera_state VALUES('tu-dinh','ok',1795176931,NULL,0,NULL,'','','[]',0,0,0,0,0,'','','','','','','');
CREATE TABLE camera_history (
        id       INTEGER PRIMARY KEY,
        at       INTEGER NOT NULL,
        device   TEXT NOT NULL CHECK (device <> ''),
        what     TEXT NOT NULL CHECK (what IN ('verdict', 'blip', 'flap', 'maintenance', 'heal', 'address')),
        value    TEXT NOT NULL,
        detail   TEXT NOT NULL,
        by       TEXT NOT NULL,
        seconds  INTEGER NOT NULL CHECK (seconds >= 0),
        incident INTEGER -- serial of the incident that it belongs to
) STRICT;
INSERT INTO camera_history VALUES(1,1795167970,'cam-dinh-1','verdict','ok','H264','',0,NULL);
INSERT INTO camera_history VALUES(2,1795167991,'cam-dinh-3','verdict','ok','H264','',0,NULL);
INSERT INTO camera_history VALUES(3,1795168002,'cam-dinh-2','verdict','ok','H264','',0,NULL);
INSERT INTO camera_history VALUES(4,1795168030,'tu-cho','verdict','ok','','',0,NULL);
INSERT INTO camera_history VALUES(5,1795168061,'cam-cho-1','verdict','ok','H264','',0,NULL);
INSERT INTO camera_history VALUES(6,1795168072,'cam-cho-2','verdict','ok','H264','',0,NULL);
INSERT INTO camera_history VALUES(7,1795168083,'cam-cho-3','verdict','ok','H264','',0,NULL);
INSERT INTO camera_history VALUES(8,1795168095,'cam-cho-4','verdict','ok','H264','',0,NULL);
INSERT INTO camera_history VALUES(9,1795168109,'cam-cho-5','verdict','ok','H264','',0,NULL);
INSERT INTO camera_history VALUES(10,1795168119,'cam-cho-6','verdict','ok','H264','',0,NULL);
INSERT INTO camera_history VALUES(11,1795168130,'cam-cho-7','verdict','ok','H264','',0,NULL);
INSERT INTO camera_history VALUES(12,1795168240,'tu-dinh','verdict','ok','','',0,NULL);
INSERT INTO camera_history VALUES(13,1795168874,'cam-dinh-8','verdict','ok','H264','',0,NULL);
INSERT INTO camera_history VALUES(14,1795168874,'cam-dinh-5','verdict','ok','H264','',0,NULL);
INSERT INTO camera_history VALUES(15,1795169183,'cam-dinh-6','verdict','ok','H264','',0,NULL);
INSERT INTO camera_history VALUES(16,1795169183,'cam-cho-8','verdict','ok','H264','',0,NULL);
INSERT INTO camera_history VALUES(17,1795168914,'cam-cho-7','blip','hung','','',1515,NULL);
INSERT INTO camera_history VALUES(18,1795170440,'cam-dinh-7','blip','hung','','',0,NULL);
INSERT INTO camera_history VALUES(19,1795170440,'cam-dinh-7','verdict','ok','H264','',0,NULL);
INSERT INTO camera_history VALUES(20,1795170203,'cam-dinh-5','blip','hung','','',238,NULL);
INSERT INTO camera_history VALUES(21,1795170016,'cam-dinh-3','blip','hung','','',425,NULL);
INSERT INTO camera_history VALUES(22,1795170016,'cam-cho-5','blip','hung','','',425,NULL);
INSERT INTO camera_history VALUES(23,1795170016,'cam-dinh-2','blip','hung','','',425,NULL);
INSERT INTO camera_history VALUES(24,1795168903,'cam-cho-6','blip','hung','','',1538,NULL);
INSERT INTO camera_history VALUES(25,1795170016,'cam-cho-1','blip','hung','','',425,NULL);
INSERT INTO camera_history VALUES(26,1795170016,'cam-dinh-1','blip','hung','','',425,NULL);
INSERT INTO camera_history VALUES(27,1795170441,'cam-dinh-4','blip','hung','','',0,NULL);
INSERT INTO camera_history VALUES(28,1795170441,'cam-dinh-4','verdict','ok','H264','',0,NULL);
INSERT INTO camera_history VALUES(29,1795170016,'cam-cho-3','blip','hung','','',425,NULL);
INSERT INTO camera_history VALUES(30,1795170016,'cam-dinh-6','blip','hung','','',425,NULL);
INSERT INTO camera_history VALUES(31,1795170076,'cam-cho-4','blip','hung','','',365,NULL);
INSERT INTO camera_history VALUES(32,1795170016,'cam-cho-8','blip','hung','','',425,NULL);
INSERT INTO camera_history VALUES(33,1795171518,'cam-dinh-3','blip','hung','','',272,NULL);
INSERT INTO camera_history VALUES(34,1795174301,'cam-dinh-5','verdict','no-network','connection: nothing in time','',0,NULL);
INSERT INTO camera_history VALUES(35,1795174329,'cam-dinh-4','verdict','no-network','connection: nothing in time','',0,NULL);
INSERT INTO camera_history VALUES(36,1795174362,'cam-dinh-3','verdict','no-network','connection: nothing in time','',0,NULL);
INSERT INTO camera_history VALUES(37,1795174360,'cam-dinh-1','verdict','no-network','connection: nothing in time','',0,NULL);
INSERT INTO camera_history VALUES(38,1795174329,'cam-dinh-7','verdict','no-network','connection: nothing in time','',0,NULL);
INSERT INTO camera_history VALUES(39,1795174329,'cam-dinh-6','verdict','no-network','connection: nothing in time','',0,NULL);
INSERT INTO camera_history VALUES(40,1795174329,'tu-dinh','verdict','no-network','port 18080: no connection','',0,NULL);
INSERT INTO camera_history VALUES(41,1795174375,'cam-dinh-2','verdict','no-network','connection: nothing in time','',0,NULL);
INSERT INTO camera_history VALUES(42,1795174374,'cam-dinh-8','verdict','no-network','connection: nothing in time','',0,NULL);
INSERT INTO camera_history VALUES(43,1795176968,'cam-dinh-8','verdict','cable','connection: nothing in time','',0,NULL);
INSERT INTO camera_history VALUES(44,1795176931,'tu-dinh','verdict','ok','','',2602,NULL);
INSERT INTO camera_history VALUES(45,1795176930,'cam-dinh-5','verdict','ok','H264','',2630,NULL);
INSERT INTO camera_history VALUES(46,1795176942,'cam-dinh-4','verdict','ok','H264','',2613,NULL);
INSERT INTO camera_history VALUES(47,1795176942,'cam-dinh-3','verdict','ok','H264','',2580,NULL);
INSERT INTO camera_history VALUES(48,1795176942,'cam-dinh-2','verdict','ok','H264','',2568,NULL);
INSERT INTO camera_history VALUES(49,1795176942,'cam-dinh-1','verdict','ok','H264','',2581,NULL);
INSERT INTO camera_history VALUES(50,1795176942,'cam-dinh-6','verdict','ok','H264','',2613,NULL);
INSERT INTO camera_history VALUES(51,1795176942,'cam-dinh-7','verdict','ok','H264','',2613,NULL);
INSERT INTO camera_history VALUES(52,1795177195,'cam-dinh-8','verdict','ok','H264','',2820,NULL);
INSERT INTO camera_history VALUES(53,1795185517,'cam-cho-1','verdict','sprayed','','',0,NULL);
INSERT INTO camera_history VALUES(54,1795207422,'cam-cho-1','verdict','ok','H264','',21904,NULL);
CREATE TABLE camera_watching (
        since INTEGER PRIMARY KEY,
        until INTEGER NOT NULL,
        CHECK (until >= since)
) STRICT;
INSERT INTO camera_watching VALUES(1795167953,1795218510);
CREATE TABLE camera_incident (
        serial   INTEGER PRIMARY KEY AUTOINCREMENT,
        id       TEXT NOT NULL UNIQUE CHECK (id <> ''), -- also the id of its event
        cause    TEXT NOT NULL CHECK (cause <> ''),
        verdict  TEXT NOT NULL,
        root     TEXT NOT NULL,             -- a device; '' none
        name     TEXT NOT NULL,
        area     TEXT NOT NULL,
        group_   INTEGER NOT NULL,          -- of camera_learned; 0 none
        cause_id TEXT NOT NULL,             -- of the incident that it was split from; '' none
        text     TEXT NOT NULL,             -- as it was told
        end_text TEXT NOT NULL,
        began    INTEGER NOT NULL,
        ended    INTEGER,                   -- NULL: it stands
        most     INTEGER NOT NULL CHECK (most >= 0) -- so many were down with the root at once
) STRICT;
INSERT INTO camera_incident VALUES(1,'camera-tu-dinh-1795174809','parent','no-network','tu-dinh','Tủ mạng đình làng','chi-phuc',0,'','Tủ mạng đình làng: mất kết nối, 8 camera mất theo (Camera Cổng làng, Camera Đình làng, Camera Cổng chùa, Camera Nhà văn hóa, Camera Trường mầm non, Camera Ngã ba Ngõ Đông, Camera Ngõ Đông, Camera Trạm biến áp). Kiểm tra nguồn điện và đường mạng tới thiết bị, bắt đầu từ tủ mạng gần nhất.','Tủ mạng đình làng: đã có lại.',1795174300,1795177266,8);
INSERT INTO camera_incident VALUES(4,'camera-cam-cho-1-1795185517','device','sprayed','cam-cho-1','Camera Chợ cổng tây','chi-phuc',0,'','Camera Chợ cổng tây: ống kính bị phun sơn hoặc bôi bẩn. Đến nơi lau hoặc thay kính, lưu lại hình trước lúc bị phá và báo công an xã.','Camera Chợ cổng tây: đã hoạt động bình thường.',1795185517,1795207443,0);
CREATE TABLE camera_incident_member (
        incident INTEGER NOT NULL REFERENCES camera_incident (serial) ON DELETE CASCADE,
        device   TEXT NOT NULL,
        PRIMARY KEY (incident, device)
) STRICT, WITHOUT ROWID;
INSERT INTO camera_incident_member VALUES(1,'cam-dinh-8');
CREATE TABLE camera_learned (
        group_ INTEGER PRIMARY KEY,
        doc    TEXT NOT NULL CHECK (doc <> '')
) STRICT;
CREATE TABLE camera_picture (
        id      INTEGER PRIMARY KEY AUTOINCREMENT,
        at      INTEGER NOT NULL,
        device  TEXT NOT NULL CHECK (device <> ''),
        kind    INTEGER NOT NULL CHECK (kind IN (0, 1, 2)), -- good, bad, sheet
        verdict TEXT NOT NULL,
        file    TEXT NOT NULL UNIQUE CHECK (file <> ''),
        size    INTEGER NOT NULL CHECK (size >= 0)
) STRICT;
INSERT INTO camera_picture VALUES(1,1795168409,'cam-cho-1',0,'ok','cam-cho-1/2026-11-20T165329-good.jpg',47377);
INSERT INTO camera_picture VALUES(2,1795168581,'cam-dinh-2',0,'ok','cam-dinh-2/2026-11-20T165621-good.jpg',61461);
INSERT INTO camera_picture VALUES(3,1795168860,'cam-dinh-1',0,'ok','cam-dinh-1/2026-11-20T170100-good.jpg',45294);
INSERT INTO camera_picture VALUES(4,1795169181,'cam-cho-6',0,'ok','cam-cho-6/2026-11-20T170621-good.jpg',46855);
INSERT INTO camera_picture VALUES(5,1795169274,'cam-cho-3',0,'ok','cam-cho-3/2026-11-20T170754-good.jpg',50118);
INSERT INTO camera_picture VALUES(6,1795169515,'cam-cho-5',0,'ok','cam-cho-5/2026-11-20T171155-good.jpg',49046);
INSERT INTO camera_picture VALUES(7,1795169529,'cam-dinh-3',0,'ok','cam-dinh-3/2026-11-20T171209-good.jpg',45479);
INSERT INTO camera_picture VALUES(8,1795169862,'cam-cho-4',0,'ok','cam-cho-4/2026-11-20T171742-good.jpg',56463);
INSERT INTO camera_picture VALUES(9,1795170066,'cam-cho-2',0,'ok','cam-cho-2/2026-11-20T172106-good.jpg',47777);
INSERT INTO camera_picture VALUES(10,1795170248,'cam-dinh-5',0,'ok','cam-dinh-5/2026-11-20T172408-good.jpg',41596);
INSERT INTO camera_picture VALUES(11,1795170425,'cam-dinh-8',0,'ok','cam-dinh-8/2026-11-20T172705-good.jpg',47284);
INSERT INTO camera_picture VALUES(12,1795170957,'cam-dinh-7',0,'ok','cam-dinh-7/2026-11-20T173557-good.jpg',53256);
INSERT INTO camera_picture VALUES(13,1795171183,'cam-cho-8',0,'ok','cam-cho-8/2026-11-20T173943-good.jpg',54743);
INSERT INTO camera_picture VALUES(14,1795171332,'cam-dinh-6',0,'ok','cam-dinh-6/2026-11-20T174212-good.jpg',52269);
INSERT INTO camera_picture VALUES(15,1795171521,'cam-dinh-4',0,'ok','cam-dinh-4/2026-11-20T174521-good.jpg',42288);
INSERT INTO camera_picture VALUES(16,1795171730,'cam-cho-7',0,'ok','cam-cho-7/2026-11-20T174850-good.jpg',50958);
INSERT INTO camera_picture VALUES(17,1795174809,'cam-dinh-1',0,'ok','cam-dinh-1/2026-11-20T184009-good.jpg',38079);
INSERT INTO camera_picture VALUES(18,1795174815,'cam-dinh-2',0,'ok','cam-dinh-2/2026-11-20T184015-good.jpg',46248);
INSERT INTO camera_picture VALUES(19,1795174818,'cam-dinh-3',0,'ok','cam-dinh-3/2026-11-20T184018-good.jpg',37493);
INSERT INTO camera_picture VALUES(20,1795174821,'cam-dinh-4',0,'ok','cam-dinh-4/2026-11-20T184021-good.jpg',41910);
INSERT INTO camera_picture VALUES(21,1795174834,'cam-dinh-1',2,'ok','cam-dinh-1/2026-11-20T184034-sheet.jpg',168049);
INSERT INTO camera_picture VALUES(22,1795185510,'cam-cho-1',0,'ok','cam-cho-1/2026-11-20T213830-good.jpg',36654);
INSERT INTO camera_picture VALUES(23,1795185511,'cam-cho-1',1,'sprayed','cam-cho-1/2026-11-20T213831-bad.jpg',28073);
INSERT INTO camera_picture VALUES(24,1795185513,'cam-cho-1',2,'sprayed','cam-cho-1/2026-11-20T213833-sheet.jpg',65075);
CREATE TABLE camera_event (
        serial  INTEGER PRIMARY KEY AUTOINCREMENT,
        topic   TEXT NOT NULL CHECK (topic <> ''),
        payload TEXT NOT NULL
) STRICT;
CREATE TABLE announcement (
        serial       INTEGER PRIMARY KEY AUTOINCREMENT,
        id           TEXT NOT NULL UNIQUE CHECK (length(id) BETWEEN 1 AND 63),
        state        TEXT NOT NULL CHECK (state IN ('submitted', 'approved', 'done', 'cancelled', 'refused')),
        title        TEXT NOT NULL,
        by           TEXT,
        approved_by  TEXT,
        ended_by     TEXT,
        ended_reason TEXT,
        submitted    INTEGER NOT NULL,
        approved     INTEGER,
        ended        INTEGER,
        planned      INTEGER, -- occurrences up to this one have airings; NULL: none
        form         TEXT NOT NULL CHECK (form GLOB '{*}') -- JSON, members in order of their names: its digest is audited
) STRICT;
INSERT INTO announcement VALUES(1,'a-20261121-1','done','Lịch tiêm chủng','truong-thon','can-bo-nga',NULL,NULL,1795217405,1795217406,1795217448,1795217406,'{"at":"2026-11-20T23:30:06+00:00","chime":true,"class":"normal","resume":"resume","text":"UBND xã thông báo: 7h30 ngày 25/12, tại Trạm Y tế xã, tiêm vắc xin sởi - rubella cho trẻ từ 2-5 tuổi. Đề nghị bà con mang theo thẻ BHYT và CCCD. Kinh phí hỗ trợ đi lại là 50.000đ một cháu.","title":"Lịch tiêm chủng","zones":["all"]}');
INSERT INTO announcement VALUES(2,'a-20261121-2','done','Xả lũ','can-bo-nga','can-bo-nga',NULL,NULL,1795217413,1795217413,1795217430,1795217413,'{"at":"2026-11-20T23:30:13+00:00","chime":true,"class":"emergency","reason":"xả lũ hồ Yên Mỹ","resume":"resume","text":"Hồ Yên Mỹ xả lũ với lưu lượng 250 m3/s. Bà con ven sông Lý di chuyển ngay lên nơi cao.","title":"Xả lũ","zones":["all"]}');
CREATE TABLE airing (
        serial       INTEGER PRIMARY KEY AUTOINCREMENT,
        announcement TEXT NOT NULL CHECK (announcement <> ''),
        zone         TEXT NOT NULL CHECK (zone <> ''),
        class        TEXT NOT NULL CHECK (class IN ('normal', 'priority', 'emergency')),
        due          INTEGER NOT NULL,
        began        INTEGER,
        ended        INTEGER, -- NULL: it waits, or is on air
        state        TEXT NOT NULL CHECK (state <> ''),
        reason       TEXT NOT NULL,
        seconds_ms   INTEGER NOT NULL CHECK (seconds_ms >= 0),
        position_ms  INTEGER NOT NULL CHECK (position_ms >= 0),
        level_db     REAL, -- NULL: not known
        returned_db  REAL,
        proof        TEXT NOT NULL,
        audio        TEXT NOT NULL, -- below the state directory's announce/aired/; '' none, or it was removed after its time
        audio_size   INTEGER NOT NULL CHECK (audio_size >= 0),
        audio_sha256 TEXT NOT NULL CHECK (length(audio_sha256) IN (0, 64)),
        by           TEXT NOT NULL
) STRICT;
INSERT INTO airing VALUES(1,'a-20261121-1','chi-phuc','normal',1795217406,1795217407,1795217447,'aired','',22710,22710,-16.971931362900207318,NULL,'','2026-11-21T063007-a-20261121-1-chi-phuc-1.opus',72100,'23de7c5e40786ee9115445d8ea54a5a51c2117a13c7b297d62bec767818b8e72','can-bo-nga');
INSERT INTO airing VALUES(2,'a-20261121-1','dinh-lang','normal',1795217406,1795217407,1795217448,'aired','',22710,22710,-16.968479643961860148,NULL,'','2026-11-21T063007-a-20261121-1-dinh-lang-2.opus',72087,'9682e7935ade3661294b324b7118896e288d1d66543337efd356d37c7be30e5c','can-bo-nga');
INSERT INTO airing VALUES(3,'a-20261121-2','chi-phuc','emergency',1795217413,1795217415,1795217430,'aired','',13702,13702,-12.330224155138589381,NULL,'','2026-11-21T063015-a-20261121-2-chi-phuc-3.opus',43985,'27e373e54a893633012f48a23e98fd8a323dec7519093a72bb8dd54b4b49f624','can-bo-nga');
INSERT INTO airing VALUES(4,'a-20261121-2','dinh-lang','emergency',1795217413,1795217415,1795217430,'aired','',13702,13702,-12.330224155138589381,NULL,'','2026-11-21T063015-a-20261121-2-dinh-lang-4.opus',43985,'ffa9faf49d7a070c98804ac387d6ffa4bfe831203d9d59511e457296ec9a207d','can-bo-nga');
CREATE TABLE zone_fault (
        zone   TEXT NOT NULL CHECK (zone <> ''),
        fault  TEXT NOT NULL CHECK (fault IN ('silent', 'stuck', 'return-lost', 'player', 'amplifier')),
        began  INTEGER NOT NULL,
        ended  INTEGER, -- NULL: it stands
        detail TEXT NOT NULL,
        PRIMARY KEY (zone, fault, began)
) STRICT, WITHOUT ROWID;
CREATE TABLE cap_alert (
        id           INTEGER PRIMARY KEY AUTOINCREMENT,
        sender       TEXT NOT NULL,
        identifier   TEXT NOT NULL,
        sent         INTEGER,
        received     INTEGER NOT NULL,
        expires      INTEGER,
        taken        INTEGER NOT NULL CHECK (taken IN (0, 1)),
        over         INTEGER NOT NULL CHECK (over IN (0, 1)), -- updated, cancelled or expired
        origin       TEXT NOT NULL, -- file, address or topic that it came from
        signer       TEXT NOT NULL,
        announcement TEXT NOT NULL,
        reason       TEXT NOT NULL,
        xml          TEXT -- last: lists do not read it. NULL: too many were refused since
) STRICT;
CREATE TABLE person_pin (
        person TEXT PRIMARY KEY NOT NULL REFERENCES person (id) ON UPDATE CASCADE ON DELETE CASCADE,
        hash   TEXT NOT NULL CHECK (hash <> ''),
        set_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO person_pin VALUES('can-bo-nga','$y$j9T$ApDkcbniX4y08o/5a5wyV/$ZSiJmmvkgCVS3wtx38WAFQL5ByJ5IDXA50G5Tl8Z8p3',1795348699);
CREATE TABLE pin_try (
        person       TEXT PRIMARY KEY NOT NULL CHECK (person <> ''),
        wrong        INTEGER NOT NULL CHECK (wrong >= 0),
        locked_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE announce_event (
        serial  INTEGER PRIMARY KEY AUTOINCREMENT,
        topic   TEXT NOT NULL CHECK (topic <> ''),
        payload TEXT NOT NULL
) STRICT;
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('camera_picture',24);
INSERT INTO sqlite_sequence VALUES('notification',9);
INSERT INTO sqlite_sequence VALUES('message',22);
INSERT INTO sqlite_sequence VALUES('camera_event',4);
INSERT INTO sqlite_sequence VALUES('camera_incident',5);
INSERT INTO sqlite_sequence VALUES('light_event',26);
INSERT INTO sqlite_sequence VALUES('inbound',1);
INSERT INTO sqlite_sequence VALUES('announcement',2);
INSERT INTO sqlite_sequence VALUES('airing',4);
CREATE INDEX area_by_parent ON area (parent);
CREATE INDEX area_by_name ON area (name);
CREATE INDEX area_by_merged ON area (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX area_history_by_area ON area_history (area);
CREATE INDEX area_history_by_name ON area_history (name);
CREATE INDEX household_by_area ON household (area);
CREATE INDEX household_by_search ON household (search, code);
CREATE INDEX person_by_household ON person (household) WHERE household IS NOT NULL;
CREATE INDEX person_by_area ON person (area) WHERE area IS NOT NULL;
CREATE INDEX person_by_role ON person (role) WHERE role IS NOT NULL;
CREATE INDEX group_by_area ON group_ (area) WHERE area IS NOT NULL;
CREATE INDEX group_member_by_person ON group_member (person);
CREATE INDEX device_by_kind ON device (kind);
CREATE INDEX device_by_area ON device (area) WHERE area IS NOT NULL;
CREATE TRIGGER audit_stays BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;
CREATE TRIGGER audit_keeps BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;
CREATE INDEX light_history_by_circuit ON light_history (circuit, what, at);
CREATE INDEX light_history_by_reading ON light_history (circuit, at) WHERE kwh IS NOT NULL;
CREATE INDEX notification_open ON notification (id) WHERE state = 0;
CREATE INDEX notification_escalate ON notification (escalate_at) WHERE escalate_at IS NOT NULL;
CREATE INDEX notification_done ON notification (done_at) WHERE done_at IS NOT NULL;
CREATE INDEX notification_by_parent ON notification (parent) WHERE parent IS NOT NULL;
CREATE INDEX delivery_by_notification ON delivery (notification, outcome, receipt);
CREATE INDEX delivery_by_message ON delivery (message) WHERE message IS NOT NULL;
CREATE INDEX message_queued ON message (channel, class, due, id) WHERE state = 0;
CREATE INDEX message_sending ON message (id) WHERE state = 1;
CREATE INDEX message_by_notification ON message (notification, channel, address) WHERE notification IS NOT NULL;
CREATE INDEX message_by_id ON message (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX message_by_chat ON message (channel, address, id);
CREATE INDEX message_alone ON message (at) WHERE notification IS NULL;
CREATE INDEX message_by_carrier ON message (carrier) WHERE carrier IS NOT NULL;
CREATE INDEX message_expires ON message (expires) WHERE state = 0 AND expires IS NOT NULL;
CREATE INDEX inbound_waiting ON inbound (id) WHERE done = 0;
CREATE INDEX report_open ON report (channel, address) WHERE closed_at IS NULL;
CREATE INDEX report_by_chat ON report (channel, address, updated_at);
CREATE INDEX report_entry_by_report ON report_entry (report);
CREATE INDEX camera_history_by_device ON camera_history (device, what, at);
CREATE INDEX camera_incident_standing ON camera_incident (serial) WHERE ended IS NULL;
CREATE INDEX camera_picture_by_device ON camera_picture (device, kind, at);
CREATE INDEX announcement_open ON announcement (serial) WHERE state IN ('submitted', 'approved');
CREATE INDEX airing_by_announcement ON airing (announcement, due);
CREATE INDEX airing_by_due ON airing (due);
CREATE INDEX airing_open ON airing (due) WHERE ended IS NULL;
CREATE INDEX airing_audio ON airing (due, audio_size) WHERE audio <> '';
CREATE INDEX cap_alert_refused ON cap_alert (id) WHERE taken = 0;
COMMIT;
PRAGMA application_id = 1416151988;
PRAGMA user_version = 6;
