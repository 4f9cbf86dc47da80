-- thon 0.1.0, with cameras
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE registry_state (
        id         INTEGER PRIMARY KEY CHECK (id = 1),
        generation INTEGER NOT NULL CHECK (generation >= 0) -- counts up with every write below
) STRICT;
INSERT INTO registry_state VALUES(1,16);
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
INSERT INTO audit VALUES(1,1795347491,'truong-thon','area.import','area','{"rows":9,"added":9,"changed":0,"sha256":"28e78c27fec63fb8d165fce27576d55b5e09dfa89483d818e66a9ccb017e0b66"}','0000000000000000000000000000000000000000000000000000000000000000','54a3d62764a0b656fb1dcf537df634e9bed6748ff2c905e4d823ee5d3386c8e9');
INSERT INTO audit VALUES(2,1795347491,'truong-thon','household.import','household','{"rows":14,"added":14,"changed":0,"sha256":"53f0d6ae3c19557bb4898929b2d75f6583d565b0738ec8ca220cc2da2d909d9a"}','54a3d62764a0b656fb1dcf537df634e9bed6748ff2c905e4d823ee5d3386c8e9','6620dd27d504b092c4bce8381dcda5c2d74e09d9252465c44d128691f212834a');
INSERT INTO audit VALUES(3,1795347491,'truong-thon','person.import','person','{"rows":7,"added":7,"changed":0,"sha256":"610ed462841c7312ca175ac7e15fa2b893235d9ccb7d0b644482d245f172d8f2"}','6620dd27d504b092c4bce8381dcda5c2d74e09d9252465c44d128691f212834a','3a692d368d43eeec3f019dffc3d63aa727d67ab513ac0d3a079ab6ef63342d68');
INSERT INTO audit VALUES(4,1795347491,'truong-thon','group.import','group','{"rows":4,"added":4,"changed":0,"sha256":"f2ec5fb21a9e762bf2c7305f3de8d646a969dbfcdf5f8382216a24b3a1160eb4"}','3a692d368d43eeec3f019dffc3d63aa727d67ab513ac0d3a079ab6ef63342d68','fa13dd882a8c2dadb122db6ed511bbdd058ff02eaa377b13ace61fa98850bbdf');
INSERT INTO audit VALUES(5,1795347491,'truong-thon','program.set','ca-dem','{"before":null,"after":{"id":"ca-dem","name":"Sáng cả đêm","steps":[{"at":"dusk","set":"on","not_before":"17:00","not_after":"19:15"},{"at":"dawn","set":"off"}]}}','fa13dd882a8c2dadb122db6ed511bbdd058ff02eaa377b13ace61fa98850bbdf','c1b7547be3b55dcee1812a3564dc16870674131ebe0085bfdc2b93822b904818');
INSERT INTO audit VALUES(6,1795347491,'truong-thon','program.set','den-22h','{"before":null,"after":{"id":"den-22h","name":"Sáng đến 22:00","steps":[{"at":"dusk","set":"on","not_before":"17:00","not_after":"19:15"},{"at":"22:00","set":"off"}]}}','c1b7547be3b55dcee1812a3564dc16870674131ebe0085bfdc2b93822b904818','3a81c34a2ee15f3b08345c0544fdfd19c15979bd20d796ae227c2eeccca0de0c');
INSERT INTO audit VALUES(7,1795347491,'truong-thon','program.set','den-23h30','{"before":null,"after":{"id":"den-23h30","name":"Tối thứ sáu, thứ bảy: sáng đến 23:30","steps":[{"at":"dusk","set":"on","not_before":"17:00","not_after":"19:15"},{"at":"23:30","set":"off"}]}}','3a81c34a2ee15f3b08345c0544fdfd19c15979bd20d796ae227c2eeccca0de0c','c21ca85658c8e917a33595c29098609c653a7e4af6d357d2c200865bbe249cf2');
INSERT INTO audit VALUES(8,1795347492,'truong-thon','program.set','di-dong-som','{"before":null,"after":{"id":"di-dong-som","name":"Đường ra đồng: tắt 22:00, sáng lại 4:00","steps":[{"at":"dusk","set":"on","not_before":"17:00","not_after":"19:15"},{"at":"22:00","set":"off"},{"at":"04:00","set":"on"},{"at":"dawn","set":"off"}]}}','c21ca85658c8e917a33595c29098609c653a7e4af6d357d2c200865bbe249cf2','b2ffd27fede2276f6298354dfb16de84342160641e48934262b8f3c6065d9256');
INSERT INTO audit VALUES(9,1795347492,'truong-thon','program.set','tiet-kiem','{"before":null,"after":{"id":"tiet-kiem","name":"Tiết kiệm: tắt từ 23:00 đến 4:30","steps":[{"at":"dusk","set":"on","not_before":"17:00","not_after":"19:15"},{"at":"23:00","set":"off"},{"at":"04:30","set":"on"},{"at":"dawn","set":"off"}]}}','b2ffd27fede2276f6298354dfb16de84342160641e48934262b8f3c6065d9256','27fcc71ca1ebf4163a7e8457205785b0210f9417647568b7a16510cc8875031a');
INSERT INTO audit VALUES(10,1795347492,'truong-thon','calendar.set','ca-dem','{"before":null,"after":{"id":"ca-dem","name":"Sáng cả đêm, quanh năm","rules":[],"default":"ca-dem"}}','27fcc71ca1ebf4163a7e8457205785b0210f9417647568b7a16510cc8875031a','31515a2f329dec4ffedf47e2583c3d52afcbdd3b4f8c52222537826e72c80a3c');
INSERT INTO audit VALUES(11,1795347492,'truong-thon','calendar.set','canh-dong','{"before":null,"after":{"id":"canh-dong","name":"Đường ra đồng","rules":[{"days":{"tet":[-7,7]},"program":"ca-dem"},{"days":{"lunar":["1","14","15"]},"program":"ca-dem"}],"default":"di-dong-som"}}','31515a2f329dec4ffedf47e2583c3d52afcbdd3b4f8c52222537826e72c80a3c','89917770d7cf78e75c2d0ce06f8a2022b6ecb275e08b00344ea041752873f1f0');
INSERT INTO audit VALUES(12,1795347492,'truong-thon','calendar.set','luan-phien-chan','{"before":null,"after":{"id":"luan-phien-chan","name":"Luân phiên tiết kiệm, đêm chẵn","rules":[{"days":{"tet":[-7,7]},"program":"ca-dem"},{"days":{"lunar":["1","14","15"]},"program":"ca-dem"},{"days":{"dates":["09-02","04-30","12-24..12-25","12-31..01-01"]},"program":"ca-dem"},{"days":{"every":2,"phase":0},"program":"tiet-kiem"}],"default":"ca-dem"}}','89917770d7cf78e75c2d0ce06f8a2022b6ecb275e08b00344ea041752873f1f0','2528e32f35e5a3af4c1d63de7aa2ae1d7698cdb1c06ec82ad0b2c83ad5acc41a');
INSERT INTO audit VALUES(13,1795347492,'truong-thon','calendar.set','luan-phien-le','{"before":null,"after":{"id":"luan-phien-le","name":"Luân phiên tiết kiệm, đêm lẻ","rules":[{"days":{"tet":[-7,7]},"program":"ca-dem"},{"days":{"lunar":["1","14","15"]},"program":"ca-dem"},{"days":{"dates":["09-02","04-30","12-24..12-25","12-31..01-01"]},"program":"ca-dem"},{"days":{"every":2,"phase":1},"program":"tiet-kiem"}],"default":"ca-dem"}}','2528e32f35e5a3af4c1d63de7aa2ae1d7698cdb1c06ec82ad0b2c83ad5acc41a','ca834fdc7a303dcac42a0311e4a497e29a2b8827ecef9cbac1a53b16fa0fb98d');
INSERT INTO audit VALUES(14,1795347492,'truong-thon','calendar.set','nha-van-hoa','{"before":null,"after":{"id":"nha-van-hoa","name":"Sân nhà văn hóa","rules":[{"days":{"tet":[-7,7]},"program":"ca-dem"},{"days":{"lunar":["1","14","15"]},"program":"ca-dem"},{"days":{"dates":["09-02","04-30","12-24..12-25","12-31..01-01"]},"program":"ca-dem"},{"days":{"weekdays":["fri","sat"]},"program":"den-23h30"}],"default":"den-22h"}}','ca834fdc7a303dcac42a0311e4a497e29a2b8827ecef9cbac1a53b16fa0fb98d','2185b01f156a2078bddaea691e3ee75ab44ae87815108ce259118b2e54a81544');
INSERT INTO audit VALUES(15,1795347492,'truong-thon','device.import','device','{"rows":5,"added":5,"changed":0,"sha256":"b04e5a0535c0f7feffa421f8107b4a2c943e2eae6f04f3c2654c93dd3a02b7ff"}','2185b01f156a2078bddaea691e3ee75ab44ae87815108ce259118b2e54a81544','d22de25f1259e7a3e98d335d1d4bbe4b575f21a189d8b81d75eddb6834505624');
INSERT INTO audit VALUES(16,1795347493,'truong-thon','device.import','device','{"rows":18,"added":18,"changed":0,"sha256":"b07711b803140610ecf1b9e034e657ff4c463d896f82dc1059026c15e4b1a2f1"}','d22de25f1259e7a3e98d335d1d4bbe4b575f21a189d8b81d75eddb6834505624','ad826773371a2ab3a84822bf050dfdfb47e11410a2ffe71f365e04f9dc876022');
INSERT INTO audit VALUES(17,1795170035,'truong-thon','submit','notice 1','{"class":"normal","purpose":"notices","source":"","recipients":13,"left_out":1}','ad826773371a2ab3a84822bf050dfdfb47e11410a2ffe71f365e04f9dc876022','09823b37bd9f76c08ac013936971ca6220522150ecf93a38922a9db6230a7acf');
INSERT INTO audit VALUES(18,1795170065,'thon-relayd','finish','notice 1','{"recipients":13,"left_out":1,"pending":0,"sent":10,"not_sent":0,"unknown":0,"visit":3,"delivered":0,"seen":0,"acknowledged":0}','09823b37bd9f76c08ac013936971ca6220522150ecf93a38922a9db6230a7acf','f69708172d39d60ebe2edabe69b5f82ee90353ad4e52dc85d7f0dc4823f39884');
INSERT INTO audit VALUES(19,1795174918,'route:camera','submit','notice 2','{"class":"priority","purpose":"notices","source":"route:camera","recipients":1,"left_out":0}','f69708172d39d60ebe2edabe69b5f82ee90353ad4e52dc85d7f0dc4823f39884','993ea508c185a08cb4296d4562f5e489fa0ac54ac01f2b7a0614825e3995c89b');
INSERT INTO audit VALUES(20,1795174948,'thon-relayd','finish','notice 2','{"recipients":1,"left_out":0,"pending":0,"sent":1,"not_sent":0,"unknown":0,"visit":0,"delivered":0,"seen":0,"acknowledged":0}','993ea508c185a08cb4296d4562f5e489fa0ac54ac01f2b7a0614825e3995c89b','c08d7a0d4624565ab8c54772170e4a9d33a2db2adbea493c0f3183299a8bc474');
INSERT INTO audit VALUES(21,1795177090,'route:camera','submit','notice 3','{"class":"priority","purpose":"notices","source":"route:camera","recipients":1,"left_out":0}','c08d7a0d4624565ab8c54772170e4a9d33a2db2adbea493c0f3183299a8bc474','005a52ba5d1743eda27201cdc871b3f5df6080e045ee6d6d20c24808fc5d0cb1');
INSERT INTO audit VALUES(22,1795177120,'thon-relayd','finish','notice 3','{"recipients":1,"left_out":0,"pending":0,"sent":1,"not_sent":0,"unknown":0,"visit":0,"delivered":0,"seen":0,"acknowledged":0}','005a52ba5d1743eda27201cdc871b3f5df6080e045ee6d6d20c24808fc5d0cb1','c5b4d314646e2e99679cb11fd943a0c02c67146009e76dbe14df513e9e242d6b');
INSERT INTO audit VALUES(23,1795186127,'route:camera','submit','notice 4','{"class":"priority","purpose":"notices","source":"route:camera","recipients":1,"left_out":0}','c5b4d314646e2e99679cb11fd943a0c02c67146009e76dbe14df513e9e242d6b','8348821f7e9767b719963c45bc3699e6704f40d5b3e6ec550e18be1bc76dfa72');
INSERT INTO audit VALUES(24,1795186157,'thon-relayd','finish','notice 4','{"recipients":1,"left_out":0,"pending":0,"sent":1,"not_sent":0,"unknown":0,"visit":0,"delivered":0,"seen":0,"acknowledged":0}','8348821f7e9767b719963c45bc3699e6704f40d5b3e6ec550e18be1bc76dfa72','4114d823b30de10f4d7e4b6a0af29aea7c3db4782d533bca6ebad555ec38cb04');
INSERT INTO audit VALUES(25,1795199841,'route:den-duong','submit','notice 5','{"class":"priority","purpose":"notices","source":"route:den-duong","recipients":1,"left_out":0}','4114d823b30de10f4d7e4b6a0af29aea7c3db4782d533bca6ebad555ec38cb04','567fa60e259708e1f7b60f827f12b5ea02b7e56d15d4320a615b2547c9592e64');
INSERT INTO audit VALUES(26,1795199870,'thon-relayd','finish','notice 5','{"recipients":1,"left_out":0,"pending":0,"sent":1,"not_sent":0,"unknown":0,"visit":0,"delivered":0,"seen":0,"acknowledged":0}','567fa60e259708e1f7b60f827f12b5ea02b7e56d15d4320a615b2547c9592e64','6bd87927d40d169cfdb70509d572e403dc74e5a172e0a32f284831293447ed0d');
INSERT INTO audit VALUES(27,1795200741,'route:den-duong','submit','notice 6','{"class":"priority","purpose":"notices","source":"route:den-duong","recipients":2,"left_out":0}','6bd87927d40d169cfdb70509d572e403dc74e5a172e0a32f284831293447ed0d','796fa0ab08c71939484fdead1cd3a20b00414f3e48a16dfdadb88e47041d8586');
INSERT INTO audit VALUES(28,1795200770,'thon-relayd','finish','notice 6','{"recipients":2,"left_out":0,"pending":0,"sent":2,"not_sent":0,"unknown":0,"visit":0,"delivered":0,"seen":0,"acknowledged":0}','796fa0ab08c71939484fdead1cd3a20b00414f3e48a16dfdadb88e47041d8586','c9db9cbbf83f1ba7173e688806601792516dd7a1843a48c073ed454eb9ddcd51');
INSERT INTO audit VALUES(29,1795201535,'Phạm Mạnh Hùng','acknowledge','notice 5','{"channel":"bot"}','c9db9cbbf83f1ba7173e688806601792516dd7a1843a48c073ed454eb9ddcd51','0b3a654842ca03944f7746a8abb9b3a96e2b996635bfd9b4351a2b2105f3f83d');
INSERT INTO audit VALUES(30,1795201535,'Phạm Mạnh Hùng','submit','notice 7','{"class":"priority","purpose":"notices","source":"route:den-duong","recipients":2,"left_out":0}','0b3a654842ca03944f7746a8abb9b3a96e2b996635bfd9b4351a2b2105f3f83d','a5b956bd92b726f8c629c4964de2272e03e80d67a0d0b74891892ab8390c7284');
INSERT INTO audit VALUES(31,1795201565,'thon-relayd','finish','notice 7','{"recipients":2,"left_out":0,"pending":0,"sent":2,"not_sent":0,"unknown":0,"visit":0,"delivered":0,"seen":0,"acknowledged":0}','a5b956bd92b726f8c629c4964de2272e03e80d67a0d0b74891892ab8390c7284','395d2c64813b2da9c980653672fca510315ae98681b8234316a89849e24840f8');
INSERT INTO audit VALUES(32,1795203414,'route:den-duong','submit','notice 8','{"class":"priority","purpose":"notices","source":"route:den-duong","recipients":3,"left_out":0}','395d2c64813b2da9c980653672fca510315ae98681b8234316a89849e24840f8','3f86f9b1c008bf2f056f464e1bd9e9fa32c51f4b242d7a4f45e1e50bf21cad03');
INSERT INTO audit VALUES(33,1795203445,'thon-relayd','finish','notice 8','{"recipients":3,"left_out":0,"pending":0,"sent":3,"not_sent":0,"unknown":0,"visit":0,"delivered":0,"seen":0,"acknowledged":0}','3f86f9b1c008bf2f056f464e1bd9e9fa32c51f4b242d7a4f45e1e50bf21cad03','ca9c6417c88f3ab00ff76adcfe61fb621ab618380ff425adab316d719c98806e');
INSERT INTO audit VALUES(34,1795206827,'route:camera','submit','notice 9','{"class":"priority","purpose":"notices","source":"route:camera","recipients":1,"left_out":0}','ca9c6417c88f3ab00ff76adcfe61fb621ab618380ff425adab316d719c98806e','ded21637f1026674ab02347c2a674bdbbf3779e9ac5ab89138becb7579275b58');
INSERT INTO audit VALUES(35,1795206857,'thon-relayd','finish','notice 9','{"recipients":1,"left_out":0,"pending":0,"sent":1,"not_sent":0,"unknown":0,"visit":0,"delivered":0,"seen":0,"acknowledged":0}','ded21637f1026674ab02347c2a674bdbbf3779e9ac5ab89138becb7579275b58','ee944b5cdeac8910067b5da1aea593370afa03c90a9da0d39e0bc853d19c36f7');
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
INSERT INTO light_history VALUES(1,1795167944,'canh-dong','in_effect','off','di-dong-som / dawn (canh-dong: default)','',0.0);
INSERT INTO light_history VALUES(2,1795167944,'duong-lang','in_effect','off','ca-dem / dawn (ca-dem: default)','',0.0);
INSERT INTO light_history VALUES(3,1795167944,'ngo-dong','in_effect','off','tiet-kiem / dawn (luan-phien-chan: every 2 phase 0)','',0.0);
INSERT INTO light_history VALUES(4,1795167944,'ngo-tay','in_effect','off','ca-dem / dawn (luan-phien-le: default)','',0.0);
INSERT INTO light_history VALUES(5,1795167944,'nha-van-hoa','in_effect','off','den-22h / 22:00 (nha-van-hoa: default)','',0.0);
INSERT INTO light_history VALUES(6,1795171210,'canh-dong','in_effect','on','di-dong-som / dusk not_before 17:00 not_after 19:15 (canh-dong: default)','',0.0);
INSERT INTO light_history VALUES(7,1795171210,'canh-dong','physical','on','','',0.0);
INSERT INTO light_history VALUES(8,1795171212,'duong-lang','in_effect','on','ca-dem / dusk not_before 17:00 not_after 19:15 (ca-dem: default)','',0.0);
INSERT INTO light_history VALUES(9,1795171212,'duong-lang','physical','on','','',0.0);
INSERT INTO light_history VALUES(10,1795171217,'ngo-dong','in_effect','on','ca-dem / dusk not_before 17:00 not_after 19:15 (luan-phien-chan: default)','',0.0);
INSERT INTO light_history VALUES(11,1795171247,'ngo-dong','physical','on','','',0.0);
INSERT INTO light_history VALUES(12,1795171247,'ngo-tay','in_effect','on','tiet-kiem / dusk not_before 17:00 not_after 19:15 (luan-phien-le: every 2 phase 1)','',0.0);
INSERT INTO light_history VALUES(13,1795171247,'ngo-tay','physical','on','','',0.0);
INSERT INTO light_history VALUES(14,1795171248,'nha-van-hoa','in_effect','on','den-23h30 / dusk not_before 17:00 not_after 19:15 (nha-van-hoa: weekdays fri,sat)','',0.0);
INSERT INTO light_history VALUES(15,1795171248,'nha-van-hoa','physical','on','','',0.0);
INSERT INTO light_history VALUES(16,1795176980,'canh-dong','fault','raised no-energy','','',0.93799999999999994493);
INSERT INTO light_history VALUES(17,1795176981,'duong-lang','fault','raised no-energy','','',1.8759999999999998898);
INSERT INTO light_history VALUES(18,1795176982,'ngo-dong','fault','raised no-energy','','',0.65400000000000002575);
INSERT INTO light_history VALUES(19,1795176983,'ngo-tay','fault','raised no-energy','','',0.65400000000000002575);
INSERT INTO light_history VALUES(20,1795176984,'nha-van-hoa','fault','raised no-energy','','',0.49799999999999999822);
INSERT INTO light_history VALUES(21,1795176985,'canh-dong','fault','cleared no-energy','','',0.95399999999999995914);
INSERT INTO light_history VALUES(22,1795176986,'duong-lang','fault','cleared no-energy','','',1.9090000000000000301);
INSERT INTO light_history VALUES(23,1795176989,'ngo-dong','fault','cleared no-energy','','',0.66600000000000003641);
INSERT INTO light_history VALUES(24,1795176989,'ngo-tay','fault','cleared no-energy','','',0.66600000000000003641);
INSERT INTO light_history VALUES(25,1795176990,'nha-van-hoa','fault','cleared no-energy','','',0.50700000000000000621);
INSERT INTO light_history VALUES(26,1795180594,'nha-van-hoa','override','on','hop thon','truong-thon',0.82299999999999995381);
INSERT INTO light_history VALUES(27,1795185439,'canh-dong','fault','raised no-energy','','',2.3490000000000001989);
INSERT INTO light_history VALUES(28,1795185446,'duong-lang','fault','raised no-energy','','',4.6980000000000003979);
INSERT INTO light_history VALUES(29,1795185447,'ngo-dong','fault','raised no-energy','','',1.641999999999999904);
INSERT INTO light_history VALUES(30,1795185451,'ngo-tay','fault','raised no-energy','','',1.641999999999999904);
INSERT INTO light_history VALUES(31,1795185451,'nha-van-hoa','fault','raised no-energy','','',1.2509999999999998898);
INSERT INTO light_history VALUES(32,1795185461,'canh-dong','fault','cleared no-energy','','',2.3639999999999998792);
INSERT INTO light_history VALUES(33,1795185461,'duong-lang','fault','cleared no-energy','','',4.7270000000000003126);
INSERT INTO light_history VALUES(34,1795185462,'ngo-dong','fault','cleared no-energy','','',1.6519999999999999129);
INSERT INTO light_history VALUES(35,1795185487,'ngo-tay','fault','cleared no-energy','','',1.6519999999999999129);
INSERT INTO light_history VALUES(36,1795185493,'nha-van-hoa','fault','cleared no-energy','','',1.2589999999999998969);
INSERT INTO light_history VALUES(37,1795186925,'canh-dong','in_effect','off','di-dong-som / 22:00 (canh-dong: default)','',2.5910000000000001918);
INSERT INTO light_history VALUES(38,1795186966,'canh-dong','physical','off','','',2.5939999999999998614);
INSERT INTO light_history VALUES(39,1795187327,'duong-lang','fault','raised overload','','',5.3669999999999999928);
INSERT INTO light_history VALUES(40,1795187328,'ngo-dong','fault','raised overload','','',1.8759999999999998898);
INSERT INTO light_history VALUES(41,1795187330,'ngo-tay','fault','raised overload','','',1.8759999999999998898);
INSERT INTO light_history VALUES(42,1795187331,'nha-van-hoa','fault','raised overload','','',1.4290000000000000479);
INSERT INTO light_history VALUES(43,1795187627,'duong-lang','fault','cleared overload','','',5.4649999999999998578);
INSERT INTO light_history VALUES(44,1795187628,'ngo-dong','fault','cleared overload','','',1.90999999999999992);
INSERT INTO light_history VALUES(45,1795187629,'ngo-tay','fault','cleared overload','','',1.90999999999999992);
INSERT INTO light_history VALUES(46,1795187629,'nha-van-hoa','fault','cleared overload','','',1.455000000000000071);
INSERT INTO light_history VALUES(47,1795190490,'ngo-tay','in_effect','off','tiet-kiem / 23:00 (luan-phien-le: every 2 phase 1)','',2.2330000000000000959);
INSERT INTO light_history VALUES(48,1795190497,'ngo-tay','physical','off','','',2.2339999999999999857);
INSERT INTO light_history VALUES(49,1795194994,'nha-van-hoa','in_effect','off','den-23h30 / 23:30 (nha-van-hoa: weekdays fri,sat)','',2.107000000000000206);
INSERT INTO light_history VALUES(50,1795194994,'nha-van-hoa','physical','off','','',2.1080000000000000959);
INSERT INTO light_history VALUES(51,1795197064,'duong-lang','fault','raised no-energy','','',8.5749999999999992894);
INSERT INTO light_history VALUES(52,1795197283,'duong-lang','fault','cleared no-energy','','',8.5790000000000006252);
INSERT INTO light_history VALUES(53,1795197643,'duong-lang','fault','raised overload','','',8.80400000000000027);
INSERT INTO light_history VALUES(54,1795197645,'ngo-dong','fault','raised overload','','',3.0790000000000001811);
INSERT INTO light_history VALUES(55,1795197946,'duong-lang','fault','cleared overload','','',8.9060000000000005826);
INSERT INTO light_history VALUES(56,1795197946,'ngo-dong','fault','cleared overload','','',3.1150000000000002131);
INSERT INTO light_history VALUES(57,1795199795,'duong-lang','physical','off','','',9.5129999999999999005);
INSERT INTO light_history VALUES(58,1795199797,'duong-lang','fault','raised dark','','',9.5129999999999999005);
INSERT INTO light_history VALUES(59,1795203368,'duong-lang','physical','on','','',9.5129999999999999005);
INSERT INTO light_history VALUES(60,1795203373,'duong-lang','fault','cleared dark','','',9.5139999999999993463);
INSERT INTO light_history VALUES(61,1795203914,'nha-van-hoa','override','on','đám hiếu','truong-thon',2.1080000000000000959);
INSERT INTO light_history VALUES(62,1795203917,'nha-van-hoa','in_effect','on','override: đám hiếu','truong-thon',2.1080000000000000959);
INSERT INTO light_history VALUES(63,1795203923,'nha-van-hoa','physical','on','','',2.1080000000000000959);
INSERT INTO light_history VALUES(64,1795208400,'canh-dong','in_effect','on','di-dong-som / 04:00 (canh-dong: default)','',2.5939999999999998614);
INSERT INTO light_history VALUES(65,1795208400,'canh-dong','physical','on','','',2.5939999999999998614);
INSERT INTO light_history VALUES(66,1795210039,'duong-lang','fault','raised no-energy','','',11.692999999999999615);
INSERT INTO light_history VALUES(67,1795210047,'ngo-dong','fault','raised no-energy','','',4.5110000000000001207);
INSERT INTO light_history VALUES(68,1795210074,'canh-dong','fault','raised no-energy','','',2.8769999999999997797);
INSERT INTO light_history VALUES(69,1795210075,'nha-van-hoa','fault','raised no-energy','','',2.6400000000000001243);
INSERT INTO light_history VALUES(70,1795210132,'canh-dong','fault','cleared no-energy','','',2.9060000000000001385);
INSERT INTO light_history VALUES(71,1795210156,'duong-lang','fault','cleared no-energy','','',11.708000000000000184);
INSERT INTO light_history VALUES(72,1795210158,'ngo-dong','fault','cleared no-energy','','',4.5160000000000000142);
INSERT INTO light_history VALUES(73,1795210158,'nha-van-hoa','fault','cleared no-energy','','',2.6440000000000001278);
INSERT INTO light_history VALUES(74,1795210208,'ngo-tay','in_effect','on','tiet-kiem / 04:30 (luan-phien-le: every 2 phase 1)','',2.2339999999999999857);
INSERT INTO light_history VALUES(75,1795210209,'ngo-tay','physical','on','','',2.2339999999999999857);
INSERT INTO light_history VALUES(76,1795214899,'canh-dong','in_effect','off','di-dong-som / dawn (canh-dong: default)','',3.6749999999999998223);
INSERT INTO light_history VALUES(77,1795214900,'duong-lang','in_effect','off','ca-dem / dawn (ca-dem: default)','',13.304999999999999715);
INSERT INTO light_history VALUES(78,1795214900,'ngo-dong','in_effect','off','ca-dem / dawn (luan-phien-chan: default)','',5.0750000000000001776);
INSERT INTO light_history VALUES(79,1795214900,'ngo-tay','in_effect','off','tiet-kiem / dawn (luan-phien-le: every 2 phase 1)','',2.7719999999999997974);
INSERT INTO light_history VALUES(80,1795214912,'canh-dong','physical','off','','',3.677999999999999936);
INSERT INTO light_history VALUES(81,1795214912,'canh-dong','fault','raised energy-off','','',3.677999999999999936);
INSERT INTO light_history VALUES(82,1795214914,'duong-lang','physical','off','','',13.310000000000000497);
INSERT INTO light_history VALUES(83,1795214914,'duong-lang','fault','raised energy-off','','',13.310000000000000497);
INSERT INTO light_history VALUES(84,1795214915,'ngo-dong','physical','off','','',5.0769999999999999573);
INSERT INTO light_history VALUES(85,1795214915,'ngo-tay','physical','off','','',2.7740000000000000213);
INSERT INTO light_history VALUES(86,1795214923,'ngo-dong','fault','raised energy-off','','',5.0919999999999996376);
INSERT INTO light_history VALUES(87,1795214923,'ngo-tay','fault','raised energy-off','','',2.7900000000000000355);
INSERT INTO light_history VALUES(88,1795216160,'canh-dong','fault','cleared energy-off','','',3.7000000000000001776);
INSERT INTO light_history VALUES(89,1795216260,'duong-lang','fault','cleared energy-off','','',13.355000000000000426);
INSERT INTO light_history VALUES(90,1795216260,'ngo-dong','fault','cleared energy-off','','',5.0919999999999996376);
INSERT INTO light_history VALUES(91,1795216261,'ngo-tay','fault','cleared energy-off','','',2.7900000000000000355);
INSERT INTO light_history VALUES(92,1795216623,'nha-van-hoa','fault','raised overload','','',3.2370000000000000994);
INSERT INTO light_history VALUES(93,1795216925,'nha-van-hoa','fault','cleared overload','','',3.2629999999999999005);
INSERT INTO light_history VALUES(94,1795218419,'nha-van-hoa','fault','raised no-energy','','',3.3860000000000001207);
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
INSERT INTO light_counter VALUES('canh-dong',4,21957,3700,0.0,0.0,0.0,1795216722);
INSERT INTO light_counter VALUES('duong-lang',2,43555,13355,0.0,0.0,0.0,1795216722);
INSERT INTO light_counter VALUES('ngo-dong',2,43550,5092,0.0,0.0,0.0,1795216722);
INSERT INTO light_counter VALUES('ngo-tay',4,23713,2790,0.0,0.0,0.0,1795216722);
INSERT INTO light_counter VALUES('nha-van-hoa',3,38250,3386,0.0,0.0,0.0,1795218435);
CREATE TABLE light_event (
        serial  INTEGER PRIMARY KEY AUTOINCREMENT,
        topic   TEXT NOT NULL CHECK (topic <> ''),
        payload TEXT NOT NULL
) STRICT;
INSERT INTO light_event VALUES(55,'event/light-no-energy','{"id":"light-nha-van-hoa-48140907053084","at":"2026-11-21T06:46:59+07:00","state":"raised","severity":"critical","subject":"nha-van-hoa","text":"Sân nhà văn hóa: đèn đang bật nhưng công tơ không quay","values":{"fault":"no-energy","circuit":"nha-van-hoa","name":"Sân nhà văn hóa","area":"nha-van-hoa","since":"2026-11-21T06:46:59+07:00","value":120.0},"cause_id":null}');
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
INSERT INTO notification VALUES(1,0,'notices','["area:chi-phuc"]',replace('Kính gửi gia đình,\n\nTrạm Y tế xã tổ chức tiêm chủng cho trẻ từ 2 đến 5 tuổi.\nNgày: thứ bảy tuần này\nGiờ: 7 giờ 30\nNơi tiêm: Trạm Y tế xã\nVắc xin: sởi – rubella\n\nKhi đi, xin mang theo sổ tiêm chủng. Trẻ đang sốt hoặc mới ốm dậy, xin báo cho cán bộ y tế trước khi tiêm. Sau khi tiêm, ở lại theo dõi tại chỗ 30 phút và theo dõi tiếp tại nhà ít nhất 24 giờ.\n\nCần hỏi thêm, xin gọi 0237 000 0000.','\n',char(10)),'tiem-chung','{"dia_diem":"Trạm Y tế xã","dien_thoai":"0237 000 0000","doi_tuong":"trẻ từ 2 đến 5 tuổi","gio":"7 giờ 30","ngay":"thứ bảy tuần này","vac_xin":"sởi – rubella"}',NULL,NULL,NULL,NULL,'eb8b4bbb0bca4661b0a3bb6fb4ffa7004190293be6f7851d9d2ae900ebdcfa52',NULL,NULL,'',NULL,NULL,NULL,0,NULL,'truong-thon',1795170035,1,1,0,1795170065);
INSERT INTO notification VALUES(2,1,'notices','["role:technician"]','⚠ Tủ mạng đình làng: mất kết nối, 8 camera mất theo (Camera Cổng làng, Camera Đình làng, Camera Cổng chùa, Camera Nhà văn hóa, Camera Trường mầm non, Camera Ngã ba Ngõ Đông, Camera Ngõ Đông, Camera Trạm biến áp). Kiểm tra nguồn điện và đường mạng tới thiết bị, bắt đầu từ tủ mạng gần nhất (từ 18:31).',NULL,NULL,'pictures/cam-dinh-1/2026-11-20T184052-sheet.jpg',NULL,1795261318,NULL,'a6f157f586a4d15e97021dd38739995967b0b9bea2fb00671733ff1350eecd4e',NULL,NULL,'route:camera',NULL,NULL,NULL,0,NULL,'route:camera',1795174918,0,1,0,1795174948);
INSERT INTO notification VALUES(3,1,'notices','["person:ky-thuat-hung"]','✓ Đã khắc phục: Tủ mạng đình làng: đã có lại, sau 45 phút.',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,2,'route:camera',NULL,NULL,NULL,0,NULL,'route:camera',1795177090,0,1,0,1795177120);
INSERT INTO notification VALUES(4,1,'notices','["role:technician"]','⚠ Camera Chợ cổng tây: ống kính bị phun sơn hoặc bôi bẩn. Đến nơi lau hoặc thay kính, lưu lại hình trước lúc bị phá và báo công an xã (từ 21:47).',NULL,NULL,'pictures/cam-cho-1/2026-11-20T214746-sheet.jpg',NULL,1795272527,NULL,'76b39405cb8c28fa136c94d63a0f2a9cb2f0d4e3e42fa465cf2fa6d49e2a15f4',NULL,NULL,'route:camera',NULL,NULL,NULL,0,NULL,'route:camera',1795186127,0,1,0,1795186157);
INSERT INTO notification VALUES(5,1,'notices','["role:technician"]','⚠ Đường Làng: đèn đang sáng thì mất điện; có thể bị cắt trộm, nhảy aptomat hoặc đứt cáp (từ 01:36). Trả lời «ok 5» khi đã nhận.',NULL,NULL,NULL,NULL,1795286241,NULL,'fa7b462ef5cf10a541b960ff01863fb16b9600982c8a693c62d67a0622486692',NULL,NULL,'route:den-duong','{}',1795201535,'Phạm Mạnh Hùng',0,NULL,'route:den-duong',1795199841,0,1,0,1795199870);
INSERT INTO notification VALUES(6,1,'notices','["role:officer"]','⚠ Đã 15 phút chưa ai nhận (đã báo: kỹ thuật viên): Đường Làng: đèn đang sáng thì mất điện; có thể bị cắt trộm, nhảy aptomat hoặc đứt cáp (từ 01:36). Trả lời «ok 6» khi đã nhận.',NULL,NULL,NULL,NULL,1795287141,NULL,'9616ee2a7ae445714ee16116e56d71af03721475180f6ca893612bb1ec88f1a8',NULL,5,'route:den-duong','{}',1795201535,'Phạm Mạnh Hùng',0,NULL,'route:den-duong',1795200741,0,1,0,1795200770);
INSERT INTO notification VALUES(7,1,'notices','["person:can-bo-nga","person:can-bo-thang"]','✓ Phạm Mạnh Hùng đã nhận lúc 02:05: Đường Làng: đèn đang sáng thì mất điện; có thể bị cắt trộm, nhảy aptomat hoặc đứt cáp (từ 01:36)',NULL,NULL,NULL,NULL,1795287935,NULL,NULL,NULL,5,'route:den-duong',NULL,NULL,NULL,0,NULL,'Phạm Mạnh Hùng',1795201535,0,1,0,1795201565);
INSERT INTO notification VALUES(8,1,'notices','["person:ky-thuat-hung","person:can-bo-nga","person:can-bo-thang"]','✓ Đã khắc phục: Đường Làng: đèn đã sáng lại, sau 59 phút.',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,5,'route:den-duong',NULL,NULL,NULL,0,NULL,'route:den-duong',1795203414,0,1,0,1795203445);
INSERT INTO notification VALUES(9,1,'notices','["person:ky-thuat-hung"]','✓ Đã khắc phục: Camera Chợ cổng tây: đã hoạt động bình thường, sau 5 giờ 45 phút.',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,4,'route:camera',NULL,NULL,NULL,0,NULL,'route:camera',1795206827,0,1,0,1795206857);
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
INSERT INTO delivery VALUES(1,1,'CP-001','nguyen-thi-hong-001','chi-phuc','oa:8200000001 mau:+84900000001',0,1,1,0,'',1795170051);
INSERT INTO delivery VALUES(2,1,'CP-002',NULL,'chi-phuc','',0,NULL,4,0,'không có kênh nào đến được',1795170035);
INSERT INTO delivery VALUES(3,1,'CP-003',NULL,'chi-phuc','mau:+84900000003',0,2,1,0,'',1795170050);
INSERT INTO delivery VALUES(4,1,'CP-004',NULL,'chi-phuc','mau:+84900000004',0,3,1,0,'',1795170054);
INSERT INTO delivery VALUES(5,1,'CP-005',NULL,'chi-phuc','mau:+84900000005',0,4,1,0,'',1795170054);
INSERT INTO delivery VALUES(6,1,'CP-006','trinh-viet-viet-006','chi-phuc','oa:8200000006 mau:+84900000006',0,5,1,0,'',1795170053);
INSERT INTO delivery VALUES(7,1,'CP-008',NULL,'chi-phuc','',0,NULL,4,0,'không có kênh nào đến được',1795170035);
INSERT INTO delivery VALUES(8,1,'CP-009',NULL,'chi-phuc','mau:+84900000009',0,6,1,0,'',1795170054);
INSERT INTO delivery VALUES(9,1,'CP-010',NULL,'chi-phuc','',0,NULL,4,0,'không có kênh nào đến được',1795170035);
INSERT INTO delivery VALUES(10,1,'CP-011',NULL,'chi-phuc','mau:+84900000011',0,7,1,0,'',1795170056);
INSERT INTO delivery VALUES(11,1,'CP-012',NULL,'chi-phuc','mau:+84900000012',0,8,1,0,'',1795170056);
INSERT INTO delivery VALUES(12,1,'CP-013','trinh-ngoc-tung-013','chi-phuc','oa:8200000013 mau:+84900000013',0,9,1,0,'',1795170056);
INSERT INTO delivery VALUES(13,1,'CP-014',NULL,'chi-phuc','mau:+84900000014',0,10,1,0,'',1795170056);
INSERT INTO delivery VALUES(14,2,NULL,'ky-thuat-hung','sao-mai','bot:910003 mau:+84900000503',0,11,1,0,'',1795174932);
INSERT INTO delivery VALUES(15,3,NULL,'ky-thuat-hung','sao-mai','bot:910003 mau:+84900000503',0,12,1,0,'',1795177092);
INSERT INTO delivery VALUES(16,4,NULL,'ky-thuat-hung','sao-mai','bot:910003 mau:+84900000503',0,13,1,0,'',1795186140);
INSERT INTO delivery VALUES(17,5,NULL,'ky-thuat-hung','sao-mai','bot:910003 mau:+84900000503',0,14,1,3,'',1795201535);
INSERT INTO delivery VALUES(18,6,NULL,'can-bo-nga','sao-mai','oa:8100000001 mau:+84900000501',0,15,1,0,'',1795200760);
INSERT INTO delivery VALUES(19,6,NULL,'can-bo-thang','sao-mai','oa:8100000002 bot:910002 mau:+84900000502',0,16,1,0,'',1795200760);
INSERT INTO delivery VALUES(20,7,NULL,'can-bo-nga','sao-mai','oa:8100000001 mau:+84900000501',0,17,1,0,'',1795201536);
INSERT INTO delivery VALUES(21,7,NULL,'can-bo-thang','sao-mai','oa:8100000002 bot:910002 mau:+84900000502',0,18,1,0,'',1795201537);
INSERT INTO delivery VALUES(22,8,NULL,'ky-thuat-hung','sao-mai','bot:910003 mau:+84900000503',0,19,1,0,'',1795203416);
INSERT INTO delivery VALUES(23,8,NULL,'can-bo-nga','sao-mai','oa:8100000001 mau:+84900000501',0,20,1,0,'',1795203416);
INSERT INTO delivery VALUES(24,8,NULL,'can-bo-thang','sao-mai','oa:8100000002 bot:910002 mau:+84900000502',0,21,1,0,'',1795203417);
INSERT INTO delivery VALUES(25,9,NULL,'ky-thuat-hung','sao-mai','bot:910003 mau:+84900000503',0,22,1,0,'',1795206827);
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
INSERT INTO message VALUES(1,1,'oa','8200000001',0,2,1795170035,0,NULL,1,0,1,0,NULL,'oa0000000000000002',200,'',NULL,1795170051);
INSERT INTO message VALUES(2,1,'mau','+84900000003',0,2,1795170035,0,NULL,1,0,1,0,NULL,'zns0000000000000001',200,'',NULL,1795170050);
INSERT INTO message VALUES(3,1,'mau','+84900000004',0,2,1795170035,0,NULL,1,0,1,0,NULL,'zns0000000000000004',200,'',NULL,1795170054);
INSERT INTO message VALUES(4,1,'mau','+84900000005',0,2,1795170035,0,NULL,1,0,1,0,NULL,'zns0000000000000005',200,'',NULL,1795170054);
INSERT INTO message VALUES(5,1,'oa','8200000006',0,2,1795170035,0,NULL,1,0,1,0,NULL,'oa0000000000000003',200,'',NULL,1795170053);
INSERT INTO message VALUES(6,1,'mau','+84900000009',0,2,1795170035,0,NULL,1,0,1,0,NULL,'zns0000000000000006',200,'',NULL,1795170054);
INSERT INTO message VALUES(7,1,'mau','+84900000011',0,2,1795170035,0,NULL,1,0,1,0,NULL,'zns0000000000000007',200,'',NULL,1795170056);
INSERT INTO message VALUES(8,1,'mau','+84900000012',0,2,1795170035,0,NULL,1,0,1,0,NULL,'zns0000000000000008',200,'',NULL,1795170056);
INSERT INTO message VALUES(9,1,'oa','8200000013',0,2,1795170035,0,NULL,1,0,1,0,NULL,'oa0000000000000009',200,'',NULL,1795170056);
INSERT INTO message VALUES(10,1,'mau','+84900000014',0,2,1795170035,0,NULL,1,0,1,0,NULL,'zns000000000000000a',200,'',NULL,1795170056);
INSERT INTO message VALUES(11,2,'bot','910003',1,2,1795174918,0,1795261318,1,0,1,0,NULL,'zb000000000000000b',200,'',NULL,1795174932);
INSERT INTO message VALUES(12,3,'bot','910003',1,2,1795177090,0,NULL,1,0,1,0,NULL,'zb000000000000000c',200,'',NULL,1795177092);
INSERT INTO message VALUES(13,4,'bot','910003',1,2,1795186138,0,1795272527,1,0,1,0,NULL,'zb000000000000000d',200,'',NULL,1795186140);
INSERT INTO message VALUES(14,5,'bot','910003',1,2,1795199843,0,1795286241,1,0,1,0,NULL,'zb000000000000000e',200,'',NULL,1795199852);
INSERT INTO message VALUES(15,6,'oa','8100000001',1,2,1795200741,0,1795287141,1,0,1,0,NULL,'oa000000000000000f',200,'',NULL,1795200760);
INSERT INTO message VALUES(16,6,'oa','8100000002',1,2,1795200741,0,1795287141,1,0,1,0,NULL,'oa0000000000000010',200,'',NULL,1795200760);
INSERT INTO message VALUES(17,7,'oa','8100000001',1,2,1795201535,0,1795287935,1,0,1,0,NULL,'oa0000000000000012',200,'',NULL,1795201536);
INSERT INTO message VALUES(18,7,'oa','8100000002',1,2,1795201535,0,1795287935,1,0,1,0,NULL,'oa0000000000000013',200,'',NULL,1795201537);
INSERT INTO message VALUES(19,8,'bot','910003',1,2,1795203414,0,NULL,1,0,1,0,NULL,'zb0000000000000015',200,'',NULL,1795203416);
INSERT INTO message VALUES(20,8,'oa','8100000001',1,2,1795203414,0,NULL,1,0,1,0,NULL,'oa0000000000000014',200,'',NULL,1795203416);
INSERT INTO message VALUES(21,8,'oa','8100000002',1,2,1795203414,0,NULL,1,0,1,0,NULL,'oa0000000000000016',200,'',NULL,1795203417);
INSERT INTO message VALUES(22,9,'bot','910003',1,2,1795206827,0,NULL,1,0,1,0,NULL,'zb0000000000000017',200,'',NULL,1795206827);
CREATE TABLE chat (
        channel        TEXT NOT NULL,
        address        TEXT NOT NULL,
        interaction_at INTEGER, -- last one of the person's
        bad_until      INTEGER, -- "no Zalo account", "blocked": not tried before
        bad_code       INTEGER,
        bad_detail     TEXT,
        PRIMARY KEY (channel, address)
) STRICT, WITHOUT ROWID;
INSERT INTO chat VALUES('bot','910003',1795201535,NULL,NULL,NULL);
INSERT INTO chat VALUES('oa','8100000001',1795197184,NULL,NULL,NULL);
INSERT INTO chat VALUES('oa','8100000002',1795197184,NULL,NULL,NULL);
INSERT INTO chat VALUES('oa','8200000001',1795166475,NULL,NULL,NULL);
INSERT INTO chat VALUES('oa','8200000006',1795166475,NULL,NULL,NULL);
INSERT INTO chat VALUES('oa','8200000013',1795166478,NULL,NULL,NULL);
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
INSERT INTO inbound VALUES(1,'bot','zb0000000000000011',1795201534,'text','910003','910003','{"text":"đã nhận","message_id":null,"name":"Phạm Mạnh Hùng"}',1,NULL,NULL);
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
INSERT INTO incident VALUES('event:camera-cam-cho-1-1795186066','','{"id":"camera-cam-cho-1-1795186066","kind":"camera-sprayed","subject":"cam-cho-1","name":"Camera Chợ cổng tây","area":"chi-phuc","text":"Camera Chợ cổng tây: ống kính bị phun sơn hoặc bôi bẩn. Đến nơi lau hoặc thay kính, lưu lại hình trước lúc bị phá và báo công an xã.","end":"Camera Chợ cổng tây: đã hoạt động bình thường.","cause":"","severity":"critical","raised":1795186066,"cleared":1795206768,"seen":1795206767,"values":{"name":"Camera Chợ cổng tây","area":"chi-phuc","verdict":"sprayed","cause":"device","since":"2026-11-20T21:47:46+07:00","cameras":"0","picture":"pictures/cam-cho-1/2026-11-20T214746-sheet.jpg","picture_good":"pictures/cam-cho-1/2026-11-20T214736-good.jpg","picture_bad":"pictures/cam-cho-1/2026-11-20T214740-bad.jpg"},"flapping":false,"given_way":false,"in":[]}',1795206827);
INSERT INTO incident VALUES('event:camera-tu-dinh-1795174839','','{"id":"camera-tu-dinh-1795174839","kind":"camera-no-network","subject":"tu-dinh","name":"Tủ mạng đình làng","area":"chi-phuc","text":"Tủ mạng đình làng: mất kết nối, 8 camera mất theo (Camera Cổng làng, Camera Đình làng, Camera Cổng chùa, Camera Nhà văn hóa, Camera Trường mầm non, Camera Ngã ba Ngõ Đông, Camera Ngõ Đông, Camera Trạm biến áp). Kiểm tra nguồn điện và đường mạng tới thiết bị, bắt đầu từ tủ mạng gần nhất.","end":"Tủ mạng đình làng: đã có lại.","cause":"","severity":"critical","raised":1795174310,"cleared":1795177030,"seen":1795177030,"values":{"name":"Tủ mạng đình làng","area":"chi-phuc","verdict":"no-network","cause":"parent","since":"2026-11-20T18:31:50+07:00","cameras":"8","picture":"pictures/cam-dinh-1/2026-11-20T184052-sheet.jpg"},"flapping":false,"given_way":false,"in":[]}',1795177090);
INSERT INTO incident VALUES('event:light-duong-lang-48140907053074','','{"id":"light-duong-lang-48140907053074","kind":"light-dark","subject":"duong-lang","name":"Đường Làng","area":"duong-lang","text":"Đường Làng: đèn đang sáng thì mất điện; có thể bị cắt trộm, nhảy aptomat hoặc đứt cáp","end":"Đường Làng: đèn đã sáng lại","cause":"","severity":"critical","raised":1795199797,"cleared":1795203373,"seen":1795203354,"values":{"fault":"dark","circuit":"duong-lang","name":"Đường Làng","area":"duong-lang","since":"2026-11-21T01:36:37+07:00"},"flapping":false,"given_way":false,"in":[]}',1795203415);
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
INSERT INTO camera_state VALUES('cam-cho-1','ok',1795206767,NULL,0,NULL,'','','[]',0,0,0,0,0,'82fbf36767a0d995','','','','1 2 993 9 7688 96146 57474b423a383f2c0036385f3d304c66474a642c2459265660486b523c39594d2d1300141d52421a000912041e03493a00000610153a2e0e050a130f1b0301000b0603080e03303c1c001c121d060c0807100401010522370e0522093215101112281c0c0b0123331e182d1c193b050614092e161f0c4206030c1b161126310100010201014e0200000000002c214d1e739a9758555b77a3b3a69c59534c6a6f7975674d48608778746b725e4c5a7b5553726a6559726c6c69655f67566664586165666255635862615454615561616064605c5f575f524956464d49595b5f5b635c626365686765514c59454f5a565261565f5c5e6367584b4f61373a50646063635b5d5d5e624c4c4958444150696a655f616062694f4f4e4c494750516265 0 0 0 0 0 000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000 14 969 101 5036 68953 62464b4d5d53180a0001060b0b0b070903091716152a1324142016180e120e120401081925312b1d021b020513000a1206050b141232331b18141d1c110707051105070d1a14282b2f0c2f192d0a050210120f0b101029551b183610451005070806110a1511433c082547110e510c0e0006060e101a6c03011430040327390a00010305086b080100040203413761382b31323233362f2825262722221f1b1817171b282a344123181b181823211a201417181f20404123181d16171e15171d282d343c38464844403a363b35312d2842474d5859615a565d595c4f544d473d50515a6571756766616c7257595c564a4e5c666867717b6e6770805e4f60564a4a535c5f656a7360635f6b524d4e5c4f434952575d6a55575856504a504c584b','','');
INSERT INTO camera_state VALUES('cam-cho-2','ok',1795168367,NULL,0,NULL,'','','[]',0,0,0,0,0,'9412bb352fd7a3de','','','','1 5 1047 192 5663 74848 5f3862596c611303152d171d1c050417301c2d2c1f3c23213319251d2f1b1c2526182b5b514f52582530342a181b1b221e0211211d140d0f192c372d0a0702121413142327250a2215132a301a1a1b17202f2c2e0d250f1c201929201620221d161843060329010239221c0c1011110d104a0e0002390000055a130f130e08033330000000000000001b450539282c25575c473f403e565a543538305359595249484f33293e4a484931323045504b41483e3e4c4543474a3d3b383a3e40403e40455156433a3d4853393e434a4745414443505850463543564b555c5c4f434548434546414333365253696e6c5948484e544f3b3d463a3b4b5f757e7461565350513f3a3a4d3b3c3d59696f70655c5757463737393b39393b3f595c6261625d 13 835 57 5817 42318 ae839090a6950500111f1913080000192400122e25291616261229120700001a1f00317369696c792622321f0101001b1b082a2e0a0c0f2d2d223220100e0b1712101a260f1a0a2c22091a1d11130e142534303408240a281f13282d2026262c0c1f510b0738090844211b160f0f1111075f1703064c07061266130f0e120e09433e00000000020206235808654f554b2b1e242728290b0a121a1f180c0a0a1517080b11120d09090e181b180c0909111b0b1b342d2c2e31281a1c190b0b0b131c1a2d2c161319253b191e1e1e1c1a1c2a29363521212538442c2d3438312b2c33313430252827314433373b3d373233403e3b2b2c342c2d373e4246403d4040423f2f2c2c3b2e2e2f3e42434846454245372b2a2d2e2c2d2d3043444f50534d 0 0 0 0 0 000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000','','');
INSERT INTO camera_state VALUES('cam-cho-3','ok',1795168355,NULL,0,NULL,'','','[]',0,0,0,0,0,'07bc6bfde531178a','','','','','','');
INSERT INTO camera_state VALUES('cam-cho-4','ok',1795168356,NULL,0,NULL,'','','[]',0,0,0,0,0,'729f0e5689d0d3b8','','','','','','');
INSERT INTO camera_state VALUES('cam-cho-5','ok',1795168356,NULL,0,NULL,'','','[]',0,0,0,0,0,'d5508c6dd4e2d583','','','','','','');
INSERT INTO camera_state VALUES('cam-cho-6','ok',1795168356,NULL,0,NULL,'','','[]',0,0,0,0,0,'fe19d5e6c3a69771','','','','','','');
INSERT INTO camera_state VALUES('cam-cho-7','ok',1795168356,NULL,0,NULL,'','','[]',0,0,0,0,0,'5ebb1f46d2b862f6','','','','','','');
INSERT INTO camera_state VALUES('cam-cho-8','ok',1795168009,NULL,0,NULL,'','','[]',0,0,0,0,0,'2e9c30e0080c3bfa','','','','','','');
INSERT INTO camera_state VALUES('cam-dinh-1','ok',1795176960,NULL,0,NULL,'','','[]',0,0,0,0,0,'8c3a23bc637e461b','','','','','','');
INSERT INTO camera_state VALUES('cam-dinh-2','ok',1795176960,NULL,0,NULL,'','','[]',0,0,0,0,0,'8021869358d1ed5b','','','','','','');
INSERT INTO camera_state VALUES('cam-dinh-3','ok',1795176960,NULL,0,NULL,'','','[]',0,0,0,0,0,'5bfb8e55aa6aba4c','','','','','','');
INSERT INTO camera_state VALUES('cam-dinh-4','ok',1795176960,NULL,0,NULL,'','','[]',0,0,0,0,0,'8ef4c1f8909bcd27','','','','','','');
INSERT INTO camera_state VALUES('cam-dinh-5','ok',1795176960,NULL,0,NULL,'','','[]',0,0,0,0,0,'9c37ba1801585da1','','','','','','');
INSERT INTO camera_state VALUES('cam-dinh-6','ok',1795176960,NULL,0,NULL,'','','[]',0,0,0,0,0,'3927799d7e8961b2','','','','','','');
INSERT INTO camera_state VALUES('cam-dinh-7','ok',1795176960,NULL,0,NULL,'','','[]',0,0,0,0,0,'a73902a6f2c34938','','','','','','');
INSERT INTO camera_state VALUES('cam-dinh-8','ok',1795176949,NULL,0,NULL,'','','[]',0,0,0,0,0,'7e7a1d529958fa4a','','','','','','');
INSERT INTO camera_state VALUES('tu-dinh','ok',1795176949,NULL,0,NULL,'','','[]',0,0,0,0,0,'','','','','','','');
INSERT INTO camera_state VALUES('tu-cho','ok',1795168083,NULL,0,NULL,'','','[]',0,0,0,0,0,'','','','','','','');
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
INSERT INTO camera_history VALUES(1,1795167943,'cam-dinh-8','verdict','ok','H264','',0,NULL);
INSERT INTO camera_history VALUES(2,1795167972,'cam-dinh-5','verdict','ok','H264','',0,NULL);
INSERT INTO camera_history VALUES(3,1795167984,'cam-dinh-4','verdict','ok','H264','',0,NULL);
INSERT INTO camera_history VALUES(4,1795167993,'tu-dinh','verdict','ok','','',0,NULL);
INSERT INTO camera_history VALUES(5,1795167995,'cam-dinh-7','verdict','ok','H264','',0,NULL);
INSERT INTO camera_history VALUES(6,1795168007,'cam-dinh-6','verdict','ok','H264','',0,NULL);
INSERT INTO camera_history VALUES(7,1795168009,'cam-cho-8','verdict','ok','H264','',0,NULL);
INSERT INTO camera_history VALUES(8,1795168083,'tu-cho','verdict','ok','','',0,NULL);
INSERT INTO camera_history VALUES(9,1795168355,'cam-dinh-2','verdict','ok','H264','',0,NULL);
INSERT INTO camera_history VALUES(10,1795168355,'cam-dinh-3','verdict','ok','H264','',0,NULL);
INSERT INTO camera_history VALUES(11,1795168355,'cam-dinh-1','verdict','ok','H264','',0,NULL);
INSERT INTO camera_history VALUES(12,1795168355,'cam-cho-1','verdict','ok','H264','',0,NULL);
INSERT INTO camera_history VALUES(13,1795168355,'cam-cho-3','verdict','ok','H264','',0,NULL);
INSERT INTO camera_history VALUES(14,1795168356,'cam-cho-6','verdict','ok','H264','',0,NULL);
INSERT INTO camera_history VALUES(15,1795168356,'cam-cho-5','verdict','ok','H264','',0,NULL);
INSERT INTO camera_history VALUES(16,1795168356,'cam-cho-4','verdict','ok','H264','',0,NULL);
INSERT INTO camera_history VALUES(17,1795168356,'cam-cho-7','verdict','ok','H264','',0,NULL);
INSERT INTO camera_history VALUES(18,1795168367,'cam-cho-2','verdict','ok','H264','',0,NULL);
INSERT INTO camera_history VALUES(19,1795169137,'cam-dinh-2','blip','hung','','',1372,NULL);
INSERT INTO camera_history VALUES(20,1795169128,'cam-dinh-3','blip','hung','','',1382,NULL);
INSERT INTO camera_history VALUES(21,1795169107,'cam-dinh-1','blip','hung','','',1554,NULL);
INSERT INTO camera_history VALUES(22,1795169107,'cam-cho-8','blip','hung','','',1554,NULL);
INSERT INTO camera_history VALUES(23,1795169212,'cam-cho-2','blip','hung','','',1459,NULL);
INSERT INTO camera_history VALUES(24,1795169196,'cam-cho-1','blip','hung','','',1485,NULL);
INSERT INTO camera_history VALUES(25,1795170055,'cam-dinh-7','blip','hung','','',626,NULL);
INSERT INTO camera_history VALUES(26,1795169107,'cam-dinh-6','blip','hung','','',1574,NULL);
INSERT INTO camera_history VALUES(27,1795169969,'cam-dinh-4','blip','hung','','',712,NULL);
INSERT INTO camera_history VALUES(28,1795169918,'cam-dinh-8','blip','hung','','',763,NULL);
INSERT INTO camera_history VALUES(29,1795169955,'cam-dinh-5','blip','hung','','',727,NULL);
INSERT INTO camera_history VALUES(30,1795171466,'cam-dinh-5','blip','hung','','',225,NULL);
INSERT INTO camera_history VALUES(31,1795171465,'cam-dinh-4','blip','hung','','',237,NULL);
INSERT INTO camera_history VALUES(32,1795171480,'cam-dinh-7','blip','hung','','',222,NULL);
INSERT INTO camera_history VALUES(33,1795171491,'cam-cho-8','blip','hung','','',211,NULL);
INSERT INTO camera_history VALUES(34,1795171491,'cam-dinh-6','blip','hung','','',211,NULL);
INSERT INTO camera_history VALUES(35,1795171501,'cam-dinh-1','blip','hung','','',201,NULL);
INSERT INTO camera_history VALUES(36,1795171536,'cam-dinh-2','blip','hung','','',168,NULL);
INSERT INTO camera_history VALUES(37,1795171526,'cam-dinh-3','blip','hung','','',178,NULL);
INSERT INTO camera_history VALUES(38,1795174310,'cam-dinh-8','verdict','no-network','connection: nothing in time','',0,NULL);
INSERT INTO camera_history VALUES(39,1795174392,'cam-dinh-2','verdict','no-network','connection: nothing in time','',0,NULL);
INSERT INTO camera_history VALUES(40,1795174392,'cam-dinh-3','verdict','no-network','connection: nothing in time','',0,NULL);
INSERT INTO camera_history VALUES(41,1795174392,'cam-dinh-5','verdict','no-network','connection: nothing in time','',0,NULL);
INSERT INTO camera_history VALUES(42,1795174392,'cam-dinh-6','verdict','no-network','connection: nothing in time','',0,NULL);
INSERT INTO camera_history VALUES(43,1795174392,'tu-dinh','verdict','no-network','port 18080: no connection','',0,NULL);
INSERT INTO camera_history VALUES(44,1795174392,'cam-dinh-1','verdict','no-network','connection: nothing in time','',0,NULL);
INSERT INTO camera_history VALUES(45,1795174392,'cam-dinh-7','verdict','no-network','connection: nothing in time','',0,NULL);
INSERT INTO camera_history VALUES(46,1795174392,'cam-dinh-4','verdict','no-network','connection: nothing in time','',0,NULL);
INSERT INTO camera_history VALUES(47,1795176949,'tu-dinh','verdict','ok','','',2556,NULL);
INSERT INTO camera_history VALUES(48,1795176949,'cam-dinh-8','verdict','ok','H264','',2639,NULL);
INSERT INTO camera_history VALUES(49,1795176960,'cam-dinh-1','verdict','ok','H264','',2567,NULL);
INSERT INTO camera_history VALUES(50,1795176960,'cam-dinh-2','verdict','ok','H264','',2567,NULL);
INSERT INTO camera_history VALUES(51,1795176960,'cam-dinh-7','verdict','ok','H264','',2567,NULL);
INSERT INTO camera_history VALUES(52,1795176960,'cam-dinh-6','verdict','ok','H264','',2567,NULL);
INSERT INTO camera_history VALUES(53,1795176960,'cam-dinh-3','verdict','ok','H264','',2567,NULL);
INSERT INTO camera_history VALUES(54,1795176960,'cam-dinh-5','verdict','ok','H264','',2567,NULL);
INSERT INTO camera_history VALUES(55,1795176960,'cam-dinh-4','verdict','ok','H264','',2567,NULL);
INSERT INTO camera_history VALUES(56,1795186066,'cam-cho-1','verdict','sprayed','','',0,NULL);
INSERT INTO camera_history VALUES(57,1795206767,'cam-cho-1','verdict','ok','H264','',20700,NULL);
CREATE TABLE camera_watching (
        since INTEGER PRIMARY KEY,
        until INTEGER NOT NULL,
        CHECK (until >= since)
) STRICT;
INSERT INTO camera_watching VALUES(1795167908,1795218437);
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
INSERT INTO camera_incident VALUES(1,'camera-tu-dinh-1795174839','parent','no-network','tu-dinh','Tủ mạng đình làng','chi-phuc',0,'','Tủ mạng đình làng: mất kết nối, 8 camera mất theo (Camera Cổng làng, Camera Đình làng, Camera Cổng chùa, Camera Nhà văn hóa, Camera Trường mầm non, Camera Ngã ba Ngõ Đông, Camera Ngõ Đông, Camera Trạm biến áp). Kiểm tra nguồn điện và đường mạng tới thiết bị, bắt đầu từ tủ mạng gần nhất.','Tủ mạng đình làng: đã có lại.',1795174310,1795177030,8);
INSERT INTO camera_incident VALUES(3,'camera-cam-cho-1-1795186066','device','sprayed','cam-cho-1','Camera Chợ cổng tây','chi-phuc',0,'','Camera Chợ cổng tây: ống kính bị phun sơn hoặc bôi bẩn. Đến nơi lau hoặc thay kính, lưu lại hình trước lúc bị phá và báo công an xã.','Camera Chợ cổng tây: đã hoạt động bình thường.',1795186066,1795206768,0);
CREATE TABLE camera_incident_member (
        incident INTEGER NOT NULL REFERENCES camera_incident (serial) ON DELETE CASCADE,
        device   TEXT NOT NULL,
        PRIMARY KEY (incident, device)
) STRICT, WITHOUT ROWID;
INSERT INTO camera_incident_member VALUES(1,'cam-dinh-1');
INSERT INTO camera_incident_member VALUES(1,'cam-dinh-2');
INSERT INTO camera_incident_member VALUES(1,'cam-dinh-3');
INSERT INTO camera_incident_member VALUES(1,'cam-dinh-4');
INSERT INTO camera_incident_member VALUES(1,'cam-dinh-5');
INSERT INTO camera_incident_member VALUES(1,'cam-dinh-6');
INSERT INTO camera_incident_member VALUES(1,'cam-dinh-7');
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
INSERT INTO camera_picture VALUES(1,1795168188,'cam-dinh-8',0,'ok','cam-dinh-8/2026-11-20T164948-good.jpg',52109);
INSERT INTO camera_picture VALUES(2,1795168354,'cam-dinh-7',0,'ok','cam-dinh-7/2026-11-20T165234-good.jpg',55005);
INSERT INTO camera_picture VALUES(3,1795168608,'cam-dinh-4',0,'ok','cam-dinh-4/2026-11-20T165648-good.jpg',46347);
INSERT INTO camera_picture VALUES(4,1795168806,'cam-cho-8',0,'ok','cam-cho-8/2026-11-20T170006-good.jpg',52421);
INSERT INTO camera_picture VALUES(5,1795169009,'cam-cho-5',0,'ok','cam-cho-5/2026-11-20T170329-good.jpg',48933);
INSERT INTO camera_picture VALUES(6,1795169212,'cam-dinh-3',0,'ok','cam-dinh-3/2026-11-20T170652-good.jpg',45005);
INSERT INTO camera_picture VALUES(7,1795169397,'cam-dinh-6',0,'ok','cam-dinh-6/2026-11-20T170957-good.jpg',53565);
INSERT INTO camera_picture VALUES(8,1795169654,'cam-cho-2',0,'ok','cam-cho-2/2026-11-20T171414-good.jpg',47058);
INSERT INTO camera_picture VALUES(9,1795169821,'cam-cho-7',0,'ok','cam-cho-7/2026-11-20T171701-good.jpg',55789);
INSERT INTO camera_picture VALUES(10,1795169974,'cam-dinh-5',0,'ok','cam-dinh-5/2026-11-20T171934-good.jpg',41777);
INSERT INTO camera_picture VALUES(11,1795170257,'cam-cho-4',0,'ok','cam-cho-4/2026-11-20T172417-good.jpg',56416);
INSERT INTO camera_picture VALUES(12,1795170438,'cam-cho-3',0,'ok','cam-cho-3/2026-11-20T172718-good.jpg',50183);
INSERT INTO camera_picture VALUES(13,1795170660,'cam-cho-6',0,'ok','cam-cho-6/2026-11-20T173100-good.jpg',43727);
INSERT INTO camera_picture VALUES(14,1795171360,'cam-cho-1',0,'ok','cam-cho-1/2026-11-20T174240-good.jpg',44914);
INSERT INTO camera_picture VALUES(15,1795171581,'cam-dinh-2',0,'ok','cam-dinh-2/2026-11-20T174621-good.jpg',55044);
INSERT INTO camera_picture VALUES(16,1795171597,'cam-dinh-1',0,'ok','cam-dinh-1/2026-11-20T174637-good.jpg',41911);
INSERT INTO camera_picture VALUES(17,1795174839,'cam-dinh-1',0,'ok','cam-dinh-1/2026-11-20T184039-good.jpg',38163);
INSERT INTO camera_picture VALUES(18,1795174839,'cam-dinh-2',0,'ok','cam-dinh-2/2026-11-20T184039-good.jpg',46518);
INSERT INTO camera_picture VALUES(19,1795174840,'cam-dinh-3',0,'ok','cam-dinh-3/2026-11-20T184040-good.jpg',38730);
INSERT INTO camera_picture VALUES(20,1795174840,'cam-dinh-4',0,'ok','cam-dinh-4/2026-11-20T184040-good.jpg',41537);
INSERT INTO camera_picture VALUES(21,1795174852,'cam-dinh-1',2,'ok','cam-dinh-1/2026-11-20T184052-sheet.jpg',169225);
INSERT INTO camera_picture VALUES(22,1795186056,'cam-cho-1',0,'ok','cam-cho-1/2026-11-20T214736-good.jpg',36773);
INSERT INTO camera_picture VALUES(23,1795186060,'cam-cho-1',1,'sprayed','cam-cho-1/2026-11-20T214740-bad.jpg',28031);
INSERT INTO camera_picture VALUES(24,1795186066,'cam-cho-1',2,'sprayed','cam-cho-1/2026-11-20T214746-sheet.jpg',65199);
CREATE TABLE camera_event (
        serial  INTEGER PRIMARY KEY AUTOINCREMENT,
        topic   TEXT NOT NULL CHECK (topic <> ''),
        payload TEXT NOT NULL
) STRICT;
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('camera_picture',24);
INSERT INTO sqlite_sequence VALUES('notification',9);
INSERT INTO sqlite_sequence VALUES('message',22);
INSERT INTO sqlite_sequence VALUES('camera_event',4);
INSERT INTO sqlite_sequence VALUES('camera_incident',4);
INSERT INTO sqlite_sequence VALUES('light_event',55);
INSERT INTO sqlite_sequence VALUES('inbound',1);
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
COMMIT;
PRAGMA application_id = 1416151988;
PRAGMA user_version = 5;
