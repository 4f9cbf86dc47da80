/* The signature of an alert: an enveloped XML signature over the whole of it, by one of the certificates that an officer has put
 * into a directory.
 *
 * XML signatures are a language in which the signer tells the reader what to fetch, transform and compare, and most holes of
 * the past are in that language: references to another part than the one that is read (wrapping), XSLT and XPath as programs, keys
 * fetched from where the message says, digests that anybody can forge. So the form is checked here first, against the one form
 * that is needed, and only what has it is given to xmlsec for its arithmetic, with a key that we chose:
 *
 *   one Signature, a child of the alert itself; one Reference, URI="" (the whole document); the transforms are enveloped-signature and
 *   canonicalisation, plain or exclusive; SHA-256, 384, 512 under RSA or ECDSA; nothing else in it but KeyInfo.
 *
 * KeyInfo is never trusted: a certificate in it only tells a stranger (whose signature is right) from damage. Certificates are
 * pinned, chains are not followed: whoever's certificate stands in the directory may wake the commune at night, and nobody
 * else. */
#include <dirent.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <xmlsec/xmlsec.h>

#include <xmlsec/errors.h>
#include <xmlsec/io.h>
#include <xmlsec/openssl/crypto.h>
#include <xmlsec/openssl/evp.h>
#include <xmlsec/xmldsig.h>

#include "cap_private.h"
#include "thon/cleanup.h"
#include "thon/file.h"

#define DS           "http://www.w3.org/2000/09/xmldsig#"
#define EXC          "http://www.w3.org/2001/10/xml-exc-c14n#"
#define ENVELOPED    DS "enveloped-signature"
#define CERTIFICATES 64u
#define FILE_MAX     65536u
#define SUBJECT_MAX  255u
#define RSA_BITS_MIN 2048
#define EMBEDDED_MAX 4u /* certificates of KeyInfo that are tried */
#define TRANSFORMS   3u

struct thon_cap_trust {
        size_t n;
        X509 *certificates[CERTIFICATES];
};

THON_DEFINE_CLEANUP(xmlDoc *, xmlFreeDoc)
THON_DEFINE_CLEANUP(X509 *, X509_free)
THON_DEFINE_CLEANUP(BIO *, BIO_free)
THON_DEFINE_CLEANUP(xmlSecDSigCtxPtr, xmlSecDSigCtxDestroy)
THON_DEFINE_CLEANUP(struct thon_cap_trust *, thon_cap_trust_free)

/* ---- certificates ---- */

static bool is_strong(X509 *certificate)
{
        EVP_PKEY *key = X509_get0_pubkey(certificate);

        if (!key)
                return false;
        return EVP_PKEY_base_id(key) == EVP_PKEY_EC ||
               (EVP_PKEY_base_id(key) == EVP_PKEY_RSA && EVP_PKEY_bits(key) >= RSA_BITS_MIN);
}

/* All of a PEM file, or the one of a DER file. NULL, or what is wrong with it. */
static const char *read_certificates(struct thon_cap_trust *trust, const char *data, size_t size)
{
        _cleanup_(BIO_freep) BIO *bio = BIO_new_mem_buf(data, (int)size);
        const unsigned char *der = (const unsigned char *)data;
        size_t before = trust->n;
        X509 *certificate;

        if (!bio)
                return "out of memory";
        while ((certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL)) ||
               (trust->n == before && (certificate = d2i_X509(NULL, &der, (long)size)))) {
                const char *why = trust->n == CERTIFICATES ? "is one certificate too many"
                                  : !is_strong(certificate)
                                          ? "has neither an EC key nor an RSA key of 2048 bits"
                                          : NULL;
                if (why) {
                        X509_free(certificate);
                        ERR_clear_error();
                        return why;
                }
                trust->certificates[trust->n++] = certificate;
        }
        ERR_clear_error();
        return trust->n == before ? "is no certificate" : NULL;
}

static bool is_certificate(const struct dirent *entry)
{
        const char *dot = strrchr(entry->d_name, '.');

        return dot && entry->d_name[0] != '.' && (strcmp(dot, ".pem") == 0 || strcmp(dot, ".crt") == 0);
}

static int read_directory(const char *path, DIR *directory, struct thon_cap_trust *trust,
                          char error[static 160])
{
        const struct dirent *entry;
        bool any = false;

        while ((entry = readdir(directory))) {
                _cleanup_free_ char *file = NULL, *data = NULL;
                const char *why = NULL;
                size_t size;
                int r;

                if (!is_certificate(entry))
                        continue;
                any = true;
                if (asprintf(&file, "%s/%s", path, entry->d_name) < 0)
                        return -ENOMEM;
                r = thon_file_read(file, FILE_MAX, &data, &size);
                if (r == -ENOMEM)
                        return r;
                why = r < 0 ? strerror(-r) : read_certificates(trust, data, size);
                if (why)
                        (void)snprintf(error, 160, "%.80s: %.70s", entry->d_name, why);
        }
        return any && trust->n == 0 ? -EINVAL : 0;
}

int thon_cap_trust_load(const char *directory, struct thon_cap_trust **ret, char error[static 160])
{
        _cleanup_(thon_cap_trust_freep) struct thon_cap_trust *trust = NULL;
        DIR *dir = opendir(directory);
        int r;

        error[0] = '\0';
        if (!dir) {
                r = errno == ENOMEM ? -ENOMEM : errno == ENOENT ? -ENOENT : -EINVAL;
                (void)snprintf(error, 160, "%.90s: %.60s", directory, strerror(errno));
                return r;
        }
        trust = calloc(1, sizeof *trust);
        r = trust ? read_directory(directory, dir, trust, error) : -ENOMEM;
        (void)closedir(dir);
        if (r == 0)
                *ret = THON_TAKE(trust);
        return r;
}

struct thon_cap_trust *thon_cap_trust_free(struct thon_cap_trust *trust)
{
        if (trust)
                for (size_t i = 0; i < trust->n; i++)
                        X509_free(trust->certificates[i]);
        free(trust);
        return NULL;
}

static char *subject_of(X509 *certificate)
{
        _cleanup_(BIO_freep) BIO *bio = BIO_new(BIO_s_mem());
        char *text = NULL;
        long size;

        /* UTF-8 as it is, control characters escaped: one line. */
        if (!bio || X509_NAME_print_ex(bio, X509_get_subject_name(certificate), 0,
                                       (XN_FLAG_RFC2253 | ASN1_STRFLGS_UTF8_CONVERT) &
                                               ~(unsigned long)ASN1_STRFLGS_ESC_MSB) < 0)
                return NULL;
        size = BIO_get_mem_data(bio, &text);
        if (size < 0)
                return NULL;
        if (size > (long)SUBJECT_MAX)
                for (size = SUBJECT_MAX; size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80; size--)
                        ;
        return strndup(text ? text : "", (size_t)size);
}

static bool is_valid(X509 *certificate, struct thon_wall at)
{
        time_t t = (time_t)at.s;

        if (at.s == THON_WALL_NEVER.s)
                return true;
        return X509_cmp_time(X509_get0_notBefore(certificate), &t) == -1 &&
               X509_cmp_time(X509_get0_notAfter(certificate), &t) == 1;
}

/* ---- the form ---- */

static bool is(const xmlNode *node, const char *space, const char *name)
{
        return node && node->type == XML_ELEMENT_NODE && node->ns &&
               strcmp((const char *)node->ns->href, space) == 0 &&
               strcmp((const char *)node->name, name) == 0;
}

static xmlNode *element(xmlNode *node)
{
        while (node && node->type != XML_ELEMENT_NODE)
                node = node->next;
        return node;
}

static xmlNode *after(const xmlNode *node)
{
        return node ? element(node->next) : NULL;
}

static bool one_of(const xmlNode *node, const char *const *algorithms)
{
        xmlChar *algorithm = xmlGetNoNsProp(node, (const xmlChar *)"Algorithm");
        bool found = false;

        for (; algorithm && *algorithms && !found; algorithms++)
                found = strcmp((const char *)algorithm, *algorithms) == 0;
        xmlFree(algorithm);
        return found;
}

static const char *const canonicals[] = {"http://www.w3.org/TR/2001/REC-xml-c14n-20010315", EXC, NULL};
static const char *const signings[] = {"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
                                       "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
                                       "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
                                       "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
                                       "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
                                       "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512",
                                       NULL};
static const char *const digests[] = {"http://www.w3.org/2001/04/xmlenc#sha256",
                                      "http://www.w3.org/2001/04/xmldsig-more#sha384",
                                      "http://www.w3.org/2001/04/xmlenc#sha512", NULL};
static const char *const envelopings[] = {ENVELOPED, NULL};

/* Of an algorithm's parameters only the prefix list of exclusive canonicalisation has a use. */
static bool is_plain(const xmlNode *node)
{
        const xmlNode *child = element(node->children);

        return !child ||
               (is(child, EXC, "InclusiveNamespaces") && !after(child) && !element(child->children));
}

static bool is_whole(const xmlNode *reference)
{
        xmlChar *uri = xmlGetNoNsProp(reference, (const xmlChar *)"URI"),
                *type = xmlGetNoNsProp(reference, (const xmlChar *)"Type");
        bool whole = uri && *uri == '\0' && !type;

        xmlFree(uri);
        xmlFree(type);
        return whole;
}

static bool is_our_reference(const xmlNode *reference)
{
        const xmlNode *transforms = element(reference->children), *method = after(transforms),
                      *value = after(method), *transform;
        unsigned n = 0, enveloped = 0;

        if (!is_whole(reference) || !is(transforms, DS, "Transforms") || !is(method, DS, "DigestMethod") ||
            !is(value, DS, "DigestValue") || after(value))
                return false;
        for (transform = element(transforms->children); transform; transform = after(transform)) {
                bool envelope = one_of(transform, envelopings);

                if (!is(transform, DS, "Transform") || ++n > TRANSFORMS || !is_plain(transform) ||
                    (!envelope && !one_of(transform, canonicals)))
                        return false;
                enveloped += envelope;
        }
        return enveloped == 1 && one_of(method, digests) && !element(method->children) &&
               !element(value->children);
}

static bool is_our_form(const xmlNode *signature)
{
        const xmlNode *info = element(signature->children), *value = after(info), *key = after(value),
                      *canonical, *method, *reference;

        if (!is(info, DS, "SignedInfo") || !is(value, DS, "SignatureValue") ||
            (key && (!is(key, DS, "KeyInfo") || after(key))))
                return false;
        canonical = element(info->children);
        method = after(canonical);
        reference = after(method);
        return is(canonical, DS, "CanonicalizationMethod") && one_of(canonical, canonicals) &&
               is_plain(canonical) && is(method, DS, "SignatureMethod") && one_of(method, signings) &&
               !element(method->children) && is(reference, DS, "Reference") && !after(reference) &&
               is_our_reference(reference);
}

/* All signatures of the document, however deep. */
static size_t signatures(xmlNode *root, xmlNode **ret_last)
{
        size_t n = 0;

        for (xmlNode *node = root; node;) {
                if (is(node, DS, "Signature")) {
                        *ret_last = node;
                        n++;
                }
                if (node->type == XML_ELEMENT_NODE && node->children) {
                        node = node->children;
                        continue;
                }
                while (node != root && !node->next)
                        node = node->parent;
                node = node == root ? NULL : node->next;
        }
        return n;
}

/* ---- the arithmetic ---- */

static void silent(const char *file, int line, const char *function, const char *object, const char *subject,
                   int reason, const char *message)
{
        (void)file;
        (void)line;
        (void)function;
        (void)object;
        (void)subject;
        (void)reason;
        (void)message;
}

/* The libraries keep a state of their own for the whole process: set up once, never taken down. */
static int library(void)
{
        static bool ready;

        if (ready)
                return 0;
        if (xmlSecInit() < 0 || xmlSecOpenSSLInit() < 0)
                return -ENOMEM;
        xmlSecErrorsSetCallback(silent); /* xmlSecInit() sets its own, which writes to standard error */
        xmlSecIOCleanupCallbacks();      /* no files, no network, whatever a reference says */
        ready = true;
        return 0;
}

static int allow(xmlSecDSigCtxPtr ctx)
{
        const xmlSecTransformId references[] = {
                xmlSecTransformEnvelopedId,     xmlSecTransformInclC14NId,
                xmlSecTransformExclC14NId,      xmlSecOpenSSLTransformSha256Id,
                xmlSecOpenSSLTransformSha384Id, xmlSecOpenSSLTransformSha512Id};
        const xmlSecTransformId signature[] = {
                xmlSecTransformInclC14NId,           xmlSecTransformExclC14NId,
                xmlSecOpenSSLTransformRsaSha256Id,   xmlSecOpenSSLTransformRsaSha384Id,
                xmlSecOpenSSLTransformRsaSha512Id,   xmlSecOpenSSLTransformEcdsaSha256Id,
                xmlSecOpenSSLTransformEcdsaSha384Id, xmlSecOpenSSLTransformEcdsaSha512Id};

        for (size_t i = 0; i < sizeof references / sizeof *references; i++)
                if (xmlSecDSigCtxEnableReferenceTransform(ctx, references[i]) < 0)
                        return -ENOMEM;
        for (size_t i = 0; i < sizeof signature / sizeof *signature; i++)
                if (xmlSecDSigCtxEnableSignatureTransform(ctx, signature[i]) < 0)
                        return -ENOMEM;
        ctx->enabledReferenceUris = xmlSecTransformUriTypeEmpty;
        ctx->flags |= XMLSEC_DSIG_FLAGS_IGNORE_MANIFESTS;
        return 0;
}

static xmlSecKeyPtr key_of(X509 *certificate)
{
        EVP_PKEY *public = X509_get_pubkey(certificate);
        xmlSecKeyDataPtr data = public ? xmlSecOpenSSLEvpKeyAdopt(public) : NULL;
        xmlSecKeyPtr key;

        if (!data) {
                EVP_PKEY_free(public);
                return NULL;
        }
        key = xmlSecKeyCreate();
        if (!key || xmlSecKeySetValue(key, data) < 0) {
                xmlSecKeyDataDestroy(data);
                xmlSecKeyDestroy(key);
                return NULL;
        }
        return key;
}

/* `ret_damaged`: the digest is that of another document; no key will make it right. */
static int verify_with(xmlNode *signature, X509 *certificate, bool *ret_right, bool *ret_damaged)
{
        _cleanup_(xmlSecDSigCtxDestroyp) xmlSecDSigCtxPtr ctx = xmlSecDSigCtxCreate(NULL);
        xmlSecDSigReferenceCtxPtr reference;
        bool right;
        int r;

        if (!ctx)
                return -ENOMEM;
        r = allow(ctx);
        if (r < 0)
                return r;
        ctx->signKey = key_of(certificate); /* ours: KeyInfo is not looked at */
        if (!ctx->signKey)
                return 0;
        right = xmlSecDSigCtxVerify(ctx, signature) == 0 && ctx->status == xmlSecDSigStatusSucceeded;
        ERR_clear_error();
        reference = xmlSecPtrListGetSize(&ctx->signedInfoReferences) == 1
                            ? xmlSecPtrListGetItem(&ctx->signedInfoReferences, 0)
                            : NULL;
        *ret_damaged = reference && reference->status == xmlSecDSigStatusInvalid;
        *ret_right = right && reference && reference->status == xmlSecDSigStatusSucceeded;
        return 0;
}

/* The certificates that the message brings along, in order. */
static X509 *embedded(xmlNode *signature, unsigned number)
{
        xmlNode *key = after(after(element(signature->children)));

        for (xmlNode *data = key ? element(key->children) : NULL; data; data = after(data)) {
                if (!is(data, DS, "X509Data"))
                        continue;
                for (xmlNode *node = element(data->children); node; node = after(node)) {
                        _cleanup_free_ unsigned char *der = NULL;
                        const unsigned char *p;
                        xmlChar *text;
                        size_t n = 0, size;
                        X509 *certificate;
                        int length;

                        if (!is(node, DS, "X509Certificate") || number-- > 0)
                                continue;
                        text = xmlNodeGetContent(node);
                        size = text ? strlen((const char *)text) : 0;
                        for (size_t i = 0; i < size; i++)
                                if (!strchr(" \t\r\n", text[i]))
                                        text[n++] = text[i];
                        der = n > 0 && n < FILE_MAX ? malloc(n) : NULL;
                        length = der ? EVP_DecodeBlock(der, text, (int)n) : -1;
                        p = der;
                        certificate = length > 0 ? d2i_X509(NULL, &p, length) : NULL;
                        xmlFree(text);
                        ERR_clear_error();
                        return certificate;
                }
        }
        return NULL;
}

static int by_stranger(xmlNode *signature, bool *ret, char **ret_signer)
{
        for (unsigned i = 0; i < EMBEDDED_MAX; i++) {
                _cleanup_(X509_freep) X509 *certificate = embedded(signature, i);
                bool right = false, damaged = false;
                int r;

                if (!certificate)
                        continue;
                r = verify_with(signature, certificate, &right, &damaged);
                if (r < 0)
                        return r;
                if (!right)
                        continue;
                *ret = true;
                *ret_signer = subject_of(certificate);
                return *ret_signer ? 0 : -ENOMEM;
        }
        return 0;
}

int thon_cap_verify(const char *xml, size_t size, const struct thon_cap_trust *trust, struct thon_wall at,
                    enum thon_cap_signed *ret, char **ret_signer)
{
        _cleanup_(xmlFreeDocp) xmlDoc *doc = NULL;
        _cleanup_free_ char *signer = NULL;
        xmlNode *root, *signature = NULL;
        bool damaged = false, known = false, stranger = false;
        char error[160];
        size_t n;
        int r = cap_tree_read(xml, size, &doc, error);

        if (r < 0)
                return r;
        root = xmlDocGetRootElement(doc);
        n = signatures(root, &signature);
        if (n != 1 || signature->parent != root || !is(root, CAP_SPACE, "alert") ||
            !is_our_form(signature)) {
                *ret_signer = NULL;
                *ret = n == 0 ? THON_CAP_UNSIGNED : THON_CAP_BAD;
                return 0;
        }
        r = library();
        /* A certificate may have been renewed for the same key: the one that is in date counts. */
        for (size_t i = 0; r == 0 && trust && i < trust->n && !known && !damaged; i++) {
                X509 *certificate = trust->certificates[i];
                bool right = false;

                r = verify_with(signature, certificate, &right, &damaged);
                if (r < 0 || !right)
                        continue;
                known = is_valid(certificate, at);
                stranger = !known;
                free(signer);
                signer = subject_of(certificate);
                if (!signer)
                        return -ENOMEM;
        }
        if (r == 0 && !known && !stranger && !damaged)
                r = by_stranger(signature, &stranger, &signer);
        if (r < 0)
                return r;
        *ret_signer = THON_TAKE(signer);
        *ret = known ? THON_CAP_SIGNED : stranger ? THON_CAP_STRANGER : THON_CAP_BAD;
        return 0;
}
