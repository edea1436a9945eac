"""The second Python SDK of Alibaba Cloud OSS, `alibabacloud-oss-v2`."""

import datetime
import sys

import alibabacloud_oss_v2 as oss
from operations import BODY, BUCKET, ENDPOINT, KEY, KEY_ID, KEY_SECRET, PART, REGION, Report, fetch, raised, same

VERSION = sys.argv[1]


def client(key_id=KEY_ID, secret=KEY_SECRET):
    config = oss.config.load_default()
    config.credentials_provider = oss.credentials.StaticCredentialsProvider(key_id, secret)
    config.region = REGION
    config.endpoint = ENDPOINT
    config.signature_version = VERSION
    config.retry_max_attempts = 1
    return oss.Client(config)


c = client()
RULES = [
    oss.CORSRule(["https://a.example", "https://*.b.example"], ["GET", "PUT", "POST"], ["content-type", "x-oss-*"], ["ETag", "x-oss-request-id"], 600),
    oss.CORSRule(["*"], ["GET"], max_age_seconds=0),
]


def put_cors(rules=RULES):
    same(c.put_bucket_cors(oss.PutBucketCorsRequest(BUCKET, oss.CORSConfiguration(rules, response_vary=True))).status_code, 200)


def plain(rule):
    return (rule.allowed_origins, rule.allowed_methods, rule.allowed_headers or [], rule.expose_headers or [], rule.max_age_seconds or 0)


def get_cors():
    found = c.get_bucket_cors(oss.GetBucketCorsRequest(BUCKET)).cors_configuration
    same([plain(rule) for rule in found.cors_rules], [plain(rule) for rule in RULES])
    same(found.response_vary, True)


def upload():
    request = oss.PutObjectRequest(BUCKET, KEY, body=BODY, content_type="text/plain", cache_control="max-age=60", metadata={"k": "v"})
    same(c.put_object(request).status_code, 200)


def read(key, **arguments):
    return c.get_object(oss.GetObjectRequest(BUCKET, key, **arguments)).body.read()


def download():
    found = c.get_object(oss.GetObjectRequest(BUCKET, KEY))
    same(found.body.read(), BODY)
    same((found.metadata["k"], found.cache_control), ("v", "max-age=60"))


MINUTE = datetime.timedelta(seconds=60)


def presigned_get():
    signed = c.presign(oss.GetObjectRequest(BUCKET, KEY), expires=MINUTE)
    status, body, _ = fetch(signed.url, headers=dict(signed.signed_headers or {}))
    same((status, body), (200, BODY))


def presigned_put():
    signed = c.presign(oss.PutObjectRequest(BUCKET, "presigned.txt", content_type="text/plain"), expires=MINUTE)
    same(fetch(signed.url, "PUT", b"by a page", dict(signed.signed_headers))[0], 200)
    same(read("presigned.txt"), b"by a page")
    c.delete_object(oss.DeleteObjectRequest(BUCKET, "presigned.txt"))


def multipart():
    key = KEY + ".parts"
    upload = c.initiate_multipart_upload(oss.InitiateMultipartUploadRequest(BUCKET, key)).upload_id
    parts = []
    for number, data in [(1, PART), (2, b"end")]:
        part = c.upload_part(oss.UploadPartRequest(BUCKET, key, part_number=number, upload_id=upload, body=data))
        parts.append(oss.UploadPart(part_number=number, etag=part.etag))
    same(len(c.list_parts(oss.ListPartsRequest(BUCKET, key, upload_id=upload)).parts), 2)
    done = oss.CompleteMultipartUpload(parts=parts)
    c.complete_multipart_upload(oss.CompleteMultipartUploadRequest(BUCKET, key, upload_id=upload, complete_multipart_upload=done))
    same(c.head_object(oss.HeadObjectRequest(BUCKET, key)).content_length, len(PART) + 3)
    gone = c.initiate_multipart_upload(oss.InitiateMultipartUploadRequest(BUCKET, "gone")).upload_id
    c.abort_multipart_upload(oss.AbortMultipartUploadRequest(BUCKET, "gone", upload_id=gone))
    c.delete_object(oss.DeleteObjectRequest(BUCKET, key))


def option_object():
    found = c.option_object(
        oss.OptionObjectRequest(BUCKET, KEY, origin="https://a.example", access_control_request_method="PUT", access_control_request_headers="content-type")
    )
    same(found.access_control_allow_origin, "https://a.example")
    same(found.access_control_max_age, 600)
    assert "PUT" in found.access_control_allow_methods, found.access_control_allow_methods
    refused = oss.OptionObjectRequest(BUCKET, KEY, origin="https://evil.example", access_control_request_method="PUT")
    return raised(oss.exceptions.OperationError, lambda: c.option_object(refused), code(403, "AccessForbidden", "0003-00000602"))


def delete_cors():
    for _ in range(2):
        same(c.delete_bucket_cors(oss.DeleteBucketCorsRequest(BUCKET)).status_code, 204)


def code(status, name, ec=None):
    def check(error):
        service = error.unwrap()
        return (service.status_code, service.code) == (status, name) and (ec is None or service.ec == ec)

    return check


def get(**arguments):
    return lambda: client(**arguments).get_object(oss.GetObjectRequest(BUCKET, KEY))


error = oss.exceptions.OperationError
report = Report()
do = report.operation
do("create bucket", lambda: same(c.put_bucket(oss.PutBucketRequest(BUCKET)).status_code, 200))
do("set rules", put_cors)
do("read rules", get_cors)
do("upload", upload)
do("download", download)
do("range", lambda: same(read(KEY, range_header="bytes=0-4"), BODY[:5]))
do("head", lambda: same(c.head_object(oss.HeadObjectRequest(BUCKET, KEY)).content_length, len(BODY)))
do("list", lambda: same([o.key for o in c.list_objects_v2(oss.ListObjectsV2Request(BUCKET, prefix="dir/")).contents], [KEY]))
do("presigned GET", presigned_get)
do("presigned PUT", presigned_put)
do("multipart", multipart)
do("preflight", option_object)
do("delete rules", delete_cors)
do("no rules", lambda: raised(error, lambda: c.get_bucket_cors(oss.GetBucketCorsRequest(BUCKET)), code(404, "NoSuchCORSConfiguration", "0034-00000001")))
do("wrong rule", lambda: raised(error, lambda: put_cors([oss.CORSRule(["*"], ["TEST"])]), lambda e: e.unwrap().status_code == 400 and e.unwrap().ec == "0034-00000011"))
do("no object", lambda: raised(error, lambda: read("none"), code(404, "NoSuchKey")))
do("wrong secret", lambda: raised(error, get(secret="wrong"), code(403, "SignatureDoesNotMatch")))
do("unknown key", lambda: raised(error, get(key_id="LTAInobody"), code(403, "InvalidAccessKeyId")))
do("delete object", lambda: same(c.delete_object(oss.DeleteObjectRequest(BUCKET, KEY)).status_code, 204))
do("delete bucket", lambda: same(c.delete_bucket(oss.DeleteBucketRequest(BUCKET)).status_code, 204))
do("no bucket", lambda: raised(error, lambda: c.get_bucket_cors(oss.GetBucketCorsRequest(BUCKET)), code(404, "NoSuchBucket")))
report.end()
