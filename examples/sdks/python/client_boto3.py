"""Amazon's Python SDK, `boto3`."""

import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from operations import BODY, BUCKET, ENDPOINT, KEY, KEY_ID, KEY_SECRET, PART, REGION, Report, fetch, raised, same

VERSION = sys.argv[1]  # s3v4, or s3 for the presigned URLs of signature version 2


def client(key_id=KEY_ID, secret=KEY_SECRET):
    config = Config(signature_version=VERSION, s3={"addressing_style": "path"}, retries={"max_attempts": 1})
    return boto3.client(
        "s3", endpoint_url=ENDPOINT, region_name=REGION, aws_access_key_id=key_id, aws_secret_access_key=secret, config=config
    )


s3 = client()
RULES = [
    {
        "ID": "pages",
        "AllowedOrigins": ["https://a.example", "https://*.b.example"],
        "AllowedMethods": ["GET", "PUT", "POST"],
        "AllowedHeaders": ["content-type", "x-amz-*"],
        "ExposeHeaders": ["ETag", "x-amz-request-id"],
        "MaxAgeSeconds": 600,
    },
    {"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]},
]


def put_cors(rules=RULES):
    s3.put_bucket_cors(Bucket=BUCKET, CORSConfiguration={"CORSRules": rules})


def upload():
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=BODY, ContentType="text/plain", CacheControl="max-age=60", Metadata={"k": "v"})


def download():
    found = s3.get_object(Bucket=BUCKET, Key=KEY)
    same(found["Body"].read(), BODY)
    same((found["Metadata"], found["CacheControl"]), ({"k": "v"}, "max-age=60"))


def presigned_get():
    url = s3.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": KEY}, ExpiresIn=60)
    status, body, _ = fetch(url)
    same((status, body), (200, BODY))


def presigned_put():
    params = {"Bucket": BUCKET, "Key": "presigned.txt", "ContentType": "text/plain"}
    url = s3.generate_presigned_url("put_object", Params=params, ExpiresIn=60)
    status, body, _ = fetch(url, "PUT", b"by a page", {"Content-Type": "text/plain"})
    same((status, body), (200, b""))
    same(s3.get_object(Bucket=BUCKET, Key="presigned.txt")["Body"].read(), b"by a page")
    s3.delete_object(Bucket=BUCKET, Key="presigned.txt")


def multipart():
    key = KEY + ".parts"
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key=key)["UploadId"]
    parts = []
    for number, data in [(1, PART), (2, b"end")]:
        part = s3.upload_part(Bucket=BUCKET, Key=key, UploadId=upload, PartNumber=number, Body=data)
        parts.append({"ETag": part["ETag"], "PartNumber": number})
    same(len(s3.list_parts(Bucket=BUCKET, Key=key, UploadId=upload)["Parts"]), 2)
    s3.complete_multipart_upload(Bucket=BUCKET, Key=key, UploadId=upload, MultipartUpload={"Parts": parts})
    same(s3.head_object(Bucket=BUCKET, Key=key)["ContentLength"], len(PART) + 3)
    gone = s3.create_multipart_upload(Bucket=BUCKET, Key="gone")["UploadId"]
    s3.abort_multipart_upload(Bucket=BUCKET, Key="gone", UploadId=gone)
    s3.delete_object(Bucket=BUCKET, Key=key)


def delete_cors():
    s3.delete_bucket_cors(Bucket=BUCKET)
    s3.delete_bucket_cors(Bucket=BUCKET)


def code(status, name):
    return lambda error: (error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Code"]) == (status, name)


def get(**arguments):
    return lambda: client(**arguments).get_object(Bucket=BUCKET, Key=KEY)


report = Report()
do = report.operation
do("create bucket", lambda: (s3.create_bucket(Bucket=BUCKET), None)[1])
do("set rules", put_cors)
do("read rules", lambda: same(s3.get_bucket_cors(Bucket=BUCKET)["CORSRules"], RULES))
do("upload", upload)
do("download", download)
do("range", lambda: same(s3.get_object(Bucket=BUCKET, Key=KEY, Range="bytes=0-4")["Body"].read(), BODY[:5]))
do("head", lambda: same(s3.head_object(Bucket=BUCKET, Key=KEY)["ContentLength"], len(BODY)))
do("list", lambda: same([o["Key"] for o in s3.list_objects_v2(Bucket=BUCKET, Prefix="dir/")["Contents"]], [KEY]))
do("presigned GET", presigned_get)
do("presigned PUT", presigned_put)
do("multipart", multipart)
do("delete rules", delete_cors)
do("no rules", lambda: raised(ClientError, lambda: s3.get_bucket_cors(Bucket=BUCKET), code(404, "NoSuchCORSConfiguration")))
do("wrong rule", lambda: raised(ClientError, lambda: put_cors([{"AllowedOrigins": ["*"], "AllowedMethods": ["TEST"]}]), code(400, "InvalidRequest")))
do("no object", lambda: raised(s3.exceptions.NoSuchKey, lambda: s3.get_object(Bucket=BUCKET, Key="none"), code(404, "NoSuchKey")))
do("wrong secret", lambda: raised(ClientError, get(secret="wrong"), code(403, "SignatureDoesNotMatch")))
do("unknown key", lambda: raised(ClientError, get(key_id="AKIANOBODY"), code(403, "InvalidAccessKeyId")))
do("delete object", lambda: (s3.delete_object(Bucket=BUCKET, Key=KEY), None)[1])
do("delete bucket", lambda: (s3.delete_bucket(Bucket=BUCKET), None)[1])
do("no bucket", lambda: raised(ClientError, lambda: s3.get_bucket_cors(Bucket=BUCKET), code(404, "NoSuchBucket")))
report.end()
