import com.aliyun.oss.ClientBuilderConfiguration;
import com.aliyun.oss.HttpMethod;
import com.aliyun.oss.OSS;
import com.aliyun.oss.OSSClientBuilder;
import com.aliyun.oss.OSSException;
import com.aliyun.oss.common.auth.DefaultCredentialProvider;
import com.aliyun.oss.common.comm.SignVersion;
import com.aliyun.oss.model.*;
import com.aliyun.oss.model.SetBucketCORSRequest.CORSRule;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Objects;

/** The Java SDK of Alibaba Cloud OSS, `aliyun-sdk-oss`: `Client v1|v4`. */
public class Client {
    interface Work {
        void run() throws Exception;
    }

    static final String BUCKET = System.getenv("BUCKET");
    static final String KEY = "dir/a b+c.txt";
    static final byte[] BODY = "cross-origin é\n".repeat(40).getBytes(StandardCharsets.UTF_8);
    static final byte[] PART = "p".repeat(5 * 1024 * 1024).getBytes(StandardCharsets.UTF_8);
    static String version;
    static boolean failed;

    static OSS client(String id, String secret) {
        ClientBuilderConfiguration config = new ClientBuilderConfiguration();
        config.setSignatureVersion(version.equals("v4") ? SignVersion.V4 : SignVersion.V1);
        config.setSLDEnabled(true);
        config.setMaxErrorRetry(0);
        return OSSClientBuilder.create()
                .endpoint(System.getenv("ENDPOINT"))
                .region(System.getenv("REGION"))
                .credentialsProvider(new DefaultCredentialProvider(id, secret))
                .clientConfiguration(config)
                .build();
    }

    static void operation(String name, Work work) {
        try {
            work.run();
            System.out.println(name + "\tok\t");
        } catch (Throwable error) {
            failed = true;
            String text = error.toString().replaceAll("\\s+", " ");
            System.out.println(name + "\tfailed\t" + text.substring(0, Math.min(300, text.length())));
        }
    }

    static void same(Object found, Object expected) {
        if (!Objects.deepEquals(found, expected)) {
            throw new AssertionError("found " + found + ", expected " + expected);
        }
    }

    /** Fails unless the SDK's own exception comes, with this code. */
    static void raised(String code, Work work) throws Exception {
        try {
            work.run();
        } catch (OSSException error) {
            same(error.getErrorCode(), code);
            return;
        }
        throw new AssertionError("nothing was raised, expected " + code);
    }

    static List<CORSRule> rules() {
        CORSRule pages = new CORSRule();
        pages.setAllowedOrigins(new ArrayList<>(List.of("https://a.example", "https://*.b.example")));
        pages.setAllowedMethods(new ArrayList<>(List.of("GET", "PUT", "POST")));
        pages.setAllowedHeaders(new ArrayList<>(List.of("content-type", "x-oss-*")));
        pages.setExposeHeaders(new ArrayList<>(List.of("ETag", "x-oss-request-id")));
        pages.setMaxAgeSeconds(600);
        CORSRule all = new CORSRule();
        all.addAllowdOrigin("*");
        all.addAllowedMethod("GET");
        all.setMaxAgeSeconds(0);
        return List.of(pages, all);
    }

    static List<Object> plain(List<CORSRule> rules) {
        List<Object> lists = new ArrayList<>();
        for (CORSRule rule : rules) {
            lists.add(Arrays.asList(rule.getAllowedOrigins(), rule.getAllowedMethods(), rule.getAllowedHeaders(),
                    rule.getExposeHeaders(), rule.getMaxAgeSeconds()));
        }
        return lists;
    }

    static void put(OSS c, List<CORSRule> rules) {
        SetBucketCORSRequest request = new SetBucketCORSRequest(BUCKET);
        request.setCorsRules(new ArrayList<>(rules));
        request.setResponseVary(true);
        c.setBucketCORS(request);
    }

    public static void main(String[] arguments) {
        version = arguments[0];
        String id = System.getenv("KEY_ID");
        String secret = System.getenv("KEY_SECRET");
        OSS c = client(id, secret);
        HttpClient page = HttpClient.newHttpClient();

        operation("create bucket", () -> c.createBucket(BUCKET));
        operation("set rules", () -> put(c, rules()));
        operation("read rules", () -> {
            CORSConfiguration found = c.getBucketCORS(new GenericRequest(BUCKET));
            same(plain(found.getCorsRules()), plain(rules()));
            same(found.getResponseVary(), true);
        });
        operation("upload", () -> {
            ObjectMetadata metadata = new ObjectMetadata();
            metadata.setContentType("text/plain");
            metadata.setCacheControl("max-age=60");
            metadata.addUserMetadata("k", "v");
            c.putObject(BUCKET, KEY, new ByteArrayInputStream(BODY), metadata);
        });
        operation("download", () -> {
            try (OSSObject found = c.getObject(BUCKET, KEY)) {
                same(found.getObjectContent().readAllBytes(), BODY);
                same(found.getObjectMetadata().getUserMetadata().get("k"), "v");
                same(found.getObjectMetadata().getCacheControl(), "max-age=60");
            }
        });
        operation("range", () -> {
            GetObjectRequest request = new GetObjectRequest(BUCKET, KEY);
            request.setRange(0, 4);
            try (OSSObject found = c.getObject(request)) {
                same(found.getObjectContent().readAllBytes(), Arrays.copyOf(BODY, 5));
            }
        });
        operation("head", () -> same(c.headObject(BUCKET, KEY).getContentLength(), (long) BODY.length));
        operation("list", () -> {
            List<OSSObjectSummary> found = c.listObjectsV2(BUCKET, "dir/").getObjectSummaries();
            same(found.size(), 1);
            same(found.get(0).getKey(), KEY);
        });
        operation("presigned GET", () -> {
            URI url = c.generatePresignedUrl(BUCKET, KEY, new Date(System.currentTimeMillis() + 60_000)).toURI();
            var answer = page.send(HttpRequest.newBuilder(url).build(), BodyHandlers.ofByteArray());
            same(answer.statusCode(), 200);
            same(answer.body(), BODY);
        });
        operation("presigned PUT", () -> {
            GeneratePresignedUrlRequest request = new GeneratePresignedUrlRequest(BUCKET, "presigned.txt", HttpMethod.PUT);
            request.setExpiration(new Date(System.currentTimeMillis() + 60_000));
            request.setContentType("text/plain");
            URI url = c.generatePresignedUrl(request).toURI();
            var put = HttpRequest.newBuilder(url).header("Content-Type", "text/plain").PUT(BodyPublishers.ofString("by a page")).build();
            same(page.send(put, BodyHandlers.ofString()).statusCode(), 200);
            same(c.headObject(BUCKET, "presigned.txt").getContentLength(), 9L);
            c.deleteObject(BUCKET, "presigned.txt");
        });
        operation("multipart", () -> {
            String key = KEY + ".parts";
            String upload = c.initiateMultipartUpload(new InitiateMultipartUploadRequest(BUCKET, key)).getUploadId();
            List<PartETag> parts = new ArrayList<>();
            for (byte[] data : List.of(PART, "end".getBytes(StandardCharsets.UTF_8))) {
                UploadPartRequest request = new UploadPartRequest(BUCKET, key, upload, parts.size() + 1,
                        new ByteArrayInputStream(data), data.length);
                parts.add(c.uploadPart(request).getPartETag());
            }
            same(c.listParts(new ListPartsRequest(BUCKET, key, upload)).getParts().size(), 2);
            c.completeMultipartUpload(new CompleteMultipartUploadRequest(BUCKET, key, upload, parts));
            same(c.headObject(BUCKET, key).getContentLength(), (long) PART.length + 3);
            String gone = c.initiateMultipartUpload(new InitiateMultipartUploadRequest(BUCKET, "gone")).getUploadId();
            c.abortMultipartUpload(new AbortMultipartUploadRequest(BUCKET, "gone", gone));
            c.deleteObject(BUCKET, key);
        });
        operation("preflight", () -> {
            OptionsRequest request = new OptionsRequest(BUCKET, KEY);
            request.setOrigin("https://a.example");
            request.setRequestMethod(HttpMethod.PUT);
            request.setRequestHeaders("content-type");
            c.optionsObject(request);
            request.setOrigin("https://evil.example");
            raised("AccessForbidden", () -> c.optionsObject(request));
        });
        operation("delete rules", () -> {
            c.deleteBucketCORSRules(BUCKET);
            c.deleteBucketCORSRules(BUCKET);
        });
        operation("no rules", () -> raised("NoSuchCORSConfiguration", () -> c.getBucketCORSRules(BUCKET)));
        operation("no object", () -> raised("NoSuchKey", () -> c.getObject(BUCKET, "none")));
        operation("wrong secret", () -> raised("SignatureDoesNotMatch", () -> client(id, "wrong").getObject(BUCKET, KEY)));
        operation("unknown key", () -> raised("InvalidAccessKeyId", () -> client("LTAInobody", secret).getObject(BUCKET, KEY)));
        operation("delete object", () -> c.deleteObject(BUCKET, KEY));
        operation("delete bucket", () -> c.deleteBucket(BUCKET));
        operation("no bucket", () -> raised("NoSuchBucket", () -> c.getBucketCORSRules(BUCKET)));
        c.shutdown();
        System.exit(failed ? 1 : 0);
    }
}
