// Amazon's JavaScript SDK, `@aws-sdk/client-s3`.
import * as S3 from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { BODY, BUCKET, ENDPOINT, KEY, KEY_ID, KEY_SECRET, PART, REGION, end, operation, raised, same } from "./operations.js";

const client = (accessKeyId = KEY_ID, secretAccessKey = KEY_SECRET, more = {}) =>
  new S3.S3({
    ...more,
    endpoint: ENDPOINT,
    region: REGION,
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: { accessKeyId, secretAccessKey },
  });
const c = client();
const at = { Bucket: BUCKET };
const RULES = [
  {
    ID: "pages",
    AllowedOrigins: ["https://a.example", "https://*.b.example"],
    AllowedMethods: ["GET", "PUT", "POST"],
    AllowedHeaders: ["content-type", "x-amz-*"],
    ExposeHeaders: ["ETag", "x-amz-request-id"],
    MaxAgeSeconds: 600,
  },
  { AllowedOrigins: ["*"], AllowedMethods: ["GET"] },
];
const rules = (CORSRules) => c.putBucketCors({ ...at, CORSConfiguration: { CORSRules } });
const bytes = async (answer) => Buffer.from(await answer.Body.transformToByteArray());

await operation("create bucket", async () => void (await c.createBucket(at)));
await operation("set rules", async () => void (await rules(RULES)));
await operation("read rules", async () => same((await c.getBucketCors(at)).CORSRules, RULES));
await operation("upload", async () => {
  await c.putObject({ ...at, Key: KEY, Body: BODY, ContentType: "text/plain", CacheControl: "max-age=60", Metadata: { k: "v" } });
});
await operation("download", async () => {
  const found = await c.getObject({ ...at, Key: KEY });
  same(await bytes(found), BODY);
  same([found.Metadata, found.CacheControl], [{ k: "v" }, "max-age=60"]);
});
await operation("range", async () => same(await bytes(await c.getObject({ ...at, Key: KEY, Range: "bytes=0-4" })), BODY.subarray(0, 5)));
await operation("head", async () => same((await c.headObject({ ...at, Key: KEY })).ContentLength, BODY.length));
await operation("list", async () => same((await c.listObjectsV2({ ...at, Prefix: "dir/" })).Contents.map((o) => o.Key), [KEY]));
await operation("presigned GET", async () => {
  const answer = await fetch(await getSignedUrl(c, new S3.GetObjectCommand({ ...at, Key: KEY }), { expiresIn: 60 }));
  same([answer.status, Buffer.from(await answer.arrayBuffer())], [200, BODY]);
});
await operation("presigned PUT", async () => {
  // A page knows no checksum of what it will send.
  const plain = client(KEY_ID, KEY_SECRET, { requestChecksumCalculation: "WHEN_REQUIRED" });
  const command = new S3.PutObjectCommand({ ...at, Key: "presigned.txt", ContentType: "text/plain" });
  const url = await getSignedUrl(plain, command, { expiresIn: 60 });
  same((await fetch(url, { method: "PUT", body: "by a page", headers: { "Content-Type": "text/plain" } })).status, 200);
  same((await bytes(await c.getObject({ ...at, Key: "presigned.txt" }))).toString(), "by a page");
  await c.deleteObject({ ...at, Key: "presigned.txt" });
});
await operation("multipart", async () => {
  const upload = { ...at, Key: `${KEY}.parts` };
  const { UploadId } = await c.createMultipartUpload(upload);
  const Parts = [];
  for (const [PartNumber, Body] of [[1, PART], [2, Buffer.from("end")]]) {
    const { ETag } = await c.uploadPart({ ...upload, UploadId, PartNumber, Body });
    Parts.push({ ETag, PartNumber });
  }
  same((await c.listParts({ ...upload, UploadId })).Parts.length, 2);
  await c.completeMultipartUpload({ ...upload, UploadId, MultipartUpload: { Parts } });
  same((await c.headObject(upload)).ContentLength, PART.length + 3);
  const gone = await c.createMultipartUpload({ ...at, Key: "gone" });
  await c.abortMultipartUpload({ ...at, Key: "gone", UploadId: gone.UploadId });
  await c.deleteObject(upload);
});
await operation("delete rules", async () => {
  await c.deleteBucketCors(at);
  await c.deleteBucketCors(at);
});
await operation("no rules", () => raised("NoSuchCORSConfiguration", {}, () => c.getBucketCors(at)));
await operation("wrong rule", () => raised("InvalidRequest", {}, () => rules([{ AllowedOrigins: ["*"], AllowedMethods: ["TEST"] }])));
await operation("no object", () => raised("NoSuchKey", {}, () => c.getObject({ ...at, Key: "none" })));
await operation("wrong secret", () => raised("SignatureDoesNotMatch", {}, () => client(KEY_ID, "wrong").getObject({ ...at, Key: KEY })));
await operation("unknown key", () => raised("InvalidAccessKeyId", {}, () => client("AKIANOBODY").getObject({ ...at, Key: KEY })));
await operation("delete object", async () => void (await c.deleteObject({ ...at, Key: KEY })));
await operation("delete bucket", async () => void (await c.deleteBucket(at)));
await operation("no bucket", () => raised("NoSuchBucket", {}, () => c.getBucketCors(at)));
end();
