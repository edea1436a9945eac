// The JavaScript SDK of Alibaba Cloud OSS, `ali-oss`: `node client_ali_oss.js v1|v4`.
import OSS from "ali-oss";
import { BODY, BUCKET, ENDPOINT, KEY, KEY_ID, KEY_SECRET, PART, REGION, end, operation, raised, same } from "./operations.js";

const v4 = process.argv[2] === "v4";
// The SDK signs no URL for an address; it does for a name.
const named = ENDPOINT.replace("127.0.0.1", "localhost");
const client = (accessKeyId = KEY_ID, accessKeySecret = KEY_SECRET, endpoint = ENDPOINT) =>
  new OSS({
    region: `oss-${REGION}`,
    endpoint,
    accessKeyId,
    accessKeySecret,
    bucket: BUCKET,
    authorizationV4: v4,
    // Buckets in the path, as a server at an address needs it.
    sldEnable: true,
    secure: false,
    timeout: 10000,
  });
const c = client();
const RULES = [
  {
    allowedOrigin: ["https://a.example", "https://*.b.example"],
    allowedMethod: ["GET", "PUT", "POST"],
    allowedHeader: ["content-type", "x-oss-*"],
    exposeHeader: ["ETag", "x-oss-request-id"],
    maxAgeSeconds: "600",
  },
  { allowedOrigin: "*", allowedMethod: "GET" },
];

await operation("create bucket", async () => void (await c.putBucket(BUCKET)));
await operation("set rules", async () => same((await c.putBucketCORS(BUCKET, RULES)).res.status, 200));
await operation("read rules", async () => same((await c.getBucketCORS(BUCKET)).rules, RULES));
await operation("upload", async () => {
  const headers = { "Content-Type": "text/plain", "Cache-Control": "max-age=60" };
  same((await c.put(KEY, BODY, { headers, meta: { k: "v" } })).res.status, 200);
});
await operation("download", async () => {
  const { content, res } = await c.get(KEY);
  same(content, BODY);
  same([res.headers["x-oss-meta-k"], res.headers["cache-control"]], ["v", "max-age=60"]);
});
await operation("range", async () => same((await c.get(KEY, { headers: { Range: "bytes=0-4" } })).content, BODY.subarray(0, 5)));
await operation("head", async () => same((await c.head(KEY)).res.headers["content-length"], `${BODY.length}`));
await operation("list", async () => same((await c.listV2({ prefix: "dir/" })).objects.map((o) => o.name), [KEY]));
const signed = async (method, key, headers = {}) => {
  const at = client(KEY_ID, KEY_SECRET, named);
  if (v4) return at.signatureUrlV4(method, 60, { headers }, key);
  return at.signatureUrl(key, { method, expires: 60, ...headers });
};
await operation("presigned GET", async () => {
  const answer = await fetch(await signed("GET", KEY));
  same([answer.status, Buffer.from(await answer.arrayBuffer())], [200, BODY]);
});
await operation("presigned PUT", async () => {
  const headers = { "Content-Type": "text/plain" };
  const url = await signed("PUT", "presigned.txt", headers);
  same((await fetch(url, { method: "PUT", body: "by a page", headers })).status, 200);
  same((await c.get("presigned.txt")).content.toString(), "by a page");
  await c.delete("presigned.txt");
});
await operation("multipart", async () => {
  const name = `${KEY}.parts`;
  const { uploadId } = await c.initMultipartUpload(name);
  const parts = [];
  for (const [number, data] of [[1, PART], [2, Buffer.from("end")]]) {
    const part = await c.uploadPart(name, uploadId, number, data, 0, data.length);
    parts.push({ number, etag: part.etag });
  }
  same((await c.listParts(name, uploadId)).parts.length, 2);
  await c.completeMultipartUpload(name, uploadId, parts);
  same((await c.head(name)).res.headers["content-length"], `${PART.length + 3}`);
  const gone = await c.initMultipartUpload("gone");
  await c.abortMultipartUpload("gone", gone.uploadId);
  await c.delete(name);
});
await operation("delete rules", async () => {
  same((await c.deleteBucketCORS(BUCKET)).res.status, 204);
  same((await c.deleteBucketCORS(BUCKET)).res.status, 204);
});
await operation("no rules", () => raised("NoSuchCORSConfigurationError", { status: 404 }, () => c.getBucketCORS(BUCKET)));
await operation("no object", () => raised("NoSuchKeyError", { status: 404 }, () => c.get("none")));
await operation("wrong secret", () => raised("SignatureDoesNotMatchError", { status: 403 }, () => client(KEY_ID, "wrong").get(KEY)));
await operation("unknown key", () => raised("InvalidAccessKeyIdError", { status: 403 }, () => client("LTAInobody").get(KEY)));
await operation("delete object", async () => void (await c.delete(KEY)));
await operation("delete bucket", async () => void (await c.deleteBucket(BUCKET)));
await operation("no bucket", () => raised("NoSuchBucketError", { status: 404 }, () => c.getBucketCORS(BUCKET)));
end();
