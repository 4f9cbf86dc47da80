/* Who signed an alert: right ones, strangers, damage, and the tricks that XML signatures are known for. Keys, certificates and
 * signatures are made here. */
#include <check.h>
#include <errno.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xmlsec/xmlsec.h>

#include <xmlsec/openssl/crypto.h>
#include <xmlsec/openssl/evp.h>
#include <xmlsec/xmldsig.h>
#include <xmlsec/xmltree.h>

#include "thon/cap.h"
#include "thon/cleanup.h"
#include "thon/file.h"

#define DSIG "http://www.w3.org/2000/09/xmldsig#"
#define NOON ((struct thon_wall){1795237200})
#define DAY  86400

enum { OURS, OTHER, CURVE, KEYS };
static EVP_PKEY *keys[KEYS];
static X509 *certificates[KEYS];
static char directory[64];

/* ---- a sender ---- */

static X509 *certify(EVP_PKEY *key, const char *name, time_t from, time_t to)
{
        X509 *x = X509_new();
        X509_NAME *subject = X509_get_subject_name(x);

        ck_assert_int_eq(X509_set_version(x, 2), 1);
        ck_assert_int_eq(ASN1_INTEGER_set(X509_get_serialNumber(x), 7), 1);
        ck_assert_int_eq(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                                    (const unsigned char *)name, -1, -1, 0),
                         1);
        ck_assert_int_eq(X509_set_issuer_name(x, subject), 1);
        ck_assert_ptr_nonnull(ASN1_TIME_set(X509_getm_notBefore(x), from));
        ck_assert_ptr_nonnull(ASN1_TIME_set(X509_getm_notAfter(x), to));
        ck_assert_int_eq(X509_set_pubkey(x, key), 1);
        ck_assert_int_gt(X509_sign(x, key, EVP_sha256()), 0);
        return x;
}

/* The library is set up once in a process: by what is tested, when it first sees a signature. */
static void set_up_library(void)
{
        static const char xml[] =
                "<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\"><ds:Signature xmlns:ds=\"" DSIG
                "\"><ds:SignedInfo>"
                "<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/><ds:SignatureMethod "
                "Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256\"/><ds:Reference URI=\"\"><ds:Transforms>"
                "<ds:Transform Algorithm=\"" DSIG "enveloped-signature\"/></ds:Transforms><ds:DigestMethod "
                "Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/><ds:DigestValue>AAAA</ds:DigestValue>"
                "</ds:Reference></ds:SignedInfo><ds:SignatureValue>AAAA</ds:SignatureValue></ds:Signature></alert>";
        enum thon_cap_signed how;
        char *signer = NULL;

        ck_assert_int_eq(thon_cap_verify(xml, strlen(xml), NULL, NOON, &how, &signer), 0);
        ck_assert_int_eq(how, THON_CAP_BAD);
}

/* Keys take their time: once for all tests. */
static void begin(void)
{
        set_up_library();
        keys[OURS] = EVP_RSA_gen(2048);
        keys[OTHER] = EVP_RSA_gen(2048);
        keys[CURVE] = EVP_EC_gen("P-256");
        for (int i = 0; i < KEYS; i++) {
                ck_assert_ptr_nonnull(keys[i]);
                certificates[i] =
                        certify(keys[i], i == OTHER ? "Người lạ" : "Đài tỉnh", NOON.s - DAY, NOON.s + DAY);
        }
}

static void done(void)
{
        for (int i = 0; i < KEYS; i++) {
                EVP_PKEY_free(keys[i]);
                X509_free(certificates[i]);
        }
}

static void make_directory(void)
{
        (void)snprintf(directory, sizeof directory, "/tmp/thon-cap-XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(directory));
}

static void remove_directory(void)
{
        _cleanup_free_ char *command = NULL;

        ck_assert_int_gt(asprintf(&command, "rm -rf %s", directory), 0);
        ck_assert_int_eq(system(command), 0);
}

static void keep(const char *name, X509 *x)
{
        _cleanup_free_ char *path = NULL;
        FILE *f;

        ck_assert_int_gt(asprintf(&path, "%s/%s", directory, name), 0);
        f = fopen(path, "we");
        ck_assert_ptr_nonnull(f);
        ck_assert_int_eq(PEM_write_X509(f, x), 1);
        ck_assert_int_eq(fclose(f), 0);
}

static struct thon_cap_trust *trusted(void)
{
        struct thon_cap_trust *trust = NULL;
        char error[160];

        ck_assert_int_eq(thon_cap_trust_load(directory, &trust, error), 0);
        ck_assert_str_eq(error, "");
        return trust;
}

struct form {
        const char *uri, *transforms, *signing, *digest, *canonical, *more; /* NULL: the usual */
        int key;
        bool brings_certificate;
};
#define MORE         "http://www.w3.org/2001/04/xmldsig-more#"
#define EXCLUSIVE    "http://www.w3.org/2001/10/xml-exc-c14n#"
#define PLAIN        "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
#define TRANSFORM(a) "<ds:Transform Algorithm=\"" a "\"/>"
#define ENVELOPED    TRANSFORM(DSIG "enveloped-signature")

static char *certificate_text(X509 *x)
{
        unsigned char *der = NULL;
        int n = i2d_X509(x, &der);
        char *text = malloc((size_t)n * 2);

        ck_assert_int_gt(n, 0);
        (void)EVP_EncodeBlock((unsigned char *)text, der, n);
        OPENSSL_free(der);
        return text;
}

/* What the sender sends: the document with a signature where "@" stands. */
static char *sign(const char *document, struct form form)
{
        _cleanup_free_ char *with = NULL, *certificate = certificate_text(certificates[form.key]),
                            *info = NULL;
        const char *at = strchr(document, '@');
        xmlSecDSigCtxPtr ctx = xmlSecDSigCtxCreate(NULL);
        xmlNode *node = NULL;
        xmlChar *out = NULL;
        char *copy;
        xmlDoc *doc;
        int size;

        ck_assert(at && ctx);
        if (form.brings_certificate)
                ck_assert_int_gt(asprintf(&info,
                                          "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>%s"
                                          "</ds:X509Certificate></ds:X509Data></ds:KeyInfo>",
                                          certificate),
                                 0);
        ck_assert_int_gt(
                asprintf(
                        &with,
                        "%.*s<ds:Signature xmlns:ds=\"" DSIG "\"><ds:SignedInfo><ds:CanonicalizationMethod "
                        "Algorithm=\"%s\"/><ds:SignatureMethod Algorithm=\"%s\"/><ds:Reference URI=\"%s\">"
                        "<ds:Transforms>%s</ds:Transforms><ds:DigestMethod Algorithm=\"%s\"/><ds:DigestValue/>"
                        "</ds:Reference>%s</ds:SignedInfo><ds:SignatureValue/>%s</ds:Signature>%s",
                        (int)(at - document), document, form.canonical ? form.canonical : EXCLUSIVE,
                        form.signing ? form.signing : MORE "rsa-sha256", form.uri ? form.uri : "",
                        form.transforms ? form.transforms : ENVELOPED TRANSFORM(EXCLUSIVE),
                        form.digest ? form.digest : "http://www.w3.org/2001/04/xmlenc#sha256",
                        form.more ? form.more : "", info ? info : "", at + 1),
                0);
        doc = xmlReadMemory(with, (int)strlen(with), NULL, NULL, XML_PARSE_NONET);
        ck_assert_ptr_nonnull(doc);
        /* Where a test names one by its id. */
        xmlAttr *id = xmlHasProp(xmlDocGetRootElement(doc), (const xmlChar *)"Id");
        if (id)
                (void)xmlAddID(NULL, doc, id->children->content, id);
        node = xmlSecFindNode(xmlDocGetRootElement(doc), (const xmlChar *)"Signature",
                              (const xmlChar *)DSIG);
        ck_assert_ptr_nonnull(node);
        ctx->signKey = xmlSecKeyCreate();
        ck_assert_int_eq(EVP_PKEY_up_ref(keys[form.key]), 1);
        ck_assert_int_eq(xmlSecKeySetValue(ctx->signKey, xmlSecOpenSSLEvpKeyAdopt(keys[form.key])), 0);
        ck_assert_int_eq(xmlSecDSigCtxSign(ctx, node), 0);
        xmlDocDumpMemory(doc, &out, &size);
        copy = strndup((const char *)out, (size_t)size);
        xmlFree(out);
        xmlFreeDoc(doc);
        xmlSecDSigCtxDestroy(ctx);
        return copy;
}

static const char alert[] =
        "<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\">\n  <identifier>A1</identifier>\n  "
        "<sender>tin.tinh</sender><sent>2026-11-21T12:00:00+07:00</sent>\n  <status>Actual</status>"
        "<msgType>Alert</msgType><scope>Public</scope><note>Lũ &amp; bão</note>\n@</alert>";

static char *signer;

static const char *told(const char *xml, const struct thon_cap_trust *trust, struct thon_wall at)
{
        static const char *const names[] = {"signed", "unsigned", "bad", "stranger"};
        enum thon_cap_signed how = THON_CAP_BAD;

        free(signer);
        signer = NULL;
        ck_assert_int_eq(thon_cap_verify(xml, strlen(xml), trust, at, &how, &signer), 0);
        ck_assert_int_eq(signer != NULL, how == THON_CAP_SIGNED || how == THON_CAP_STRANGER);
        return names[how];
}

static char *replaced(const char *text, const char *from, const char *to)
{
        const char *at = strstr(text, from);
        char *ret;

        ck_assert_msg(at != NULL, "there is no %s in %s", from, text);
        ck_assert_int_gt(asprintf(&ret, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)), 0);
        return ret;
}

/* ---- right ones ---- */

START_TEST(every_allowed_method_by_a_known_key)
{
        static const struct form forms[] = {
                {.key = OURS},
                {.key = OURS, .signing = MORE "rsa-sha384", .digest = MORE "sha384"},
                {.key = OURS,
                 .signing = MORE "rsa-sha512",
                 .digest = "http://www.w3.org/2001/04/xmlenc#sha512"},
                {.key = CURVE, .signing = MORE "ecdsa-sha256"},
                {.key = CURVE, .signing = MORE "ecdsa-sha384", .digest = MORE "sha384"},
                {.key = CURVE, .signing = MORE "ecdsa-sha512"},
                {.key = OURS, .transforms = ENVELOPED},
                {.key = OURS, .transforms = ENVELOPED TRANSFORM(PLAIN), .canonical = PLAIN},
                {.key = OURS, .brings_certificate = true},
        };

        keep("a.pem", certificates[OURS]);
        keep("b.crt", certificates[CURVE]);
        struct thon_cap_trust *trust = trusted();
        for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
                _cleanup_free_ char *xml = sign(alert, forms[i]);

                ck_assert_msg(strcmp(told(xml, trust, NOON), "signed") == 0, "form %zu", i);
                ck_assert_str_eq(signer, "CN=Đài tỉnh");
        }
        trust = thon_cap_trust_free(trust);
}
END_TEST

START_TEST(what_is_signed_is_still_an_alert)
{
        _cleanup_free_ char *xml = sign(alert, (struct form){.key = OURS, .brings_certificate = true});
        struct thon_cap *cap = NULL;
        char error[160];

        ck_assert_msg(thon_cap_parse(xml, strlen(xml), &cap, error) == 0, "%s in %s", error, xml);
        ck_assert_str_eq(cap->identifier, "A1");
        cap = thon_cap_free(cap);
}
END_TEST

START_TEST(none_is_none)
{
        _cleanup_free_ char *xml = replaced(alert, "@", "");

        ck_assert_str_eq(told(xml, NULL, NOON), "unsigned");
}
END_TEST

/* ---- strangers ---- */

START_TEST(a_key_that_does_not_stand_in_the_directory)
{
        _cleanup_free_ char *with = sign(alert, (struct form){.key = OTHER, .brings_certificate = true}),
                            *without = sign(alert, (struct form){.key = OTHER});

        keep("a.pem", certificates[OURS]);
        keep("b.pem", certificates[CURVE]);
        struct thon_cap_trust *trust = trusted();
        ck_assert_str_eq(told(with, trust, NOON), "stranger");
        ck_assert_str_eq(signer, "CN=Người lạ");
        ck_assert_str_eq(told(with, NULL, NOON), "stranger");
        /* Without its certificate nobody can say that it is right. */
        ck_assert_str_eq(told(without, trust, NOON), "bad");
        trust = thon_cap_trust_free(trust);
}
END_TEST

START_TEST(a_certificate_out_of_date_is_no_longer_ours)
{
        _cleanup_free_ char *xml = sign(alert, (struct form){.key = OURS});

        keep("a.pem", certificates[OURS]);
        struct thon_cap_trust *trust = trusted();
        ck_assert_str_eq(told(xml, trust, (struct thon_wall){NOON.s + DAY + 1}), "stranger");
        ck_assert_str_eq(told(xml, trust, (struct thon_wall){NOON.s - DAY - 1}), "stranger");
        ck_assert_str_eq(told(xml, trust, THON_WALL_NEVER),
                         "signed"); /* a clock that is not trusted proves nothing */
        trust = thon_cap_trust_free(trust);

        X509 *renewed = certify(keys[OURS], "Đài tỉnh, 2027", NOON.s, NOON.s + 400 * DAY);
        keep("b.pem", renewed);
        X509_free(renewed);
        trust = trusted();
        ck_assert_str_eq(told(xml, trust, (struct thon_wall){NOON.s + 2 * DAY}), "signed");
        ck_assert_str_eq(signer, "CN=Đài tỉnh\\, 2027");
        trust = thon_cap_trust_free(trust);
}
END_TEST

START_TEST(a_certificate_in_the_message_is_no_reason_to_trust)
{
        /* Signed by a stranger, who shows the certificate of ours. */
        _cleanup_free_ char *xml = sign(alert, (struct form){.key = OTHER, .brings_certificate = true}),
                            *his = certificate_text(certificates[OTHER]),
                            *ours = certificate_text(certificates[OURS]), *shown = replaced(xml, his, ours);

        keep("a.pem", certificates[OURS]);
        struct thon_cap_trust *trust = trusted();
        ck_assert_str_eq(told(shown, trust, NOON), "bad");
        trust = thon_cap_trust_free(trust);
}
END_TEST

/* ---- damage ---- */

static void bad_for_us(const char *xml, const char *what)
{
        keep("a.pem", certificates[OURS]);
        keep("b.pem", certificates[CURVE]);
        struct thon_cap_trust *trust = trusted();
        ck_assert_msg(strcmp(told(xml, trust, NOON), "bad") == 0, "%s is taken", what);
        ck_assert_msg(strcmp(told(xml, NULL, NOON), "bad") == 0, "%s is a stranger's", what);
        trust = thon_cap_trust_free(trust);
}

START_TEST(a_changed_word_a_changed_digest_a_changed_signature)
{
        _cleanup_free_ char *xml = sign(alert, (struct form){.key = OURS, .brings_certificate = true}),
                            *word = replaced(xml, "Actual", "Exercise"),
                            *blank = replaced(xml, "</sent>\n", "</sent>\n\n"),
                            *added = replaced(xml, "</alert>", "<info/></alert>"),
                            *digest = replaced(xml, "<ds:DigestValue>", "<ds:DigestValue>A"),
                            *value = replaced(xml, "<ds:SignatureValue>", "<ds:SignatureValue>AAAA"),
                            *garbage = replaced(xml, "<ds:SignatureValue>", "<ds:SignatureValue>%%%");

        bad_for_us(word, "a changed word");
        bad_for_us(blank, "a changed blank");
        bad_for_us(added, "an added element");
        bad_for_us(digest, "a changed digest");
        bad_for_us(value, "a changed signature");
        bad_for_us(garbage, "garbage");
}
END_TEST

START_TEST(weak_and_foreign_methods)
{
        static const struct {
                const char *what;
                struct form form;
        } cases[] = {
                {"SHA-1", {.digest = DSIG "sha1"}},
                {"RSA with SHA-1", {.signing = DSIG "rsa-sha1"}},
                {"XPath",
                 {.transforms = ENVELOPED "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-"
                                          "19991116\"><ds:XPath>true()</ds:XPath></ds:Transform>"}},
                {"XSLT",
                 {.transforms = ENVELOPED
                  "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116\"><xsl:stylesheet "
                  "version=\"1.0\" xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\"><xsl:template match=\"/\">"
                  "<a/></xsl:template></xsl:stylesheet></ds:Transform>"}},
                {"no enveloped transform twice", {.transforms = ENVELOPED ENVELOPED}},
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                struct form form = cases[i].form;
                _cleanup_free_ char *xml = NULL;

                form.key = OURS;
                form.brings_certificate = true;
                xml = sign(alert, form);
                bad_for_us(xml, cases[i].what);
        }
}
END_TEST

START_TEST(a_reference_to_something_else)
{
        static const char with_id[] = "<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\" Id=\"x\">"
                                      "<identifier>A1</identifier>@</alert>";
        _cleanup_free_ char *by_id = sign(with_id, (struct form){.key = OURS, .uri = "#x"}), *two = NULL,
                            *remote = NULL, *file = NULL, *none = NULL;
        _cleanup_free_ char *right = sign(alert, (struct form){.key = OURS});

        bad_for_us(by_id, "a reference by id");
        two = replaced(
                right, "</ds:SignedInfo>",
                "<ds:Reference URI=\"\"><ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/>"
                "<ds:DigestValue>AA==</ds:DigestValue></ds:Reference></ds:SignedInfo>");
        bad_for_us(two, "a second reference");
        remote = replaced(right, "URI=\"\"", "URI=\"http://127.0.0.1:1/\"");
        bad_for_us(remote, "a reference to the network");
        file = replaced(right, "URI=\"\"", "URI=\"file:///etc/passwd\"");
        bad_for_us(file, "a reference to a file");
        none = replaced(right, " URI=\"\"", "");
        bad_for_us(none, "a reference without a URI");
}
END_TEST

START_TEST(wrapping)
{
        _cleanup_free_ char *right = sign(alert, (struct form){.key = OURS}), *signature = NULL,
                            *outer = NULL, *nested = NULL, *object = NULL, *twice = NULL, *moved = NULL,
                            *body = NULL;
        const char *from = strstr(right, "<ds:Signature "), *to = strstr(right, "</ds:Signature>") + 15;

        signature = strndup(from, (size_t)(to - from));
        body = strndup(strstr(right, "<alert"),
                       (size_t)(strstr(right, "</alert>") + 8 - strstr(right, "<alert")));
        /* The signed alert, whole, within another. */
        ck_assert_int_gt(asprintf(&outer,
                                  "<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\"><identifier>EVIL"
                                  "</identifier>%s</alert>",
                                  body),
                         0);
        bad_for_us(outer, "an alert around an alert");
        /* The signature deeper than the alert itself. */
        _cleanup_free_ char *wrapped = NULL;
        ck_assert_int_gt(asprintf(&wrapped, "<info>%s</info>", signature), 0);
        nested = replaced(right, signature, wrapped);
        bad_for_us(nested, "a signature in an info");
        /* An Object with the signed original. */
        object = replaced(right, "</ds:Signature>", "<ds:Object><alert/></ds:Object></ds:Signature>");
        bad_for_us(object, "an object in the signature");
        _cleanup_free_ char *doubled = NULL;
        ck_assert_int_gt(asprintf(&doubled, "%s%s", signature, signature), 0);
        twice = replaced(right, signature, doubled);
        bad_for_us(twice, "two signatures");
        moved = replaced(right, "<alert ", "<alert a=\"b\" ");
        bad_for_us(moved, "an attribute of the alert");
}
END_TEST

START_TEST(a_signature_of_another_kind_of_element)
{
        static const char other[] = "<letter xmlns=\"urn:x\"><identifier>A1</identifier>@</letter>";
        _cleanup_free_ char *xml = sign(other, (struct form){.key = OURS});

        bad_for_us(xml, "a signed letter");
}
END_TEST

START_TEST(hostile_xml_is_refused_as_where_it_is_read)
{
        static const char doctype[] = "<!DOCTYPE alert [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><alert/>";
        enum thon_cap_signed how;

        ck_assert_int_eq(thon_cap_verify(doctype, strlen(doctype), NULL, NOON, &how, &signer), -EINVAL);
        ck_assert_int_eq(thon_cap_verify("", 0, NULL, NOON, &how, &signer), -EINVAL);
        ck_assert_int_eq(thon_cap_verify(doctype, THON_CAP_MAX + 1, NULL, NOON, &how, &signer), -E2BIG);
}
END_TEST

START_TEST(every_beginning_of_a_signature_is_survived)
{
        _cleanup_free_ char *right = sign(
                alert,
                (struct form){.key = CURVE, .signing = MORE "ecdsa-sha256", .brings_certificate = true});
        const char *from = strstr(right, "<ds:SignedInfo"), *to = strstr(right, "</ds:Signature>");

        keep("b.pem", certificates[CURVE]);
        struct thon_cap_trust *trust = trusted();
        ck_assert_str_eq(told(right, trust, NOON), "signed");
        /* Each element of it away. */
        for (const char *p = from; (p = strchr(p, '<')) && p < to; p++) {
                const char *name = p + 1, *end;
                _cleanup_free_ char *closing = NULL, *without = NULL;
                int n = (int)strcspn(name, " />");

                if (*name == '/')
                        continue;
                ck_assert_int_gt(asprintf(&closing, "</%.*s>", n, name), 0);
                end = strchr(p, '>');
                if (end[-1] != '/' && strstr(p, closing))
                        end = strstr(p, closing) + strlen(closing) - 1;
                ck_assert_int_gt(asprintf(&without, "%.*s%s", (int)(p - right), right, end + 1), 0);
                /* Without KeyInfo it is as good as before. */
                ck_assert_str_eq(told(without, trust, NOON),
                                 strncmp(name, "ds:KeyInfo", 10) == 0 || strncmp(name, "ds:X509", 7) == 0
                                         ? "signed"
                                         : "bad");
        }
        trust = thon_cap_trust_free(trust);
}
END_TEST

/* ---- the directory ---- */

static void put(const char *name, const char *text)
{
        _cleanup_free_ char *path = NULL;

        ck_assert_int_gt(asprintf(&path, "%s/%s", directory, name), 0);
        ck_assert_int_eq(thon_file_write_atomic(path, text, strlen(text), 0644), 0);
}

START_TEST(a_file_that_is_no_certificate_is_told_and_the_others_count)
{
        struct thon_cap_trust *trust = NULL;
        _cleanup_free_ char *xml = sign(alert, (struct form){.key = OURS});
        char error[160];

        put("x.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        ck_assert_int_eq(thon_cap_trust_load(directory, &trust, error), -EINVAL);
        ck_assert_str_eq(error, "x.pem: is no certificate");
        keep("a.pem", certificates[OURS]);
        ck_assert_int_eq(thon_cap_trust_load(directory, &trust, error), 0);
        ck_assert_str_eq(error, "x.pem: is no certificate");
        ck_assert_str_eq(told(xml, trust, NOON), "signed");
        trust = thon_cap_trust_free(trust);
}
END_TEST

START_TEST(weak_keys_are_not_loaded)
{
        struct thon_cap_trust *trust = NULL;
        EVP_PKEY *weak = EVP_RSA_gen(1024);
        X509 *x = certify(weak, "yếu", NOON.s - DAY, NOON.s + DAY);
        char error[160];

        keep("weak.pem", x);
        ck_assert_int_eq(thon_cap_trust_load(directory, &trust, error), -EINVAL);
        ck_assert(strstr(error, "2048"));
        X509_free(x);
        EVP_PKEY_free(weak);
}
END_TEST

START_TEST(an_empty_directory_trusts_nobody_and_a_missing_one_is_told)
{
        struct thon_cap_trust *trust = NULL;
        char error[160];

        put("README", "x");
        put(".hidden.pem", "x");
        ck_assert_int_eq(thon_cap_trust_load(directory, &trust, error), 0);
        trust = thon_cap_trust_free(trust);
        ck_assert_int_eq(thon_cap_trust_load("/nonexistent", &trust, error), -ENOENT);
        ck_assert(strstr(error, "/nonexistent"));
}
END_TEST

START_TEST(der_and_several_in_a_file)
{
        _cleanup_free_ char *path = NULL, *xml = sign(alert, (struct form){.key = OURS}), *ec = NULL;
        FILE *f;

        ec = sign(alert, (struct form){.key = CURVE, .signing = MORE "ecdsa-sha256"});
        ck_assert_int_gt(asprintf(&path, "%s/der.crt", directory), 0);
        f = fopen(path, "we");
        ck_assert_int_eq(i2d_X509_fp(f, certificates[OURS]), 1);
        ck_assert_int_eq(fclose(f), 0);
        struct thon_cap_trust *trust = trusted();
        ck_assert_str_eq(told(xml, trust, NOON), "signed");
        trust = thon_cap_trust_free(trust);
        f = fopen(path, "we");
        ck_assert_int_eq(PEM_write_X509(f, certificates[OTHER]), 1);
        ck_assert_int_eq(PEM_write_X509(f, certificates[CURVE]), 1);
        ck_assert_int_eq(fclose(f), 0);
        trust = trusted();
        ck_assert_str_eq(told(ec, trust, NOON), "signed");
        trust = thon_cap_trust_free(trust);
}
END_TEST

int main(void)
{
        Suite *suite = suite_create("cap_signature");
        TCase *tc = tcase_create("signature");

        tcase_add_unchecked_fixture(tc, begin, done);
        tcase_add_checked_fixture(tc, make_directory, remove_directory);
        tcase_add_test(tc, every_allowed_method_by_a_known_key);
        tcase_add_test(tc, what_is_signed_is_still_an_alert);
        tcase_add_test(tc, none_is_none);
        tcase_add_test(tc, a_key_that_does_not_stand_in_the_directory);
        tcase_add_test(tc, a_certificate_out_of_date_is_no_longer_ours);
        tcase_add_test(tc, a_certificate_in_the_message_is_no_reason_to_trust);
        tcase_add_test(tc, a_changed_word_a_changed_digest_a_changed_signature);
        tcase_add_test(tc, weak_and_foreign_methods);
        tcase_add_test(tc, a_reference_to_something_else);
        tcase_add_test(tc, wrapping);
        tcase_add_test(tc, a_signature_of_another_kind_of_element);
        tcase_add_test(tc, hostile_xml_is_refused_as_where_it_is_read);
        tcase_add_test(tc, every_beginning_of_a_signature_is_survived);
        tcase_add_test(tc, a_file_that_is_no_certificate_is_told_and_the_others_count);
        tcase_add_test(tc, weak_keys_are_not_loaded);
        tcase_add_test(tc, an_empty_directory_trusts_nobody_and_a_missing_one_is_told);
        tcase_add_test(tc, der_and_several_in_a_file);
        suite_add_tcase(suite, tc);

        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed ? 1 : 0;
}
