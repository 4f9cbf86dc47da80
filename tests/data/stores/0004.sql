-- thon 0.1.0, with notices
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE registry_state (
        id         INTEGER PRIMARY KEY CHECK (id = 1),
        generation INTEGER NOT NULL CHECK (generation >= 0) -- counts up with every write below
) STRICT;
INSERT INTO registry_state VALUES(1,15);
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
INSERT INTO device VALUES('canh-dong','circuit','canh-dong','Đường ra đồng',19.995100000000000761,105.65340000000000486,'{"calendar":"canh-dong","lamps":10,"watts":60,"relay":{"gpio":{"chip":"sim:relays","line":"4"}},"feedback":{"gpio":{"chip":"sim:inputs","line":"4"}},"meter":{"gpio":{"chip":"sim:inputs","line":"14"},"pulses_per_kwh":1000},"door":{"gpio":{"chip":"sim:inputs","line":"20"}},"min_dwell":60,"untrusted_clock":"plan"}');
INSERT INTO device VALUES('duong-lang','circuit','duong-lang','Đường Làng',19.99299999999999855,105.65099999999999624,'{"calendar":"ca-dem","lamps":12,"watts":100,"relay":{"gpio":{"chip":"sim:relays","line":"0"}},"feedback":{"gpio":{"chip":"sim:inputs","line":"0"}},"meter":{"gpio":{"chip":"sim:inputs","line":"10"},"pulses_per_kwh":1000},"door":{"gpio":{"chip":"sim:inputs","line":"20"}},"min_dwell":60,"untrusted_clock":"plan"}');
INSERT INTO device VALUES('ngo-dong','circuit','ngo-dong','Ngõ Đông',19.993800000000000238,105.65260000000000672,'{"calendar":"luan-phien-chan","lamps":7,"watts":60,"relay":{"gpio":{"chip":"sim:relays","line":"1"}},"feedback":{"gpio":{"chip":"sim:inputs","line":"1"}},"meter":{"gpio":{"chip":"sim:inputs","line":"11"},"pulses_per_kwh":1000},"door":{"gpio":{"chip":"sim:inputs","line":"20"}},"min_dwell":60,"untrusted_clock":"plan"}');
INSERT INTO device VALUES('ngo-tay','circuit','ngo-tay','Ngõ Tây',19.993600000000000704,105.64960000000000661,'{"calendar":"luan-phien-le","lamps":7,"watts":60,"relay":{"gpio":{"chip":"sim:relays","line":"2"}},"feedback":{"gpio":{"chip":"sim:inputs","line":"2"}},"meter":{"gpio":{"chip":"sim:inputs","line":"12"},"pulses_per_kwh":1000},"door":{"gpio":{"chip":"sim:inputs","line":"20"}},"min_dwell":60,"untrusted_clock":"plan"}');
INSERT INTO device VALUES('nha-van-hoa','circuit','nha-van-hoa','Sân nhà văn hóa',19.992200000000000414,105.65149999999999863,'{"calendar":"nha-van-hoa","lamps":4,"watts":80,"relay":{"gpio":{"chip":"sim:relays","line":"3"}},"feedback":{"gpio":{"chip":"sim:inputs","line":"3"}},"meter":{"gpio":{"chip":"sim:inputs","line":"13"},"pulses_per_kwh":1000},"door":{"gpio":{"chip":"sim:inputs","line":"20"}},"min_dwell":60,"untrusted_clock":"plan"}');
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
INSERT INTO audit VALUES(1,1795347490,'truong-thon','area.import','area','{"rows":9,"added":9,"changed":0,"sha256":"28e78c27fec63fb8d165fce27576d55b5e09dfa89483d818e66a9ccb017e0b66"}','0000000000000000000000000000000000000000000000000000000000000000','8b456b37bd55dc6ef98f649d1b57f5f8168f676797e4843a9e05f35978058ead');
INSERT INTO audit VALUES(2,1795347490,'truong-thon','household.import','household','{"rows":14,"added":14,"changed":0,"sha256":"53f0d6ae3c19557bb4898929b2d75f6583d565b0738ec8ca220cc2da2d909d9a"}','8b456b37bd55dc6ef98f649d1b57f5f8168f676797e4843a9e05f35978058ead','10b8b7252ae67e576f6fd939c9ebd647adf4e8fdc873d9cfdd3d82f8fc54b418');
INSERT INTO audit VALUES(3,1795347490,'truong-thon','person.import','person','{"rows":7,"added":7,"changed":0,"sha256":"610ed462841c7312ca175ac7e15fa2b893235d9ccb7d0b644482d245f172d8f2"}','10b8b7252ae67e576f6fd939c9ebd647adf4e8fdc873d9cfdd3d82f8fc54b418','97a8586bd2fc7874d161b805771db834fdb1489f94876b51459ada38f5d5ef4f');
INSERT INTO audit VALUES(4,1795347491,'truong-thon','group.import','group','{"rows":4,"added":4,"changed":0,"sha256":"f2ec5fb21a9e762bf2c7305f3de8d646a969dbfcdf5f8382216a24b3a1160eb4"}','97a8586bd2fc7874d161b805771db834fdb1489f94876b51459ada38f5d5ef4f','59935f61b455c5b058e1877562c7cf1466a63522841d693274a14a2777352657');
INSERT INTO audit VALUES(5,1795347491,'truong-thon','program.set','ca-dem','{"before":null,"after":{"id":"ca-dem","name":"Sáng cả đêm","steps":[{"at":"dusk","set":"on","not_before":"17:00","not_after":"19:15"},{"at":"dawn","set":"off"}]}}','59935f61b455c5b058e1877562c7cf1466a63522841d693274a14a2777352657','8dc63dfc798924e83ef6a2ae75afa4c07adbae1332ec7e849755e7e6c0f6af24');
INSERT INTO audit VALUES(6,1795347491,'truong-thon','program.set','den-22h','{"before":null,"after":{"id":"den-22h","name":"Sáng đến 22:00","steps":[{"at":"dusk","set":"on","not_before":"17:00","not_after":"19:15"},{"at":"22:00","set":"off"}]}}','8dc63dfc798924e83ef6a2ae75afa4c07adbae1332ec7e849755e7e6c0f6af24','782bc4f7fb4cb0360e434d6072c53753550a410ca022eedef6c9363748d32e9a');
INSERT INTO audit VALUES(7,1795347491,'truong-thon','program.set','den-23h30','{"before":null,"after":{"id":"den-23h30","name":"Tối thứ sáu, thứ bảy: sáng đến 23:30","steps":[{"at":"dusk","set":"on","not_before":"17:00","not_after":"19:15"},{"at":"23:30","set":"off"}]}}','782bc4f7fb4cb0360e434d6072c53753550a410ca022eedef6c9363748d32e9a','092150dfd30989875c5d94015ce81b151f9ff96ff3d0682d5a6c37b679725fac');
INSERT INTO audit VALUES(8,1795347491,'truong-thon','program.set','di-dong-som','{"before":null,"after":{"id":"di-dong-som","name":"Đường ra đồng: tắt 22:00, sáng lại 4:00","steps":[{"at":"dusk","set":"on","not_before":"17:00","not_after":"19:15"},{"at":"22:00","set":"off"},{"at":"04:00","set":"on"},{"at":"dawn","set":"off"}]}}','092150dfd30989875c5d94015ce81b151f9ff96ff3d0682d5a6c37b679725fac','c4f59f899debef1f806f557d14614c1267a14b73bdf1eda323c8aedc5e14be66');
INSERT INTO audit VALUES(9,1795347491,'truong-thon','program.set','tiet-kiem','{"before":null,"after":{"id":"tiet-kiem","name":"Tiết kiệm: tắt từ 23:00 đến 4:30","steps":[{"at":"dusk","set":"on","not_before":"17:00","not_after":"19:15"},{"at":"23:00","set":"off"},{"at":"04:30","set":"on"},{"at":"dawn","set":"off"}]}}','c4f59f899debef1f806f557d14614c1267a14b73bdf1eda323c8aedc5e14be66','d135bb1cd6e6a89008961fe652f3a15c1e56b4e539a218aeb748bcd8b95c1373');
INSERT INTO audit VALUES(10,1795347491,'truong-thon','calendar.set','ca-dem','{"before":null,"after":{"id":"ca-dem","name":"Sáng cả đêm, quanh năm","rules":[],"default":"ca-dem"}}','d135bb1cd6e6a89008961fe652f3a15c1e56b4e539a218aeb748bcd8b95c1373','e6337d4e911bbe5ff8e96becdbee2b3aa161a1461e90e013b54637c5f8bc9653');
INSERT INTO audit VALUES(11,1795347491,'truong-thon','calendar.set','canh-dong','{"before":null,"after":{"id":"canh-dong","name":"Đường ra đồng","rules":[{"days":{"tet":[-7,7]},"program":"ca-dem"},{"days":{"lunar":["1","14","15"]},"program":"ca-dem"}],"default":"di-dong-som"}}','e6337d4e911bbe5ff8e96becdbee2b3aa161a1461e90e013b54637c5f8bc9653','2275bce3c6507ccfe88ed777ba3fdd04d9c1cfb18dea48dbd8cca65cfa323892');
INSERT INTO audit VALUES(12,1795347491,'truong-thon','calendar.set','luan-phien-chan','{"before":null,"after":{"id":"luan-phien-chan","name":"Luân phiên tiết kiệm, đêm chẵn","rules":[{"days":{"tet":[-7,7]},"program":"ca-dem"},{"days":{"lunar":["1","14","15"]},"program":"ca-dem"},{"days":{"dates":["09-02","04-30","12-24..12-25","12-31..01-01"]},"program":"ca-dem"},{"days":{"every":2,"phase":0},"program":"tiet-kiem"}],"default":"ca-dem"}}','2275bce3c6507ccfe88ed777ba3fdd04d9c1cfb18dea48dbd8cca65cfa323892','8c961c3f9d3c42a56bcbe4b7cbaf6ccfbf8d341011cb6901f088edf9d950ce53');
INSERT INTO audit VALUES(13,1795347492,'truong-thon','calendar.set','luan-phien-le','{"before":null,"after":{"id":"luan-phien-le","name":"Luân phiên tiết kiệm, đêm lẻ","rules":[{"days":{"tet":[-7,7]},"program":"ca-dem"},{"days":{"lunar":["1","14","15"]},"program":"ca-dem"},{"days":{"dates":["09-02","04-30","12-24..12-25","12-31..01-01"]},"program":"ca-dem"},{"days":{"every":2,"phase":1},"program":"tiet-kiem"}],"default":"ca-dem"}}','8c961c3f9d3c42a56bcbe4b7cbaf6ccfbf8d341011cb6901f088edf9d950ce53','fc1798d417520a9dfb3029ba9e79445a1eed4db72dbc549025c58146c03004e7');
INSERT INTO audit VALUES(14,1795347492,'truong-thon','calendar.set','nha-van-hoa','{"before":null,"after":{"id":"nha-van-hoa","name":"Sân nhà văn hóa","rules":[{"days":{"tet":[-7,7]},"program":"ca-dem"},{"days":{"lunar":["1","14","15"]},"program":"ca-dem"},{"days":{"dates":["09-02","04-30","12-24..12-25","12-31..01-01"]},"program":"ca-dem"},{"days":{"weekdays":["fri","sat"]},"program":"den-23h30"}],"default":"den-22h"}}','fc1798d417520a9dfb3029ba9e79445a1eed4db72dbc549025c58146c03004e7','270e0300ce96488008519444ec2145d05a1d80e40d3f29e64129b3ee358dc200');
INSERT INTO audit VALUES(15,1795347492,'truong-thon','device.import','device','{"rows":5,"added":5,"changed":0,"sha256":"b04e5a0535c0f7feffa421f8107b4a2c943e2eae6f04f3c2654c93dd3a02b7ff"}','270e0300ce96488008519444ec2145d05a1d80e40d3f29e64129b3ee358dc200','2d6fdc10db1ce3c44d766891bacbee44f3cc28764a5ce71c7a7275edaabbed52');
INSERT INTO audit VALUES(16,1795169891,'truong-thon','submit','notice 1','{"class":"normal","purpose":"notices","source":"","recipients":13,"left_out":1}','2d6fdc10db1ce3c44d766891bacbee44f3cc28764a5ce71c7a7275edaabbed52','c8c9b990c00474644d458eaf37dc866492881b7b259057d76fbee08250d587b9');
INSERT INTO audit VALUES(17,1795169921,'thon-relayd','finish','notice 1','{"recipients":13,"left_out":1,"pending":0,"sent":10,"not_sent":0,"unknown":0,"visit":3,"delivered":0,"seen":0,"acknowledged":0}','c8c9b990c00474644d458eaf37dc866492881b7b259057d76fbee08250d587b9','410b856bd1153dd0d122e13559da1ee5304da8c98346bbd926cc7d5f9336d02f');
INSERT INTO audit VALUES(18,1795199820,'route:den-duong','submit','notice 2','{"class":"priority","purpose":"notices","source":"route:den-duong","recipients":1,"left_out":0}','410b856bd1153dd0d122e13559da1ee5304da8c98346bbd926cc7d5f9336d02f','4b413093748b90b6937fbb306011aefd2296c27f369fe0f63413bf7a46ba2d27');
INSERT INTO audit VALUES(19,1795199852,'thon-relayd','finish','notice 2','{"recipients":1,"left_out":0,"pending":0,"sent":1,"not_sent":0,"unknown":0,"visit":0,"delivered":0,"seen":0,"acknowledged":0}','4b413093748b90b6937fbb306011aefd2296c27f369fe0f63413bf7a46ba2d27','c76d66be0ea81a5eee694726494e88be76567e2c69bdce83a31d9e831501bd63');
INSERT INTO audit VALUES(20,1795200721,'route:den-duong','submit','notice 3','{"class":"priority","purpose":"notices","source":"route:den-duong","recipients":2,"left_out":0}','c76d66be0ea81a5eee694726494e88be76567e2c69bdce83a31d9e831501bd63','da0c3224f892f051793d68ddf85f8b154ab98cb34e98efd0f5d97d97e32abebe');
INSERT INTO audit VALUES(21,1795200998,'thon-relayd','finish','notice 3','{"recipients":2,"left_out":0,"pending":0,"sent":2,"not_sent":0,"unknown":0,"visit":0,"delivered":0,"seen":0,"acknowledged":0}','da0c3224f892f051793d68ddf85f8b154ab98cb34e98efd0f5d97d97e32abebe','84caeb59e25a495b09c5c2c0bdb32fdc9366a6750279a7a1952349b6b64cdea0');
INSERT INTO audit VALUES(22,1795201554,'Phạm Mạnh Hùng','acknowledge','notice 2','{"channel":"bot"}','84caeb59e25a495b09c5c2c0bdb32fdc9366a6750279a7a1952349b6b64cdea0','e9fe75b506052dd61fc6b44d20f41981efbb3a47ce789b65c0564fcd6872c45f');
INSERT INTO audit VALUES(23,1795201554,'Phạm Mạnh Hùng','submit','notice 4','{"class":"priority","purpose":"notices","source":"route:den-duong","recipients":2,"left_out":0}','e9fe75b506052dd61fc6b44d20f41981efbb3a47ce789b65c0564fcd6872c45f','3653c608f9e6aa8e7ebc85a3324e0bed5406cb8d9951ec7cc3fda852dc351712');
INSERT INTO audit VALUES(24,1795201584,'thon-relayd','finish','notice 4','{"recipients":2,"left_out":0,"pending":0,"sent":2,"not_sent":0,"unknown":0,"visit":0,"delivered":0,"seen":0,"acknowledged":0}','3653c608f9e6aa8e7ebc85a3324e0bed5406cb8d9951ec7cc3fda852dc351712','8b4b027e3968ebe9ca2568d15ec0caf14dea9ec4178404f35a0de5aed71ad6fe');
INSERT INTO audit VALUES(25,1795203432,'route:den-duong','submit','notice 5','{"class":"priority","purpose":"notices","source":"route:den-duong","recipients":3,"left_out":0}','8b4b027e3968ebe9ca2568d15ec0caf14dea9ec4178404f35a0de5aed71ad6fe','5e2f3f3e34edfa3b6216a65e48bc8da6962c29146ce0c8d89fe564459c297e0f');
INSERT INTO audit VALUES(26,1795203462,'thon-relayd','finish','notice 5','{"recipients":3,"left_out":0,"pending":0,"sent":3,"not_sent":0,"unknown":0,"visit":0,"delivered":0,"seen":0,"acknowledged":0}','5e2f3f3e34edfa3b6216a65e48bc8da6962c29146ce0c8d89fe564459c297e0f','a4d2de9f7121237f73048a30d736885e3c4bc04e8ac56ff076bdab64c963c1b6');
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
INSERT INTO light_history VALUES(1,1795167913,'canh-dong','in_effect','off','di-dong-som / dawn (canh-dong: default)','',0.0);
INSERT INTO light_history VALUES(2,1795167913,'duong-lang','in_effect','off','ca-dem / dawn (ca-dem: default)','',0.0);
INSERT INTO light_history VALUES(3,1795167913,'ngo-dong','in_effect','off','tiet-kiem / dawn (luan-phien-chan: every 2 phase 0)','',0.0);
INSERT INTO light_history VALUES(4,1795167913,'ngo-tay','in_effect','off','ca-dem / dawn (luan-phien-le: default)','',0.0);
INSERT INTO light_history VALUES(5,1795167913,'nha-van-hoa','in_effect','off','den-22h / 22:00 (nha-van-hoa: default)','',0.0);
INSERT INTO light_history VALUES(6,1795171244,'canh-dong','in_effect','on','di-dong-som / dusk not_before 17:00 not_after 19:15 (canh-dong: default)','',0.0);
INSERT INTO light_history VALUES(7,1795171244,'canh-dong','physical','on','','',0.0);
INSERT INTO light_history VALUES(8,1795171246,'duong-lang','in_effect','on','ca-dem / dusk not_before 17:00 not_after 19:15 (ca-dem: default)','',0.0);
INSERT INTO light_history VALUES(9,1795171246,'duong-lang','physical','on','','',0.0);
INSERT INTO light_history VALUES(10,1795171246,'ngo-dong','in_effect','on','ca-dem / dusk not_before 17:00 not_after 19:15 (luan-phien-chan: default)','',0.0);
INSERT INTO light_history VALUES(11,1795171246,'ngo-dong','physical','on','','',0.0);
INSERT INTO light_history VALUES(12,1795171247,'ngo-tay','in_effect','on','tiet-kiem / dusk not_before 17:00 not_after 19:15 (luan-phien-le: every 2 phase 1)','',0.0);
INSERT INTO light_history VALUES(13,1795171248,'ngo-tay','physical','on','','',0.0);
INSERT INTO light_history VALUES(14,1795171249,'nha-van-hoa','in_effect','on','den-23h30 / dusk not_before 17:00 not_after 19:15 (nha-van-hoa: weekdays fri,sat)','',0.0);
INSERT INTO light_history VALUES(15,1795171251,'nha-van-hoa','physical','on','','',0.0);
INSERT INTO light_history VALUES(16,1795180525,'nha-van-hoa','override','on','hop thon','truong-thon',0.82199999999999995292);
INSERT INTO light_history VALUES(17,1795185707,'canh-dong','fault','raised no-energy','','',2.3879999999999999005);
INSERT INTO light_history VALUES(18,1795185715,'duong-lang','fault','raised no-energy','','',4.777000000000000135);
INSERT INTO light_history VALUES(19,1795185716,'ngo-dong','fault','raised no-energy','','',1.6719999999999999307);
INSERT INTO light_history VALUES(20,1795185717,'ngo-tay','fault','raised no-energy','','',1.6719999999999999307);
INSERT INTO light_history VALUES(21,1795185718,'nha-van-hoa','fault','raised no-energy','','',1.2729999999999999094);
INSERT INTO light_history VALUES(22,1795185724,'canh-dong','fault','cleared no-energy','','',2.4089999999999998081);
INSERT INTO light_history VALUES(23,1795185725,'duong-lang','fault','cleared no-energy','','',4.8189999999999999502);
INSERT INTO light_history VALUES(24,1795185727,'ngo-dong','fault','cleared no-energy','','',1.6859999999999999431);
INSERT INTO light_history VALUES(25,1795185727,'ngo-tay','fault','cleared no-energy','','',1.6859999999999999431);
INSERT INTO light_history VALUES(26,1795185728,'nha-van-hoa','fault','cleared no-energy','','',1.28499999999999992);
INSERT INTO light_history VALUES(27,1795186800,'canh-dong','in_effect','off','di-dong-som / 22:00 (canh-dong: default)','',2.5859999999999998543);
INSERT INTO light_history VALUES(28,1795186803,'canh-dong','physical','off','','',2.5880000000000000781);
INSERT INTO light_history VALUES(29,1795190400,'ngo-tay','in_effect','off','tiet-kiem / 23:00 (luan-phien-le: every 2 phase 1)','',2.232000000000000206);
INSERT INTO light_history VALUES(30,1795190400,'ngo-tay','physical','off','','',2.232000000000000206);
INSERT INTO light_history VALUES(31,1795194945,'nha-van-hoa','in_effect','off','den-23h30 / 23:30 (nha-van-hoa: weekdays fri,sat)','',2.1000000000000000888);
INSERT INTO light_history VALUES(32,1795194945,'nha-van-hoa','physical','off','','',2.1009999999999999786);
INSERT INTO light_history VALUES(33,1795197489,'duong-lang','fault','raised no-energy','','',8.705000000000000071);
INSERT INTO light_history VALUES(34,1795197556,'duong-lang','fault','cleared no-energy','','',8.7089999999999996305);
INSERT INTO light_history VALUES(35,1795199764,'duong-lang','physical','off','','',9.5030000000000001136);
INSERT INTO light_history VALUES(36,1795199766,'duong-lang','fault','raised dark','','',9.5030000000000001136);
INSERT INTO light_history VALUES(37,1795203363,'duong-lang','physical','on','','',9.5030000000000001136);
INSERT INTO light_history VALUES(38,1795203368,'duong-lang','fault','cleared dark','','',9.5030000000000001136);
INSERT INTO light_history VALUES(39,1795204127,'nha-van-hoa','override','on','đám hiếu','truong-thon',2.1009999999999999786);
INSERT INTO light_history VALUES(40,1795204127,'nha-van-hoa','in_effect','on','override: đám hiếu','truong-thon',2.1009999999999999786);
INSERT INTO light_history VALUES(41,1795204129,'nha-van-hoa','physical','on','','',2.1009999999999999786);
INSERT INTO light_history VALUES(42,1795208401,'canh-dong','in_effect','on','di-dong-som / 04:00 (canh-dong: default)','',2.5880000000000000781);
INSERT INTO light_history VALUES(43,1795208401,'canh-dong','physical','on','','',2.5880000000000000781);
INSERT INTO light_history VALUES(44,1795210200,'ngo-tay','in_effect','on','tiet-kiem / 04:30 (luan-phien-le: every 2 phase 1)','',2.232000000000000206);
INSERT INTO light_history VALUES(45,1795210202,'ngo-tay','physical','on','','',2.232000000000000206);
INSERT INTO light_history VALUES(46,1795214768,'canh-dong','in_effect','off','di-dong-som / dawn (canh-dong: default)','',3.6469999999999997974);
INSERT INTO light_history VALUES(47,1795214768,'duong-lang','in_effect','off','ca-dem / dawn (ca-dem: default)','',13.289999999999999146);
INSERT INTO light_history VALUES(48,1795214768,'ngo-dong','in_effect','off','ca-dem / dawn (luan-phien-chan: default)','',5.0709999999999997299);
INSERT INTO light_history VALUES(49,1795214768,'ngo-tay','in_effect','off','tiet-kiem / dawn (luan-phien-le: every 2 phase 1)','',2.7629999999999999005);
INSERT INTO light_history VALUES(50,1795214768,'canh-dong','physical','off','','',3.6469999999999997974);
INSERT INTO light_history VALUES(51,1795214768,'duong-lang','physical','off','','',13.289999999999999146);
INSERT INTO light_history VALUES(52,1795214768,'ngo-dong','physical','off','','',5.0709999999999997299);
INSERT INTO light_history VALUES(53,1795214768,'ngo-tay','physical','off','','',2.7629999999999999005);
INSERT INTO light_history VALUES(54,1795218437,'nha-van-hoa','fault','raised no-energy','','',3.3629999999999999893);
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
INSERT INTO light_counter VALUES('canh-dong',4,21922,3649,0.0,0.0,0.0,1795214791);
INSERT INTO light_counter VALUES('duong-lang',2,43522,13294,0.0,0.0,0.0,1795214791);
INSERT INTO light_counter VALUES('ngo-dong',2,43521,5072,0.0,0.0,0.0,1795214791);
INSERT INTO light_counter VALUES('ngo-tay',4,23719,2764,0.0,0.0,0.0,1795214791);
INSERT INTO light_counter VALUES('nha-van-hoa',3,37984,3363,0.0,0.0,0.0,1795218452);
CREATE TABLE light_event (
        serial  INTEGER PRIMARY KEY AUTOINCREMENT,
        topic   TEXT NOT NULL CHECK (topic <> ''),
        payload TEXT NOT NULL
) STRICT;
INSERT INTO light_event VALUES(15,'event/light-no-energy','{"id":"light-nha-van-hoa-79142275710984","at":"2026-11-21T06:47:17+07:00","state":"raised","severity":"critical","subject":"nha-van-hoa","text":"Sân nhà văn hóa: đèn đang bật nhưng công tơ không quay","values":{"fault":"no-energy","circuit":"nha-van-hoa","name":"Sân nhà văn hóa","area":"nha-van-hoa","since":"2026-11-21T06:47:17+07:00","value":120.0},"cause_id":null}');
CREATE TABLE notification (
        id           INTEGER PRIMARY KEY AUTOINCREMENT,
        class        INTEGER NOT NULL CHECK (class BETWEEN 0 AND 2),
        purpose      TEXT NOT NULL CHECK (purpose IN ('notices', 'emergency')),
        audience     TEXT NOT NULL CHECK (substr(audience, 1, 1) = '['), -- "to", as it was given
        text         TEXT NOT NULL CHECK (text <> ''),            -- as people read it
        template     TEXT,
        template_values TEXT,                                     -- JSON object
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
INSERT INTO notification VALUES(1,0,'notices','["area:chi-phuc"]',replace('Kính gửi gia đình,\n\nTrạm Y tế xã tổ chức tiêm chủng cho trẻ từ 2 đến 5 tuổi.\nNgày: thứ bảy tuần này\nGiờ: 7 giờ 30\nNơi tiêm: Trạm Y tế xã\nVắc xin: sởi – rubella\n\nKhi đi, xin mang theo sổ tiêm chủng. Trẻ đang sốt hoặc mới ốm dậy, xin báo cho cán bộ y tế trước khi tiêm. Sau khi tiêm, ở lại theo dõi tại chỗ 30 phút và theo dõi tiếp tại nhà ít nhất 24 giờ.\n\nCần hỏi thêm, xin gọi 0237 000 0000.','\n',char(10)),'tiem-chung','{"dia_diem":"Trạm Y tế xã","dien_thoai":"0237 000 0000","doi_tuong":"trẻ từ 2 đến 5 tuổi","gio":"7 giờ 30","ngay":"thứ bảy tuần này","vac_xin":"sởi – rubella"}',NULL,NULL,NULL,'eb8b4bbb0bca4661b0a3bb6fb4ffa7004190293be6f7851d9d2ae900ebdcfa52',NULL,NULL,'',NULL,NULL,NULL,0,NULL,'truong-thon',1795169891,1,1,0,1795169921);
INSERT INTO notification VALUES(2,1,'notices','["role:technician"]','⚠ Đường Làng: đèn đang sáng thì mất điện; có thể bị cắt trộm, nhảy aptomat hoặc đứt cáp (từ 01:36). Trả lời «ok 2» khi đã nhận.',NULL,NULL,NULL,1795286220,NULL,'447fcdede4eb00cbb31fba003da47dfcf2652eb65784761b7edb4397ea722747',NULL,NULL,'route:den-duong','{}',1795201554,'Phạm Mạnh Hùng',0,NULL,'route:den-duong',1795199820,0,1,0,1795199852);
INSERT INTO notification VALUES(3,1,'notices','["role:officer"]','⚠ Đã 15 phút chưa ai nhận (đã báo: kỹ thuật viên): Đường Làng: đèn đang sáng thì mất điện; có thể bị cắt trộm, nhảy aptomat hoặc đứt cáp (từ 01:36). Trả lời «ok 3» khi đã nhận.',NULL,NULL,NULL,1795287121,NULL,'34f95450e7508d0151851e40401a03e99d75756c2dd7a3b0f6e0b4a8773389ec',NULL,2,'route:den-duong','{}',1795201554,'Phạm Mạnh Hùng',0,NULL,'route:den-duong',1795200721,0,1,0,1795200998);
INSERT INTO notification VALUES(4,1,'notices','["person:can-bo-nga","person:can-bo-thang"]','✓ Phạm Mạnh Hùng đã nhận lúc 02:05: Đường Làng: đèn đang sáng thì mất điện; có thể bị cắt trộm, nhảy aptomat hoặc đứt cáp (từ 01:36)',NULL,NULL,NULL,1795287954,NULL,NULL,NULL,2,'route:den-duong',NULL,NULL,NULL,0,NULL,'Phạm Mạnh Hùng',1795201554,0,1,0,1795201584);
INSERT INTO notification VALUES(5,1,'notices','["person:ky-thuat-hung","person:can-bo-nga","person:can-bo-thang"]','✓ Đã khắc phục: Đường Làng: đèn đã sáng lại, sau 1 giờ.',NULL,NULL,NULL,NULL,NULL,NULL,NULL,2,'route:den-duong',NULL,NULL,NULL,0,NULL,'route:den-duong',1795203432,0,1,0,1795203462);
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
INSERT INTO delivery VALUES(1,1,'CP-001','nguyen-thi-hong-001','chi-phuc','oa:8200000001 mau:+84900000001',0,1,1,0,'',1795169901);
INSERT INTO delivery VALUES(2,1,'CP-002',NULL,'chi-phuc','',0,NULL,4,0,'không có kênh nào đến được',1795169891);
INSERT INTO delivery VALUES(3,1,'CP-003',NULL,'chi-phuc','mau:+84900000003',0,2,1,0,'',1795169897);
INSERT INTO delivery VALUES(4,1,'CP-004',NULL,'chi-phuc','mau:+84900000004',0,3,1,0,'',1795169901);
INSERT INTO delivery VALUES(5,1,'CP-005',NULL,'chi-phuc','mau:+84900000005',0,4,1,0,'',1795169901);
INSERT INTO delivery VALUES(6,1,'CP-006','trinh-viet-viet-006','chi-phuc','oa:8200000006 mau:+84900000006',0,5,1,0,'',1795169901);
INSERT INTO delivery VALUES(7,1,'CP-008',NULL,'chi-phuc','',0,NULL,4,0,'không có kênh nào đến được',1795169891);
INSERT INTO delivery VALUES(8,1,'CP-009',NULL,'chi-phuc','mau:+84900000009',0,6,1,0,'',1795169901);
INSERT INTO delivery VALUES(9,1,'CP-010',NULL,'chi-phuc','',0,NULL,4,0,'không có kênh nào đến được',1795169891);
INSERT INTO delivery VALUES(10,1,'CP-011',NULL,'chi-phuc','mau:+84900000011',0,7,1,0,'',1795169901);
INSERT INTO delivery VALUES(11,1,'CP-012',NULL,'chi-phuc','mau:+84900000012',0,8,1,0,'',1795169901);
INSERT INTO delivery VALUES(12,1,'CP-013','trinh-ngoc-tung-013','chi-phuc','oa:8200000013 mau:+84900000013',0,9,1,0,'',1795169901);
INSERT INTO delivery VALUES(13,1,'CP-014',NULL,'chi-phuc','mau:+84900000014',0,10,1,0,'',1795169904);
INSERT INTO delivery VALUES(14,2,NULL,'ky-thuat-hung','sao-mai','bot:910003 mau:+84900000503',0,11,1,3,'',1795201554);
INSERT INTO delivery VALUES(15,3,NULL,'can-bo-nga','sao-mai','oa:8100000001 mau:+84900000501',0,12,1,0,'',1795200758);
INSERT INTO delivery VALUES(16,3,NULL,'can-bo-thang','sao-mai','oa:8100000002 bot:910002 mau:+84900000502',0,13,1,0,'',1795200758);
INSERT INTO delivery VALUES(17,4,NULL,'can-bo-nga','sao-mai','oa:8100000001 mau:+84900000501',0,14,1,0,'',1795201556);
INSERT INTO delivery VALUES(18,4,NULL,'can-bo-thang','sao-mai','oa:8100000002 bot:910002 mau:+84900000502',0,15,1,0,'',1795201556);
INSERT INTO delivery VALUES(19,5,NULL,'ky-thuat-hung','sao-mai','bot:910003 mau:+84900000503',0,16,1,0,'',1795203434);
INSERT INTO delivery VALUES(20,5,NULL,'can-bo-nga','sao-mai','oa:8100000001 mau:+84900000501',0,17,1,0,'',1795203434);
INSERT INTO delivery VALUES(21,5,NULL,'can-bo-thang','sao-mai','oa:8100000002 bot:910002 mau:+84900000502',0,18,1,0,'',1795203436);
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
INSERT INTO message VALUES(1,1,'oa','8200000001',0,2,1795169891,0,NULL,1,0,1,0,NULL,'oa0000000000000002',200,'',NULL,1795169901);
INSERT INTO message VALUES(2,1,'mau','+84900000003',0,2,1795169891,0,NULL,1,0,1,0,NULL,'zns0000000000000001',200,'',NULL,1795169897);
INSERT INTO message VALUES(3,1,'mau','+84900000004',0,2,1795169891,0,NULL,1,0,1,0,NULL,'zns0000000000000003',200,'',NULL,1795169901);
INSERT INTO message VALUES(4,1,'mau','+84900000005',0,2,1795169891,0,NULL,1,0,1,0,NULL,'zns0000000000000004',200,'',NULL,1795169901);
INSERT INTO message VALUES(5,1,'oa','8200000006',0,2,1795169891,0,NULL,1,0,1,0,NULL,'oa0000000000000006',200,'',NULL,1795169901);
INSERT INTO message VALUES(6,1,'mau','+84900000009',0,2,1795169891,0,NULL,1,0,1,0,NULL,'zns0000000000000005',200,'',NULL,1795169901);
INSERT INTO message VALUES(7,1,'mau','+84900000011',0,2,1795169891,0,NULL,1,0,1,0,NULL,'zns0000000000000008',200,'',NULL,1795169901);
INSERT INTO message VALUES(8,1,'mau','+84900000012',0,2,1795169891,0,NULL,1,0,1,0,NULL,'zns0000000000000009',200,'',NULL,1795169901);
INSERT INTO message VALUES(9,1,'oa','8200000013',0,2,1795169891,0,NULL,1,0,1,0,NULL,'oa0000000000000007',200,'',NULL,1795169901);
INSERT INTO message VALUES(10,1,'mau','+84900000014',0,2,1795169891,0,NULL,1,0,1,0,NULL,'zns000000000000000a',200,'',NULL,1795169904);
INSERT INTO message VALUES(11,2,'bot','910003',1,2,1795199820,0,1795286220,1,0,1,0,NULL,'zb000000000000000b',200,'',NULL,1795199823);
INSERT INTO message VALUES(12,3,'oa','8100000001',1,2,1795200721,0,1795287121,1,0,1,0,NULL,'oa000000000000000c',200,'',NULL,1795200758);
INSERT INTO message VALUES(13,3,'oa','8100000002',1,2,1795200721,0,1795287121,1,0,1,0,NULL,'oa000000000000000d',200,'',NULL,1795200758);
INSERT INTO message VALUES(14,4,'oa','8100000001',1,2,1795201554,0,1795287954,1,0,1,0,NULL,'oa000000000000000f',200,'',NULL,1795201556);
INSERT INTO message VALUES(15,4,'oa','8100000002',1,2,1795201554,0,1795287954,1,0,1,0,NULL,'oa0000000000000010',200,'',NULL,1795201556);
INSERT INTO message VALUES(16,5,'bot','910003',1,2,1795203432,0,NULL,1,0,1,0,NULL,'zb0000000000000012',200,'',NULL,1795203434);
INSERT INTO message VALUES(17,5,'oa','8100000001',1,2,1795203432,0,NULL,1,0,1,0,NULL,'oa0000000000000011',200,'',NULL,1795203434);
INSERT INTO message VALUES(18,5,'oa','8100000002',1,2,1795203432,0,NULL,1,0,1,0,NULL,'oa0000000000000013',200,'',NULL,1795203436);
CREATE TABLE chat (
        channel        TEXT NOT NULL,
        address        TEXT NOT NULL,
        interaction_at INTEGER, -- last one of the person's
        bad_until      INTEGER, -- "no Zalo account", "blocked": not tried before
        bad_code       INTEGER,
        bad_detail     TEXT,
        PRIMARY KEY (channel, address)
) STRICT, WITHOUT ROWID;
INSERT INTO chat VALUES('bot','910003',1795201554,NULL,NULL,NULL);
INSERT INTO chat VALUES('oa','8100000001',1795197168,NULL,NULL,NULL);
INSERT INTO chat VALUES('oa','8100000002',1795197168,NULL,NULL,NULL);
INSERT INTO chat VALUES('oa','8200000001',1795166306,NULL,NULL,NULL);
INSERT INTO chat VALUES('oa','8200000006',1795166308,NULL,NULL,NULL);
INSERT INTO chat VALUES('oa','8200000013',1795166308,NULL,NULL,NULL);
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
INSERT INTO inbound VALUES(1,'bot','zb000000000000000e',1795201554,'text','910003','910003','{"text":"đã nhận","message_id":null,"name":"Phạm Mạnh Hùng"}',1,NULL,NULL);
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
INSERT INTO incident VALUES('event:light-duong-lang-79142275710983','','{"id":"light-duong-lang-79142275710983","kind":"light-dark","subject":"duong-lang","name":"Đường Làng","area":"duong-lang","text":"Đường Làng: đèn đang sáng thì mất điện; có thể bị cắt trộm, nhảy aptomat hoặc đứt cáp","end":"Đường Làng: đèn đã sáng lại","cause":"","severity":"critical","raised":1795199766,"cleared":1795203368,"seen":1795203372,"values":{"fault":"dark","circuit":"duong-lang","name":"Đường Làng","area":"duong-lang","since":"2026-11-21T01:36:06+07:00"},"flapping":false,"given_way":false,"in":[]}',1795203432);
CREATE TABLE relay_event (
        serial  INTEGER PRIMARY KEY AUTOINCREMENT,
        topic   TEXT NOT NULL CHECK (topic <> ''),
        payload TEXT NOT NULL
) STRICT;
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('notification',5);
INSERT INTO sqlite_sequence VALUES('message',18);
INSERT INTO sqlite_sequence VALUES('light_event',15);
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
COMMIT;
PRAGMA application_id = 1416151988;
PRAGMA user_version = 4;
