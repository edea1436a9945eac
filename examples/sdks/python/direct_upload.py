"""Uploads straight from a page: rules set and requests signed by a vendor's SDK, sent by a page.

`direct_upload.py oss2|boto3 prepare SUITE` sets the bucket's rules and writes a case file whose requests
are what a page of https://app.example would send: a form POST, a presigned PUT and the parts of a
multipart upload. `direct_upload.py oss2|boto3 verify SUITE` completes the multipart upload with the ETags
that the page could read, given as arguments, and checks that all three objects are there.
"""

import base64
import datetime
import hashlib
import hmac
import json
import sys
from urllib.parse import urlsplit

from operations import BUCKET, ENDPOINT, KEY_ID, KEY_SECRET, REGION, same

PAGE = "https://app.example"
BOUNDARY = "----page7MA4YWxkTrZu0gW"
TEXT = "sent by a page"
# A script that sends a string has to name the type that was signed; its browser would name another.
PLAIN = {"Content-Type": "text/plain"}


class Oss2:
    """Alibaba Cloud OSS, signature V4 for URLs, V1 for the form's policy."""

    parts = ["p" * (256 * 1024), "the end"]

    def __init__(self):
        import oss2

        self.oss2 = oss2
        self.bucket = oss2.Bucket(oss2.AuthV4(KEY_ID, KEY_SECRET), ENDPOINT, BUCKET, region=REGION)

    def set_rules(self):
        from oss2.models import BucketCors, CorsRule

        self.bucket.create_bucket()
        cors = BucketCors([CorsRule([PAGE], ["POST", "PUT"], ["*"], ["ETag"], 600)])
        cors.response_vary = True
        self.bucket.put_bucket_cors(cors)

    def presigned_put(self, key, headers):
        return self.bucket.sign_url("PUT", key, 300, headers=headers, slash_safe=True)

    def form(self, key):
        expires = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=5)
        conditions = [{"bucket": BUCKET}, ["eq", "$key", key], ["content-length-range", 0, 1000]]
        policy = base64.b64encode(json.dumps({"expiration": f"{expires:%Y-%m-%dT%H:%M:%S.000Z}", "conditions": conditions}).encode())
        signature = base64.b64encode(hmac.new(KEY_SECRET.encode(), policy, hashlib.sha1).digest())
        return {"key": key, "OSSAccessKeyId": KEY_ID, "policy": policy.decode(), "Signature": signature.decode()}

    def initiate(self, key):
        return self.bucket.init_multipart_upload(key).upload_id

    def part(self, key, upload, number):
        parameters = {"partNumber": str(number), "uploadId": upload}
        return self.bucket.sign_url("PUT", key, 300, headers=PLAIN, params=parameters, slash_safe=True)

    def complete(self, key, upload, etags):
        from oss2.models import PartInfo

        self.bucket.complete_multipart_upload(key, upload, [PartInfo(n, tag) for n, tag in enumerate(etags, 1)])

    def read(self, key):
        return self.bucket.get_object(key).read().decode()


class Boto3:
    """Amazon S3, signature version 4."""

    # Below 5 MiB, S3 takes the last part alone.
    parts = ["the only part"]

    def __init__(self):
        import boto3
        from botocore.config import Config

        config = Config(signature_version="s3v4", s3={"addressing_style": "path"}, request_checksum_calculation="when_required")
        self.s3 = boto3.client(
            "s3", endpoint_url=ENDPOINT, region_name=REGION, aws_access_key_id=KEY_ID, aws_secret_access_key=KEY_SECRET, config=config
        )

    def set_rules(self):
        self.s3.create_bucket(Bucket=BUCKET)
        rule = {"AllowedOrigins": [PAGE], "AllowedMethods": ["POST", "PUT"], "AllowedHeaders": ["*"], "ExposeHeaders": ["ETag"]}
        self.s3.put_bucket_cors(Bucket=BUCKET, CORSConfiguration={"CORSRules": [rule | {"MaxAgeSeconds": 600}]})

    def presigned_put(self, key, headers):
        return self.sign("put_object", Key=key, ContentType=headers["Content-Type"])

    def sign(self, operation, **parameters):
        return self.s3.generate_presigned_url(operation, Params={"Bucket": BUCKET, **parameters}, ExpiresIn=300)

    def form(self, key):
        return self.s3.generate_presigned_post(BUCKET, key, ExpiresIn=300)["fields"]

    def initiate(self, key):
        return self.s3.create_multipart_upload(Bucket=BUCKET, Key=key)["UploadId"]

    def part(self, key, upload, number):
        return self.sign("upload_part", Key=key, UploadId=upload, PartNumber=number)

    def complete(self, key, upload, etags):
        parts = [{"ETag": tag, "PartNumber": number} for number, tag in enumerate(etags, 1)]
        self.s3.complete_multipart_upload(Bucket=BUCKET, Key=key, UploadId=upload, MultipartUpload={"Parts": parts})

    def read(self, key):
        return self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode()


def at(url):
    """The path and query of a URL, as a case has them."""
    parts = urlsplit(url)
    return {"path": parts.path.removeprefix(f"/{BUCKET}/"), "query": parts.query}


def form_body(fields, content):
    lines = []
    for name, value in fields.items():
        lines += [f"--{BOUNDARY}", f'Content-Disposition: form-data; name="{name}"', "", value]
    lines += [f"--{BOUNDARY}", 'Content-Disposition: form-data; name="file"; filename="page.txt"', "Content-Type: text/plain", "", content]
    return "\r\n".join(lines + [f"--{BOUNDARY}--", ""])


def request(origin, method, place, headers, body, expect):
    return {"origin": origin, "method": method, "headers": headers, "body": body, "expect": expect, **place}


def prepare(store, suite):
    store.set_rules()
    upload = store.initiate("parts.txt")
    allowed = {"outcome": "allowed", "exposed": ["ETag"]}
    form = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    put = at(store.presigned_put("put.txt", PLAIN))
    post = form_body(store.form("form.txt"), TEXT)
    parts = {
        f"part-{number}": request(PAGE, "PUT", at(store.part("parts.txt", upload, number)), PLAIN, data, {**allowed, "status": 200, "preflight": "sent"})
        for number, data in enumerate(store.parts, 1)
    }
    case = lambda name, title, requests: {"id": name, "title": title, "kind": "rule", "requests": requests}
    stranger = "https://evil.example"
    cases = [
        case("form-post", "A form POST needs no preflight, and its answer can be read", {
            "page": request(PAGE, "POST", {"path": ""}, form, post, {**allowed, "preflight": "none", "status": 204}),
            "stranger": request(stranger, "POST", {"path": ""}, form, post.replace("form.txt", "form-stranger.txt"), {"outcome": "blocked", "reason": "cors-check.missing"}),
        }),
        case("presigned-put", "A presigned PUT passes its preflight, and its ETag can be read", {
            "page": request(PAGE, "PUT", put, PLAIN, TEXT, {**allowed, "preflight": "sent", "status": 200}),
            "stranger": request(stranger, "PUT", put, PLAIN, "evil", {"outcome": "blocked", "reason": ["cors-check.missing", "preflight.status", "preflight.cors-check.missing"]}),
        }),
        case("multipart", "Each part of a multipart upload is sent by the page, and its ETag can be read", parts),
    ]
    document = {"id": "direct-upload", "title": "Uploads straight from a page", "source": ["https://fetch.spec.whatwg.org/"], "cases": cases}
    with open(suite, "w", encoding="utf-8") as file:
        json.dump(document, file)
    with open(f"{suite}.upload", "w", encoding="utf-8") as file:
        file.write(upload)


def etags(record):
    """The ETags that the page could read, from the record of the run."""
    with open(record, encoding="utf-8") as file:
        record = json.load(file)
    (test,) = [test for test in record["tests"] if test["id"] == "direct-upload/multipart"]
    read = []
    for place in test["requests"].values():
        lines = [line.split(": ", 1) for line in record["results"][place]["readable"]]
        (tag,) = [value for name, value in lines if name.lower() == "etag"]
        read.append(tag)
    return read


def verify(store, suite, record):
    with open(f"{suite}.upload", encoding="utf-8") as file:
        store.complete("parts.txt", file.read(), etags(record))
    same(store.read("form.txt"), TEXT)
    same(store.read("put.txt"), TEXT)
    same(store.read("parts.txt"), "".join(store.parts))
    print("form POST, presigned PUT and multipart upload are all in the bucket")


if __name__ == "__main__":
    sdk = {"oss2": Oss2, "boto3": Boto3}[sys.argv[1]]()
    {"prepare": prepare, "verify": verify}[sys.argv[2]](sdk, *sys.argv[3:])
