"""The first Python SDK of Alibaba Cloud OSS, `oss2`."""

import sys

import oss2
from oss2.models import BucketCors, CorsRule
from operations import BODY, BUCKET, ENDPOINT, KEY, KEY_ID, KEY_SECRET, PART, REGION, Report, fetch, raised, same

VERSION = sys.argv[1]


def auth(key_id=KEY_ID, secret=KEY_SECRET):
    return (oss2.AuthV4 if VERSION == "v4" else oss2.Auth)(key_id, secret)


def bucket(**keys):
    return oss2.Bucket(auth(**keys), ENDPOINT, BUCKET, region=REGION)


RULES = [
    CorsRule(["https://a.example", "https://*.b.example"], ["GET", "PUT", "POST"], ["content-type", "x-oss-*"], ["ETag", "x-oss-request-id"], 600),
    CorsRule(["*"], ["GET"], [], [], 0),
]


def plain(rules):
    lists = lambda rule: (rule.allowed_origins, rule.allowed_methods, rule.allowed_headers or [], rule.expose_headers or [], rule.max_age_seconds or 0)
    return [lists(rule) for rule in rules]


def put_cors():
    cors = BucketCors(RULES)
    cors.response_vary = True
    same(bucket().put_bucket_cors(cors).status, 200)


def get_cors():
    found = bucket().get_bucket_cors()
    same(plain(found.rules), plain(RULES))
    same(found.response_vary, True)
    return f"{len(found.rules)} rules"


def multipart():
    b = bucket()
    upload = b.init_multipart_upload(KEY + ".parts").upload_id
    parts = [oss2.models.PartInfo(n, b.upload_part(KEY + ".parts", upload, n, data).etag) for n, data in [(1, PART), (2, b"end")]]
    same(len(b.list_parts(KEY + ".parts", upload).parts), 2)
    b.complete_multipart_upload(KEY + ".parts", upload, parts)
    same(b.head_object(KEY + ".parts").content_length, len(PART) + 3)
    aborted = b.init_multipart_upload(KEY + ".gone").upload_id
    same(b.abort_multipart_upload(KEY + ".gone", aborted).status, 204)
    b.delete_object(KEY + ".parts")


def upload():
    result = bucket().put_object(KEY, BODY, headers={"Content-Type": "text/plain", "Cache-Control": "max-age=60", "x-oss-meta-k": "v"})
    same(result.status, 200)
    return result.etag


def download():
    result = bucket().get_object(KEY)
    same(result.read(), BODY)
    same((result.headers["x-oss-meta-k"], result.headers["Cache-Control"]), ("v", "max-age=60"))


def presigned_get():
    status, body, _ = fetch(bucket().sign_url("GET", KEY, 60, slash_safe=True))
    same((status, body), (200, BODY))


def presigned_put():
    headers = {"Content-Type": "text/plain"}
    url = bucket().sign_url("PUT", "presigned.txt", 60, headers=headers, slash_safe=True)
    same(fetch(url, "PUT", b"by a page", headers)[0], 200)
    same(bucket().get_object("presigned.txt").read(), b"by a page")
    bucket().delete_object("presigned.txt")


def delete_cors():
    same(bucket().delete_bucket_cors().status, 204)
    same(bucket().delete_bucket_cors().status, 204)


def code(status, name):
    return lambda error: (error.status, error.code) == (status, name)


report = Report()
do = report.operation
do("create bucket", lambda: same(bucket().create_bucket().status, 200))
do("set rules", put_cors)
do("read rules", get_cors)
do("upload", upload)
do("download", download)
do("range", lambda: same(bucket().get_object(KEY, byte_range=(0, 4)).read(), BODY[:5]))
do("head", lambda: same(bucket().head_object(KEY).content_length, len(BODY)))
do("list", lambda: same([o.key for o in oss2.ObjectIteratorV2(bucket(), prefix="dir/")], [KEY]))
do("presigned GET", presigned_get)
do("presigned PUT", presigned_put)
do("multipart", multipart)
do("delete rules", delete_cors)
do("no rules", lambda: raised(oss2.exceptions.NoSuchCors, lambda: bucket().get_bucket_cors(), code(404, "NoSuchCORSConfiguration")))
do("wrong rule", lambda: raised(oss2.exceptions.ServerError, lambda: bucket().put_bucket_cors(BucketCors([CorsRule(["*"], ["TEST"])])), lambda e: e.status == 400))
do("no object", lambda: raised(oss2.exceptions.NoSuchKey, lambda: bucket().get_object("none"), code(404, "NoSuchKey")))
do("wrong secret", lambda: raised(oss2.exceptions.SignatureDoesNotMatch, lambda: bucket(secret="wrong").get_object(KEY), code(403, "SignatureDoesNotMatch")))
do("unknown key", lambda: raised(oss2.exceptions.ServerError, lambda: bucket(key_id="LTAInobody").get_object(KEY), code(403, "InvalidAccessKeyId")))
do("delete object", lambda: same(bucket().delete_object(KEY).status, 204))
do("delete bucket", lambda: same(bucket().delete_bucket().status, 204))
do("no bucket", lambda: raised(oss2.exceptions.NoSuchBucket, lambda: bucket().get_bucket_cors(), code(404, "NoSuchBucket")))
report.end()
