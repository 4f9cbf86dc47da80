-- thon 0.1.0, lighting alone
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
INSERT INTO audit VALUES(1,1795347488,'truong-thon','area.import','area','{"rows":9,"added":9,"changed":0,"sha256":"28e78c27fec63fb8d165fce27576d55b5e09dfa89483d818e66a9ccb017e0b66"}','0000000000000000000000000000000000000000000000000000000000000000','6cee7805cd40dcd147eec15eaaa945ee9fdc2673cfb2efd282bf72eca767cf62');
INSERT INTO audit VALUES(2,1795347488,'truong-thon','household.import','household','{"rows":14,"added":14,"changed":0,"sha256":"53f0d6ae3c19557bb4898929b2d75f6583d565b0738ec8ca220cc2da2d909d9a"}','6cee7805cd40dcd147eec15eaaa945ee9fdc2673cfb2efd282bf72eca767cf62','c9c04161af7fb6a3ac0a2e2b3d41c921d7ce2ae16a6bcbaee4e7ee06966d193e');
INSERT INTO audit VALUES(3,1795347488,'truong-thon','person.import','person','{"rows":7,"added":7,"changed":0,"sha256":"610ed462841c7312ca175ac7e15fa2b893235d9ccb7d0b644482d245f172d8f2"}','c9c04161af7fb6a3ac0a2e2b3d41c921d7ce2ae16a6bcbaee4e7ee06966d193e','4126c3d7d35d7debc20f302c0dd54c3809f26915576f7b77b278d59e24c3e7d0');
INSERT INTO audit VALUES(4,1795347489,'truong-thon','group.import','group','{"rows":4,"added":4,"changed":0,"sha256":"f2ec5fb21a9e762bf2c7305f3de8d646a969dbfcdf5f8382216a24b3a1160eb4"}','4126c3d7d35d7debc20f302c0dd54c3809f26915576f7b77b278d59e24c3e7d0','23bd6e6dd4ca946fe3ef4abbbb81ade1783c5f79bde5227d8820091df0008d75');
INSERT INTO audit VALUES(5,1795347489,'truong-thon','program.set','ca-dem','{"before":null,"after":{"id":"ca-dem","name":"Sáng cả đêm","steps":[{"at":"dusk","set":"on","not_before":"17:00","not_after":"19:15"},{"at":"dawn","set":"off"}]}}','23bd6e6dd4ca946fe3ef4abbbb81ade1783c5f79bde5227d8820091df0008d75','411a77e0d668c2a8735c9bb4d09bb8600bbd8d67930d1371bf9341e6192226b8');
INSERT INTO audit VALUES(6,1795347489,'truong-thon','program.set','den-22h','{"before":null,"after":{"id":"den-22h","name":"Sáng đến 22:00","steps":[{"at":"dusk","set":"on","not_before":"17:00","not_after":"19:15"},{"at":"22:00","set":"off"}]}}','411a77e0d668c2a8735c9bb4d09bb8600bbd8d67930d1371bf9341e6192226b8','58bb90401bbeebc50a68d5900345fd019a21582b56f7811732f3cbaaccb17f3c');
INSERT INTO audit VALUES(7,1795347489,'truong-thon','program.set','den-23h30','{"before":null,"after":{"id":"den-23h30","name":"Tối thứ sáu, thứ bảy: sáng đến 23:30","steps":[{"at":"dusk","set":"on","not_before":"17:00","not_after":"19:15"},{"at":"23:30","set":"off"}]}}','58bb90401bbeebc50a68d5900345fd019a21582b56f7811732f3cbaaccb17f3c','6463296beca8faa0523ab0a27788caa5353da9e63c0148bf8796437cdfa92d9c');
INSERT INTO audit VALUES(8,1795347489,'truong-thon','program.set','di-dong-som','{"before":null,"after":{"id":"di-dong-som","name":"Đường ra đồng: tắt 22:00, sáng lại 4:00","steps":[{"at":"dusk","set":"on","not_before":"17:00","not_after":"19:15"},{"at":"22:00","set":"off"},{"at":"04:00","set":"on"},{"at":"dawn","set":"off"}]}}','6463296beca8faa0523ab0a27788caa5353da9e63c0148bf8796437cdfa92d9c','652de37f87aff7ef14c47b4fd3cc293540e235e16ec1b2efaaf16da68d545e8b');
INSERT INTO audit VALUES(9,1795347489,'truong-thon','program.set','tiet-kiem','{"before":null,"after":{"id":"tiet-kiem","name":"Tiết kiệm: tắt từ 23:00 đến 4:30","steps":[{"at":"dusk","set":"on","not_before":"17:00","not_after":"19:15"},{"at":"23:00","set":"off"},{"at":"04:30","set":"on"},{"at":"dawn","set":"off"}]}}','652de37f87aff7ef14c47b4fd3cc293540e235e16ec1b2efaaf16da68d545e8b','85f4ec0f018ce874892304b98c101caf9f222e881624e2ef6c82e5b7bf28ab56');
INSERT INTO audit VALUES(10,1795347489,'truong-thon','calendar.set','ca-dem','{"before":null,"after":{"id":"ca-dem","name":"Sáng cả đêm, quanh năm","rules":[],"default":"ca-dem"}}','85f4ec0f018ce874892304b98c101caf9f222e881624e2ef6c82e5b7bf28ab56','7db1895660cbe64fb8d007fa351d9660ed58e874f011dac385c84f8e2eb419d6');
INSERT INTO audit VALUES(11,1795347489,'truong-thon','calendar.set','canh-dong','{"before":null,"after":{"id":"canh-dong","name":"Đường ra đồng","rules":[{"days":{"tet":[-7,7]},"program":"ca-dem"},{"days":{"lunar":["1","14","15"]},"program":"ca-dem"}],"default":"di-dong-som"}}','7db1895660cbe64fb8d007fa351d9660ed58e874f011dac385c84f8e2eb419d6','b7373173c43fa5a83fbdc7174429c0254b19677a2400c3cc027824cfb8b6989c');
INSERT INTO audit VALUES(12,1795347489,'truong-thon','calendar.set','luan-phien-chan','{"before":null,"after":{"id":"luan-phien-chan","name":"Luân phiên tiết kiệm, đêm chẵn","rules":[{"days":{"tet":[-7,7]},"program":"ca-dem"},{"days":{"lunar":["1","14","15"]},"program":"ca-dem"},{"days":{"dates":["09-02","04-30","12-24..12-25","12-31..01-01"]},"program":"ca-dem"},{"days":{"every":2,"phase":0},"program":"tiet-kiem"}],"default":"ca-dem"}}','b7373173c43fa5a83fbdc7174429c0254b19677a2400c3cc027824cfb8b6989c','60bbe608b4b2476745d6db5bfea1f343b1feb64b645de3deea49aeb6bb5eaa11');
INSERT INTO audit VALUES(13,1795347489,'truong-thon','calendar.set','luan-phien-le','{"before":null,"after":{"id":"luan-phien-le","name":"Luân phiên tiết kiệm, đêm lẻ","rules":[{"days":{"tet":[-7,7]},"program":"ca-dem"},{"days":{"lunar":["1","14","15"]},"program":"ca-dem"},{"days":{"dates":["09-02","04-30","12-24..12-25","12-31..01-01"]},"program":"ca-dem"},{"days":{"every":2,"phase":1},"program":"tiet-kiem"}],"default":"ca-dem"}}','60bbe608b4b2476745d6db5bfea1f343b1feb64b645de3deea49aeb6bb5eaa11','af629731a1f6d3e67a95637c7b247b33df94dbd32eb7e5f8373e65e618a3c45a');
INSERT INTO audit VALUES(14,1795347490,'truong-thon','calendar.set','nha-van-hoa','{"before":null,"after":{"id":"nha-van-hoa","name":"Sân nhà văn hóa","rules":[{"days":{"tet":[-7,7]},"program":"ca-dem"},{"days":{"lunar":["1","14","15"]},"program":"ca-dem"},{"days":{"dates":["09-02","04-30","12-24..12-25","12-31..01-01"]},"program":"ca-dem"},{"days":{"weekdays":["fri","sat"]},"program":"den-23h30"}],"default":"den-22h"}}','af629731a1f6d3e67a95637c7b247b33df94dbd32eb7e5f8373e65e618a3c45a','62bd35f8989fa5624ae4459152063560fa26ded52ed369522a56049ab7e0cac3');
INSERT INTO audit VALUES(15,1795347490,'truong-thon','device.import','device','{"rows":5,"added":5,"changed":0,"sha256":"b04e5a0535c0f7feffa421f8107b4a2c943e2eae6f04f3c2654c93dd3a02b7ff"}','62bd35f8989fa5624ae4459152063560fa26ded52ed369522a56049ab7e0cac3','4a683ace4be3396b6e566c6672829261842d7d893229288ade50cc10763e8774');
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
INSERT INTO light_history VALUES(1,1795167926,'canh-dong','in_effect','off','di-dong-som / dawn (canh-dong: default)','',0.0);
INSERT INTO light_history VALUES(2,1795167926,'duong-lang','in_effect','off','ca-dem / dawn (ca-dem: default)','',0.0);
INSERT INTO light_history VALUES(3,1795167926,'ngo-dong','in_effect','off','tiet-kiem / dawn (luan-phien-chan: every 2 phase 0)','',0.0);
INSERT INTO light_history VALUES(4,1795167926,'ngo-tay','in_effect','off','ca-dem / dawn (luan-phien-le: default)','',0.0);
INSERT INTO light_history VALUES(5,1795167926,'nha-van-hoa','in_effect','off','den-22h / 22:00 (nha-van-hoa: default)','',0.0);
INSERT INTO light_history VALUES(6,1795171210,'canh-dong','in_effect','on','di-dong-som / dusk not_before 17:00 not_after 19:15 (canh-dong: default)','',0.0);
INSERT INTO light_history VALUES(7,1795171210,'canh-dong','physical','on','','',0.0);
INSERT INTO light_history VALUES(8,1795171210,'duong-lang','in_effect','on','ca-dem / dusk not_before 17:00 not_after 19:15 (ca-dem: default)','',0.0);
INSERT INTO light_history VALUES(9,1795171210,'duong-lang','physical','on','','',0.0);
INSERT INTO light_history VALUES(10,1795171213,'ngo-dong','in_effect','on','ca-dem / dusk not_before 17:00 not_after 19:15 (luan-phien-chan: default)','',0.0);
INSERT INTO light_history VALUES(11,1795171214,'ngo-dong','physical','on','','',0.0);
INSERT INTO light_history VALUES(12,1795171214,'ngo-tay','in_effect','on','tiet-kiem / dusk not_before 17:00 not_after 19:15 (luan-phien-le: every 2 phase 1)','',0.0);
INSERT INTO light_history VALUES(13,1795171214,'ngo-tay','physical','on','','',0.0);
INSERT INTO light_history VALUES(14,1795171215,'nha-van-hoa','in_effect','on','den-23h30 / dusk not_before 17:00 not_after 19:15 (nha-van-hoa: weekdays fri,sat)','',0.0);
INSERT INTO light_history VALUES(15,1795171216,'nha-van-hoa','physical','on','','',0.0);
INSERT INTO light_history VALUES(16,1795177466,'canh-dong','fault','raised no-energy','','',1.0229999999999999094);
INSERT INTO light_history VALUES(17,1795177469,'duong-lang','fault','raised no-energy','','',2.0459999999999998188);
INSERT INTO light_history VALUES(18,1795177470,'ngo-dong','fault','raised no-energy','','',0.7159999999999999698);
INSERT INTO light_history VALUES(19,1795177470,'ngo-tay','fault','raised no-energy','','',0.7159999999999999698);
INSERT INTO light_history VALUES(20,1795177470,'nha-van-hoa','fault','raised no-energy','','',0.54500000000000003996);
INSERT INTO light_history VALUES(21,1795177606,'canh-dong','fault','cleared no-energy','','',1.0660000000000000586);
INSERT INTO light_history VALUES(22,1795177649,'duong-lang','fault','cleared no-energy','','',2.1320000000000001172);
INSERT INTO light_history VALUES(23,1795177649,'ngo-dong','fault','cleared no-energy','','',0.74599999999999999644);
INSERT INTO light_history VALUES(24,1795177650,'ngo-tay','fault','cleared no-energy','','',0.74599999999999999644);
INSERT INTO light_history VALUES(25,1795177653,'nha-van-hoa','fault','cleared no-energy','','',0.56799999999999994937);
INSERT INTO light_history VALUES(26,1795180507,'nha-van-hoa','override','on','hop thon','truong-thon',0.82499999999999995559);
INSERT INTO light_history VALUES(27,1795186802,'canh-dong','in_effect','off','di-dong-som / 22:00 (canh-dong: default)','',2.5929999999999999715);
INSERT INTO light_history VALUES(28,1795186803,'canh-dong','physical','off','','',2.5929999999999999715);
INSERT INTO light_history VALUES(29,1795190400,'ngo-tay','in_effect','off','tiet-kiem / 23:00 (luan-phien-le: every 2 phase 1)','',2.2349999999999998756);
INSERT INTO light_history VALUES(30,1795190402,'ngo-tay','physical','off','','',2.2349999999999998756);
INSERT INTO light_history VALUES(31,1795194908,'nha-van-hoa','in_effect','off','den-23h30 / 23:30 (nha-van-hoa: weekdays fri,sat)','',2.1040000000000000923);
INSERT INTO light_history VALUES(32,1795194910,'nha-van-hoa','physical','off','','',2.1040000000000000923);
INSERT INTO light_history VALUES(33,1795197887,'duong-lang','fault','raised no-energy','','',8.8529999999999997584);
INSERT INTO light_history VALUES(34,1795197951,'duong-lang','fault','cleared no-energy','','',8.8569999999999993178);
INSERT INTO light_history VALUES(35,1795199763,'duong-lang','physical','off','','',9.5180000000000006821);
INSERT INTO light_history VALUES(36,1795199765,'duong-lang','fault','raised dark','','',9.5180000000000006821);
INSERT INTO light_history VALUES(37,1795203134,'ngo-dong','fault','raised no-energy','','',3.7099999999999999644);
INSERT INTO light_history VALUES(38,1795203144,'ngo-dong','fault','cleared no-energy','','',3.7200000000000001953);
INSERT INTO light_history VALUES(39,1795203364,'duong-lang','physical','on','','',9.5180000000000006821);
INSERT INTO light_history VALUES(40,1795203370,'duong-lang','fault','cleared dark','','',9.5199999999999995736);
INSERT INTO light_history VALUES(41,1795204474,'nha-van-hoa','override','on','đám hiếu','truong-thon',2.1049999999999999822);
INSERT INTO light_history VALUES(42,1795204475,'nha-van-hoa','in_effect','on','override: đám hiếu','truong-thon',2.1049999999999999822);
INSERT INTO light_history VALUES(43,1795204477,'nha-van-hoa','physical','on','','',2.1049999999999999822);
INSERT INTO light_history VALUES(44,1795208400,'canh-dong','in_effect','on','di-dong-som / 04:00 (canh-dong: default)','',2.5979999999999998649);
INSERT INTO light_history VALUES(45,1795208401,'canh-dong','physical','on','','',2.5979999999999998649);
INSERT INTO light_history VALUES(46,1795210200,'ngo-tay','in_effect','on','tiet-kiem / 04:30 (luan-phien-le: every 2 phase 1)','',2.2349999999999998756);
INSERT INTO light_history VALUES(47,1795210201,'ngo-tay','physical','on','','',2.2349999999999998756);
INSERT INTO light_history VALUES(48,1795214773,'canh-dong','in_effect','off','di-dong-som / dawn (canh-dong: default)','',3.6530000000000000248);
INSERT INTO light_history VALUES(49,1795214773,'duong-lang','in_effect','off','ca-dem / dawn (ca-dem: default)','',13.307000000000000384);
INSERT INTO light_history VALUES(50,1795214773,'ngo-dong','in_effect','off','ca-dem / dawn (luan-phien-chan: default)','',5.0769999999999999573);
INSERT INTO light_history VALUES(51,1795214773,'ngo-tay','in_effect','off','tiet-kiem / dawn (luan-phien-le: every 2 phase 1)','',2.7629999999999999005);
INSERT INTO light_history VALUES(52,1795214774,'canh-dong','physical','off','','',3.6549999999999998046);
INSERT INTO light_history VALUES(53,1795214774,'duong-lang','physical','off','','',13.310999999999999943);
INSERT INTO light_history VALUES(54,1795214774,'ngo-dong','physical','off','','',5.0780000000000002913);
INSERT INTO light_history VALUES(55,1795214774,'ngo-tay','physical','off','','',2.7639999999999997903);
INSERT INTO light_history VALUES(56,1795216931,'nha-van-hoa','fault','raised no-energy','','',3.1920000000000001705);
INSERT INTO light_history VALUES(57,1795216942,'nha-van-hoa','fault','cleared no-energy','','',3.1930000000000000603);
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
INSERT INTO light_counter VALUES('canh-dong',4,21957,3655,0.0,0.0,0.0,1795214900);
INSERT INTO light_counter VALUES('duong-lang',2,43557,13312,0.0,0.0,0.0,1795214900);
INSERT INTO light_counter VALUES('ngo-dong',2,43554,5078,0.0,0.0,0.0,1795214900);
INSERT INTO light_counter VALUES('ngo-tay',4,23753,2764,0.0,0.0,0.0,1795214900);
INSERT INTO light_counter VALUES('nha-van-hoa',3,37466,3334,0.0,0.0,0.0,1795218406);
CREATE TABLE light_event (
        serial  INTEGER PRIMARY KEY AUTOINCREMENT,
        topic   TEXT NOT NULL CHECK (topic <> ''),
        payload TEXT NOT NULL
) STRICT;
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('light_event',18);
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
COMMIT;
PRAGMA application_id = 1416151988;
PRAGMA user_version = 3;
